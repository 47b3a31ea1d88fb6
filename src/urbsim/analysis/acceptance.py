"""The levels that the model should reach, and what it reaches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from urbsim.analysis.score import Score
from urbsim.analysis.validation import RATE, Level, Observed, Prediction, Row, WindowName, main_area
from urbsim.batch import Study
from urbsim.engine.schedule import Schedule
from urbsim.engine.solve import default_rtol, solve
from urbsim.engine.trajectory import Trajectory
from urbsim.names import fold
from urbsim.study.plan import start_inputs
from urbsim.study.report import measure

URBAN, RURAL = "urban_residents", "rural_residents"
UNACCOUNTED, RESIDENTS = "Persons unaccounted for", "Residents"
FEW = 10  # regions of which each is looked at; of more, the mean
TIGHTER = 100  # times, of the solver's tolerance


def levels_of(
    study: Study,
    sets: Sequence[str],
    predictions: Sequence[Prediction],
    rows: Sequence[Row],
    observed: Observed,
    trajectories: Mapping[tuple[str, int], Trajectory],
    split: int,
    last: int,
    *,
    blind: bool,
) -> Iterator[Level]:
    """Give every level that can be judged with what was observed.

    The first set is judged on the sample that it was fitted to and, where it is `blind` to what came later,
    on the hold-out; the last set on the whole. Where there is one set only, it is judged on all of them.
    """
    place = study.place
    start = min(base for _, base in trajectories)
    area = main_area(place, observed)
    scores = {
        (r.by, r.base_year, r.indicator.id, r.window): r.score for r in rows if r.area == area and r.base_year
    }

    def found(set_name: str, base: int, indicator: str, window: WindowName) -> Score | None:
        return scores.get((set_name or "none", base, indicator, window))

    first, final = sets[0], sets[-1]
    for name, window, level, years in (
        (first, "in sample", 0.3, f"{start + 1}-{split}"),
        (first, "hold-out", 0.7, f"{max(start, split) + 1}-{last}, outside paths known"),
        (final, "all", 0.3, f"{start + 1}-{last}"),
    ):
        it = found(name, start, RATE, window)  # type: ignore[arg-type]
        if it and (blind or window != "hold-out"):
            what = f"rate, RMSE {years} ({name or 'none'}, from {start})"
            yield Level(measure=what, operator="<=", level=level, value=it.rmse, unit="points")
    for base in dict.fromkeys((start, place.base_year)):
        it = found(final, base, RATE, "hold-out")
        if it and last in observed[RATE, area]:
            what = f"rate, error at the end of {last} ({final or 'none'}, from {base})"
            detail = f"{it.last:+.2f}"
            yield Level(
                measure=what, operator="<=", level=0.1, value=abs(it.last), unit="points", detail=detail
            )
    for indicator, label, level in ((URBAN, "urban residents", 1.0), (RURAL, "rural residents", 2.0)):
        it = found(final, start, indicator, "all") or found(final, start, indicator, "hold-out")
        if it and it.mape is not None:
            what = f"{label}, mean absolute error {start + 1}-{last} ({final or 'none'})"
            yield Level(measure=what, operator="<=", level=level, value=it.mape, unit="%")
    for name, window in dict.fromkeys(((first, "in sample"), (final, "all"))):
        it = found(name, start, RATE, window)  # type: ignore[arg-type]
        if it and it.mean_share is not None and it.covariation_share is not None:
            who = f"rate, Theil, {window} ({name or 'none'}): "
            yield Level(measure=f"{who}share of bias", operator="<=", level=0.1, value=it.mean_share, unit="")
            yield Level(
                measure=f"{who}share of unequal covariation",
                operator=">=",
                level=0.6,
                value=it.covariation_share,
                unit="",
            )
    if start < split:
        yield from _regions(study, predictions, observed, start, split, first)
    yield from _arithmetic(study, trajectories)


def _regions(
    study: Study,
    predictions: Sequence[Prediction],
    observed: Observed,
    start: int,
    split: int,
    name: str,
) -> Iterator[Level]:
    """Hold the rates of the regions at the second census against a run from the first."""
    run = next(p for p in predictions if (p.parameter_set, p.base_year, p.conditional) == (name, start, True))
    errors: dict[str, float] = {}
    for region in study.place.regions:
        series = run.measured.find(RATE, region)
        was = observed.get((RATE, region), {}).get(split)
        if series is not None and was is not None:
            errors[region] = float(series.values[run.measured.at(split)]) - was
    if not errors:
        return
    who = f"at the end of {split}, from {start} ({name or 'none'})"
    if len(errors) <= FEW:
        worst = max(errors, key=lambda region: abs(errors[region]))
        told = ", ".join(f"{region} {error:+.2f}" for region, error in errors.items())
        yield Level(
            measure=f"rate of each of {len(errors)} regions {who}",
            operator="<=",
            level=1.0,
            value=abs(errors[worst]),
            unit="points",
            detail=told,
        )
    else:
        ranked = sorted(errors, key=lambda region: -abs(errors[region]))[:5]
        yield Level(
            measure=f"rate of {len(errors)} regions {who}, mean absolute error",
            operator="<=",
            level=1.5,
            value=float(np.mean([abs(error) for error in errors.values()])),
            unit="points",
            detail="worst: " + ", ".join(f"{region} {errors[region]:+.1f}" for region in ranked),
        )


def _arithmetic(study: Study, trajectories: Mapping[tuple[str, int], Trajectory]) -> Iterator[Level]:
    """Look for persons that come from nowhere, and for what a tighter solver would change."""
    place = study.place
    inputs = start_inputs(place, study.system, place.base_year, place.parameter_set)[:, np.newaxis]
    first, last = place.period
    schedule = Schedule(
        start=float(first), stop=float(last), save=np.arange(first, last + 0.5), inputs=inputs
    )
    runs = [solve(study.system, schedule, rtol=rtol) for rtol in (None, default_rtol("rk45") / TIGHTER)]
    known = {fold(output.name) for output in study.system.outputs}
    if {fold(UNACCOUNTED), fold(RESIDENTS)} <= known:
        lost = 0.0
        for run in (*trajectories.values(), runs[0]):
            residents = run[RESIDENTS].reshape(-1, len(run.times)).sum(axis=0)
            unaccounted = np.abs(run[UNACCOUNTED]).reshape(-1, len(run.times)).sum(axis=0)
            lost = max(lost, float((unaccounted / residents).max()))
        what = "persons created or lost in any of these runs, share of residents"
        yield Level(measure=what, operator="<=", level=1e-9, value=lost, unit="")
    loose, tight = (measure(run, study.indicators, place) for run in runs)
    worst, where = 0.0, ""
    for a, b in zip(loose.series, tight.series, strict=True):
        change = abs(float(a.values[-1]) - float(b.values[-1]))
        size = float(np.nanmax(np.abs(b.values), initial=0.0))
        # Rates by their points, everything else in per cent of the largest value that it has in the run.
        change = change if a.indicator.unit == "%" else 100 * change / size if size else 0.0
        if change > worst:
            worst, where = change, f"{a.indicator.id}, {a.area}"
    what = f"any value reported for {last}, moved by a {TIGHTER} times smaller tolerance"
    yield Level(measure=what, operator="<=", level=1e-3, value=worst, unit="points or %", detail=where)
