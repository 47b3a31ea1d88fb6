"""Make `docs/findings.md` and its figures anew: what scenarios reach, what loops do, which limits bind.

    python tools/findings_page.py            # write the page, in about half a minute
    python tools/findings_page.py --check    # exit status 1 if models or tables have changed since
    python tools/findings_page.py --keys     # list what the template may name, with its value

Words stand in `tools/findings.md.in`; every number and table in them is a name in double braces, such as
``{{rate.baseline.2035}}``, which is worked out here. No number is typed by hand. What stands between
``{{#districts}}`` and ``{{/districts}}`` appears once there are scenarios in `scenarios/districts`.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import groupby
from pathlib import Path

import numpy as np
import numpy.typing as npt

from urbsim import batch
from urbsim.engine.solve import solve
from urbsim.engine.trajectory import Trajectory
from urbsim.errors import InputError, suggestion
from urbsim.names import fold
from urbsim.output.figures.findings import draw_changes, draw_spans
from urbsim.output.figures.look import styled
from urbsim.output.figures.run import draw
from urbsim.output.words.pictures import PICTURES
from urbsim.study.error_band import margin_at
from urbsim.study.lever import Lever
from urbsim.study.outcome import Outcome, Run
from urbsim.study.outside_file import read_outside
from urbsim.study.plan import slots_of
from urbsim.study.quantity import quantity
from urbsim.study.report import Measured, measure
from urbsim.study.scenario import Amount, Scenario, Setting, Settings
from urbsim.study.target import Verdict
from urbsim.study.words import Words

Floats = npt.NDArray[np.float64]
Held = npt.NDArray[np.bool_]
Row = Sequence[object]
Move = tuple[str, float | str]  # a lever or parameter, and its value: a number, or a multiple such as "x0.5"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A variable of the model that is below or above a level where a limit binds.

    `over`, where given, divides it: what is done over what is wanted, for instance. `element` chooses one of
    the variable's further dimension.
    """

    name: str
    variable: str
    below: float | None = None
    above: float | None = None
    over: str = ""
    element: str = ""

    def holds(self, values: Floats) -> Held:
        low, high = (
            -np.inf if self.below is None else self.below,
            np.inf if self.above is None else self.above,
        )
        return np.asarray((values < low) | (values > high))

    @property
    def rule(self) -> str:
        return f"below {self.below:g}" if self.below is not None else f"above {self.above:g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A change of the baseline that answers a question of the page."""

    parameters: tuple[Move, ...] = ()
    levers: tuple[Move, ...] = ()


