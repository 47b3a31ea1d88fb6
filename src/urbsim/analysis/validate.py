"""Hold the model of a place against its history, next to projections that take a line of arithmetic."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np

from urbsim.analysis.acceptance import levels_of
from urbsim.analysis.benchmark import benchmarks
from urbsim.analysis.calibration_file import FILE, read_calibration
from urbsim.analysis.score import score
from urbsim.analysis.set_file import fingerprint_of
from urbsim.analysis.trend import outside_paths, trended
from urbsim.analysis.validation import Moved, Observed, Prediction, Row, Span, Validation, WindowName
from urbsim.batch import Study, read_study
from urbsim.engine.compile import compile_program
from urbsim.engine.schedule import Schedule
from urbsim.engine.solve import solve
from urbsim.engine.trajectory import Trajectory
from urbsim.errors import InputError, Problem, suggestion
from urbsim.model.lower import lower
from urbsim.model.read import read_model
from urbsim.names import fold
from urbsim.study.apply_place import apply_place
from urbsim.study.indicator import Indicator
from urbsim.study.place import NO_SET, Estimate, ParameterSet, Place
from urbsim.study.plan import start_inputs
from urbsim.study.report import measure
from urbsim.study.text_file import shown
from urbsim.study.words import Words

FIRST_SETS = ("validation", "planning")  # in this order, before any others
INTERPOLATED = "derived-panel"  # vintage of what was put between two censuses by arithmetic
FITTED = 10  # [year] that the benchmarks are fitted on
UNCONDITIONAL = "outside paths unknown"


def validate(
    folder: Path, names: Sequence[str] = (), *, starting: Callable[[str], object] = lambda _: None
) -> Validation:
    """Run a place over its history and score what comes of it.

    Parameters
    ----------
    names
        Sets of fitted parameters to score; by default all that the place has, or else its tables' own.
    starting
        Called with the name of each run before it is made.

    Raises
    ------
    InputError
        Something about the place is wrong, or it has no such set.
    RunError
        A run could not be completed.
    """
    begun = time.perf_counter()
    study = read_study(folder)
    place = study.place
    sets = _sets(place, names)
    until = _until(place)
    split, last = min(until.values(), default=max(place.base_years)), place.last_observed_year
    starts = sorted(start for start in place.base_years if start < last)
    if not starts:
        what = f"nothing was observed after the first run begins, in {min(place.base_years)}"
        raise InputError(Problem(what, shown(folder)))
    observed, interpolated = (_history(study, last, between=between) for between in (False, True))
    trajectories: dict[tuple[str, int], Trajectory] = {}
    predictions: list[Prediction] = []
    for name in sets:
        for start in starts:
            title = _title(name, start, starts)
            starting(title.en)
            trajectories[name, start] = _run(study, name, start, last)
            predictions.append(_prediction(study, name, start, title, trajectories[name, start]))
    if split < last:
        start, name = starts[0], sets[0]
        title = _title(name, start, starts)
        title = Words(zh=f"{title.zh}（外部条件未知）", en=f"{title.en}, {UNCONDITIONAL}")
        starting(title.en)
        other = _with_paths(study, trended(place, split))
        run = _run(other, name, start, last)
        predictions.append(_prediction(study, name, start, title, run, conditional=False))
    rows = [
        *_scored(predictions, observed, study.indicators, split, last),
        *_benchmarked(observed, study.indicators, split, last),
    ]
    starting("solver tolerance")
    return Validation(
        study=study,
        split=split,
        last=last,
        sets=sets,
        predictions=tuple(predictions),
        observed=observed,
        interpolated=interpolated,
        rows=tuple(rows),
        moved=tuple(moved(place, *sets[:2])) if len(sets) > 1 else (),
        levels=tuple(
            levels_of(
                study,
                sets,
                predictions,
                rows,
                observed,
                trajectories,
                split,
                last,
                blind=until.get(sets[0], split) <= split,
            )
        ),
        paths=outside_paths(place, split, last),
        warnings=tuple(_warnings(study, sets)),
        seconds=time.perf_counter() - begun,
    )


def moved(place: Place, first: str, second: str) -> Iterator[Moved]:
    """Compare two sets parameter by parameter."""
    if not first or not second:
        return
    others = {_key(estimate): estimate for estimate in place.sets[second].estimates}
    for one in place.sets[first].estimates:
        other = others.get(_key(one))
        if other is None:
            continue
        error = one.standard_error
        yield Moved(
            variable=one.variable,
            region=one.region,
            element="|".join(one.elements),
            unit=one.unit,
            values=(one.value, other.value),
            errors=(error, other.standard_error),
            bounds=(one.bound, other.bound),
            moved=(other.value - one.value) / error if error else None,
        )


def _key(estimate: Estimate) -> tuple[str, str, tuple[str, ...]]:
    return fold(estimate.variable), fold(estimate.region), estimate.elements


def _sets(place: Place, names: Sequence[str]) -> tuple[str, ...]:
    known = [name for name in FIRST_SETS if name in place.sets]
    known.extend(name for name in place.sets if name not in known)
    for name in names:
        if name not in (*known, NO_SET):
            fix = suggestion(name, [*known, NO_SET])
            raise InputError(Problem(f"{place.name} has no parameters '{name}'", "--set", fix))
    chosen = [place.set_name(name) for name in names] if names else known
    return tuple(dict.fromkeys(chosen)) or ("",)


def _until(place: Place) -> dict[str, int]:
    """Give the last year that each set of the place looks at; the first of them ends the sample."""
    if (place.folder / FILE).is_file():
        return {name: plan.until for name, plan in read_calibration(place).sets.items()}
    return {}


def _title(name: str, start: int, starts: Sequence[int]) -> Words:
    zh = {"validation": "检验参数", "planning": "规划参数", "": "表列参数"}.get(name, name)
    if len(starts) == 1:
        return Words(zh=zh, en=name or NO_SET)
    return Words(zh=f"{zh}，{start}年起", en=f"{name or NO_SET} from {start}")


def _run(study: Study, name: str, start: int, stop: int) -> Trajectory:
    inputs = start_inputs(study.place, study.system, start, name)
    years = np.arange(start, stop + 0.5)
    schedule = Schedule(start=float(start), stop=float(stop), save=years, inputs=inputs[:, np.newaxis])
    return solve(study.system, schedule)


def _prediction(
    study: Study, name: str, start: int, title: Words, run: Trajectory, *, conditional: bool = True
) -> Prediction:
    return Prediction(
        by=(name or NO_SET) if conditional else f"{name or NO_SET}, {UNCONDITIONAL}",
        title=title,
        parameter_set=name,
        base_year=start,
        conditional=conditional,
        measured=measure(run, study.indicators, study.place),
    )


def _with_paths(study: Study, place: Place) -> Study:
    model = apply_place(read_model(shown(place.model)), place)
    return replace(study, place=place, system=compile_program(lower(model)))


def _history(study: Study, last: int, *, between: bool) -> Observed:
    """Sort the history, observed or put between censuses, by indicator and area.

    Of two vintages of a year the later row counts.
    """
    found: dict[tuple[str, str], dict[int, float]] = {}
    for row in study.place.history:
        if row.year <= last and (row.vintage == INTERPOLATED) is between:
            key = (row.indicator, study.place.area(row.region))
            found.setdefault(key, {})[int(row.year)] = row.value
    return {key: dict(sorted(values.items())) for key, values in found.items()}


def windows(start: int, split: int, last: int) -> Iterator[tuple[WindowName, Span]]:
    """Give the spans of years that are scored of a run from a base year."""
    if start < split:
        yield "in sample", (start + 1, split)
    if split < last:
        yield "hold-out", (max(start, split) + 1, last)
    if start < split < last:
        yield "all", (start + 1, last)


def _scored(
    predictions: Sequence[Prediction],
    observed: Observed,
    indicators: Sequence[Indicator],
    split: int,
    last: int,
) -> Iterator[Row]:
    known = {indicator.id: indicator for indicator in indicators}
    for prediction in predictions:
        measured = prediction.measured
        for (id_, area), values in observed.items():
            series = measured.find(id_, area)
            if series is None:
                continue
            said = dict(zip(map(int, measured.years), map(float, series.values), strict=True))
            for window, (first, end) in windows(prediction.base_year, split, last):
                years = [y for y in values if first <= y <= end and np.isfinite(said.get(y, np.nan))]
                # Before the hold-out, a run that does not know its paths is the run that does.
                if years and (prediction.conditional or window == "hold-out"):
                    yield Row(
                        by=prediction.by,
                        base_year=prediction.base_year,
                        indicator=known[id_],
                        area=area,
                        window=window,
                        years=(first, end),
                        score=score([said[y] for y in years], [values[y] for y in years]),
                    )


def _benchmarked(observed: Observed, indicators: Sequence[Indicator], split: int, last: int) -> Iterator[Row]:
    """Score the benchmarks on the hold-out; they are fitted on the ten years before it."""
    known = {indicator.id: indicator for indicator in indicators}
    for (id_, area), values in observed.items():
        before = [year for year in values if split - FITTED < year <= split]
        after = [year for year in values if split < year <= last]
        if not after or not before or before[-1] != split:
            continue
        if any(b - a > 1 for a, b in pairwise(before)):  # a projection needs years that follow one another
            continue
        for benchmark in benchmarks(id_):
            found = benchmark.project(before, [values[year] for year in before], after)
            if found is not None:
                yield Row(
                    by=benchmark.name.en,
                    base_year=None,
                    indicator=known[id_],
                    area=area,
                    window="hold-out",
                    years=(split + 1, last),
                    score=score(list(found), [values[year] for year in after]),
                )


def _warnings(study: Study, sets: Sequence[str]) -> Iterator[str]:
    """Point out sets that were fitted with other equations or numbers than those of today."""
    yield from study.doubts
    for name in filter(None, sets):
        told = study.place.folder / "sets" / f"{name}.json"
        if not told.is_file():
            continue
        try:
            facts = json.loads(told.read_text(encoding="utf-8"))
            bases, fingerprint = tuple(map(int, facts["runs"])), facts["fingerprint"]
        except (ValueError, KeyError, TypeError):
            yield f"{shown(told)}: is not what urbsim calibrate writes, so the age of '{name}' is unknown"
            continue
        bare = {
            one.name: ParameterSet(name=one.name, estimates=tuple(e for e in one.estimates if e.inherited))
            for one in study.place.sets.values()
        }
        place = replace(study.place, sets=bare)
        starts = {base: start_inputs(place, study.system, base, name) for base in bases}
        if fingerprint_of(study.system, starts) != fingerprint:
            yield (
                f"the parameters '{name}' were fitted with other equations or numbers than those of today; "
                f"fit them again: urbsim calibrate {study.place.name} --set {name}"
            )
