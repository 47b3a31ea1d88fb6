"""Write the numbers of a place into the equations, so that the `.mdl` runs as it stands.

Structure is written by hand in `models/urbanization.mdl`; numbers live in the tables of a place. This
tool replaces the numbers of every constant and every lookup of the model by those of the tables and leaves
all other text as it is:

    python tools/fill_numbers.py models/places/chongqing            # rewrite the model of the place
    python tools/fill_numbers.py --check models/places/chongqing    # exit status 1 if that would change it
"""

from __future__ import annotations

import argparse
import csv
import itertools
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml import YAML

CONSTANTS = ("base.csv", "parameters.csv")
PATHS = "paths.csv"

# `Name[subscripts]= 1,2,3` with unit and documentation; nothing but numbers on the right-hand side.
CONSTANT = re.compile(
    r"(?P<head>\n(?P<name>[^\n~|\[\]=(){}:,]+?)(?:\[(?P<subscripts>[^\]\n]*)\])?=\n)"
    r"\t(?P<numbers>[-+0-9.eE,;\s]+?)(?P<tail>\n\t~)"
)
# `Name[element]( (2020,1),(2021,2) )`; the definitions of all elements stand together, the last has the text.
LOOKUP = re.compile(
    r"\n(?P<name>[^\n~|\[\]=(){}:,]+?)(?:\[(?P<element>[^\]\n]*)\])?\(\n\t\((?P<points>[-+0-9.eE,()\s]+)\)\n"
    r"\t~(?P<text>[^|]*)\|"
)
RANGE = re.compile(r"\n(?P<name>[^\n~|\[\]=(){}:,]+):\n(?P<elements>[^~|]+?)(?:\n\t->[^~]*)?\n\t~")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One number of a table."""

    where: str  # file and line
    region: str
    element: str
    year: str
    value: float
    unit: str


def normal(name: str) -> str:
    """Spell a name as the tables compare it: without quotes, case or underscores."""
    return " ".join(name.strip().strip('"').replace("_", " ").split()).casefold()


def read_rows(path: Path) -> Iterator[tuple[str, Row]]:
    """Read the rows of a table as pairs of variable and number."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        for line, row in enumerate(csv.DictReader(file), start=2):
            yield (
                normal(row["variable"]),
                Row(
                    where=f"{path.name}, line {line}",
                    region=normal(row["region"]),
                    element=normal(row["element"]),
                    year=row.get("year", ""),
                    value=float(row["value"]),
                    unit=row["unit"].strip(),
                ),
            )


def gather(pairs: Iterator[tuple[str, Row]]) -> dict[str, list[Row]]:
    """Collect the rows of each variable."""
    rows: dict[str, list[Row]] = {}
    for name, row in pairs:
        rows.setdefault(name, []).append(row)
    return rows


def number(value: float) -> str:
    """Write a number so that it reads back exactly."""
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def grid(rows: Sequence[Row], axes: Sequence[Sequence[str]], by_region: bool, name: str) -> str:
    """Arrange the numbers of a constant as Vensim does: commas along the last axis, semicolons above.

    A row that leaves region or element open holds for all of them, but yields to a row that names them.
    """
    given: dict[tuple[str, str], float] = {}
    for row in rows:
        if (row.region, row.element) in given:
            raise SystemExit(f"{row.where}: '{name}' is given twice for '{row.region}', '{row.element}'")
        given[row.region, row.element] = row.value
    used: set[tuple[str, str]] = set()

    def value(elements: Sequence[str]) -> str:
        region = normal(elements[0]) if by_region else ""
        element = "|".join(normal(e) for e in elements[by_region:])
        for key in ((region, element), (region, ""), ("", element), ("", "")):
            if key in given:
                used.add(key)
                return number(given[key])
        raise SystemExit(f"'{name}' has no number for region '{region}', element '{element}'")

    lines = [
        [value((*outer, *last)) for last in (zip(axes[-1]) if axes else ((),))]
        for outer in itertools.product(*axes[:-1])
    ]
    unused = sorted(set(given) - used)
    if unused:
        raise SystemExit(f"'{name}' has numbers that the model does not ask for: {unused}")
    return ",".join(lines[0]) if len(lines) == 1 else ";\n\t".join(", ".join(line) for line in lines) + ";"