SAME = Trial()


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of a run."""

    trajectory: Trajectory
    measured: Measured


# A brake is 1 where nothing holds back; below 0.9 a tenth or more of what is wanted is lost.
LIMITS = (
    Limit(name="fiscal room", variable="Fiscal room", below=0.9),
    Limit(name="fiscal room below a half", variable="Fiscal room", below=0.5),
    Limit(name="debt service over revenue", variable="Debt service ratio", above=0.3),
    Limit(name="boundary brake", variable="Boundary brake", below=0.9),
    Limit(name="land quota", variable="Land starts", over="Land starts allowed", below=0.9),
    Limit(name="land starts over land wanted", variable="Land starts", over="Desired land starts", below=0.5),
    Limit(name="job prospect", variable="Job prospect", below=0.9),
    Limit(name="unemployment", variable="Urban unemployed", over="Urban labour force", above=0.065),
    Limit(name="services, overall", variable="Overall service adequacy", below=0.95),
    Limit(name="nursery places", variable="Service adequacy", element="nursery", below=0.9),
    Limit(name="school places", variable="Service adequacy", element="school", below=0.9),
    Limit(name="hospital beds and physicians", variable="Service adequacy", element="health", below=0.9),
    Limit(name="care beds", variable="Service adequacy", element="elderly care", below=0.9),
    Limit(name="affordable rental homes", variable="Service adequacy", element="rental housing", below=0.9),
    Limit(name="settlement offices", variable="Settlement per year", over="Settlement capacity", above=0.99),
)
LOOPS = {
    "R1": "agglomeration",
    "R2": "network chain",
    "R3": "land finance",
    "R4": "settlement and services",
    "R5": "village decline",
    "R6": "debt trap",
    "B1": "job market",
    "B2": "service crowding",
    "B3": "housing cost",
    "B4": "rural depletion and ageing",
    "B5": "income convergence",
    "B6": "land boundary",
    "B7": "value of rural rights",
    "B8": "fiscal brake",
    "B9": "over-capacity",
    "B10": "return reservoir",
    "B11": "open-hukou dilution",
}
PROGRAMMES: tuple[Move, ...] = tuple(
    (f"{name}_programme", 2.0) for name in ("nursery", "school", "health", "elderly_care", "physician")
)
SETTLING: tuple[Move, ...] = (
    ("hukou_access", 100.0),
    ("rural_rights_kept", 100.0),
    ("settlement_processing_time", 0.1),
)
TRIALS = {
    "services": Trial(levers=PROGRAMMES),
    "no-brake": Trial(parameters=(("loop_b8", 0.0),)),
    "services-no-brake": Trial(parameters=(("loop_b8", 0.0),), levers=PROGRAMMES),
    "choosy": Trial(parameters=(("service_elasticity", 0.6),)),
    "services-choosy": Trial(parameters=(("service_elasticity", 0.6),), levers=PROGRAMMES),
    "choosy-no-brake": Trial(parameters=(("service_elasticity", 0.6), ("loop_b8", 0.0))),
    "services-choosy-no-brake": Trial(
        parameters=(("service_elasticity", 0.6), ("loop_b8", 0.0)), levers=PROGRAMMES
    ),
    "settling": Trial(levers=SETTLING),
    "settling-all-return": Trial(parameters=(("return_of_settlers", 1.0),), levers=SETTLING),
    "all-return": Trial(parameters=(("return_of_settlers", 1.0),)),
    "open-permit": Trial(levers=(("permit_coverage", 100.0),)),
    "rural-income": Trial(levers=(("rural_income_support", 1.1),)),
    "no-incomes": Trial(parameters=(("income_elasticity", 0.0),)),
    "half-the-returns": Trial(parameters=(("base_village_return_rate", "x0.5"),)),
    "jobs": Trial(levers=(("job_programme", 20.0),)),
    "job-minded": Trial(parameters=(("job_elasticity", 0.6),)),
    "jobs-job-minded": Trial(parameters=(("job_elasticity", 0.6),), levers=(("job_programme", 20.0),)),
    "settling-no-r4": Trial(parameters=(("loop_r4", 0.0),), levers=SETTLING),
    "no-tickets": Trial(levers=(("land_ticket_scale", 0.0), ("settler_land_quota", 0.0))),
}
# Levers that a plan gives to some regions only; all others are set everywhere.
WHERE = {
    "county_seat_attraction": ("metro new", "northeast", "southeast"),
    "county_seat_jobs": ("metro new", "northeast", "southeast"),
    "commuting_circle": ("metro new",),
    "settler_land_quota": ("metro new", "northeast", "southeast"),
    "industry_moved_out": ("central city",),
}
# What is held against the last published value.
CHECKED = (
    "urbanization_rate",
    "residents",
    "urban_residents",
    "away_residents",
    "outside_residents",
    "surveyed_unemployment",
    "urban_employment",
    "urban_new_jobs",
    "income_ratio",
    "land_revenue",
    "local_debt",
)
# Levers that say how attractive a place is, and not by what.
ATTRACTION = ("county_seat_attraction", "commuting_circle", "outsider_attraction")
ROOT = Path(__file__).resolve().parents[1]
YEARS = (2025, 2030, 2035)
BASE = "baseline"
NO_SET = "none"
HELD_OUT = "validation"  # the set that was fitted without the last years
SOLVER = "rk4"  # of the runs that are not scenarios: the model's own step; off by less than is printed
MOST = 10  # levers that the page lists
FEW = 6  # parameters that the page lists
FAINT = 0.01  # [points a year] a loop that does less in a year is not named
CENTRAL = re.compile(r"t[1-4]", re.IGNORECASE)  # ids of the targets that every scenario is held to
KEY = re.compile(r"\{\{\s*([^{}#/]+?)\s*\}\}")
SECTION = re.compile(r"\{\{#districts\}\}\n(.*?)\{\{/districts\}\}\n", re.DOTALL)
STAMP = re.compile(r"<!-- made from ([0-9a-f]{64}) -->")
LOOP = re.compile(r"loop ([rb]\d+)")
RATE, URBAN = "urbanization_rate", "urban_residents"


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """Where things stand below a root."""

    root: Path

    @property
    def page(self) -> Path:
        return self.root / "docs" / "findings.md"

    @property
    def images(self) -> Path:
        return self.root / "docs" / "images"

    @property
    def template(self) -> Path:
        return self.root / "tools" / "findings.md.in"

    def scenarios(self) -> list[Path]:
        return sorted((self.root / "scenarios").glob("*.yaml"))

    def districts(self) -> list[Path]:
        return sorted((self.root / "scenarios" / "districts").glob("*.yaml"))

    def stamp(self) -> str:
        """Give a hash of everything that the page is made from."""
        models = self.root / "models"
        parts = ("*.mdl", "*.yaml", "places/*/*.csv", "places/*/*.yaml", "places/*/sets/*.csv")
        files = [
            *self.scenarios(),
            *self.districts(),
            *(file for part in parts for file in models.glob(part) if file.name != "errors.csv"),
        ]
        digest = hashlib.sha256()
        for file in (*sorted(files), self.template, Path(__file__)):
            digest.update(
                file.relative_to(self.root).as_posix().encode() if file.is_relative_to(self.root) else b""
            )
            digest.update(file.read_bytes().replace(b"\r\n", b"\n"))
        return digest.hexdigest()

    def fresh(self) -> bool:
        """Whether the page is of the files as they are."""
        found = STAMP.search(self.page.read_text(encoding="utf-8")) if self.page.is_file() else None
        return found is not None and found[1] == self.stamp()


@dataclass(frozen=True, kw_only=True)
class Findings:
    """The runs, and every number and table that the page may name; most runs are made once they are named."""

    task: batch.Task  # the baseline, ready to run
    outcomes: tuple[Outcome, ...]  # of the scenarios
    districts: tuple[Outcome, ...] = field(default=())  # of those in a folder of their own

    @property
    def study(self) -> batch.Study:
        return self.task.study

    @cached_property
    def base(self) -> Outcome:
        return next(outcome for outcome in self.outcomes if outcome.name == BASE)

    def fill(self, template: str) -> str:
        """Give the text with every name in double braces replaced by what it stands for."""
        kept = SECTION.sub(lambda match: match[1] if self.districts else "", template)
        return KEY.sub(lambda match: self.value(match[1]), kept)

    def value(self, key: str) -> str:
        """Give what a name stands for: `family.argument.argument`."""
        family, *rest = key.split(".")
        families = self._families()
        if family not in families:
            raise SystemExit(f"'{key}': there is nothing of this name; {suggestion(family, [*families])}")
        try:
            return families[family](*rest)
        except (KeyError, TypeError, ValueError, IndexError, StopIteration) as failure:
            raise SystemExit(f"'{key}' cannot be worked out: {failure or 'no such thing'}") from None

    def _families(self) -> dict[str, Callable[..., str]]:
        return {
            "rate": lambda run, year: f"{self._at(run, RATE, int(year)):.1f}",
            "urban": lambda run, year: f"{self._at(run, URBAN, int(year)) / 100:.1f}",
            "value": lambda run, what, year, area="": self._quantity(
                self._at(run, what, int(year), area), what
            ),
            "number": lambda run, what, year, area="": f"{self._at(run, what, int(year), area):,.1f}",
            "effect": lambda run, year, base="cut": f"{self._effect(run, RATE, int(year), base):+.2f}",
            "effect_urban": lambda run, year, base="cut": (
                f"{10 * self._effect(run, URBAN, int(year), base):+.0f}"
            ),
            "flow": lambda variable, year: f"{self._flow(variable, int(year)):.1f}",
            "extreme": self._extreme,
            "observed": lambda what, year: f"{self._observed(what, int(year)):,.1f}",
            "pace": lambda what, first, last: f"{self._pace(what, int(first), int(last)):.1f}",
            "arrivals_observed": lambda year: f"{self._arrivals_observed(int(year)):+.1f}",
            "villages": self._village_balance,
            "leaving": self._leaving,
            "abs": lambda *key: self.value(".".join(key)).lstrip("+-"),
            "gap": lambda target, scenario: self._gap(self._verdict(target, scenario)),
            "met": lambda target, scenario: "met" if self._verdict(target, scenario).met else "missed",
            "margin": lambda year: f"{self._margin(int(year)):.1f}",
            "spread": lambda year: f"{self._spread(int(year)):.1f}",
            "spread_scenarios": lambda year: (
                f"{np.ptp([self._at(o.name, RATE, int(year)) for o in self._central()]):.1f}"
            ),
            "least": lambda year: f"{self._ordered(int(year))[0]:.1f}",
            "most": lambda year: f"{self._ordered(int(year))[-1]:.1f}",
            "agree": lambda: f"{self._agree():.1f}",
            "loop": lambda loop, year: f"{self._change(loop, RATE, int(year)):+.2f}",
            "loop_urban": lambda loop, year: f"{self._change(loop, URBAN, int(year)):+.0f}",
            "strongest": lambda place: f"{self._strongest(place)} ({LOOPS[self._strongest(place)]})",
            "strongest_change": lambda place: f"{self._change(self._strongest(place), RATE, YEARS[-1]):+.2f}",
            "singles": lambda year: f"{sum(effect for effect, *_ in self._better_ends(int(year))):.1f}",
            "idle_levers": lambda year: str(
                sum(abs(effect) < 0.05 for effect, *_ in self._better_ends(int(year)))
            ),
            "levers": lambda: str(len(self.study.levers)),
            "strongest_levers": lambda: str(MOST),
            "attraction_levers": lambda: str(len(ATTRACTION)),
            "limit": self._limit,
            "outside": lambda: str(len(read_outside(self.base.place.folder))),
            "scenarios": lambda: str(len(self._central())),
            "table_targets": self._targets,
            "table_arithmetic": self._arithmetic,
            "table_sets": self._sets,
            "table_swaps": self._swaps,
            "table_levers": self._levers,
            "table_together": self._together,
            "table_loops": self._loops,
            "table_loops_elsewhere": self._loops_elsewhere,
            "table_when": self._when,
            "table_limits": self._limits,
            "table_villages": self._villages,
            "table_money": self._money,
            "table_check": self._check,
            "table_others": lambda: self._others(self.outcomes),
            "table_districts": lambda: self._others(self.districts),
        }

    def names(self) -> Iterator[str]:
        """List the names whose arguments are not free, and a sample of the others."""
        for outcome in self.outcomes:
            yield from (f"rate.{outcome.name}.{year}" for year in YEARS)
            yield from (f"urban.{outcome.name}.{year}" for year in YEARS)
        for outcome in self._central():
            for verdict in run_of(outcome).verdicts:
                if CENTRAL.fullmatch(verdict.target.id):
                    yield from (f"{kind}.{verdict.target.id}.{outcome.name}" for kind in ("gap", "met"))
        for loop in self.loops:
            yield from (f"{kind}.{loop}.{year}" for kind in ("loop", "loop_urban") for year in YEARS)
        for place in range(1, min(4, len(self.loops) + 1)):
            yield from (f"{kind}.{place}" for kind in ("strongest", "strongest_change"))
        for limit in LIMITS:
            yield from (f"limit.{limit.name}.{area}" for area in self._bound(limit, self._run(BASE)))
        yield from ("outside", "scenarios")

    # --- runs --------------------------------------------------------------------------------------------

    def _try(self, scenarios: Iterable[Scenario]) -> dict[str, Result]:
        """Run changes of the baseline, with a fixed step."""
        results = {}
        for task in batch.prepare([*scenarios]):
            trajectory = solve(task.study.system, task.schedule, solver=SOLVER)
            measured = measure(trajectory, task.study.indicators, task.study.place)
            results[task.scenario.name] = Result(trajectory=trajectory, measured=measured)
        return results

    @cached_property
    def loops(self) -> list[str]:
        """Name the loops that the model lets one cut: R before B, each in the order of its number."""
        names = [LOOP.fullmatch(fold(constant.name)) for constant in self.study.system.constants]
        found = [match[1].upper() for match in names if match]
        if not found:
            raise SystemExit("the model has no constants 'Loop R1', 'Loop B1' … with which to cut its loops")
        return sorted(found, key=lambda loop: (loop[0] != "R", int(loop[1:])))

    def _variant(
        self,
        name: str,
        trial: Trial = SAME,
        *,
        period: tuple[int, int] | None = None,
        parameter_set: str = "",
    ) -> Scenario:
        """Give the baseline with levers and parameters changed."""
        base = self.base.scenario
        return replace(
            base,
            name=name,
            parameters={**base.parameters, **settings(trial.parameters)},
            levers={**base.levers, **settings(trial.levers)},
            period=period or base.period,
            parameter_set=parameter_set or base.parameter_set,
            checks=(),
        )

    def _cut(
        self, prefix: str, *, period: tuple[int, int] | None = None, parameter_set: str = ""
    ) -> list[Scenario]:
        """Give a variant of the baseline, and the same with each loop cut."""
        cuts = {loop: Trial(parameters=((f"loop_{loop.lower()}", 0.0),)) for loop in self.loops}
        none = Trial(parameters=tuple(move for trial in cuts.values() for move in trial.parameters))
        trials = {prefix: SAME, **{f"{prefix}-{loop}": trial for loop, trial in cuts.items()}}
        trials[f"{prefix}-none"] = none
        return [
            self._variant(name, trial, period=period, parameter_set=parameter_set)
            for name, trial in trials.items()
        ]

    @cached_property
    def history(self) -> Result | None:
        """The baseline from the first base year to the last observed one; None with one base year."""
        return self.trials.get("past")

    @cached_property
    def sets(self) -> list[str]:
        return [*self.base.place.sets, NO_SET] if self.base.place.sets else []

    @cached_property
    def trials(self) -> dict[str, Result]:
        """Every run beside the scenarios, but those of levers."""
        place = self.base.place
        first, default = min(place.base_years), max(place.base_years)
        last = place.period[1]
        scenarios = self._cut("cut")
        if first < default:
            scenarios += self._cut("past", period=(first, place.last_observed_year))
        for name in self.sets:
            scenarios += self._cut(f"set-{name}", parameter_set=name)
            scenarios.append(
                self._variant(f"long-{name}", parameter_set=name, period=(min(place.base_years), last))
            )
        return self._try(scenarios)

    @cached_property
    def questions(self) -> dict[str, Result]:
        return self._try([self._variant(name, trial) for name, trial in TRIALS.items()])

    def _lever_move(self, lever: Lever, end: float) -> Settings:
        """Set a lever, in the regions that it is meant for, from the first policy year on."""
        amount = (Amount(number=end),)
        regions = [region for region in WHERE.get(lever.id, ()) if region in self.base.place.regions]
        return {lever.id: tuple(Setting(region=region, amounts=amount) for region in regions or ("",))}

    @cached_property
    def ends(self) -> dict[tuple[str, float], Result]:
        """The baseline with each lever alone at each end of its range."""
        keys = [(lever.id, end) for lever in self.study.levers for end in lever.range]
        levers = {lever.id: lever for lever in self.study.levers}
        scenarios = [
            replace(self._variant(f"end-{i}"), levers=self._lever_move(levers[lever], end))
            for i, (lever, end) in enumerate(keys)
        ]
        return dict(zip(keys, self._try(scenarios).values(), strict=True))

    def _better_ends(self, year: int, indicator: str = RATE) -> list[tuple[float, Lever, float]]:
        """Give what each lever does at its end better for an indicator, and that end; the strongest first."""
        same = self._at("cut", indicator, year)
        found = []
        for lever in self.study.levers:
            effects = {e: self._of(self.ends[lever.id, e], indicator, year) - same for e in lever.range}
            end = max(effects, key=effects.__getitem__)
            found.append((effects[end], lever, end))
        return sorted(found, key=lambda one: -one[0])

    @cached_property
    def together(self) -> dict[str, Result]:
        """The baseline with all levers at their better ends, and with all but those that name attraction."""
        scenarios = []
        for name, indicator, left_out in (
            ("together", RATE, ()),
            ("together-means", RATE, ATTRACTION),
            ("together-people", URBAN, ()),
            ("together-people-means", URBAN, ATTRACTION),
        ):
            moves: dict[str, tuple[Setting, ...]] = {}
            for effect, lever, end in self._better_ends(YEARS[-1], indicator):
                if effect > 0 and lever.id not in left_out:
                    moves.update(self._lever_move(lever, end))
            scenarios += [
                replace(self._variant(f"{name}-{set_name}", parameter_set=set_name), levers=moves)
                for set_name in self.sets
            ]
        return self._try(scenarios)

    @cached_property
    def swaps(self) -> dict[str, Result]:
        """The baseline with one parameter at a time taken from the set fitted without the last years."""
        found: dict[str, list[Setting]] = {}
        for one in self.base.place.sets[HELD_OUT].estimates:
            setting = Setting(region=one.region, amounts=(Amount(number=one.value),))
            found.setdefault(one.variable, []).append(setting)
        scenarios = [
            replace(self._variant(f"swap-{i}"), parameters={name: tuple(to)})
            for i, (name, to) in enumerate(found.items())
        ]
        return dict(zip(found, self._try(scenarios).values(), strict=True))

    def _run(self, name: str) -> Result:
        """Give a scenario's run, or that of a change of the baseline."""
        for outcome in (*self.outcomes, *self.districts):
            if outcome.name == name:
                run = run_of(outcome)
                return Result(trajectory=run.trajectory, measured=run.measured)
        if name in TRIALS:
            return self.questions[name]
        return self.together[name] if name.startswith("together") else self.trials[name]

    # --- what the words say ------------------------------------------------------------------------------

    def figure(self, key: str) -> float:
        """Give what a name stands for, as a number."""
        return float(self.value(key).replace(",", ""))

    def verdicts(self, target: str) -> list[Verdict]:
        return [self._verdict(target, outcome.name) for outcome in self._central()]

    def reached(self, target: str) -> bool:
        return any(verdict.met for verdict in self.verdicts(target))

    def ranked(self, count: int) -> list[str]:
        """Give the loops that matter most for the rate of the last year."""
        return sorted(self.loops, key=lambda loop: -abs(self._change(loop, RATE, YEARS[-1])))[:count]

    def strongest_lever(self) -> str:
        return self._better_ends(YEARS[-1])[0][1].id

    def swapped(self) -> str:
        """Name the parameter that alone changes the rate of the last year most."""
        return max(
            self.swaps,
            key=lambda name: abs(
                self._of(self.swaps[name], RATE, YEARS[-1]) - self._at("cut", RATE, YEARS[-1])
            ),
        )

    # --- numbers -----------------------------------------------------------------------------------------

    def _of(self, result: Result, indicator: str, year: int, area: str = "") -> float:
        measured, where = result.measured, area or self.base.place.name
        series = measured.find(indicator, where)
        if series is None:
            raise ValueError(f"{indicator} is not reported for {where}")
        if year not in measured.years:
            raise ValueError(f"{year} is not reported")
        return float(series.values[measured.at(year)])

    def _at(self, run: str, indicator: str, year: int, area: str = "") -> float:
        return self._of(self._run(run), indicator, year, area)

    def _unit(self, indicator: str) -> str:
        return next(one.unit for one in self.study.indicators if one.id == indicator)

    def _quantity(self, value: float, indicator: str, *, signed: bool = False) -> str:
        return quantity(value, self._unit(indicator), signed=signed)

    def _effect(self, run: str, indicator: str, year: int, base: str = "cut") -> float:
        return self._at(run, indicator, year) - self._at(base, indicator, year)

    def _change(self, loop: str, indicator: str, year: int, prefix: str = "cut") -> float:
        """Give what cutting a loop changes."""
        if loop not in self.loops:
            raise KeyError(loop)
        return self._effect(f"{prefix}-{loop}", indicator, year, prefix)

    def _strongest(self, place: str) -> str:
        return self.ranked(int(place))[-1]

    def _total(self, variable: str, year: int) -> float:
        """Add up a variable of the baseline over regions and ages, at the end of a year."""
        trajectory = self._run(BASE).trajectory
        values = trajectory[variable][..., 0]
        return float(values[..., np.flatnonzero(trajectory.times == year)[0]].sum())

    def _flow(self, variable: str, year: int) -> float:
        return self._total(variable, year) / 1e4

    def _extreme(self, kind: str, variable: str) -> str:
        """Give the least or greatest value of a variable in any region and year of the baseline."""
        values = self._run(BASE).trajectory[variable]
        return f"{(values.min() if kind == 'least' else values.max()):.2f}"

    def _observed(self, indicator: str, year: int) -> float:
        place = self.base.place
        return next(
            one.value
            for one in place.history
            if (one.indicator, one.year, place.area(one.region)) == (indicator, year, place.name)
        )

    def _pace(self, indicator: str, first: int, last: int) -> float:
        """Give by how much an observed indicator grew in a year [its unit]."""
        return (self._observed(indicator, last) - self._observed(indicator, first)) / (last - first)

    def _arrivals_observed(self, year: int) -> float:
        """Give what residents gained in a year beyond births less deaths, as published [10k persons]."""
        gained = self._observed("residents", year) - self._observed("residents", year - 1)
        return gained - self._observed("births", year) + self._observed("deaths", year)

    def _village_balance(self, part: str, first: str, last: str) -> str:
        """Give by how much the villages shrink in some years, and how much of that is moves [10k persons]."""
        years = range(int(first) + 1, int(last) + 1)
        lost = self._at(BASE, "rural_residents", int(first)) - self._at(BASE, "rural_residents", int(last))
        moved = sum(self._at(BASE, "net_rural_urban_transfer", year) for year in years)
        parts = {"lost": lost, "moved": moved, "natural": lost - moved, "share": 100 * (lost - moved) / lost}
        return f"{parts[part]:.0f}"

    def _leaving(self, part: str, first: str, last: str) -> str:
        """Give why the number who leave the villages changes: fewer villagers, older ones, less readiness."""
        trajectory = self._run(BASE).trajectory
        at = [int(np.flatnonzero(trajectory.times == int(year))[0]) for year in (first, last)]
        people, leaving = (
            trajectory[name][..., at, 0] for name in ("Rural residents", "Leaving the village")
        )
        rates = leaving / people
        fewer = leaving[..., 0].sum() * people[..., 1].sum() / people[..., 0].sum()
        older = (people[..., 1] * rates[..., 0]).sum()
        steps = {
            "fewer": (leaving[..., 0].sum(), fewer),
            "older": (fewer, older),
            "readiness": (older, leaving[..., 1].sum()),
        }
        before, after = steps[part]
        return f"{(after - before) / 1e4:+.1f}"

    def _spread(self, year: int) -> float:
        """Give how far the baselines of all parameter sets are apart in the rate [points]."""
        rates = [self._at(f"set-{name}", RATE, year) for name in self.sets]
        return max(rates) - min(rates)

    def _ordered(self, year: int) -> list[float]:
        return sorted(self._at(outcome.name, RATE, year) for outcome in self._central())

    def _agree(self) -> float:
        """Give the number of residents at which the targets for rate and number agree [million]."""
        targets = {target.id.lower(): target for target in self.base.targets}
        return targets["t3"].value / targets["t2"].value

    def _verdict(self, target: str, scenario: str) -> Verdict:
        outcome = next(outcome for outcome in self.outcomes if outcome.name == scenario)
        return next(v for v in run_of(outcome).verdicts if fold(v.target.id) == fold(target))

    def _margin(self, year: int) -> float:
        """Give how far the base may be off in a year [percentage points]."""
        place, name = self.base.place, self.base.parameter_set
        return margin_at(place, RATE, place.name, year, parameter_set=name) or 0.0

    def _gap(self, verdict: Verdict) -> str:
        return self._quantity(verdict.gap, verdict.target.indicator, signed=True)

    def _limit(self, name: str, area: str) -> str:
        limit = next(one for one in LIMITS if one.name == name)
        result = self._run(BASE)
        return spans(self._bound(limit, result)[area], result.trajectory.times)

    def _shares(self, limit: Limit, result: Result) -> dict[str, Floats]:
        """Give the value that a limit looks at, by area and year."""
        trajectory, place = result.trajectory, self.base.place

        def values(name: str) -> Floats:
            found = trajectory[name][..., 0]
            if limit.element and len(trajectory.output(name).axes) > 1:
                found = found[
                    :, [fold(e) for e in trajectory.output(name).axes[1]].index(fold(limit.element))
                ]
            return found[np.newaxis] if found.ndim == 1 else found

        share = values(limit.variable)
        if limit.over:
            wanted = values(limit.over)
            share = np.divide(share, wanted, out=np.ones_like(share), where=wanted > 0)
        axes = trajectory.output(limit.variable).axes
        if len(axes) > 1 + bool(limit.element) or (axes and place.axis(axes) != 0):
            raise SystemExit(f"limit '{limit.name}': '{limit.variable}' must be by region, or one number")
        return dict(zip(place.regions if axes else (place.name,), share, strict=True))

    def _bound(self, limit: Limit, result: Result) -> dict[str, Held]:
        """Give, by area, whether a limit binds in each reported year."""
        return {area: limit.holds(values) for area, values in self._shares(limit, result).items()}

    def _central(self) -> list[Outcome]:
        """Give the scenarios that are held to the central targets."""
        return [
            outcome
            for outcome in self.outcomes
            if outcome.place.folder == self.base.place.folder
            and any(CENTRAL.fullmatch(verdict.target.id) for verdict in run_of(outcome).verdicts)
        ]

    # --- tables ------------------------------------------------------------------------------------------

    def _targets(self) -> str:
        chosen = [v for v in run_of(self.base).verdicts if CENTRAL.fullmatch(v.target.id)]
        header = [
            "scenario",
            *(
                f"{v.target.id.upper()}: {demand(v, self.base)}, {v.target.year}"
                + (f" (± {v.margin:g})" if v.margin is not None else "")
                for v in chosen
            ),
        ]
        rows = [
            [
                outcome.scenario.title.en,
                *(
                    f"{self._quantity(verdict.value, verdict.target.indicator)}, "
                    f"{'met' if verdict.met else f'missed, {self._gap(verdict)}'}"
                    + (" (open)" if verdict.open else "")
                    for verdict in (self._verdict(v.target.id, outcome.name) for v in chosen)
                ),
            ]
            for outcome in self._central()
        ]
        return table(header, rows)

    def _arithmetic(self) -> str:
        targets = {target.id.lower(): target for target in self.base.targets}
        rate, people = targets["t2"], targets["t3"]
        rows = []
        for outcome in self._central():
            residents = self._at(outcome.name, "residents", rate.year)
            rows.append(
                [
                    outcome.scenario.title.en,
                    f"{residents / 100:.1f}",
                    f"{self._at(outcome.name, URBAN, people.year) / 100:.1f}",
                    f"{residents * rate.value / 1e4:.1f}",
                    f"{100 * people.value / residents:.0f}",
                ]
            )
        header = [
            "scenario",
            f"residents {rate.year}, million",
            "urban residents, million",
            f"urban residents at {rate.value:g} %, million",
            f"rate at which {people.value / 100:g} million are urban, %",
        ]
        return table(header, rows)

    def _sets(self) -> str:
        start, last = self.base.place.last_observed_year, YEARS[-1]
        years = [start, *YEARS]
        rows = []
        for name in self.sets:
            for prefix, since in (
                ("set", max(self.base.place.base_years)),
                ("long", min(self.base.place.base_years)),
            ):
                run = f"{prefix}-{name}"
                rows.append(
                    [
                        f"`{name}`",
                        since,
                        *(f"{self._at(run, RATE, year):.1f}" for year in years),
                        f"{self._at(run, URBAN, last) / 100:.1f}",
                        f"{self._at(run, 'residents', last) / 100:.1f}",
                    ]
                )
        header = [
            "parameters",
            "starts in",
            *(f"rate {year}" for year in years),
            f"urban residents {last}, million",
            f"residents {last}, million",
        ]
        return table(header, rows)

    def _swaps(self) -> str:
        last, place = YEARS[-1], self.base.place
        rates = {
            name: self._of(result, RATE, last) - self._at("cut", RATE, last)
            for name, result in self.swaps.items()
        }

        def said(name: str, set_name: str) -> str:
            values = [one.value for one in place.sets[set_name].estimates if one.variable == name]
            return f"{min(values):.3g}" + (f" … {max(values):.3g}" if max(values) > min(values) else "")

        rows = [
            [name, said(name, place.parameter_set), said(name, HELD_OUT), f"{rates[name]:+.2f}"]
            for name in sorted(rates, key=lambda name: -abs(rates[name]))[:FEW]
        ]
        header = [
            "parameter",
            f"`{place.parameter_set}`",
            f"`{HELD_OUT}`",
            f"rate {last} with the latter, points",
        ]
        return table(header, rows)

    def _levers(self) -> str:
        last = YEARS[-1]
        rows = []
        for effect, lever, end in self._better_ends(last)[:MOST]:
            result = self.ends[lever.id, end]
            people = [
                self._of(result, what, last) - self._at("cut", what, last) for what in (URBAN, "residents")
            ]
            now = self._lever_value(lever)
            rows.append(
                [
                    lever.name.en,
                    f"{now} to {end:g} {lever.unit}",
                    f"{effect:+.2f}",
                    *(f"{10 * n:+.0f}" for n in people),
                ]
            )
        header = [
            "lever",
            "from, to",
            f"rate {last}, points",
            "urban residents, thousand",
            "residents, thousand",
        ]
        return table(header, rows)

    def _lever_value(self, lever: Lever) -> str:
        """Give the place's value of a lever, where it is one number."""
        slots = sorted(slots_of(lever, self.base.place, self.study.system))
        values = np.unique(np.round(self.task.schedule.inputs[slots, 0] / lever.scale, 6))
        return f"{values[0]:g}" if len(values) == 1 else f"{values[0]:g}-{values[-1]:g}"

    def _together(self) -> str:
        last = YEARS[-1]
        few = f"all but the {len(ATTRACTION)} that name attraction itself"
        words = {
            "together": "the rate: all levers",
            "together-means": f"the rate: {few}",
            "together-people": "urban residents: all levers",
            "together-people-means": f"urban residents: {few}",
        }
        rows = [
            [
                said,
                f"`{name}`",
                *(f"{self._at(f'{run}-{name}', RATE, year):.1f}" for year in YEARS),
                f"{self._at(f'{run}-{name}', URBAN, last) / 100:.1f}",
                f"{self._at(f'{run}-{name}', 'residents', last) / 100:.1f}",
            ]
            for run, said in words.items()
            for name in self.sets
        ]
        header = [
            "at the ends better for",
            "parameters",
            *(f"rate {year}" for year in YEARS),
            f"urban residents {last}, million",
            f"residents {last}, million",
        ]
        return table(header, rows)

    def _loops(self) -> str:
        header = [
            "loop cut",
            *(f"rate {year}, points" for year in YEARS),
            *(f"urban residents {year}, thousand" for year in YEARS),
        ]
        rows = [
            [
                title(loop),
                *(f"{self._change(loop, RATE, year):+.2f}" for year in YEARS),
                *(f"{10 * self._change(loop, URBAN, year):+.0f}" for year in YEARS),
            ]
            for loop in self.loops
        ]
        return table(header, rows)

    def _loops_elsewhere(self) -> str:
        first, known = min(self.base.place.base_years), self.base.place.last_observed_year
        middle = max(self.base.place.base_years)
        header = [
            "loop cut",
            *(f"rate {year}, run from {first}" for year in (middle, known)),
            f"urban residents {known}, run from {first}, thousand",
            *(f"rate {YEARS[-1]}, `{name}`" for name in self.sets),
        ]
        rows = [
            [
                title(loop),
                *(f"{self._change(loop, RATE, year, 'past'):+.2f}" for year in (middle, known)),
                f"{10 * self._change(loop, URBAN, known, 'past'):+.0f}",
                *(f"{self._change(loop, RATE, YEARS[-1], f'set-{name}'):+.2f}" for name in self.sets),
            ]
            for loop in self.loops
        ]
        return table(header, rows)

    def _when(self) -> str:
        """Give the loop that held the rate back most, and the one that pushed it most, by year."""
        rows = []
        runs = [prefix for prefix in ("past", "cut") if prefix in self.trials]
        for prefix in runs:
            years = [int(year) for year in self._run(prefix).measured.years]
            by_year = []
            for year in years[1:]:
                # What the loop adds to the rate in the year: less of it, when the loop is cut.
                adds = {
                    loop: self._change(loop, RATE, year - 1, prefix) - self._change(loop, RATE, year, prefix)
                    for loop in self.loops
                }
                low, high = min(adds, key=adds.__getitem__), max(adds, key=adds.__getitem__)
                growth = self._at(prefix, RATE, year) - self._at(prefix, RATE, year - 1)
                by_year.append((year, low, adds[low], high, adds[high], growth))
            for (low, high), group in (
                (key, [*years]) for key, years in groupby(by_year, lambda one: (one[1], one[3]))
            ):
                mean = np.mean([[one[2], one[4], one[5]] for one in group], axis=0)
                rows.append(
                    [
                        f"{group[0][0]}-{group[-1][0]}" if len(group) > 1 else group[0][0],
                        years[0],
                        f"{mean[2]:+.2f}",
                        f"{title(low)}, {mean[0]:+.2f}" if mean[0] < -FAINT else "none",
                        f"{title(high)}, {mean[1]:+.2f}" if mean[1] > FAINT else "none",
                    ]
                )
        header = ["years", "signals held at", "rate, points a year", "held back most by", "pushed most by"]
        return table(header, rows)

    def _limits(self) -> str:
        results = [result for result in (self.history, self._run(BASE)) if result is not None]
        rows = []
        for limit in LIMITS:
            cells = []
            for result in results:
                held: dict[str, list[str]] = {}
                bound = self._bound(limit, result)
                for area, years in bound.items():
                    held.setdefault(spans(years, result.trajectory.times), []).append(area)
                if len(held) > 1:
                    held.pop("never", None)
                cells.append("; ".join(self._where(areas, bound, span) for span, areas in held.items()))
            worst = self._shares(limit, results[-1])
            pick, side = (min, np.min) if limit.below is not None else (max, np.max)
            area = pick(worst, key=lambda one: float(side(worst[one])))
            year = round(
                results[-1].trajectory.times[int(np.argmin(np.abs(worst[area] - side(worst[area]))))]
            )
            at = "" if len(worst) == 1 else f"{self.base.place.area_title(area).en}, "
            rows.append([limit.name, limit.rule, *cells, f"{side(worst[area]):.2f} ({at}{year})"])
        columns = [f"{round(r.trajectory.times[0])}-{round(r.trajectory.times[-1])}" for r in results]
        return table(["limit", "binds", *columns, f"hardest in {columns[-1]}"], rows)

    def _where(self, areas: Sequence[str], bound: Mapping[str, Held], span: str) -> str:
        if len(areas) == len(bound):
            return span
        return ", ".join(self.base.place.area_title(area).en for area in areas) + f" {span}"

    def _villages(self) -> str:
        start = max(self.base.place.base_years)
        flows = {
            "leave the village": "Leaving the village",
            "come back from towns": "Returning to villages",
            "come back from outside the city": "Returning from outside to villages",
            "become townspeople where they live": "Villagers built over",
        }
        years = (start, *YEARS)
        rows: list[Row] = [
            [said, *(f"{self._flow(variable, year):.1f}" for year in years)]
            for said, variable in flows.items()
        ]
        trajectory = self._run(BASE).trajectory
        ages = {
            "villagers under 40": slice(0, 8),
            "villagers of 40-59": slice(8, 12),
            "villagers of 60 and over": slice(12, None),
        }
        at = [int(np.flatnonzero(trajectory.times == year)[0]) for year in years]
        by_age = trajectory["Rural residents"][..., 0].sum(axis=0) / 1e4
        rows += [[said, *(f"{by_age[chosen, i].sum():.0f}" for i in at)] for said, chosen in ages.items()]
        return table(["10k persons, and a year", *(f"end of {year}" for year in years)], rows)

    def _money(self) -> str:
        first = self.base.place.period[0] + 1
        years = (first, *YEARS)
        names = ("general_budget_revenue", "land_revenue", "local_debt", "debt_service_ratio", "fiscal_room")
        rows = []
        for name in names:
            one = next(i for i in self.study.indicators if i.id == name)
            rows.append(
                [f"{one.name.en}, {one.unit}", *(self._plain(self._at(BASE, name, year)) for year in years)]
            )
        return table(["", *years], rows)

    def _check(self) -> str:
        """Hold the baseline against the last published value of what the findings rest on."""
        place = self.base.place
        rows = []
        for indicator in CHECKED:
            year = max(
                round(one.year)
                for one in place.history
                if one.indicator == indicator and place.area(one.region) == place.name
            )
            one = next(i for i in self.study.indicators if i.id == indicator)
            seen, run = self._observed(indicator, year), self._at(BASE, indicator, year)
            off = f"{100 * (run / seen - 1):+.0f} %" if one.unit != "%" else f"{run - seen:+.1f} points"
            rows.append([f"{one.name.en}, {one.unit}", year, self._plain(seen), self._plain(run), off])
        return table(["what", "end of", "published", "baseline", "off by"], rows)

    @staticmethod
    def _plain(value: float) -> str:
        return (
            f"{value:,.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
        )

    def _others(self, outcomes: Iterable[Outcome]) -> str:
        """Give every other target: those of places and of scenarios, each with what the runs make of it."""
        found: dict[tuple[str, str, str, int, str, float], list[tuple[Outcome, Verdict]]] = {}
        for outcome in outcomes:
            for verdict in run_of(outcome).verdicts:
                t = verdict.target
                if not (CENTRAL.fullmatch(t.id) and outcome in self._central()):
                    area = outcome.place.area(t.region)
                    key = (outcome.place.name, area, t.indicator, t.year, t.operator, t.value)
                    found.setdefault(key, []).append((outcome, verdict))
        rows = []
        for (_, area, indicator, year, *_rest), verdicts in found.items():
            outcome, first = next(((o, v) for o, v in verdicts if o.name.endswith(BASE)), verdicts[0])
            one = next(i for i in outcome.indicators if i.id == indicator)
            values = [v.value for _, v in verdicts]
            met = [o.name for o, v in verdicts if v.met]
            low, high = quantity(min(values), one.unit, bare=True), quantity(max(values), one.unit, bare=True)
            by = "all" if len(met) == len(verdicts) else ", ".join(met) or "none"
            row = (outcome.place.area_title(area).en, one.name.en, year, demand(first, outcome))
            same = "" if low == high else f"{low} … {high}"
            rows.append([*row, outcome.name, quantity(first.value, one.unit, bare=True), same, by])
        header = ["where", "what", "year", "target", "scenario", "value", "all scenarios", "met in"]
        return table(header, rows) if rows else "None."

    # --- figures -----------------------------------------------------------------------------------------

    def write_figures(self, folder: Path) -> None:
        """Write the figures of the page as small PNG."""
        folder.mkdir(parents=True, exist_ok=True)
        result = self._run(BASE)
        bound = {}
        for limit in LIMITS:
            areas = self._bound(limit, result)
            alike = len({held.tobytes() for held in areas.values()}) == 1
            for area, held in [*areas.items()][: 1 if alike else None]:
                if held.any():
                    bound[limit.name + ("" if alike else f": {self.base.place.area_title(area).en}")] = held
        picture = next(picture for picture in PICTURES if picture.id == RATE)
        changes = {title(loop): self._change(loop, RATE, YEARS[-1]) for loop in self.loops}
        said = f"Change of the rate in {YEARS[-1]} when a loop is cut"
        years = [int(t) for t in result.trajectory.times]
        with styled():
            figures = {
                "scenarios": draw(picture, self._fan(), "en"),
                "loops": draw_changes(changes, said, "percentage points"),
                "limits": draw_spans(bound, years, "Years in which a limit binds, baseline")
                if bound
                else None,
            }
            for name, figure in figures.items():
                if figure is not None:
                    figure.savefig(folder / f"findings-{name}.png", dpi=130, metadata={"Software": None})

    def _fan(self) -> list[Outcome]:
        """Give the scenarios; where there are parameter sets, extremes and the baseline with every set."""
        if not self.sets:
            return self._central()
        others = [name for name in self.sets if name != self.base.place.parameter_set]
        variants = [
            replace(
                self._variant(f"set-{name}", parameter_set=name),
                title=Words(en=f"{self.base.scenario.title.en}, set '{name}'"),
            )
            for name in others
        ]
        ordered = sorted(self._central(), key=lambda outcome: self._at(outcome.name, RATE, YEARS[-1]))
        chosen = {outcome.name: outcome for outcome in (self.base, ordered[-1], ordered[0])}
        return [*chosen.values(), *batch.run(variants).outcomes]


