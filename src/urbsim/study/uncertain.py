"""What a scenario does not know: distributions of levers and parameters, and how they hang together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from urbsim.study.amount import Amount

Floats = npt.NDArray[np.float64]
Kind = Literal["uniform", "triangular", "normal", "lognormal", "choice"]

TAKES: dict[Kind, str] = {
    "uniform": "[lowest, highest]",
    "triangular": "[lowest, most likely, highest]",
    "normal": "[mean, standard deviation]",
    "lognormal": "[median, geometric standard deviation]",
    "choice": "a list of values",
}
UNBOUNDED: tuple[Kind, ...] = ("normal", "lognormal")
LEAST_LEFT = 1e-6  # [-] probability that `within` must leave: beyond that, quantiles are only rounding
SLACK = 1e-9  # [-] of a bound: what arithmetic may lose


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """How probable the values of a number are.

    Parameters
    ----------
    kind, amounts
        ``uniform``: lowest, highest; ``triangular``: lowest, most likely, highest; ``normal``: mean, standard
        deviation; ``lognormal``: median, and the geometric standard deviation (1.5: two thirds of the
        values lie between median / 1.5 and median x 1.5), which is always a pure number; ``choice``: the
        values. Amounts are all absolute or all relative to the place's own value; the standard deviation
        of a relative normal is a share of that value.
    weights
        Of the values of a choice, in proportion; none: all alike.
    within
        Lowest and highest value of a normal or lognormal; what lies outside is given to the inside in
        proportion, and not put on the ends.
    """

    kind: Kind
    amounts: tuple[Amount, ...]
    weights: tuple[float, ...] = ()
    within: tuple[Amount, Amount] | None = None

    def __post_init__(self) -> None:
        numbers = tuple(amount.number for amount in self.amounts)
        self._refuse_shape(numbers)
        self._refuse_values(numbers)
        if self.within is not None and self.inside() < LEAST_LEFT:
            raise ValueError(f"within: {self._span()} leaves almost nothing of this {self.kind}")

    @property
    def relative(self) -> bool:
        """Whether values are multiples of the place's own value."""
        return self.amounts[0].relative

    @property
    def lowest(self) -> float:
        """Give the lowest value that can come up; minus infinity where there is none."""
        return self._ends()[0]

    @property
    def highest(self) -> float:
        """Give the highest value that can come up; infinity where there is none."""
        return self._ends()[1]

    def quantile(self, probability: Floats) -> Floats:
        """Give the values that are not exceeded with these probabilities.

        Parameters
        ----------
        probability
            Of any shape, between 0 and 1, both excluded [-].

        Examples
        --------
        A median of 2 that is off by a factor of 3 about once in six times, either way:

        >>> cost = Distribution(kind="lognormal", amounts=(Amount(number=2), Amount(number=3)))
        >>> [round(float(cost.quantile(np.array(p))), 2) for p in (0.1587, 0.5, 0.8413)]
        [0.67, 2.0, 6.0]
        """
        p = np.asarray(probability, dtype=float)
        numbers = [amount.number for amount in self.amounts]
        if self.kind == "uniform":
            return np.asarray(numbers[0] + p * (numbers[1] - numbers[0]))
        if self.kind == "choice":
            weights = np.array(self.weights or [1.0] * len(numbers))
            steps = np.cumsum(weights) / weights.sum()
            return np.asarray(np.array(numbers)[np.searchsorted(steps[:-1], p, side="right")])
        from scipy import stats  # takes half a second, which no other command should wait for

        if self.kind == "triangular":
            low, mode, high = numbers
            return np.asarray(stats.triang.ppf(p, (mode - low) / (high - low), low, high - low))
        centre, spread = self._scores()
        lowest, highest = (self._score(end) for end in self._ends())
        cut = ((lowest - centre) / spread, (highest - centre) / spread)
        scores = np.asarray(stats.truncnorm.ppf(p, *cut, centre, spread))
        # Rounding must not carry a value over the bound that it was held to.
        values = np.exp(scores) if self.kind == "lognormal" else scores
        return np.asarray(np.clip(values, *self._ends()))

    def held(self, low: float, high: float) -> Distribution:
        """Give a normal or lognormal that has no bounds within these [as its amounts]; others as they are.

        Raises
        ------
        ValueError
            Next to nothing of it lies within.
        """
        if self.kind not in UNBOUNDED or self.within is not None:
            return self
        bounds = (Amount(number=low, relative=self.relative), Amount(number=high, relative=self.relative))
        return Distribution(kind=self.kind, amounts=self.amounts, within=bounds)

    def inside(self) -> float:
        """Give the share of a normal or lognormal that lies within its bounds before it is cut [-]."""
        centre, spread = self._scores()
        low, high = ((self._score(end) - centre) / spread for end in self._ends())
        if low > 0:  # the smaller tail, or the difference is only rounding
            low, high = -high, -low
        return (math.erfc(-high / math.sqrt(2)) - math.erfc(-low / math.sqrt(2))) / 2

    def _refuse_shape(self, numbers: tuple[float, ...]) -> None:
        count = {"triangular": 3, "choice": len(numbers)}.get(self.kind, 2)
        if len(numbers) != count or not numbers:
            values = f"{len(numbers)} value{'s' * (len(numbers) != 1)}"
            raise ValueError(f"{self.kind} has {values}, expected {TAKES[self.kind]}")
        alike = self.amounts[:1] if self.kind == "lognormal" else self.amounts
        # What a position is, is not known yet; once it is, a new distribution is made of it.
        known = [amount for amount in (*alike, *(self.within or ())) if not amount.position]
        if len({amount.relative for amount in known}) > 1:
            raise ValueError("mixes numbers and relative values (x0.8, +10%), expected either")
        if self.weights and self.kind != "choice":
            raise ValueError(f"weights are of a choice, not of {_a(self.kind)}")
        if self.within is not None and self.kind not in UNBOUNDED:
            raise ValueError(f"within is for normal and lognormal; {_a(self.kind)} has ends of its own")

    def _refuse_values(self, numbers: tuple[float, ...]) -> None:
        if self.kind in ("uniform", "triangular"):
            if list(numbers) != sorted(numbers) or numbers[0] == numbers[-1]:
                raise ValueError(f"{self.kind} is {_listed(numbers)}, expected {TAKES[self.kind]}")
        elif self.kind == "normal" and numbers[1] <= 0:
            raise ValueError(f"the standard deviation is {numbers[1]:g}, expected more than 0")
        elif self.kind == "lognormal":
            if self.amounts[1].relative:
                raise ValueError("the geometric standard deviation is a pure number such as 1.5")
            if numbers[0] <= 0:
                raise ValueError(f"the median of a lognormal is {numbers[0]:g}, expected more than 0")
            if numbers[1] <= 1:
                raise ValueError(f"the geometric standard deviation is {numbers[1]:g}, expected more than 1")
        elif self.kind == "choice" and self.weights:
            if len(self.weights) != len(numbers):
                raise ValueError(f"{len(self.weights)} weights for {len(numbers)} values, expected as many")
            if min(self.weights) < 0 or sum(self.weights) <= 0:
                raise ValueError(f"weights are {_listed(self.weights)}, expected none below 0 and one above")
        if self.within is not None and self.within[0].number >= self.within[1].number:
            raise ValueError(f"within is {self._span()}, expected the lower first")

    def _scores(self) -> tuple[float, float]:
        """Give mean and standard deviation of the normal variable behind a normal or lognormal."""
        centre, spread = (amount.number for amount in self.amounts)
        return (math.log(centre), math.log(spread)) if self.kind == "lognormal" else (centre, spread)

    def _score(self, value: float) -> float:
        if self.kind != "lognormal":
            return value
        return math.log(value) if value > 0 else -math.inf

    def _ends(self) -> tuple[float, float]:
        numbers = [amount.number for amount in self.amounts]
        if self.kind == "choice" and self.weights:
            numbers = [n for n, weight in zip(numbers, self.weights, strict=True) if weight > 0]
        if self.kind not in UNBOUNDED:
            return min(numbers), max(numbers)
        least = 0.0 if self.kind == "lognormal" else -math.inf
        if self.within is None:
            return least, math.inf
        return max(least, self.within[0].number), self.within[1].number

    def _span(self) -> str:
        low, high = self.within or self.amounts[:2]
        return f"{low} to {high}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncertain:
    """A lever or parameter of a scenario of which only a distribution is known.

    Parameters
    ----------
    name
        Of the lever or the constant of the model, as written.
    region
        A region, a group or the place; empty means everywhere.
    by_region
        Whether each region has a draw of its own; otherwise one draw holds for all of the area.
    """

    name: str
    distribution: Distribution
    region: str = ""
    by_region: bool = False
    where: str = ""
    entry: str = ""  # where the name of the lever or parameter stands


