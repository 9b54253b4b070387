"""Reference tables of the models: bench, absorption, body, modifiers, trials and the panel.

The rules of the files, and the functions that read them, are those of `formulation.data`. A study
of the panel has one role, given in ``contrasts.csv``; a held-out study trains nothing and scales
no modifier.
"""

from formulation.data import Table

__all__ = ["TABLES"]

TABLES: tuple[Table, ...] = (
    Table(
        name="dissolution",
        file="dissolution.csv",
        package="models.data",
        title="Dissolution on the bench",
        description=(
            "One bench result a row: dissolved [%] with its medium and apparatus; kind tells"
            " measured from compendial limit, company statement, rank and computed."
        ),
    ),
    Table(
        name="absorption",
        file="absorption.csv",
        package="models.data",
        title="Absorption in people and rats",
        description=(
            "One endpoint of one arm a row, against its comparator; derived_flag 1 is arithmetic"
            " on reported values, and value_text holds a rank or verdict without a number."
        ),
    ),
    Table(
        name="kinetics",
        file="kinetics.csv",
        package="models.data",
        title="Pools, blood, kidney, gut and rates",
        description=(
            "One parameter a row; qualifier >= or <= marks a value that is only a bound."
            " The group published_model_rat holds model parameters of rats, for structure only."
        ),
    ),
    Table(
        name="modifiers",
        file="modifiers.csv",
        package="models.data",
        title="What changes absorption and excretion",
        description=(
            "One effect a row. use: only 'modifier' rows may act as factors; ligand_calibration"
            " acts by molar ratio, mechanism_only by physics, claim_check and do_not_use never."
        ),
    ),
    Table(
        name="trials",
        file="trials.csv",
        package="models.data",
        title="Observed trials",
        description=(
            "One reading of one arm a row. time_h and dose_Mg_mg hold a number, a span such as"
            " 0-6, or a list such as 1;4;6; intervals are 95 %."
        ),
    ),
    Table(
        name="contrasts",
        file="contrasts.csv",
        package="models.data",
        title="Validation panel",
        description=(
            "One contrast a row, with proposed tolerances. role is the study's; use says how the"
            " row counts: only kernel and fit rows are fitted on, all others are only scored."
            " kernel_low to kernel_high is what the Fine 1991 kernel alone predicts."
        ),
    ),
)
"""Tables of the models, in the order they are listed to people."""
