"""Small Vensim models for tests, and PySD's own run of them."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pysd

from urbsim.model.equations import Model
from urbsim.model.read import read_model

CLOCK = """
INITIAL TIME = {start} ~ year ~ First time |
FINAL TIME = {stop} ~ year ~ Last time |
TIME STEP = {step} ~ year ~ Step |
SAVEPER = TIME STEP ~ year ~ Interval of reporting |
"""


def write_model(
    folder: Path, equations: str, *, start: float = 0, stop: float = 10, step: float = 0.125
) -> Path:
    """Write a model of the given equations, each ended by ``|`` or a line break, with a clock."""
    entries = [line.strip() for line in equations.strip().splitlines() if line.strip()]
    text = "".join(f"{e}\n\t~\t1\t~\tTest |\n" if not e.endswith("|") else f"{e}\n" for e in entries)
    path = folder / "model.mdl"
    clock = CLOCK.format(start=start, stop=stop, step=step)
    path.write_text("{UTF-8}\n" + text + clock, encoding="utf-8")
    return path


def make_model(folder: Path, equations: str, **clock: float) -> Model:
    """Write and read a model of the given equations."""
    return read_model(write_model(folder, equations, **clock))


def pysd_run(path: Path, **options: object) -> pd.DataFrame:
    """Run a model with PySD: Euler at its TIME STEP.

    PySD writes arrays of numbers as numpy prints them, which leaves eight digits unless told otherwise.
    """
    with warnings.catch_warnings(), np.printoptions(precision=17):
        warnings.simplefilter("ignore")
        return pysd.read_vensim(str(path)).run(progress=False, **options)
