"""Runs -> what they say together: percentiles by year, and the probability of each target."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from urbsim.ensemble.store import Store
from urbsim.study.error_band import margin_at
from urbsim.study.indicator import Indicator
from urbsim.study.judge import ROUNDING
from urbsim.study.place import Place
from urbsim.study.target import Target

Floats = npt.NDArray[np.float64]
PERCENTILES = (5, 25, 50, 75, 95)  # [%] of the runs
CONFIDENCE = 0.95  # of the bounds of a probability


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How an indicator differs between the runs, in one area, by year.

    Parameters
    ----------
    counts
        Runs that have a value, shape (n_years,).
    mean, deviation
        Of those, and their standard deviation [unit of the indicator]; NaN for no runs, or a single one.
    percentiles
        Shape (n_percentiles, n_years) [unit of the indicator].
    """

    indicator: str
    area: str
    years: tuple[int, ...]
    counts: npt.NDArray[np.int64]
    mean: Floats
    deviation: Floats
    percentiles: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """Observed years of a series, and those in which the middle 90 % of the runs do not hold what was."""

    indicator: str
    area: str
    observed: tuple[int, ...]
    years: tuple[int, ...]

    @property
    def many(self) -> bool:
        """Whether more years are missed than the share of the runs that lies outside."""
        inside = (PERCENTILES[-1] - PERCENTILES[0]) / 100
        return len(self.years) > (1 - inside) * len(self.observed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chance:
    """How many runs meet a target.

    Parameters
    ----------
    runs, met
        Runs that did not fail, and how many of those meet the target.
    gap
        5th, 50th and 95th percentile of value minus target [unit of the indicator].
    slack
        How far below its value the target counts as met already: of "about" [unit of the indicator].
    margin
        How far the model itself may be off in that year [unit of the indicator], as `urbsim.study.error_band`
        has it; None where that is not known.
    """

    target: Target
    runs: int
    met: int
    gap: tuple[float, float, float]
    slack: float = 0.0
    margin: float | None = None

    @property
    def probability(self) -> float:
        """Give the share of the runs that meet the target [-]; NaN when all failed."""
        return self.met / self.runs if self.runs else math.nan

    @property
    def open(self) -> bool:
        """Whether the median is nearer to the level than the model itself may be off."""
        return self.margin is not None and abs(self.gap[1] + self.slack) < self.margin

    @property
    def error(self) -> float:
        """Give the standard error of the probability, for independent draws [-].

        It is the error of having drawn so many runs and no more; it says nothing of the model, nor of the
        distributions. Draws of a Latin hypercube or a Sobol sequence mostly have a smaller one.
        """
        return math.sqrt(self.probability * (1 - self.probability) / self.runs) if self.runs else math.nan

    @property
    def bounds(self) -> tuple[float, float]:
        """Give the bounds that hold the probability with 95 % confidence (Wilson's score interval) [-]."""
        if not self.runs:
            return math.nan, math.nan
        from scipy.stats import binomtest  # takes half a second, which no other command should wait for

        bounds = binomtest(self.met, self.runs).proportion_ci(CONFIDENCE, method="wilson")
        return float(bounds.low), float(bounds.high)


def spreads(store: Store, jobs: int = 1) -> Iterator[Spread]:
    """Give the spread of every indicator in every area; exactly, in bounded memory, by so many threads."""
    kept = _kept(store)
    with ThreadPoolExecutor(jobs) as pool:
        for indicator, areas, block in store.blocks(pool):
            values = block if kept is None else block[..., kept]
            yield from pool.map(partial(_spread, indicator, store.years), areas, values)


def _spread(indicator: str, years: tuple[int, ...], area: str, values: Floats) -> Spread:
    """Work out a spread from values of shape (n_years, n_runs), which are lost by that."""
    values.sort(axis=1)  # NaN goes to the end; with vector instructions faster than a search for a few ranks
    counts = np.array([np.searchsorted(row, np.nan) for row in values])
    mean, deviation = np.full((2, len(years)), np.nan)
    percentiles = np.full((len(PERCENTILES), len(years)), np.nan)
    for year, count in enumerate(counts):
        if count:
            row = values[year, :count]
            rank, part = np.divmod((count - 1) * np.array(PERCENTILES) / 100, 1)
            below, above = (row[np.minimum(rank.astype(int) + step, count - 1)] for step in (0, 1))
            percentiles[:, year] = below + (above - below) * part  # between two runs on a straight line
            mean[year] = row.mean()
            row -= mean[year]
            deviation[year] = np.sqrt(np.square(row, out=row).sum() / (count - 1)) if count > 1 else np.nan
    return Spread(
        indicator=indicator,
        area=area,
        years=years,
        counts=counts,
        mean=mean,
        deviation=deviation,
        percentiles=percentiles,
    )


def find_outside(spread: Spread, place: Place) -> Outside:
    """Hold the runs against what was observed after their start, of two vintages of a year the later row."""
    seen = {
        int(row.year): row.value
        for row in place.history
        if row.indicator == spread.indicator and place.area(row.region) == spread.area
    }
    low, high = (dict(zip(spread.years, spread.percentiles[row], strict=True)) for row in (0, -1))
    observed = tuple(sorted(year for year in seen if year in spread.years[1:] and math.isfinite(low[year])))
    return Outside(
        indicator=spread.indicator,
        area=spread.area,
        observed=observed,
        years=tuple(year for year in observed if not low[year] <= seen[year] <= high[year]),
    )


def chances(
    store: Store,
    targets: Sequence[Target],
    indicators: Sequence[Indicator],
    place: Place,
    *,
    parameter_set: str,
) -> tuple[Chance, ...]:
    """Give the chance of each target whose year and indicator the runs report, judged as single runs are."""
    kept, found = _kept(store), []
    units = {indicator.id: indicator.unit for indicator in indicators}
    for target in targets:
        area = place.area(target.region)
        if target.year not in store.years or target.indicator not in store.indicators:
            continue
        series = store.read([(target.indicator, area)])[0, store.years.index(target.year)]
        values = series if kept is None else series[kept]
        level = target.level(units[target.indicator])
        sign = -1 if target.operator == "<=" else 1
        finite = values[np.isfinite(values)]
        if not len(finite) and len(values):
            continue  # not reported there
        met = int((sign * (values - level) >= -ROUNDING * abs(level)).sum())
        low, middle, high = (
            map(float, np.percentile(finite - target.value, (5, 50, 95))) if len(finite) else (math.nan,) * 3
        )
        found.append(
            Chance(
                target=target,
                runs=len(values),
                met=met,
                gap=(low, middle, high),
                slack=target.value - level,
                margin=margin_at(place, target.indicator, area, target.year, parameter_set=parameter_set),
            )
        )
    return tuple(found)


def _kept(store: Store) -> npt.NDArray[np.bool_] | None:
    """Find the runs that did not fail; None when none did."""
    failures = store.failures
    if not failures:
        return None
    kept = np.ones(store.runs, dtype=bool)
    kept[[*failures]] = False
    return kept
