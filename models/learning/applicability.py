"""How far new rows lie from the rows that a model was fitted on, and in what, in words.

What is far is read off the training data: the distance of each of their rows to the nearest row of
another group (`models.learning.gower` says which distance). A new row's percentile is the share of
those that are smaller than its own distance.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from attrs import evolve, field, frozen
from numpy.typing import NDArray

from formulation.arrays import FloatArray
from formulation.errors import DataError
from models.learning.columns import columns_of
from models.learning.gower import UNSEEN, MixedRows, encode, smallest

if TYPE_CHECKING:
    import pandas as pd

FAR_PCT = 95.0
"""Percentile of the distance beyond which a row is said to be far from the data, [%]."""


@frozen(kw_only=True, eq=False)
class Assessment:
    """Where new rows lie beside the training data."""

    distance: FloatArray
    """Distance to the nearest training row, of shape (n,), [-]."""

    percentile: FloatArray
    """Share of training rows that lie nearer to another group than that, of shape (n,), [%]."""

    past: FloatArray
    """How far each number lies past its range, as a share of it, below it negative; infinite where
    there is no such share; 0 inside; of shape (n, n_numbers), [-]."""

    unseen: NDArray[np.bool_]
    """Whether each text is one that no training row has, of shape (n, n_texts)."""

    nearest: NDArray[np.int64]
    """The nearest groups, positions in `Applicability.group_names`, of shape (n, n_nearest)."""

    nearest_distance: FloatArray
    """Their distances, of shape (n, n_nearest), [-]."""

    @property
    def reach(self) -> FloatArray:
        """One number to order rows by, of shape (n,), [%]; above `FAR_PCT` a row is outside.

        Inside every range it is the percentile of the distance. Outside of one it is 100, and as
        much more as the row lies past it in % of the range; 200 where there is no such share.
        """
        past = np.where(np.isfinite(self.past), np.abs(self.past), 1.0)
        worst = np.maximum(past.max(axis=1, initial=0.0), self.unseen.max(axis=1, initial=False))
        reach: FloatArray = np.where(worst > 0, 100.0 * (1.0 + worst), self.percentile)
        return reach

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.distance)


@frozen(kw_only=True, eq=False)
class Applicability:
    """The training data of a model, as far as needed to say what lies far from them."""

    rows: MixedRows
    """The training rows, those of a group together."""

    group_names: tuple[str, ...]
    """Groups, each once, in the order of their rows."""

    group: NDArray[np.int64]
    """Position of each row's group, rising, of shape (n_rows,)."""

    own: FloatArray
    """Distance of each training row to the nearest of another group, rising, of shape (n_rows,)."""

    titles: Mapping[str, str] = field(factory=dict)
    """What people call a feature, where that is not its name."""

    units: Mapping[str, str] = field(factory=dict)
    """Unit of each feature that has one."""

    def __attrs_post_init__(self) -> None:
        found = {"rows": len(self.rows), "group": len(self.group), "own": len(self.own)}
        if len(set(found.values())) != 1:
            raise DataError(f"Applicability: parts of different lengths, {found}.")

    def assess(
        self,
        features: "pd.DataFrame | FloatArray",
        n_nearest: int = 3,
        among: Collection[str] | None = None,
    ) -> Assessment:
        """Say where new rows lie.

        Parameters
        ----------
        features : DataFrame or ndarray of shape (n, n_features)
            New rows, columns as in training; an array holds the numbers in their order, [-].
        n_nearest : int, optional
            How many of the nearest groups to find, [-].
        among : collection of str, optional
            Groups of which the nearest are found; all when left out, [-].

        Returns
        -------
        Assessment
            Distances, percentiles and what lies outside, [-].

        Raises
        ------
        DataError
            A feature is missing, or an array has another number of columns.
        """
        rows = self.rows.read(features)
        codes = encode(rows.texts, self.rows.levels)
        wanted = [k for k, name in enumerate(self.group_names) if among is None or name in among]
        n, n_nearest = len(codes), min(n_nearest, len(wanted))
        distance, nearest_distance = np.empty(n), np.empty((n, n_nearest))
        nearest = np.empty((n, n_nearest), dtype=np.int64)
        starts = np.flatnonzero(np.diff(self.group, prepend=-1))
        for part, cells in self.rows.distances(rows.numbers, codes):
            distance[part] = cells.min(axis=1)
            if len(starts) < cells.shape[1]:
                cells = np.minimum.reduceat(cells, starts, axis=1)
            by_group = cells if among is None else cells[:, wanted]
            order = smallest(by_group, n_nearest)
            nearest[part] = np.asarray(wanted, dtype=np.int64)[order]
            nearest_distance[part] = np.take_along_axis(by_group, order, axis=1)
        return Assessment(
            distance=distance,
            percentile=100.0 * np.searchsorted(self.own, distance, side="left") / len(self.own),
            past=self.rows.past(rows.numbers),
            unseen=codes == UNSEEN,
            nearest=nearest,
            nearest_distance=nearest_distance,
        )

    def sentences(
        self, features: "pd.DataFrame | FloatArray", found: Assessment
    ) -> tuple[tuple[str, ...], ...]:
        """Say in words in what each row lies outside the training data.

        Parameters
        ----------
        features : DataFrame or ndarray of shape (n, n_features)
            The rows, [-].
        found : Assessment
            What `assess` said of them, [-].

        Returns
        -------
        tuple of tuple of str
            One sentence a feature, or one on the whole; nothing for a row that is inside, [-].
        """
        rows = self.rows.read(features)
        said: list[tuple[str, ...]] = [()] * len(found)
        for k in np.flatnonzero(found.reach > FAR_PCT).tolist():
            numbers = np.flatnonzero(found.past[k]).tolist()
            texts = np.flatnonzero(found.unseen[k]).tolist()
            said[k] = (
                *(self._past_words(j, rows.numbers[k, j]) for j in numbers),
                *(self._unseen_words(j, str(rows.texts[k, j])) for j in texts),
            ) or (_whole_words(found.distance[k], found.percentile[k]),)
        return tuple(said)

    def nearest_words(
        self, found: Assessment, k: int, what: str, names: Mapping[str, str] | None = None
    ) -> str:
        """Say how far what is nearest to one row lies.

        Parameters
        ----------
        found : Assessment
            What `assess` said, [-].
        k : int
            Which row, [-].
        what : str
            What groups are called, such as ``"measured formulation"``, [-].
        names : mapping of str to str, optional
            What people call each group; without them no group is named, [-].

        Returns
        -------
        str
            Such as ``"nearest measured formulation: lab-07 (0.12 away); …"``, [-].
        """
        groups = [self.group_names[position] for position in found.nearest[k].tolist()]
        away = [f"{distance:.2g} away" for distance in found.nearest_distance[k].tolist()]
        if names:
            away = [f"{names.get(g, g)} ({text})" for g, text in zip(groups, away, strict=True)]
        usual = float(np.quantile(self.own, FAR_PCT / 100))
        return (
            f"nearest {what}: {', '.join(away)}; {FAR_PCT:g} % of the training rows have a"
            f" neighbour within {usual:.2g}"
        )

    def as_dict(self) -> dict[str, Any]:
        """Return everything as arrays and lists of text, for a file that holds no classes.

        Returns
        -------
        dict
            What `from_dict` takes, [-].
        """
        return {
            "rows": self.rows.as_dict(),
            "group_names": list(self.group_names),
            "group": self.group,
            "own": self.own,
            "titles": dict(self.titles),
            "units": dict(self.units),
        }

    @classmethod
    def from_dict(cls, state: Mapping[str, Any]) -> "Applicability":
        """Return what was saved.

        Parameters
        ----------
        state : mapping
            What `as_dict` returned; arrays may be nested lists, None for a missing number, [-].

        Returns
        -------
        Applicability
            The same answers as before, [-].

        Raises
        ------
        DataError
            The arrays do not fit each other.
        """
        return cls(
            rows=MixedRows.from_dict(state["rows"]),
            group_names=tuple(state["group_names"]),
            group=np.asarray(state["group"], dtype=np.int64),
            own=np.asarray(state["own"], dtype=float),
            titles=dict(state["titles"]),
            units=dict(state["units"]),
        )

    def _past_words(self, j: int, value: float) -> str:
        name = self.rows.numbers[j]
        title, unit = self.titles.get(name, name), self.units.get(name, "")
        what = f"{title}, {unit}" if unit else title
        if np.isnan(value):
            return f"{title} is missing; no training row is without it"
        if np.isnan(self.rows.low[j]):
            return f"{what} is given ({value:.4g}); no training row has it"
        over = value > self.rows.high[j]
        sign, end = (">", self.rows.high[j]) if over else ("<", self.rows.low[j])
        return f"extrapolating in {what} ({value:.4g} {sign} {end:.4g})"

    def _unseen_words(self, j: int, value: str) -> str:
        name = self.rows.texts[j]
        return f"{self.titles.get(name, name)} {value!r} was never seen"


