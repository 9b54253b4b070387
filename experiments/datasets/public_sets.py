"""The published data sets that are known by name: files, terms, and what each is learnt from.

A set without a licence is known too, and is answered for: it may be read from a person's own file,
never fetched or shipped. The addresses could not be reached when this was written, so nobody here
has seen the bytes they hold. A table is accepted by the hash of its content alone, which was taken
from copies that had been prepared from these files.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path

from attrs import field, frozen

from experiments.config.mapping import TableMapping, read_mapping
from experiments.datasets.public_tables import CellTable, as_published, join_liposomes
from formulation.errors import DataError, UnknownNameError
from models.data.lab_tables import LabTable

MAPPINGS = Path(__file__).with_name("mappings")
"""Folder of the mapping files."""

_RAW = "https://raw.githubusercontent.com"
_LAI = f"{_RAW}/aspuru-guzik-group/long-acting-injectables/0df9c4aafab2c2a41ed3f28752c4ebcb0daf63ab"
_CURVES = f"{_RAW}/danielyanes22/accelerated_IVR/f1b6d693253cbe53eaf181a385f249f5ea367ce7"
_LIPIDS = f"{_RAW}/danielyanes22/accelerated_IVR/3a873678e51a94f5674239044f6aa66921d4be60"
_TESTS = f"{_RAW}/danielyanes22/nanomed_IVR_data/8381d7afe31002525f3f4341bf887693d9a28005"
_TABLETS = f"{_RAW}/chaghadi/drug_disintegration_ml/8934e04e"


@frozen(kw_only=True)
class PublicFile:
    """A file as it was published."""

    name: str
    """Name under which it may lie in a folder."""

    url: str
    """Address of exactly this version."""


@frozen(kw_only=True)
class PublicTable:
    """A table, the files it is made from, and what it must say."""

    prepared: str
    """Name of a file that holds the finished table."""

    files: tuple[PublicFile, ...]
    """Files it is made from."""

    prepare: Callable[[Sequence[LabTable]], CellTable]
    """Makes it."""

    sha256: str
    """Hash of its content, see `CellTable.sha256`."""


@frozen(kw_only=True)
class Variant:
    """One way to learn from a table."""

    table: str
    """Name of the table within its set."""

    mapping_file: str
    """Mapping, in the folder of the mappings."""

    def mapping(self) -> TableMapping:
        """Return what its columns are."""
        text = (MAPPINGS / self.mapping_file).read_text(encoding="utf-8")
        return read_mapping(text, self.mapping_file)


@frozen(kw_only=True, slots=False)
class PublicSet:
    """A published data set."""

    name: str
    """Short name."""

    title: str
    """What it is."""

    tables: Mapping[str, PublicTable] = field(repr=False)
    """Its tables by name."""

    variants: Mapping[str, Variant]
    """Ways to learn from it by name, the usual one first."""

    @cached_property
    def terms(self) -> TableMapping:
        """Licence and citation, as its mappings state them."""
        return next(iter(self.variants.values())).mapping()

    def variant(self, name: str = "") -> Variant:
        """Return a way to learn from it.

        Parameters
        ----------
        name : str, optional
            Its name; empty for the usual one, [-].

        Returns
        -------
        Variant
            Table and mapping, [-].

        Raises
        ------
        UnknownNameError
            There is none of this name.
        """
        if name and name not in self.variants:
            raise UnknownNameError(f"Variant of {self.name}", name, self.variants)
        return self.variants[name or next(iter(self.variants))]


LAI = PublicSet(
    name="lai",
    title="Long-acting injectables of polymers: release over days",
    tables={
        "few": PublicTable(
            prepared="lai_17feat.csv",
            files=(
                PublicFile(
                    name="Dataset_17_feat.xlsx", url=f"{_LAI}/few_shot_models/Dataset_17_feat.xlsx"
                ),
            ),
            prepare=as_published,
            sha256="02e46ee076eedb5f43f1cf8354412281547473bfdb555c3f6d2701aaba52c3c1",
        ),
        "zero": PublicTable(
            prepared="lai_14feat.csv",
            files=(
                PublicFile(
                    name="Dataset_14_feat.xlsx",
                    url=f"{_LAI}/zero_shot_models/Dataset_14_feat.xlsx",
                ),
            ),
            prepare=as_published,
            sha256="fa9688c5116c0405c46947213c15f075e8caddc21ab8a5372dd4e27e0160d1b3",
        ),
    },
    variants={
        "few": Variant(table="few", mapping_file="lai_few.yaml"),
        "zero": Variant(table="zero", mapping_file="lai_zero.yaml"),
    },
)

LIPOSOME_IVR = PublicSet(
    name="liposome_ivr",
    title="Liposomes: release in vitro over hours",
    tables={
        "curves": PublicTable(
            prepared="ivr_long.csv",
            files=(
                PublicFile(
                    name="drug_release_exp.csv",
                    url=f"{_CURVES}/results/fitting/drug_release_exp.csv",
                ),
                PublicFile(
                    name="nanomed_backend_data.csv",
                    url=f"{_TESTS}/data/unprocessed/backend_data.csv",
                ),
                PublicFile(
                    name="accelerated_backend_data.csv",
                    url=f"{_LIPIDS}/data/unprocessed/backend_data.csv",
                ),
            ),
            prepare=join_liposomes,
            sha256="22d9082f5129b96ed10aa12e67233d234eb0de2c79a34c801817dd6c76f87dc0",
        ),
    },
    variants={
        "formulation": Variant(table="curves", mapping_file="liposome_formulation.yaml"),
        "drug": Variant(table="curves", mapping_file="liposome_drug.yaml"),
    },
)

FDT = PublicSet(
    name="fdt",
    title="Fast-disintegrating tablets: disintegration time",
    tables={
        "tablets": PublicTable(
            prepared="fdt.csv",
            files=(
                PublicFile(
                    name="final_data_all_excipients.csv",
                    url=f"{_TABLETS}/data/raw/final_data_all_excipients.csv",
                ),
            ),
            prepare=as_published,
            sha256="f659252dce1f00dbf3a002b137deade8f99754f8f0b5ad03d2a70eba90586028",
        ),
    },
    variants={
        "all": Variant(table="tablets", mapping_file="fdt_all.yaml"),
        "recipe": Variant(table="tablets", mapping_file="fdt_recipe.yaml"),
    },
)

PUBLIC_SETS: tuple[PublicSet, ...] = (LAI, LIPOSOME_IVR, FDT)
"""Sets whose licence lets anybody fetch them."""

UNLICENSED = {
    "srmt_hpmc": "hypromellose matrix tablets, Yang 2019",
    "microneedle": "permeation through skin behind microneedles, Yuan 2023",
}
"""Sets that are known, but that nobody has given leave to pass on."""


def known_names() -> tuple[str, ...]:
    """Return the names of all sets, of those without a licence too.

    Returns
    -------
    tuple of str
        Names, [-].
    """
    return (*(known.name for known in PUBLIC_SETS), *UNLICENSED)


def find_set(name: str) -> PublicSet:
    """Return a published data set.

    Parameters
    ----------
    name : str
        Its name, [-].

    Returns
    -------
    PublicSet
        The set, [-].

    Raises
    ------
    DataError
        It has no licence.
    UnknownNameError
        There is none of this name.
    """
    if name in UNLICENSED:
        raise DataError(
            f"Data set {name!r} ({UNLICENSED[name]}) has no licence to ship or fetch.",
            hint="Import it from your own file with `formulation models evaluate` and --mapping.",
        )
    found = {known.name: known for known in PUBLIC_SETS}
    if name not in found:
        raise UnknownNameError("Data set", name, known_names())
    return found[name]
