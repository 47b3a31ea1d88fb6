"""What the page of a model shows. Variables are folded names; texts are as in the files they come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from urbsim.errors import Problem
from urbsim.model.equations import Dimension, Model
from urbsim.model.graph import Path as Way
from urbsim.study.indicator import Indicator
from urbsim.study.lever import Lever, Position
from urbsim.study.loop import Loop
from urbsim.study.outside_file import OutsideTarget
from urbsim.study.place import Place, Source
from urbsim.study.target import Target
from urbsim.study.vocabulary import Vocabulary
from urbsim.study.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A number that a place has for a variable.

    Parameters
    ----------
    label
        What it is for: region, elements, year.
    where
        File and line.
    """

    label: tuple[str, ...]
    value: float
    low: float | None
    high: float | None
    standard_error: float | None
    bound: str  # end of its range that a fitted value lies at: low, high or empty
    grade: str
    sources: tuple[str, ...]
    note: str
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What many numbers have in common: how sure they are, where they come from, and where they stand."""

    count: int
    grade: str
    sources: tuple[str, ...]
    note: str
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """The numbers of a variable: one by one when they are few, else as a table by its last dimension.

    Cells are None where the place has no number of its own for a combination.
    """

    few: tuple[Given, ...]
    columns: tuple[str, ...]
    rows: tuple[tuple[tuple[str, ...], tuple[Given | None, ...]], ...]
    least: float
    most: float
    origins: tuple[Origin, ...]

    @property
    def count(self) -> int:
        return sum(origin.count for origin in self.origins)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A variable.

    Parameters
    ----------
    kind
        "stock", "flow" (of a stock), "auxiliary", "constant" or "lookup".
    equations
        Word for word.
    line
        In the model file; 0 where the format has no lines.
    pictures
        Numbers of the pictures in which it is drawn, its own first.
    """

    key: str
    anchor: str
    name: str
    kind: str
    unit: str
    doc: str
    equations: tuple[str, ...]
    line: int
    limits: tuple[float | None, float | None]
    uses: tuple[str, ...]
    used_by: tuple[str, ...]
    pictures: tuple[int, ...]
    loops: tuple[str, ...]
    levers: tuple[Lever, ...]
    indicators: tuple[Indicator, ...]
    points: tuple[tuple[float, float], ...]  # of a lookup without subscripts
    numbers: Numbers | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A stock-and-flow picture as SVG."""

    number: int
    title: str
    svg: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sector:
    """A part of the model: a group of the file or, where it has none, a view of its picture."""

    title: str
    doc: str
    pictures: tuple[Picture, ...]
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedLoop:
    """A loop that the modeller names: the variables at which it can be cut, and its ways in the equations.

    A way is None where the equations have no such path. `sectors` are the numbers of those that the first
    way passes, in its order.
    """

    loop: Loop
    doc: str
    cuts: tuple[str, ...]
    ways: tuple[Way | None, ...]
    sectors: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TracedLever:
    """A lever, and the indicators that its variable acts on: those that need the fewest equations first.

    `own` are the values that the place has, of all its regions [unit of the lever].
    """

    lever: Lever
    own: tuple[float, ...]
    positions: tuple[Position, ...]
    reached: tuple[Indicator, ...]
    not_reached: tuple[Indicator, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownIndicator:
    """An indicator, its variables, and the years in which the place has observed it."""

    indicator: Indicator
    keys: Mapping[str, str]
    observed: tuple[int, int, int] | None  # first year, last year, number of values


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """Everything on the page.

    Parameters
    ----------
    components
        Numbers of variables of the sets that all act on each other.
    stock_loops
        The shortest loop through each stock; None for a stock that acts on nothing that acts on it.
    vocabulary
        What the names of the model are called.
    honesty
        What the error of the file's own step is, or why the model could not be run.
    """

    title: str
    model: Model
    digest: str
    place: Place | None
    dimensions: tuple[Dimension, ...]
    sectors: tuple[Sector, ...]
    loops: tuple[TracedLoop, ...]
    components: tuple[int, ...]
    stock_loops: Mapping[str, Way | None]
    levers: tuple[TracedLever, ...]
    indicators: tuple[ShownIndicator, ...]
    targets: tuple[Target, ...]
    outside: tuple[OutsideTarget, ...]
    sources: tuple[Source, ...]
    problems: tuple[Problem, ...]
    vocabulary: Vocabulary
    honesty: Words

    @property
    def entries(self) -> dict[str, Entry]:
        return {entry.key: entry for sector in self.sectors for entry in sector.entries}
