"""Fit the parameters of a place to its history."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import urbsim
from urbsim.analysis.calibration import Calibration
from urbsim.analysis.calibration_file import plan_of, read_calibration
from urbsim.analysis.datum import data_of
from urbsim.analysis.fit import Fit, Residuals, Stage, fit
from urbsim.analysis.knob import knobs_of
from urbsim.analysis.set_file import fingerprint_of, fit_facts, write_set
from urbsim.batch import Study, read_study
from urbsim.errors import InputError, Problem
from urbsim.study.plan import start_inputs
from urbsim.study.text_file import shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Fits:
    """The sets that a place was fitted for, and the files they were written to."""

    study: Study
    calibration: Calibration
    fits: tuple[Fit, ...]
    files: tuple[Path, ...]


def calibrate(
    folder: Path,
    names: Sequence[str] = (),
    *,
    starting: Callable[[str], object] = lambda _: None,
    progress: Callable[[Stage], object] = lambda _: None,
) -> Fits:
    """Fit sets of parameters of a place, and write each into its folder `sets`.

    Parameters
    ----------
    names
        Sets to fit; by default all that its `calibration.yaml` has.
    starting, progress
        Called with the name of each set before it is fitted, and with each stage as it is done.

    Raises
    ------
    InputError
        Something about the place or its `calibration.yaml` is wrong, or it cannot be written to; nothing was
        fitted or written.
    RunError
        The model cannot be run; the sets of before are as they were.
    """
    if folder.resolve().is_relative_to(Path(urbsim.__file__).resolve().parent):
        what = "this copy of the place belongs to the installed program, and is not written to"
        raise InputError(Problem(what, shown(folder), "make your own with: urbsim init DIR"))
    beside = folder / "sets"
    to_write = beside if beside.exists() else folder
    if not (to_write.is_dir() and os.access(to_write, os.W_OK)):  # before the fit, which may take minutes
        raise InputError(Problem("is not a folder that can be written to", shown(to_write)))
    study = read_study(folder, sets=False)  # a set that no longer fits the model must not stand in the way
    place, system = study.place, study.system
    calibration = read_calibration(place)
    plans = {name: plan_of(calibration, name) for name in names or calibration.sets}
    prepared = {}
    problems: list[Problem] = []
    for name, plan in plans.items():
        inherited = name if name in place.sets else ""
        knobs = data = None
        try:
            knobs = knobs_of(calibration.parameters, place, system, inherited)
        except InputError as failure:
            problems.extend(failure.problems)
        try:
            data = data_of(calibration, plan, place, study.indicators, system.outputs)
        except InputError as failure:
            problems.extend(failure.problems)
        if knobs is not None and data is not None:
            inputs = {start: start_inputs(place, system, start, inherited) for start in plan.runs}
            prepared[name] = (plan, knobs, data, inputs)
    if problems:
        raise InputError(dict.fromkeys(problems))
    fits: list[Fit] = []
    files: list[Path] = []
    for name, (plan, knobs, data, inputs) in prepared.items():
        starting(name)
        residuals = Residuals(system, place, plan, knobs, data, inputs)
        fits.append(fit(name, calibration, plan, knobs, data, residuals, progress))
        facts = fit_facts(fits[-1], calibration, fingerprint_of(system, inputs))
        files.extend(write_set(beside, fits[-1], facts))
    return Fits(study=study, calibration=calibration, fits=tuple(fits), files=tuple(files))