@dataclass(frozen=True, slots=True, kw_only=True)
class Correlated:
    """Draws that hang together, through a Gaussian copula.

    Parameters
    ----------
    names
        Of uncertain entries, all of whose draws belong to the group, or of single draws (``name[region]``).
    rho
        The same correlation for every pair of draws, where `matrix` is empty.
    matrix
        Correlations of the draws in the order of `names`, those of one name in the order of the regions.

    Notes
    -----
    The correlation is that of the normal scores: of the draws, each put on a normal scale by its rank. It is
    the ordinary correlation of normal draws, and of the logarithms of lognormal ones. Spearman's rank
    correlation of the draws is then 6/pi asin(rho/2), a little less: 0.58 for 0.6.
    """

    names: tuple[str, ...]
    rho: float = 0.0
    matrix: tuple[tuple[float, ...], ...] = ()
    where: str = ""

    def __post_init__(self) -> None:
        if not self.names:
            raise ValueError("names is empty, expected names of uncertain levers or parameters")
        for row in self.matrix:
            if len(row) != len(self.matrix):
                raise ValueError(
                    f"the matrix has {len(self.matrix)} rows and one of {len(row)} numbers, expected a square"
                )
        if not self.matrix:
            if not -1 < self.rho < 1:
                raise ValueError(f"rho is {self.rho:g}, expected more than -1 and less than 1")
            return
        given = np.array(self.matrix)
        if not np.allclose(np.diag(given), 1, rtol=0, atol=SLACK):
            raise ValueError("the diagonal of the matrix is not 1: a draw goes along with itself")
        if not np.allclose(given, given.T, rtol=0, atol=SLACK):
            i, j = (int(k) for k in np.argwhere(np.abs(given - given.T) > SLACK)[0])
            raise ValueError(
                f"the matrix is not symmetric: {given[i, j]:g} in row {i + 1}, column {j + 1}, "
                f"and {given[j, i]:g} in row {j + 1}, column {i + 1}"
            )

    @property
    def name(self) -> str:
        """Give the names together, for tables."""
        return " + ".join(self.names)

    def correlations(self, count: int) -> Floats:
        """Give the correlations of `count` draws.

        Raises
        ------
        ValueError
            The matrix is of another size, or no numbers can be correlated like that.
        """
        if self.matrix and len(self.matrix) != count:
            raise ValueError(f"the matrix is of {len(self.matrix)} draws, but these names have {count}")
        if count < 2:
            raise ValueError("names has one draw, expected two or more to correlate")
        given = np.array(self.matrix) if self.matrix else np.full((count, count), self.rho)
        np.fill_diagonal(given, 1.0)
        try:
            np.linalg.cholesky(given)
        except np.linalg.LinAlgError:
            least = "" if self.matrix else f"; {count} draws need a rho of more than {-1 / (count - 1):.3g}"
            raise ValueError(f"no draws can be correlated like that: not positive definite{least}") from None
        return given

    def directions(self, count: int) -> tuple[int, ...]:
        """Give which way each of `count` draws goes when they all move along what they have in common.

        That is the way of the first principal component of the normal scores: 1 as the first draw, -1
        against it. No two draws may be correlated against it, so that it does not hang on any order.

        Raises
        ------
        ValueError
            The draws have no such way in common.

        Examples
        --------
        >>> Correlated(names=("a", "b"), rho=-0.3).directions(2)
        (1, -1)
        """
        given = self.correlations(count)
        component = np.linalg.eigh(given)[1][:, -1]
        signs = np.sign(component * component[0])
        # Without a zero, and with no pair against it, it is the only one of its kind (Perron, Frobenius).
        if np.abs(component).min() < SLACK or (given * np.outer(signs, signs) < -SLACK).any():
            raise ValueError(f"{self.name} are correlated without a direction in common")
        return tuple(map(int, signs))


def _a(kind: str) -> str:
    return f"a {kind}" if kind != "uniform" else "a uniform distribution"


def _listed(numbers: Sequence[float]) -> str:
    return f"[{', '.join(f'{number:g}' for number in numbers)}]"
