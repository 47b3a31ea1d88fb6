"""Which factors a number depends on, by Morris or Sobol'. The only door to SALib.

SALib samples the unit cube, and every factor's own quantile function turns a coordinate into a value, so that
any distribution, choices too, can be studied. What follows is a function of arrays: how the runs are made
does not matter here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from urbsim.errors import InputError, Problem

Floats = npt.NDArray[np.float64]
Method = Literal["morris", "sobol"]
METHODS: tuple[Method, ...] = get_args(Method)

DEFAULT_N: Mapping[Method, int] = {"morris": 20, "sobol": 512}
LEAST: Mapping[Method, int] = {"morris": 2, "sobol": 16}  # blocks without which nothing can be said
MEASURES: Mapping[Method, tuple[str, ...]] = {
    "morris": ("mu", "mu_star", "mu_star_conf", "sigma"),
    "sobol": ("S1", "S1_conf", "ST", "ST_conf"),
}
LEVELS = 4  # of Morris' grid
INNER = 1e-12  # [-] a quantile of 0 or 1 need not be finite
CONSTANT = 1e-5  # [-] of its largest value: an output that moves less shows the error of the solver
RESAMPLES = 100  # of the bootstrap
CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """The runs that a method asks for, in blocks that can only be used whole.

    Parameters
    ----------
    n
        Blocks: trajectories of Morris, or rows of the base sample of Sobol'.
    groups
        By factor, the number of the effect that it belongs to. Factors that depend on each other have one
        effect together.
    directions
        By factor, 1 or -1: which way it goes when its group moves up. Only Morris needs to know.
    points
        What SALib drew, within 0 to 1, block after block: a coordinate for each factor, shape (n_runs,
        n_factors), but for Morris one for each effect, shape (n_runs, n_effects).
    """

    method: Method
    n: int
    seed: int
    groups: tuple[int, ...]
    directions: tuple[int, ...]
    points: Floats

    @property
    def effects(self) -> int:
        return max(self.groups) + 1

    @property
    def block(self) -> int:
        """Give the runs of a block: a trajectory's, or those of A, B and every AB of a row."""
        return self.effects + (1 if self.method == "morris" else 2)

    @property
    def alike(self) -> npt.NDArray[np.bool_]:
        """Whether the factors of each effect go the same way; a single one does."""
        up = np.bincount(self.groups, np.equal(self.directions, 1))
        return np.asarray(up == np.bincount(self.groups))

    @property
    def unit(self) -> Floats:
        """Give the probabilities at which the factors' quantiles are taken, shape (n_runs, n_factors).

        Morris' levels stand for as many classes of the same probability, and are taken at their middles:
        12.5, 37.5, 62.5 and 87.5 %. So no quantile is infinite, and no step leads to an end that is next to
        impossible. The members of a group are all at the level of their group, or, where they go against
        it, at the opposite one.

        References
        ----------
        Saltelli, Tarantola, Campolongo and Ratto, Sensitivity Analysis in Practice (2004), chapter 4.
        """
        if self.method == "morris":
            levels = (0.5 + (LEVELS - 1) * self.points[:, list(self.groups)]) / LEVELS
            return np.where(np.equal(self.directions, 1), levels, 1 - levels)
        return np.clip(self.points, INNER, 1 - INNER)

    def blocks(self, runs: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Give what belongs to the runs by block, shape (n, runs of a block)."""
        return runs.reshape(self.n, self.block)


def make_design(
    groups: Sequence[str],
    method: Method,
    n: int | None = None,
    seed: int = 1,
    directions: Sequence[int] = (),
) -> Design:
    """Draw the runs for factors, each with the name of its correlated group, or nothing.

    Members of a group move together and have one effect. That is right for Sobol' because the indices of
    groups are those of the decomposition of the variance, as long as the groups are independent of each
    other: the members' values follow from the group's own coordinates of the cube, whatever joins them, and
    no other factor's value does. What part of a group's effect is which member's is not defined. For Morris
    a group is one coordinate: its members go through their quantiles together, as if the correlation were
    1 or -1, and what `Design.unit` gives must not be correlated once more.

    Parameters
    ----------
    n
        Trajectories of Morris, or rows of the base sample of Sobol', a power of two.
    seed
        The same one gives the same runs, and the same confidence intervals.
    directions
        As in `Design`; none: every factor goes up with its group.

    Raises
    ------
    InputError
        The number does not suit the method, or there is nothing to compare.
    """
    n = DEFAULT_N[method] if n is None else n
    numbers = _numbered(groups)
    if not groups or (len(groups) > 1 and max(numbers) == 0):
        what = "all factors are correlated, and have one effect together" if groups else "there is no factor"
        raise InputError(Problem(f"{what}, so there is nothing to compare"))
    if n < LEAST[method]:
        raise InputError(Problem(f"-n is {n}, expected {LEAST[method]} or more"))
    if method == "sobol" and n & (n - 1):
        below = 1 << (n.bit_length() - 1)
        raise InputError(
            Problem(
                f"-n is {n}, expected a power of two: a Sobol' sequence of another length is not balanced",
                fix=f"take {below} or {2 * below}",
            )
        )
    problem = _problem(numbers, method)
    if method == "morris":
        from SALib.sample import morris  # type: ignore[import-untyped]

        points = morris.sample(problem, n, num_levels=LEVELS, seed=seed)
    else:
        from SALib.sample import sobol

        points = sobol.sample(problem, n, calc_second_order=False, seed=seed)
    return Design(
        method=method,
        n=n,
        seed=seed,
        groups=numbers,
        directions=tuple(directions) or (1,) * len(numbers),
        points=np.asarray(points, dtype=float),
    )


def usable(design: Design, values: Floats) -> npt.NDArray[np.bool_]:
    """Say which blocks are whole: a run without a value takes its block with it.

    An effect of Morris is a difference between neighbours on a trajectory, and a Sobol' index compares A, B
    and AB of one row, so that a block with a hole cannot be used in part.
    """
    return np.asarray(np.isfinite(design.blocks(values)).all(axis=1))


def measure_effects(design: Design, values: Floats) -> tuple[Floats, int]:
    """Give the measures of every effect on one output, and of how many whole blocks they are.

    Parameters
    ----------
    values
        The output of every run, in the order of the design, NaN where a run has none [any unit].

    Returns
    -------
    Shape (measures, effects), in the order of `MEASURES`, NaN where a measure is not defined.

    ``mu`` and ``mu_star`` of Morris are the mean change of the output, and its mean size, when the factor
    moves over its whole range of quantiles: for a uniform one, from its lowest to its highest value, taken
    from steps of half of that [unit of the output]. ``sigma`` is the standard deviation of the change: large
    beside ``mu_star`` when it depends on the other factors or on where the factor stands. Of a group, all
    members move over their ranges at once. Where some go against the others it has no ``mu``.

    ``S1`` is the share of the variance that is gone, on average, once the factor is known, ``ST`` the share
    that is left while it alone is not known [-]. Neither is defined for an output that does not vary.

    ``_conf`` is half the width of a 95 % confidence interval, by bootstrap over the blocks.
    """
    whole = usable(design, values)
    count = int(whole.sum())
    nothing = np.full((len(MEASURES[design.method]), design.effects), np.nan)
    if count < LEAST[design.method]:
        return nothing, count
    used = np.repeat(whole, design.block)
    kept = values[used]
    problem = _problem(design.groups, design.method)
    if design.method == "morris":
        from SALib.analyze import morris  # type: ignore[import-untyped]

        found = morris.analyze(
            problem,
            design.points[used],
            kept,
            num_resamples=RESAMPLES,
            conf_level=CONFIDENCE,
            num_levels=LEVELS,
            seed=design.seed,
        )
        # SALib counts a step in the width of its grid; that spans three of the four classes of quantiles.
        measures = np.array([_plain(found[name]) for name in MEASURES["morris"]]) * LEVELS / (LEVELS - 1)
        measures[MEASURES["morris"].index("mu"), ~design.alike] = np.nan
        return measures, count
    if np.ptp(kept) <= CONSTANT * np.abs(kept).max():
        return nothing, count
    from SALib.analyze import sobol

    found = sobol.analyze(
        problem,
        kept,
        calc_second_order=False,
        num_resamples=RESAMPLES,
        conf_level=CONFIDENCE,
        seed=design.seed + 1,  # SALib takes 0 for no seed
    )
    return np.array([_plain(found[name]) for name in MEASURES["sobol"]]), count


def _numbered(groups: Sequence[str]) -> tuple[int, ...]:
    """Give every factor the number of its effect, in the order of the first factors."""
    seen: dict[tuple[str, int], int] = {}
    return tuple(
        seen.setdefault((group, -1) if group else ("", position), len(seen))
        for position, group in enumerate(groups)
    )


def _problem(groups: Sequence[int], method: Method) -> dict[str, Any]:
    """Give what SALib calls a problem: the unit cube, for Morris with one coordinate for each group."""
    groups = range(max(groups) + 1) if method == "morris" else groups
    count = len(groups)
    problem: dict[str, Any] = {
        "num_vars": count,
        "names": [f"x{i}" for i in range(count)],
        "bounds": [[0.0, 1.0]] * count,
    }
    return problem if max(groups) + 1 == count else {**problem, "groups": [f"g{i}" for i in groups]}


def _plain(measure: npt.ArrayLike) -> Floats:
    """Give a measure without SALib's masks."""
    return np.ma.filled(np.ma.asarray(measure, dtype=float), np.nan)
