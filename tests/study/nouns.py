"""Nouns made by hand: two regions, one lever, three indicators."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from urbsim.engine.compile import Constant
from urbsim.engine.trajectory import Output, Trajectory
from urbsim.study.indicator import Indicator
from urbsim.study.lever import Lever
from urbsim.study.place import Group, Place
from urbsim.study.words import Words

REGIONS = ("east", "west")
SERVICES = ("school", "health")
YEARS = np.arange(2020.0, 2031.0)


@dataclass(frozen=True, kw_only=True)
class Interface:
    """A compiled model as a study sees it: a quota by region, a standard by region and service, a wish."""

    constants: tuple[Constant, ...] = (
        Constant(name="Quota per settler", unit="m2/person", axes=(REGIONS,), first=0),
        Constant(name="Standard", unit="dmnl", axes=(REGIONS, SERVICES), first=2),
        Constant(name="Wish", unit="dmnl", axes=(), first=6),
    )
    inputs: npt.NDArray[np.float64] = field(default_factory=lambda: np.array([50.0, 80, 1, 2, 3, 4, 7]))
    outputs: tuple[Output, ...] = ()


def place(**changes: object) -> Place:
    given: dict[str, object] = {
        "name": "here",
        "title": Words(zh="这里", en="Here"),
        "folder": Path("here"),
        "model": Path("model.mdl"),
        "regions": {"east": Words(en="East"), "west": Words(en="West")},
        "groups": {"coast": Group(regions=("east",), title=Words(en="Coast"))},
        "base_years": (2020,),
        "last_observed_year": 2024,
        "first_policy_year": 2026,
        "period": (2020, 2030),
    }
    return Place(**{**given, **changes})  # type: ignore[arg-type]


def lever(**changes: object) -> Lever:
    given: dict[str, object] = {
        "id": "quota",
        "name": Words(en="Quota"),
        "variable": "Quota per settler",
        "unit": "m2/person",
        "range": (0.0, 120.0),
    }
    return Lever(**{**given, **changes})  # type: ignore[arg-type]


def indicator(id_: str, **changes: object) -> Indicator:
    given: dict[str, object] = {"id": id_, "name": Words(en=id_), "unit": "%", "variable": "Townspeople"}
    return Indicator(**{**given, **changes})  # type: ignore[arg-type]


RATE = indicator("rate", per="Residents", scale=100.0)
COUNT = indicator("count", unit="10k persons", scale=1e-4)
RESIDENTS = indicator(
    "residents", unit="10k persons", variable="Residents", scale=1e-4, name=Words(en="Residents")
)


def trajectory() -> Trajectory:
    """Give towns growing by a point a year from 60 % in the east (10 m) and 40 % in the west (30 m)."""
    share = np.array([[0.6], [0.4]]) + 0.01 * (YEARS - 2020)
    total = np.array([[10e6], [30e6]]) * np.ones_like(share)
    adequacy = np.stack([share, 2 * share], axis=1)
    outputs = (
        Output(name="Townspeople", unit="person", axes=(REGIONS,)),
        Output(name="Residents", unit="person", axes=(REGIONS,)),
        Output(name="Adequacy", unit="dmnl", axes=(REGIONS, SERVICES)),
        Output(name="Fund", unit="yuan"),
        Output(name="Nobody", unit="person", axes=(REGIONS,)),
    )
    values = (share * total, total, adequacy, 5 * np.ones(YEARS.size), 0 * total)
    return Trajectory(times=YEARS, outputs=outputs, values=tuple(value[..., np.newaxis] for value in values))
