"""Make `docs/validation.md` and its figures anew: how the model stands up to history.

    python tools/validation_page.py            # write the page, in a minute or two
    python tools/validation_page.py --check    # exit status 1 if models or tables have changed since
    python tools/validation_page.py --keys     # list what the template may name, with its value

Words stand in `tools/validation.md.in`; every number and table in them is a name in double braces, such as
``{{levels.chongqing}}``, which is worked out here. No number is typed by hand.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from urbsim.analysis.fit_report import LITTLE, STRONG
from urbsim.analysis.validate import UNCONDITIONAL, validate
from urbsim.analysis.validation import RATE, Level, Row, Validation
from urbsim.analysis.validation_figures import draw
from urbsim.errors import InputError, suggestion
from urbsim.output.figures.look import styled
from urbsim.study.place import NO_SET
from urbsim.study.place_file import CORRELATIONS
from urbsim.study.table_file import read_table

ROOT = Path(__file__).resolve().parents[1]
KEY = re.compile(r"\{\{\s*([^{}]+?)\s*\}\}")
STAMP = re.compile(r"<!-- made from ([0-9a-f]{64}) -->")
FOUND = re.compile(r"<!-- found (\{.*\}) -->")
SAME = 1e-3  # [-] of a level: how far a value worked out on another machine may be off
FIGURES = (RATE, "residents", "rural_residents")  # indicators that the page shows
SHOWN = 15  # parameters that moved most, pairs hardest to tell apart


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """Where things stand below a root."""

    root: Path

    @property
    def page(self) -> Path:
        return self.root / "docs" / "validation.md"

    @property
    def images(self) -> Path:
        return self.root / "docs" / "images"

    @property
    def template(self) -> Path:
        return self.root / "tools" / "validation.md.in"

    def places(self) -> dict[str, Path]:
        """Give the places that the template names."""
        known = sorted((self.root / "models" / "places").glob("*/place.yaml"))
        text = self.template.read_text(encoding="utf-8")
        named = {part for key in KEY.findall(text) for part in key.split(".")[1:]}
        return {file.parent.name: file.parent for file in known if file.parent.name in named}

    def stamp(self) -> str:
        """Give a hash of everything that the page is made from."""
        models = self.root / "models"
        parts = ("*.mdl", "*.yaml", "places/*/*.csv", "places/*/*.yaml", "places/*/sets/*")
        files = sorted(file for part in parts for file in models.glob(part) if file.name != "errors.csv")
        digest = hashlib.sha256()
        for file in (*files, self.template):
            digest.update(file.relative_to(self.root).as_posix().encode())
            digest.update(file.read_bytes().replace(b"\r\n", b"\n"))
        return digest.hexdigest()

    def fresh(self) -> bool:
        """Whether the page is of the files as they are."""
        found = STAMP.search(self.page.read_text(encoding="utf-8")) if self.page.is_file() else None
        return found is not None and found[1] == self.stamp()


@dataclass(frozen=True, kw_only=True)
class Page:
    """The validations, and every number and table that the page may name."""

    validations: Mapping[str, Validation]

    def fill(self, template: str) -> str:
        """Give the text with every name in double braces replaced by what it stands for."""
        return KEY.sub(lambda match: self.value(match[1]), template)

    def value(self, key: str) -> str:
        """Give what a name stands for: `family.place.argument`."""
        family, place, *rest = (*key.split("."), "")[: max(2, key.count(".") + 1)]
        families = self._families()
        if family not in families:
            raise SystemExit(f"'{key}': there is nothing of this name; {suggestion(family, [*families])}")
        if place not in self.validations:
            known = [*self.validations]
            raise SystemExit(f"'{key}': there is no place '{place}'; {suggestion(place, known)}")
        try:
            return families[family](self.validations[place], *rest)
        except (KeyError, TypeError, ValueError, IndexError, StopIteration) as failure:
            raise SystemExit(f"'{key}' cannot be worked out: {failure or 'no such thing'}") from None

    def keys(self) -> Iterator[str]:
        """List the names that hang on nothing but the place."""
        for place in self.validations:
            yield from (f"{family}.{place}" for family in self._families() if family not in ("score", "fit"))

    def _families(self) -> dict[str, Callable[..., str]]:
        return {
            "levels": lambda v: level_table(v.levels),
            "missed": missed,
            "sets": lambda v: " and ".join(f"`{name or NO_SET}`" for name in v.sets),
            "rate": rate_table,
            "verdict": verdict,
            "indicators": indicator_table,
            "regions": region_table,
            "moved": moved_table,
            "bounds": bounds,
            "little": little,
            "correlated": correlated,
            "paths": path_table,
            "fit": fit_table,
            "warnings": lambda v: "\n".join(f"- {w}" for w in v.warnings) or "None.",
            "split": lambda v: str(v.split),
            "last": lambda v: str(v.last),
            "score": one_score,
            "figure": lambda v, id_: f"![{id_}](images/{image(v, id_)})",
        }

    def found(self) -> dict[str, dict[str, float]]:
        """Give the values of the levels, by place."""
        return {
            place: {level.measure: level.value for level in validation.levels}
            for place, validation in self.validations.items()
        }


def level_table(levels: Iterable[Level]) -> str:
    """Give the levels of acceptance with what was found."""
    rows = []
    for one in levels:
        sign = "at most" if one.operator == "<=" else "at least"
        result = "met" if one.met else f"**missed** by {one.beyond:.2g}"
        found = f"{one.value:.2g}" + (f" ({one.detail})" if one.detail else "")
        rows.append((one.measure, f"{sign} {one.level:g} {one.unit}".strip(), found, result))
    return table(("measure", "level", "found", ""), rows)


def missed(validation: Validation) -> str:
    """List the levels that were not met."""
    lines = [
        f"- {one.measure}: {one.value:.2g} {one.unit}, {one.beyond:.2g} beyond the level of {one.level:g}"
        for one in validation.levels
        if not one.met
    ]
    return "\n".join(lines) or "None: every level is met."


def rate_table(validation: Validation) -> str:
    """Give the scores of the rate of the whole place, benchmarks included."""
    place = validation.area
    rows = []
    for row in validation.rows:
        if (row.indicator.id, row.area) != (RATE, place):
            continue
        it = row.score
        shares = (it.mean_share, it.spread_share, it.covariation_share)
        rows.append(
            (
                row.by if row.base_year is None else f"{row.by}, from {row.base_year}",
                f"{row.years[0]}-{row.years[1]}",
                f"{it.rmse:.2f}",
                f"{it.bias:+.2f}",
                f"{it.last:+.2f}",
                " / ".join("" if share is None else f"{share:.2f}" for share in shares),
            )
        )
    return table(("run or benchmark", "years", "RMSE", "bias", "last year", "Theil UM / US / UC"), rows)


def verdict(validation: Validation) -> str:
    """Say against which benchmarks the rate of the first set wins and loses in the hold-out."""
    place = validation.area
    start = min(run.base_year for run in validation.predictions)
    mine = validation.find(validation.sets[0] or NO_SET, RATE, place, "hold-out", start)
    if mine is None:
        return "The rate has no hold-out."
    others = {
        row.by: row.score.rmse
        for row in validation.rows
        if row.base_year is None and (row.indicator.id, row.area) == (RATE, place)
    }
    worse = [f"{by} ({rmse:.2f})" for by, rmse in others.items() if rmse > mine.rmse]
    better = [f"{by} ({rmse:.2f})" for by, rmse in others.items() if rmse <= mine.rmse]
    said = f"With an error of {mine.rmse:.2f} points in the hold-out the model"
    parts = [f"beats {', '.join(worse)}" if worse else "", f"loses to {', '.join(better)}" if better else ""]
    return f"{said} {' and '.join(filter(None, parts)) or 'has no benchmark to beat'}."


def indicator_table(validation: Validation) -> str:
    """Give the errors of every indicator of the whole place, from the first base year."""
    place, split = validation.area, validation.split
    start = min(run.base_year for run in validation.predictions)
    spans = (("in sample", f"to {split}"), ("hold-out", f"after {split}"))
    spans = spans if start < split else spans[1:]
    header = [
        "indicator",
        "unit",
        *(f"{name or NO_SET}, {label}" for name in validation.sets for _, label in spans),
        "best benchmark",
    ]
    rows = []
    for indicator in validation.study.indicators:
        cells = [
            validation.find(name or NO_SET, indicator.id, place, window, start)  # type: ignore[arg-type]
            for name in validation.sets
            for window, _ in spans
        ]
        if not any(cells):
            continue
        ranked: list[Row] = sorted(
            (
                row
                for row in validation.rows
                if row.base_year is None and (row.indicator.id, row.area) == (indicator.id, place)
            ),
            key=lambda row: row.score.rmse,
        )
        shown = [
            ""
            if it is None
            else f"{it.rmse:.3g}"
            + ("" if it.mape is None or indicator.unit == "%" else f" ({it.mape:.1f} %)")
            for it in cells
        ]
        best = f"{ranked[0].score.rmse:.3g}, {ranked[0].by}" if ranked else ""
        rows.append((indicator.name.en, indicator.unit, *shown, best))
    return table(header, rows)


def region_table(validation: Validation) -> str:
    """Give the error of the rate of every area at the split, of each run that begins before it."""
    runs = [run for run in validation.predictions if run.base_year < validation.split and run.conditional]
    place = validation.study.place
    rows = []
    for area in place.areas:
        was = validation.observed.get((RATE, area), {}).get(validation.split)
        found = [run.measured.find(RATE, area) for run in runs]
        if was is None or not all(found):
            continue
        errors = [
            float(series.values[run.measured.at(validation.split)]) - was
            for series, run in zip(found, runs, strict=True)
            if series is not None
        ]
        rows.append((place.area_title(area).en, f"{was:.2f}", *(f"{error:+.2f}" for error in errors)))
    header = ("area", f"observed {validation.split}, %", *(f"{r.by}, from {r.base_year}" for r in runs))
    return table(header, rows) if rows else "No run begins before the split."


def moved_table(validation: Validation) -> str:
    """Give the parameters that moved most from the first set to the second."""
    if not validation.moved:
        return "There are no two sets to compare."
    first, second = validation.sets[:2]
    ranked = sorted(validation.moved, key=lambda one: -abs(one.moved or 0))[:SHOWN]
    rows = []
    for one in ranked:
        inner = ", ".join(filter(None, (one.region, one.element)))
        cells = [
            f"{value:.4g}" + (f" ± {error:.2g}" if error else "") + (f" ({bound} bound)" if bound else "")
            for value, error, bound in zip(one.values, one.errors, one.bounds, strict=True)
        ]
        said = "" if one.moved is None else f"{one.moved:+.1f}"
        rows.append((f"{one.variable} {f'({inner})' if inner else ''}".strip(), one.unit, *cells, said))
    return table(("parameter", "unit", first, second, "moved, standard errors"), rows)


def bounds(validation: Validation) -> str:
    """List the parameters that sit on a bound, by set."""
    lines = []
    for name in filter(None, validation.sets):
        found = [
            f"{one.variable}{f' ({one.region})' if one.region else ''}: {one.bound}"
            for one in validation.study.place.sets[name].estimates
            if one.bound and not one.inherited
        ]
        lines.append(f"- `{name}`: {'; '.join(dict.fromkeys(found)) or 'none'}")
    return "\n".join(lines) or "No set was fitted."


def little(validation: Validation) -> str:
    """List the parameters of which the observations say little, by set."""
    lines = []
    for name in filter(None, validation.sets):
        learned = told(validation, name)["learned"]
        found = [label for label, share in learned.items() if share is not None and share < LITTLE]
        lines.append(f"- `{name}`: {'; '.join(found) or 'none'}")
    return "\n".join(lines) or "No set was fitted."


def correlated(validation: Validation) -> str:
    """List the pairs of parameters that are hardest to tell apart, by set."""
    lines = []
    for name in filter(None, validation.sets):
        path = validation.study.place.folder / "sets" / f"{name}{CORRELATIONS}.csv"
        pairs = [
            (row.number("correlation"), row.cells["parameter"], row.cells["other"])
            for row in read_table(path, ("parameter", "other", "correlation"), [])
        ]
        strong = sorted((pair for pair in pairs if abs(pair[0]) >= STRONG), key=lambda pair: -abs(pair[0]))
        said = "; ".join(f"{a} and {b} {r:+.2f}" for r, a, b in strong[:SHOWN])
        lines.append(f"- `{name}`: {said or f'none above {STRONG:g}'}")
    return "\n".join(lines) or "No set was fitted."


def path_table(validation: Validation) -> str:
    """Give the outside paths with what is known of them in the hold-out."""
    rows = [
        (path.variable, ", ".join(path.grades) or "does not change", path.trend) for path in validation.paths
    ]
    return table(("outside path", "its values in the hold-out", "where it is unknown"), rows)


def fit_table(validation: Validation, name: str) -> str:
    """Give what each stage of a fit did."""
    facts = told(validation, name)
    rows = [
        (s["stage"], s["parameters"], s["residuals"], f"{s['before']:.4g}", f"{s['after']:.4g}", s["runs"])
        for s in facts["stages"]
    ]
    squares = facts["squared_residuals"]
    rows.append(
        ("whole", "", facts["observations"], f"{squares['before']:.4g}", f"{squares['after']:.4g}", "")
    )
    return table(("stage", "parameters", "residuals", "squares before", "after", "runs"), rows)


def one_score(
    validation: Validation, by: str, indicator: str, area: str, window: str, start: str, field: str
) -> str:
    """Give one number of one score, such as `score.chongqing.validation.births.chongqing.all.2010.rmse`."""
    label = f"{by.removesuffix(' unknown')}, {UNCONDITIONAL}" if by.endswith(" unknown") else by
    it = validation.find(label, indicator, area, window, int(start) if start else None)  # type: ignore[arg-type]
    if it is None:
        raise ValueError("there is no such score")
    value = getattr(it, field)
    return f"{value:+.2f}" if field in ("bias", "last") else f"{value:.2f}"


def told(validation: Validation, name: str) -> dict[str, Any]:
    """Give what stands beside a set about its fit; of an inherited one, nothing."""
    path = validation.study.place.folder / "sets" / f"{name}.json"
    if not path.is_file():
        return {
            "learned": {},
            "stages": [],
            "observations": 0,
            "squared_residuals": {"before": 0, "after": 0},
        }
    facts: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return facts


def image(validation: Validation, indicator: str) -> str:
    """Name the file of a figure."""
    return f"validation-{validation.study.place.name}-{indicator.replace('_', '-')}.png"


def write_figures(folder: Path, page: Page, text: str) -> None:
    """Draw the figures that the page shows."""
    folder.mkdir(parents=True, exist_ok=True)
    with styled():
        for validation in page.validations.values():
            for indicator in validation.study.indicators:
                name = image(validation, indicator.id)
                figure = draw(validation, indicator, "en") if f"images/{name}" in text else None
                if figure is not None:
                    figure.savefig(folder / name, dpi=120, metadata={"Software": None})


def table(header: Sequence[object], rows: Iterable[Sequence[object]]) -> str:
    """Write a table as Markdown."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def off(files: Files, places: Sequence[str]) -> list[str]:
    """Work the levels of some places out again, and name those that the page has otherwise."""
    match = FOUND.search(files.page.read_text(encoding="utf-8"))
    written = json.loads(match[1]) if match else {}
    wrong = []
    for place in places:
        levels = validate(files.places()[place]).levels
        for level in levels:
            was = written.get(place, {}).get(level.measure)
            if was is None or abs(was - level.value) > SAME * level.level:
                wrong.append(f"{place}: {level.measure}: {was} on the page, now {level.value:g}")
    return wrong


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
            print("docs/validation.md is stale; run python tools/validation_page.py", file=sys.stderr)
        return 0 if fresh else 1
    try:
        page = Page(validations={name: validate(folder) for name, folder in files.places().items()})
    except InputError as failure:
        print(failure, file=sys.stderr)
        return 2
    if options.keys:
        for key in page.keys():  # noqa: SIM118 - not a mapping
            if not key.startswith("figure."):
                print(f"{{{{{key}}}}}\n{page.value(key)}\n")
        return 0
    text = page.fill(files.template.read_text(encoding="utf-8"))
    write_figures(files.images, page, text)
    found = json.dumps({p: {m: float(f"{v:.6g}") for m, v in of.items()} for p, of in page.found().items()})
    marks = f"<!-- found {found} -->\n<!-- made from {files.stamp()} -->"
    files.page.write_text(f"{text.rstrip()}\n\n{marks}\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
