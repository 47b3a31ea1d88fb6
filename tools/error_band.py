"""Write how far runs of a place's model have been off: the band that `urbsim monitor` uses.

    python tools/error_band.py models/places/chongqing            # write errors.csv
    python tools/error_band.py --check models/places/chongqing    # exit status 1 if that would change it

Every set of fitted parameters has its error within the years it was fitted to, as horizon 0: the root mean
square of the run from the first base year. A set that ended before the last observed year also has errors
after it, by horizon. There is one such end and not many, so that each year has one error, much like that of
the year before: no standard deviation can be had from it. What stands in the table is the largest absolute
error of any of the set's runs up to that horizon, outside paths known or not: the model has been off so
far, and may be again.
"""

from __future__ import annotations

import argparse
import csv
import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from urbsim.analysis.validate import validate
from urbsim.analysis.validation import Prediction, Validation
from urbsim.errors import InputError, Problem
from urbsim.study.place import OwnError
from urbsim.study.place_file import ERRORS, read_errors

FILE = "errors.csv"
DIGITS = 4
SAME = 2e-3  # [-] of an error: what the last digit and another machine may change
SOURCE = "derived-here"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or check the table of a place."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("place", type=Path, help="folder of the place")
    parser.add_argument("--check", action="store_true", help="change nothing; fail if the table would change")
    options = parser.parse_args(arguments)
    table = options.place / FILE
    try:
        found = tuple(errors(validate(options.place)))
    except InputError as failure:
        print(failure, file=sys.stderr)
        return 2
    if options.check:
        problems: list[Problem] = []
        there = read_errors(table, problems)
        if not problems and alike(there, found):
            return 0
        print(f"{table} is stale; run python tools/error_band.py {options.place}", file=sys.stderr)
        return 1
    beside = table.with_suffix(".new")
    with beside.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(ERRORS)
        for one in found:
            cells = {name: getattr(one, name) for name in ERRORS}
            writer.writerow([f"{v:.{DIGITS}g}" if isinstance(v, float) else v for v in cells.values()])
    beside.replace(table)
    return 0


def errors(validation: Validation) -> Iterator[OwnError]:
    """Give the errors of every observed series, by set and horizon."""
    place = validation.study.place
    for indicator in validation.study.indicators:
        for area in place.areas:
            observed = validation.observed.get((indicator.id, area))
            if observed is None:
                continue
            for name in filter(None, validation.sets):
                runs = [one for one in validation.predictions if one.parameter_set == name]
                for horizon, error, years in by_horizon(
                    indicator.id, area, runs, observed, place.last_seen(name)
                ):
                    yield OwnError(
                        indicator=indicator.id,
                        region=area,
                        parameter_set=name,
                        horizon=horizon,
                        error=error,
                        unit=indicator.unit,
                        n=len(years),
                        first_year=years[0],
                        last_year=years[-1],
                        source=SOURCE,
                    )


def by_horizon(
    indicator: str, area: str, runs: Sequence[Prediction], observed: Mapping[int, float], seen: int
) -> Iterator[tuple[int, float, list[int]]]:
    """Give horizon, error and observed years of one series, with parameters that saw nothing after `seen`."""
    misses = [miss for run in runs if (miss := missed(run, indicator, area, observed))]
    first = min((run.base_year for run in runs), default=seen)
    within = next(
        (m for r, m in zip(runs, misses, strict=False) if r.base_year == first and r.conditional), {}
    )
    years = [year for year in within if year <= seen]
    if years:
        yield 0, math.sqrt(sum(within[year] ** 2 for year in years) / len(years)), years
    largest, years = 0.0, []
    for year in sorted({year for miss in misses for year in miss if year > seen}):
        largest = max(largest, *(abs(miss[year]) for miss in misses if year in miss))
        years.append(year)
        yield year - seen, largest, list(years)


def missed(run: Prediction, indicator: str, area: str, observed: Mapping[int, float]) -> dict[int, float]:
    """Give by year what a run has beyond what was observed, after its start."""
    series = run.measured.find(indicator, area)
    if series is None:
        return {}
    said = dict(zip(map(int, run.measured.years), map(float, series.values), strict=True))
    return {
        year: said[year] - value
        for year, value in observed.items()
        if year > run.base_year and math.isfinite(said.get(year, math.nan))
    }


def alike(one: Sequence[OwnError], other: Sequence[OwnError]) -> bool:
    """Whether two tables have the same rows, and errors that are the same but for rounding."""

    def key(row: OwnError) -> tuple[object, ...]:
        return tuple(getattr(row, name) for name in ERRORS if name != "error")

    return [*map(key, one)] == [*map(key, other)] and all(
        math.isclose(a.error, b.error, rel_tol=SAME, abs_tol=1e-9) for a, b in zip(one, other, strict=True)
    )


if __name__ == "__main__":
    raise SystemExit(main())
