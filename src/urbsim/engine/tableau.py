"""The Runge-Kutta method that is compiled with every model."""

from __future__ import annotations

from dataclasses import dataclass

WIDE = 8  # stocks that are blended at a time, whatever the width of a group
STAGES = 7  # of RK45, the one at the end of the step included


@dataclass(frozen=True, slots=True)
class Tableau:
    """An explicit Runge-Kutta method whose last stage is the first of the next step.

    `weights` of the earlier slopes and the `fraction` of the step for each stage after the first, the last
    of which is the end of the step; weights of all slopes that give the error.
    """

    weights: tuple[tuple[float, ...], ...]
    fractions: tuple[float, ...]
    error: tuple[float, ...]


def padded(states: int, width: int) -> int:
    """Give how many numbers the stocks of a group take, in whole vectors."""
    return -(-states * width // WIDE) * WIDE


def rk45() -> Tableau:
    """Give the method of Dormand and Prince, as scipy has it."""
    from scipy import integrate  # takes long to import, and compiled models do without

    method = integrate.RK45
    return Tableau(
        weights=(
            *(tuple(map(float, row[:stage])) for stage, row in enumerate(method.A) if stage),
            tuple(map(float, method.B)),
        ),
        fractions=(*map(float, method.C[1:]), 1.0),
        error=tuple(map(float, method.E)),
    )
