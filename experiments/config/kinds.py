"""A file of one kind given where another is wanted: one sentence instead of every key."""

from attrs import frozen

from experiments.config.documents import Node
from experiments.config.files import refuse_file


@frozen(kw_only=True)
class Kind:
    """A kind of file that people write."""

    title: str
    """What it is called."""

    keys: tuple[str, ...]
    """Keys one of which every such file has, and no file of another kind."""

    hint: str
    """Where to get one."""


STUDY = Kind(
    title="a study file",
    keys=("study",),
    hint="A study file is wanted, such as configs/studies/quickstart.yaml; `formulation init`"
    " writes one. For one product there are `formulation simulate` and `formulation dissolution`.",
)
"""What is searched."""

PRODUCT = Kind(
    title="a product file",
    keys=("product", "products"),
    hint="A product file is wanted, such as configs/products/citrate-tablet.yaml; `formulation"
    " front S001 --product C001` writes one. `formulation run` runs a study.",
)
"""A recipe that was made, or several."""

SCENARIO = Kind(
    title="a scenario file",
    keys=("scenario",),
    hint="A scenario file is wanted, such as configs/scenarios/kidney.yaml.",
)
"""Arms, people and what is expected of them."""

KINDS = (STUDY, PRODUCT, SCENARIO)
"""All kinds that are told apart."""


def of_kind(root: Node, wanted: Kind, file: str) -> Node:
    """Return the root of a file, unless the file is clearly of another kind.

    Parameters
    ----------
    root : Node
        The root of the file, [-].
    wanted : Kind
        The kind that is wanted, [-].
    file : str
        Its name, for messages, [-].

    Returns
    -------
    Node
        The same root, [-].

    Raises
    ------
    InputError
        It has the keys of another kind and none of the kind that is wanted.
    """
    stated = root.value if isinstance(root.value, dict) else {}
    if any(key in stated for key in wanted.keys):
        return root
    for kind in KINDS:
        for key in kind.keys:
            if kind is not wanted and key in stated:
                message = f"this is {kind.title}."
                refuse_file(file, "wrong_kind", message, root.keys[key], wanted.hint)
    return root