def _whole_words(distance: float, percentile: float) -> str:
    return (
        "unlike the training data as a whole: each feature lies within its range, but the nearest"
        f" row is {distance:.2g} away, farther than for {percentile:.0f} % of the training rows"
    )


def learn_applicability(
    features: "pd.DataFrame | FloatArray",
    groups: Sequence[str],
    *,
    names: Sequence[str] | None = None,
    titles: Mapping[str, str] | None = None,
    units: Mapping[str, str] | None = None,
) -> Applicability:
    """Keep what is needed of training rows to say later what lies far from them.

    Parameters
    ----------
    features : DataFrame or ndarray of shape (n, n_features)
        Training rows, without time and outcome; an array holds numbers only, [-].
    groups : sequence of str
        Group of each row, such as its formulation, [-].
    names : sequence of str, optional
        Names of an array's columns, [-].
    titles, units : mapping of str to str, optional
        What people call a feature, and its unit, [-].

    Returns
    -------
    Applicability
        Equal rows of a group are kept once, [-].

    Raises
    ------
    DataError
        There are fewer than two groups, or not one for each row.
    """
    rows = columns_of(features, names)
    labels = np.asarray(groups, dtype=np.str_)
    group_names = tuple(dict.fromkeys(labels.tolist()))
    if len(labels) != len(rows.numbers) or len(group_names) < 2:
        raise DataError(
            f"Applicability: {len(rows.numbers)} rows with {len(labels)} group labels,"
            f" {len(group_names)} of them different.",
            hint="Give each row its group, and two groups at least.",
        )
    levels = tuple(
        tuple(sorted(set(rows.texts[:, j].tolist()) - {""})) for j in range(len(rows.text_names))
    )
    place = {name: k for k, name in enumerate(group_names)}
    group = np.array([place[label] for label in labels.tolist()], dtype=np.int64)
    codes = encode(rows.texts, levels)
    # A formulation read at many times has as many equal rows; one says as much.
    filled = np.where(np.isnan(rows.numbers), np.inf, rows.numbers)
    keys = np.column_stack([group, codes, filled])
    kept = np.sort(np.unique(keys, axis=0, return_index=True)[1])
    kept = kept[np.argsort(group[kept], kind="stable")]
    found = Applicability(
        rows=MixedRows(
            numbers=rows.number_names,
            values=rows.numbers[kept],
            texts=rows.text_names,
            codes=codes[kept],
            levels=levels,
        ),
        group_names=group_names,
        group=group[kept],
        own=np.zeros(len(kept)),
        titles=dict(titles or {}),
        units=dict(units or {}),
    )
    return evolve(found, own=_own_distances(found))


def _own_distances(found: Applicability) -> FloatArray:
    """Return the distance of each training row to the nearest of another group, rising."""
    own = np.empty(len(found.group))
    for part, cells in found.rows.distances(found.rows.values, found.rows.codes):
        cells[found.group[part, None] == found.group[None, :]] = np.inf
        own[part] = cells.min(axis=1)
    return np.sort(own)
