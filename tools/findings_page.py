"""Make `docs/findings.md` and its figures anew: what scenarios reach, what loops do, which limits bind.

    python tools/findings_page.py            # write the page, in about a minute
    python tools/findings_page.py --check    # exit status 1 if models or tables have changed since
    python tools/findings_page.py --keys     # list what the template may name, with its value

Words stand in `tools/findings.md.in`; every number and table in them is a name in double braces, such as
``{{rate.baseline.2035}}``, which is worked out here. No number is typed by hand.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from urbsim import batch
from urbsim.errors import InputError, suggestion
from urbsim.names import fold
from urbsim.output.figures import PICTURES, draw, styled
from urbsim.output.findings_figures import draw_changes, draw_spans
from urbsim.study.outcome import Outcome, Run
from urbsim.study.outside_file import read_outside
from urbsim.study.quantity import quantity
from urbsim.study.scenario import Amount, Scenario, Setting
from urbsim.study.target import Verdict
from urbsim.study.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A variable of the model that falls below a level where a limit binds.

    `over`, where given, divides it: what is done over what is wanted, for instance.
    """

    name: str
    variable: str
    below: float
    over: str = ""


# Which limits the page speaks of. A brake is 1 where nothing holds back; below 0.9 a tenth or more is lost.
LIMITS = (
    Limit(name="land starts", variable="Land starts", over="Desired land starts", below=0.9),
    Limit(name="space per head", variable="Space shortage", below=0.9),
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
ROOT = Path(__file__).resolve().parents[1]
YEARS = (2025, 2030, 2035)
BASE = "baseline"
CENTRAL = re.compile(r"t[1-4]", re.IGNORECASE)  # ids of the targets that every scenario is held to
KEY = re.compile(r"\{\{\s*([^{}]+?)\s*\}\}")
STAMP = re.compile(r"<!-- made from ([0-9a-f]{64}) -->")
LOOP = re.compile(r"loop ([rb]\d+)")
RATE, URBAN = "urbanization_rate", "urban_residents"

Row = Sequence[object]


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

    def stamp(self) -> str:
        """Give a hash of everything that the page is made from."""
        models = self.root / "models"
        parts = ("*.mdl", "*.yaml", "places/*/*.csv", "places/*/*.yaml", "places/*/sets/*.csv")
        files = [*self.scenarios(), *(file for part in parts for file in models.glob(part))]
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
    """The runs, and every number and table that the page may name."""

    outcomes: tuple[Outcome, ...]  # of the scenarios
    cuts: Mapping[str, Outcome]  # loop -> the baseline without it

    @cached_property
    def base(self) -> Outcome:
        return self._named(BASE)

    def fill(self, template: str) -> str:
        """Give the text with every name in double braces replaced by what it stands for."""
        return KEY.sub(lambda match: self.value(match[1]), template)

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
            "rate": lambda scenario, year: f"{self._at(self._named(scenario), RATE, int(year)):.1f}",
            "urban": lambda scenario, year: f"{self._at(self._named(scenario), URBAN, int(year)) / 100:.1f}",
            "value": self._value,
            "gap": lambda target, scenario: self._gap(self._verdict(target, scenario)),
            "met": lambda target, scenario: "met" if self._verdict(target, scenario).met else "missed",
            "loop": lambda loop, year: f"{self._change(loop, RATE, int(year)):+.2f}",
            "loop_urban": lambda loop, year: f"{self._change(loop, URBAN, int(year)):+.0f}",
            "strongest": lambda place: f"{self._strongest(place)} ({LOOPS[self._strongest(place)]})",
            "strongest_change": lambda place: f"{self._change(self._strongest(place), RATE, YEARS[-1]):+.2f}",
            "limit": self._limit,
            "outside": lambda: str(len(read_outside(self.base.place.folder))),
            "scenarios": lambda: str(len(self._central())),
            "table_targets": self._targets,
            "table_loops": self._loops,
            "table_limits": self._limits,
            "table_others": self._others,
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
        for loop in self.cuts:
            yield from (f"{kind}.{loop}.{year}" for kind in ("loop", "loop_urban") for year in YEARS)
        for place in range(1, min(4, len(self.cuts) + 1)):
            yield from (f"{kind}.{place}" for kind in ("strongest", "strongest_change"))
        yield from (f"limit.{limit.name}.{area}" for limit in LIMITS for area in self._bound(limit))
        yield from ("outside", "scenarios")

    # --- numbers -----------------------------------------------------------------------------------------

    def _named(self, scenario: str) -> Outcome:
        return {outcome.name: outcome for outcome in self.outcomes}[scenario]

    def _at(self, outcome: Outcome, indicator: str, year: int, area: str = "") -> float:
        measured = run_of(outcome).measured
        series = measured.find(indicator, area or outcome.place.name)
        if series is None:
            raise ValueError(f"{indicator} is not reported for {area or outcome.place.name}")
        if year not in measured.years:
            raise ValueError(f"{year} is not reported")
        return float(series.values[measured.at(year)])

    def _value(self, scenario: str, indicator: str, area: str, year: str) -> str:
        outcome = self._named(scenario)
        unit = next(one.unit for one in outcome.indicators if one.id == indicator)
        return quantity(self._at(outcome, indicator, int(year), area), unit)

    def _verdict(self, target: str, scenario: str) -> Verdict:
        verdicts = {fold(v.target.id): v for v in run_of(self._named(scenario)).verdicts}
        return verdicts[fold(target)]

    def _gap(self, verdict: Verdict) -> str:
        unit = next(one.unit for one in self.base.indicators if one.id == verdict.target.indicator)
        return quantity(verdict.gap, unit, signed=True)

    def _change(self, loop: str, indicator: str, year: int) -> float:
        return self._at(self.cuts[loop], indicator, year) - self._at(self.base, indicator, year)

    def _strongest(self, place: str) -> str:
        ordered = sorted(self.cuts, key=lambda loop: -abs(self._change(loop, RATE, YEARS[-1])))
        return ordered[int(place) - 1]

    def _limit(self, name: str, area: str) -> str:
        limit = next(one for one in LIMITS if one.name == name)
        return spans(self._bound(limit)[area], run_of(self.base).trajectory.times)

    def _bound(self, limit: Limit) -> dict[str, npt.NDArray[np.bool_]]:
        """Give, by region, whether a limit binds in each reported year of the baseline."""
        trajectory, place = run_of(self.base).trajectory, self.base.place

        def values(name: str) -> npt.NDArray[np.float64]:
            found = trajectory[name][..., 0]
            return found[np.newaxis] if found.ndim == 1 else found

        share = values(limit.variable)
        if limit.over:
            wanted = values(limit.over)
            share = np.divide(share, wanted, out=np.ones_like(share), where=wanted > 0)
        axes = trajectory.output(limit.variable).axes
        if len(axes) > 1 or (axes and place.axis(axes) is None):
            raise SystemExit(f"limit '{limit.name}': '{limit.variable}' must be by region, or one number")
        areas = list(place.regions) if axes else [place.name]
        return dict(zip(areas, share < limit.below, strict=True))

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
        targets = [v.target for v in run_of(self.base).verdicts if CENTRAL.fullmatch(v.target.id)]
        demands = [demand(v, self.base) for v in run_of(self.base).verdicts if v.target in targets]
        header = [
            "scenario",
            *(f"{t.id.upper()}: {said}, {t.year}" for t, said in zip(targets, demands, strict=True)),
        ]
        rows = [
            [
                outcome.scenario.title.en,
                *(
                    f"{self._shown(verdict)}, {'met' if verdict.met else f'missed {self._gap(verdict)}'}"
                    + (" (open)" if verdict.open else "")
                    for verdict in (self._verdict(target.id, outcome.name) for target in targets)
                ),
            ]
            for outcome in self._central()
        ]
        return table(header, rows)

    def _shown(self, verdict: Verdict) -> str:
        unit = next(one.unit for one in self.base.indicators if one.id == verdict.target.indicator)
        return quantity(verdict.value, unit)

    def _loops(self) -> str:
        header = [
            "loop cut",
            *(f"rate {year}, points" for year in YEARS),
            *(f"urban residents {year}, 10k" for year in YEARS),
        ]
        rows = [
            [
                f"{loop} {LOOPS.get(loop, '')}".strip(),
                *(f"{self._change(loop, RATE, year):+.2f}" for year in YEARS),
                *(f"{self._change(loop, URBAN, year):+.1f}" for year in YEARS),
            ]
            for loop in self.cuts
        ]
        return table(header, rows)

    def _limits(self) -> str:
        times = run_of(self.base).trajectory.times
        place = self.base.place
        bound = {limit.name: self._bound(limit) for limit in LIMITS}
        areas = list(dict.fromkeys(area for by_area in bound.values() for area in by_area))
        rows = [
            [
                place.area_title(area).en,
                *(spans(by[area], times) if area in by else "" for by in bound.values()),
            ]
            for area in areas
        ]
        return table(["region", *bound], rows)

    def _others(self) -> str:
        """Give every other target: those of places and of scenarios, each with what the runs make of it."""
        found: dict[tuple[str, str, str, int, str, float], list[tuple[Outcome, Verdict]]] = {}
        for outcome in self.outcomes:
            for verdict in run_of(outcome).verdicts:
                t = verdict.target
                if not (CENTRAL.fullmatch(t.id) and outcome in self._central()):
                    area = outcome.place.area(t.region)
                    key = (outcome.place.name, area, t.indicator, t.year, t.operator, t.value)
                    found.setdefault(key, []).append((outcome, verdict))
        rows = []
        for (_, area, indicator, year, *_rest), verdicts in found.items():
            outcome, first = next(((o, v) for o, v in verdicts if o.name == BASE), verdicts[0])
            one = next(i for i in outcome.indicators if i.id == indicator)
            values = [v.value for _, v in verdicts]
            met = [o.name for o, v in verdicts if v.met]
            span = (
                ""
                if len(values) == 1
                else f"{quantity(min(values), one.unit)} … {quantity(max(values), one.unit)}"
            )
            by = "all" if len(met) == len(verdicts) else ", ".join(met) or "none"
            row = (outcome.place.area_title(area).en, one.name.en, year, demand(first, outcome))
            rows.append([*row, outcome.name, quantity(first.value, one.unit), span, by])
        header = ["where", "what", "year", "target", "scenario", "value", "all scenarios", "met in"]
        return table(header, rows) if rows else "None."

    # --- figures -----------------------------------------------------------------------------------------

    def write_figures(self, folder: Path) -> None:
        """Write the figures of the page as small PNG."""
        folder.mkdir(parents=True, exist_ok=True)
        times = run_of(self.base).trajectory.times
        bound = {
            f"{limit.name}: {self.base.place.area_title(area).en}": held
            for limit in LIMITS
            for area, held in self._bound(limit).items()
        }
        picture = next(picture for picture in PICTURES if picture.id == RATE)
        changes = {f"{loop} {LOOPS.get(loop, '')}": self._change(loop, RATE, YEARS[-1]) for loop in self.cuts}
        title = f"Change of the rate in {YEARS[-1]} when a loop is cut"
        with styled():
            figures = {
                "scenarios": draw(picture, self._central(), "en"),
                "loops": draw_changes(changes, title, "percentage points"),
                "limits": draw_spans(bound, [int(t) for t in times], "Years in which a limit binds"),
            }
            for name, figure in figures.items():
                if figure is not None:
                    figure.savefig(folder / f"findings-{name}.png", dpi=90, metadata={"Software": None})


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


def spans(held: npt.NDArray[np.bool_], times: npt.NDArray[np.float64]) -> str:
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
    """Run every scenario, and the baseline without each of its loops."""
    scenarios = batch.read_scenarios(files.scenarios())
    base = next((scenario for scenario in scenarios if scenario.name == BASE), None)
    if base is None:
        raise SystemExit(f"there is no scenario '{BASE}' in {files.root / 'scenarios'}")
    loops = loops_of(base)
    if not loops:
        raise SystemExit("the model has no constants 'Loop R1', 'Loop B1' … with which to cut its loops")
    cuts = [without(base, loop) for loop in loops]
    outcomes = batch.run([*scenarios, *cuts]).outcomes
    count = len(scenarios)
    return Findings(outcomes=outcomes[:count], cuts=dict(zip(loops, outcomes[count:], strict=True)))


def loops_of(base: Scenario) -> list[str]:
    """Name the loops that the model lets one cut: R before B, each in the order of its number."""
    (task,) = batch.prepare([base])
    names = [LOOP.fullmatch(fold(constant.name)) for constant in task.study.system.constants]
    found = [match[1].upper() for match in names if match]
    return sorted(found, key=lambda loop: (loop[0] != "R", int(loop[1:])))


def without(base: Scenario, loop: str) -> Scenario:
    """Give the scenario in which a loop is cut."""
    cut = {f"loop_{loop.lower()}": (Setting(amounts=(Amount(number=0.0),)),)}
    return replace(
        base,
        name=f"without-{loop.lower()}",
        title=Words(en=f"Without {loop}"),
        parameters={**base.parameters, **cut},
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
    try:
        findings = work_out(files)
    except InputError as failure:
        print(failure, file=sys.stderr)
        return 2
    if options.keys:
        for key in findings.names():
            print(f"{{{{{key}}}}}  {findings.value(key)}")
        return 0
    text = findings.fill(files.template.read_text(encoding="utf-8"))
    findings.write_figures(files.images)
    files.page.write_text(f"{text.rstrip()}\n\n<!-- made from {files.stamp()} -->\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
