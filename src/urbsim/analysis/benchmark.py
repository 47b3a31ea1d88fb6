"""Projections that take a line of arithmetic: what the model must beat to be worth its equations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from urbsim.engine.schedule import Floats
from urbsim.study.words import Words

RATES = ("urbanization_rate", "hukou_urbanization_rate")
CEILINGS = (75, 80, 85)  # [%] of the bounded logistics
FEWEST = 5  # observations from which a projection is made


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """A projection: a straight line in some scale.

    Its slope is that of the least-squares line through the years it is fitted to, and it sets out from the
    last of their values.
    """

    id: str
    name: Words
    scale: Callable[[Floats], Floats]
    back: Callable[[Floats], Floats]
    floor: float = 0.0  # what it can be made for lies above
    ceiling: float = np.inf  # and below

    def project(self, years: Sequence[float], values: Sequence[float], to: Sequence[float]) -> Floats | None:
        """Give the projection for the years `to`; None where it cannot be made."""
        x, y = np.asarray(years, dtype=float), np.asarray(values, dtype=float)
        if len(x) < FEWEST or (y <= self.floor).any() or (y >= self.ceiling).any():
            return None
        scaled = self.scale(y)
        slope = np.polyfit(x - x.mean(), scaled, 1)[0]
        return self.back(scaled[-1] + slope * (np.asarray(to, dtype=float) - x[-1]))


def benchmarks(indicator: str) -> tuple[Benchmark, ...]:
    """Give the projections that suit an indicator: for rates of urbanization those that demographers use."""
    line = Benchmark(
        id="line",
        name=Words(zh="直线外推", en="straight line"),
        scale=lambda y: y,
        back=lambda z: z,
        floor=-np.inf,
    )
    if indicator not in RATES:
        growth = Benchmark(
            id="growth",
            name=Words(zh="固定增长率", en="constant growth"),
            scale=np.log,
            back=np.exp,
        )
        return line, growth
    difference = _logistic(
        100, "growth-difference", Words(zh="城乡增长率差不变", en="constant urban-rural growth difference")
    )
    bounded = (
        _logistic(k, f"logistic-{k}", Words(zh=f"逻辑斯蒂（上限{k}%）", en=f"logistic, ceiling {k} %"))
        for k in CEILINGS
    )
    return difference, line, *bounded


def _logistic(ceiling: float, id_: str, name: Words) -> Benchmark:
    """Give the logistic below a ceiling.

    With a ceiling of 100 % the difference of the growth rates of the two parts is constant: it is the growth
    of their ratio, y / (100 - y).
    """
    return Benchmark(
        id=id_,
        name=name,
        scale=lambda y: np.asarray(np.log(y / (ceiling - y))),
        back=lambda z: np.asarray(ceiling / (1 + np.exp(-z))),
        ceiling=ceiling,
    )