def unit_after(text: str, position: int) -> str:
    """Read the unit that follows a right-hand side."""
    return text[position:].split("~", 2)[1].split("[", maxsplit=1)[0].strip()


def fill(
    text: str, constants: Mapping[str, list[Row]], paths: Mapping[str, list[Row]], regions: list[str]
) -> str:
    """Give the text of the model with the numbers of the tables."""
    ranges = {
        normal(match["name"]): [element.strip() for element in match["elements"].split(",")]
        for match in RANGE.finditer(text)
    }
    ranges["region"] = regions
    text = re.sub(r"(\nRegion:\n\t)[^~]*?(\n\t~)", lambda m: m[1] + ", ".join(regions) + m[2], text, count=1)
    seen: set[str] = set()

    def constant(match: re.Match[str]) -> str:
        name = normal(match["name"])
        if name not in constants:
            return match[0]
        seen.add(name)
        subscripts = [normal(s) for s in match["subscripts"].split(",")] if match["subscripts"] else []
        unit = unit_after(text, match.end("numbers"))
        for row in constants[name]:
            if row.unit != unit:
                raise SystemExit(f"{row.where}: the unit is '{row.unit}', in the model '{unit}'")
        axes = [ranges[s] for s in subscripts]
        numbers = grid(constants[name], axes, subscripts[:1] == ["region"], match["name"])
        return f"{match['head']}\t{numbers}{match['tail']}"

    def lookup(match: re.Match[str]) -> str:
        name = normal(match["name"])
        if name not in paths or match["text"].strip(" \n\t~") == "":
            return match[0] if name not in paths else ""
        seen.add(name)
        unit = match["text"].split("~")[0].strip()
        curves: dict[str, list[Row]] = {}
        for row in paths[name]:
            if row.unit != unit:
                raise SystemExit(f"{row.where}: the unit is '{row.unit}', in the model '{unit}'")
            curves.setdefault(row.region, []).append(row)
        elements = regions if match["element"] else [""]
        if {normal(e) for e in elements} != set(curves):
            raise SystemExit(f"'{match['name']}' needs one path for each of {elements}, has {sorted(curves)}")
        blocks = []
        for element in elements:
            points = sorted((float(row.year), row.value) for row in curves[normal(element)])
            subscript = f"[{element}]" if element else ""
            body = ",".join(f"({number(x)},{number(y)})" for x, y in points)
            end = f"\n\t~{match['text']}|" if element == elements[-1] else "\n\t~~|"
            blocks.append(f"\n{match['name']}{subscript}(\n\t{body}){end}")
        return "".join(blocks)

    text = LOOKUP.sub(lookup, CONSTANT.sub(constant, text))
    unknown = sorted((set(constants) | set(paths)) - seen)
    if unknown:
        raise SystemExit("the model has no constant or lookup of these names: " + ", ".join(unknown))
    return text


def main(arguments: Sequence[str] | None = None) -> int:
    """Fill the model of a place, or check that it is filled."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("place", type=Path, help="folder of the place")
    parser.add_argument("--check", action="store_true", help="change nothing; fail if the model would change")
    options = parser.parse_args(arguments)
    place: Path = options.place
    about = YAML(typ="safe").load((place / "place.yaml").read_text(encoding="utf-8"))
    model = place / about["model"]
    text = model.read_text(encoding="utf-8")
    constants = gather(pair for table in CONSTANTS for pair in read_rows(place / table))
    filled = fill(text, constants, gather(read_rows(place / PATHS)), list(about["regions"]))
    if filled == text:
        return 0
    if options.check:
        print(f"{model} does not hold the numbers of {place}; run tools/fill_numbers.py", file=sys.stderr)
        return 1
    model.write_text(filled, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