# What the words of the template say beyond the numbers; a page whose words no longer hold is not written.
CLAIMS: tuple[tuple[str, Callable[[Findings], bool]], ...] = (
    ("T1, T2 and T3 are missed in every scenario", lambda f: not any(map(f.reached, ("t1", "t2", "t3")))),
    ("T4 is open in every scenario", lambda f: all(v.open for v in f.verdicts("t4"))),
    ("the set fitted to 2010-2020 reaches T2", lambda f: f.figure("rate.set-validation.2035") > 79.5),
    (
        "the sets differ more than the scenarios",
        lambda f: f.figure("spread.2035") > f.figure("spread_scenarios.2035"),
    ),
    (
        "departures or returns make the largest difference between sets",
        lambda f: f.swapped() in ("Base village departure rate", "Base village return rate"),
    ),
    ("all levers together reach 80 %", lambda f: f.figure("rate.together-planning.2035") > 80),
    ("and 28 million", lambda f: f.figure("urban.together-planning.2035") > 28),
    ("80 % without those of attraction", lambda f: f.figure("rate.together-means-planning.2035") > 80),
    (
        "28 million then with the ends better for people only",
        lambda f: (
            f.figure("urban.together-means-planning.2035")
            < 28
            <= f.figure("urban.together-people-means-planning.2035")
        ),
    ),
    ("jobs are the strongest lever", lambda f: f.strongest_lever() == "job_programme"),
    (
        "the job market is the strongest brake, agglomeration the strongest push",
        lambda f: f.ranked(2) in (["B1", "R1"], ["R1", "B1"]),
    ),
    (
        "B1 is next to nothing elsewhere",
        lambda f: abs(f.figure("effect.set-validation-B1.2035.set-validation")) < 0.2,
    ),
    ("the land boundary has changed sides", lambda f: f.figure("loop.B6.2035") < -0.1),
    (
        "the reservoir raises people and lowers the rate",
        lambda f: f.figure("loop.B10.2035") < 0 < f.figure("loop_urban.B10.2035"),
    ),
    (
        "the fiscal brake does less than jobs",
        lambda f: 0 < f.figure("loop.B8.2035") < f.figure("loop.B1.2035"),
    ),
    ("settlement and services does next to nothing", lambda f: abs(f.figure("loop.R4.2035")) < 0.05),
    ("and raises the rate when cut in 2010", lambda f: f.figure("effect.past-R4.2024.past") > 0.2),
    (
        "loops brake by about a point",
        lambda f: all(
            0.5 < f.figure(key) < 2 for key in ("effect.cut-none.2035.cut", "effect.past-none.2024.past")
        ),
    ),
    ("services hardly move the rate", lambda f: abs(f.figure("effect.services.2035")) < 0.3),
    ("hukou levers hardly move it", lambda f: abs(f.figure("effect.settling.2035")) < 0.3),
    ("open permits gain little", lambda f: 0 < f.figure("effect.open-permit.2035") < 0.2),
    ("settlement keeps people in town", lambda f: f.figure("effect.all-return.2035") < -0.8),
    ("rural incomes lower it", lambda f: f.figure("effect.rural-income.2035") < -0.2),
    ("quota matters little after 2020", lambda f: abs(f.figure("effect.no-tickets.2035")) < 0.3),
    (
        "villages gain by moves in the end",
        lambda f: f.figure("number.baseline.net_rural_urban_transfer.2035") < 0,
    ),
    (
        "returns from towns grow",
        lambda f: f.figure("flow.Returning to villages.2035") > f.figure("flow.Returning to villages.2020"),
    ),
    (
        "fewer villagers, then readiness, then age",
        lambda f: (
            f.figure("leaving.fewer.2020.2035")
            < f.figure("leaving.readiness.2020.2035")
            < f.figure("leaving.older.2020.2035")
            < 0
        ),
    ),
    ("the villages shrink mostly by deaths", lambda f: f.figure("villages.share.2024.2035") > 60),
    (
        "urban residents peak before 2035",
        lambda f: f.figure("urban.baseline.2030") > f.figure("urban.baseline.2035"),
    ),
    (
        "too many come, and too many new jobs",
        lambda f: (
            f.figure("number.baseline.net_arrivals_from_outside.2023")
            > f.figure("arrivals_observed.2023") + 5
        ),
    ),
    (
        "the map decides the metropolitan share",
        lambda f: (
            [f.value(f"met.{t}.baseline") for t in ("main_metro_share_2024", "main_metro_share")]
            == ["met", "missed"]
        ),
    ),
    (
        "the southeast has more unemployment",
        lambda f: f.figure("number.baseline.surveyed_unemployment.2030.southeast") > 6.5,
    ),
    ("settlers reach 200,000 by a hair", lambda f: 0 <= f.figure("number.baseline.settlers.2025") - 20 < 0.5),
    ("the sets differ by more than the margin", lambda f: f.figure("spread.2035") > f.figure("margin.2035")),
    (
        "80 % cannot be ruled out for any",
        lambda f: 79.5 - f.figure("least.2035") < f.figure("margin.2035"),
    ),
    (
        "2025 is missed by less than the margin",
        lambda f: f.figure("abs.gap.t1.baseline") < f.figure("margin.2025"),
    ),
    ("the run from 2010 ends lower", lambda f: f.figure("effect.long-planning.2035.set-planning") < 0),
    (
        "only the southeast is short of jobs early",
        lambda f: f.figure("number.baseline.job_prospect.2026") > 0.9,
    ),
)


