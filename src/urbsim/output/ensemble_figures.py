"""Figures of many runs: fans of trajectories, and which factors move a target (tornado, effects over time)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from urbsim.study.indicator import Indicator
from urbsim.study.place import Observation
from urbsim.study.target import Target
from urbsim.study.words import Language, Words

Floats = npt.NDArray[np.float64]
Method = Literal["morris", "sobol"]

PERCENTILES = (5, 25, 50, 75, 95)  # [%] of the runs: the bands of 90 % and 50 %, and the median


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """Where an indicator is reported: a region, a group or the whole place.

    Parameters
    ----------
    place, name
        Names of the place and of the area; the same for the whole place.
    title
        The area's name for people.
    """

    place: str
    name: str
    title: Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Odds:
    """A target, and the share of the runs that meet it [-]."""

    target: Target
    probability: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Fan:
    """What the runs of one scenario say of one indicator in one area.

    Parameters
    ----------
    scenario
        The scenario's title.
    percentiles
        The `PERCENTILES` of the runs by year, shape (5, n_years) [unit of the indicator].
    runs
        How many runs they are of, those that failed not counted.
    odds, history
        Targets and observations of this indicator in this area.
    """

    scenario: Words
    area: Area
    indicator: Indicator
    years: Floats
    percentiles: Floats
    runs: int
    odds: tuple[Odds, ...] = ()
    history: tuple[Observation, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """What one factor does to an indicator, with half the width of the 95 % confidence interval.

    Parameters
    ----------
    effect, confidence
        mu* of Morris [unit of the indicator, over the whole range of the factor], or the total effect of
        Sobol [-].
    first, first_confidence
        The first-order effect of Sobol [-].
    direction
        Of Morris: 1 where the factor raises the indicator, -1 where it lowers it, 0 where it does either.
    """

    factor: Words
    effect: float
    confidence: float
    first: float | None = None
    first_confidence: float | None = None
    direction: Literal[-1, 0, 1] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tornado:
    """Which factors a target depends on; bars in any order, the strongest are drawn."""

    scenario: Words
    area: Area
    indicator: Indicator
    year: int
    target: Target | None
    method: Method
    bars: tuple[Bar, ...]
    runs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """What factors do to an indicator over the years: mu* or total effect by factor and year.

    Parameters
    ----------
    effects
        Shape (n_factors, n_years); NaN where a year has none.
    """

    scenario: Words
    area: Area
    indicator: Indicator
    method: Method
    years: Floats
    factors: tuple[Words, ...]
    effects: Floats


def write_fan_charts(folder: Path, fans: Sequence[Fan], languages: Sequence[Language]) -> None:
    """Draw a fan chart per indicator and area, with all its scenarios, as PNG and SVG in each language."""
    raise NotImplementedError


def write_tornados(
    folder: Path, tornados: Sequence[Tornado], effects: Sequence[Effects], languages: Sequence[Language]
) -> None:
    """Draw which factors matter for each target, and how that changes over the years."""
    raise NotImplementedError
