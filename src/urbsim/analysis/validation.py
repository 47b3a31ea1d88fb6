"""What a validation finds: the nouns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from urbsim.analysis.score import Score
from urbsim.batch import Study
from urbsim.study.indicator import Indicator
from urbsim.study.place import Place
from urbsim.study.report import Measured
from urbsim.study.words import Words

RATE = "urbanization_rate"
KNOWN = 10  # [year] in which the rate of an area was observed, so that it can stand for the place

Span = tuple[int, int]  # first and last year
Observed = Mapping[tuple[str, str], Mapping[int, float]]
WindowName = Literal["in sample", "hold-out", "all"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """A run that is held against history.

    Parameters
    ----------
    by
        Names it uniquely: set, base year, and whether the outside paths were known.
    parameter_set
        Fitted parameters that it has; empty: those of the place's tables.
    conditional
        Whether outside paths after the split are those of the place, or trends of the years before.
    """

    by: str
    title: Words
    parameter_set: str
    base_year: int
    conditional: bool
    measured: Measured


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The score of a run or of a benchmark for one indicator, area and span of years.

    `base_year` is that in which the run starts; None for a benchmark.
    """

    by: str
    base_year: int | None
    indicator: Indicator
    area: str
    window: WindowName
    years: Span
    score: Score


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A parameter of two sets [unit]; `moved` is their difference in standard errors of the first."""

    variable: str
    region: str
    element: str
    unit: str
    values: tuple[float, float]
    errors: tuple[float | None, float | None]
    bounds: tuple[str, str]
    moved: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A level of acceptance, and what was found.

    `beyond` is how far the value is on the wrong side of the level; 0 when it is met.
    """

    measure: str
    operator: Literal["<=", ">="]
    level: float
    value: float
    unit: str
    detail: str = ""

    @property
    def met(self) -> bool:
        return self.value <= self.level if self.operator == "<=" else self.value >= self.level

    @property
    def beyond(self) -> float:
        return 0.0 if self.met else abs(self.value - self.level)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsidePath:
    """An outside path of the hold-out.

    Parameters
    ----------
    grades
        Grades of its values in the hold-out; none when it does not change there.
    trend
        What takes its place in the unconditional run.
    """

    variable: str
    grades: tuple[str, ...]
    trend: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """How the model of a place stands up to history.

    Parameters
    ----------
    split, last
        Last year of the sample, and of the hold-out.
    sets
        The sets that were scored, in order; an empty name: the numbers of the tables.
    observed, interpolated
        What was observed, by indicator and area, by year [unit of the indicator]; and what was put between
        two censuses by arithmetic, which is shown but not scored.
    warnings
        What should be known before the scores are believed.
    """

    study: Study
    split: int
    last: int
    sets: tuple[str, ...]
    predictions: tuple[Prediction, ...]
    observed: Observed
    interpolated: Observed
    rows: tuple[Row, ...]
    moved: tuple[Moved, ...]
    levels: tuple[Level, ...]
    paths: tuple[OutsidePath, ...]
    warnings: tuple[str, ...]
    seconds: float

    @property
    def area(self) -> str:
        """Give the area that the summaries speak of."""
        return main_area(self.study.place, self.observed)

    def find(
        self, by: str, indicator: str, area: str, window: WindowName = "all", base_year: int | None = None
    ) -> Score | None:
        """Find a score; None when there is none."""
        for row in self.rows:
            if (row.by, row.indicator.id, row.area, row.window) == (by, indicator, area, window) and (
                base_year is None or row.base_year == base_year
            ):
                return row.score
        return None


def main_area(place: Place, observed: Observed) -> str:
    """Give the first area whose rate was observed year by year: the whole place, or else a group."""
    return next((a for a in place.areas if len(observed.get((RATE, a), {})) >= KNOWN), place.name)