def settings(moves: Iterable[Move]) -> Settings:
    """Set levers or parameters everywhere."""
    return {
        name: (Setting(amounts=(Amount.parse(to) if isinstance(to, str) else Amount(number=to),)),)
        for name, to in moves
    }


def title(loop: str) -> str:
    """Name a loop for people."""
    return f"{loop} {LOOPS.get(loop, '')}".strip()


def run_of(outcome: Outcome) -> Run:
    """Give the run of an outcome; there is no page without it."""
    if outcome.run is None:
        raise SystemExit(f"{outcome.name} failed: {outcome.failure}")
    return outcome.run


def demand(verdict: Verdict, outcome: Outcome) -> str:
    """Say what a target demands."""
    unit = next(one.unit for one in outcome.indicators if one.id == verdict.target.indicator)
    sign = {"~": "about ", "<=": "at most ", ">=": ""}[verdict.target.operator]
    return sign + quantity(verdict.target.value, unit, long=True)


def spans(held: Held, times: Floats) -> str:
    """Write years in which something holds as spans.

    Examples
    --------
    >>> spans(np.array([True, True, False, True]), np.array([2020.0, 2021.0, 2022.0, 2023.0]))
    '2020-2021, 2023'
    """
    found: list[list[int]] = []
    for time in times[held]:
        year = round(time)
        if found and found[-1][-1] == year - 1:
            found[-1].append(year)
        else:
            found.append([year])
    return ", ".join(f"{s[0]}-{s[-1]}" if len(s) > 1 else f"{s[0]}" for s in found) or "never"


def table(header: Row, rows: Iterable[Row]) -> str:
    """Write a table as Markdown."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def work_out(files: Files) -> Findings:
    """Run every scenario; what else the page asks for is run when it is asked for."""
    scenarios = batch.read_scenarios(files.scenarios())
    base = next((scenario for scenario in scenarios if scenario.name == BASE), None)
    if base is None:
        raise SystemExit(f"there is no scenario '{BASE}' in {files.root / 'scenarios'}")
    (task,) = batch.prepare([base])
    districts = files.districts()
    return Findings(
        task=task,
        outcomes=batch.run(scenarios).outcomes,
        districts=batch.run(districts).outcomes if districts else (),
    )


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """Write the page, check it, or list the names that its template may use."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="change nothing; fail if the page is stale")
    parser.add_argument("--keys", action="store_true", help="change nothing; print names and their values")
    options = parser.parse_args(arguments)
    files = Files(root=root)
    if options.check:
        fresh = files.fresh()
        if not fresh:
            print("docs/findings.md is stale; run python tools/findings_page.py", file=sys.stderr)
        return 0 if fresh else 1
    stamp = files.stamp()
    try:
        findings = work_out(files)
    except InputError as failure:
        print(failure, file=sys.stderr)
        return 2
    if options.keys:
        for key in findings.names():
            print(f"{{{{{key}}}}}  {findings.value(key)}")
        return 0
    untrue = [words for words, holds in CLAIMS if not holds(findings)]
    if untrue:
        print(
            "tools/findings.md.in says what is no longer so; mend it and CLAIMS:",
            *untrue,
            sep="\n  ",
            file=sys.stderr,
        )
        return 1
    text = findings.fill(files.template.read_text(encoding="utf-8"))
    if files.stamp() != stamp:
        print("models, scenarios or words changed while the page was made; run this again", file=sys.stderr)
        return 1
    findings.write_figures(files.images)
    files.page.write_text(f"{text.rstrip()}\n\n<!-- made from {stamp} -->\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
