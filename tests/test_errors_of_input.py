"""Every message that a wrong file can give; each says where, and what to do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from urbsim.cli import WRONG_INPUT

Snapshot = dict[str, bytes]
PLACE = "models/places/tiny"


def contents(folder: Path) -> Snapshot:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def replace(file: str, old: str, new: str) -> Callable[[], None]:
    def spoil() -> None:
        path = Path(file)
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return spoil


def write(file: str, content: str | bytes) -> Callable[[], None]:
    def spoil() -> None:
        Path(file).write_bytes(content if isinstance(content, bytes) else content.encode())

    return spoil


SCENARIO = "scenarios/faster.yaml"


def beside(*lines: str) -> Callable[[], None]:
    """Put lines into the scenario, from its eighth on."""
    return replace(SCENARIO, "checks:", "\n".join((*lines, "checks:")))


NUMBERS = f"{PLACE}/base.csv"
PARAMETERS = f"{PLACE}/parameters.csv"
LAST = "Townspeople at the start,west,,4000000,,,person,official,census,"

CASES = {
    # ------------------------------------------------------------------------------ scenario files
    "empty file": (write(SCENARIO, ""), ["scenarios/faster.yaml: the file is empty"]),
    "wrong YAML": (
        replace(SCENARIO, "title: {zh: 更快, en: Faster}", "title: {zh: 更快, en: Faster"),
        ["scenarios/faster.yaml:3:12", "expected ',' or '}'"],
    ),
    "a key twice": (
        replace(SCENARIO, "extends: baseline", "extends: baseline\nname: again"),
        ["scenarios/faster.yaml:5:1", 'duplicate key "name"'],
    ),
    "neither UTF-8 nor GB18030": (
        write(SCENARIO, b"name: faster\ntitle: \xff\xff\n"),
        ["scenarios/faster.yaml:2: is neither UTF-8 nor GB18030 text"],
    ),
    "an Excel workbook under another name": (
        write(SCENARIO, b"PK\x03\x04\x14\x00"),
        ["scenarios/faster.yaml: is an Excel workbook or another packed file", "save it as CSV UTF-8"],
    ),
    "a character that no page can show": (
        replace(SCENARIO, "en: Faster", 'en: "Fast\\aer"'),
        ["scenarios/faster.yaml:2:17", "holds the control character U+0007, which cannot be shown"],
    ),
    "an impossible date": (
        replace(SCENARIO, "east: x2", "east: 2026-13-45"),
        ["scenarios/faster.yaml"],
    ),
    "unknown key": (
        replace(SCENARIO, "levers:", "lever:"),
        ["scenarios/faster.yaml:5:1: unknown key 'lever'", "did you mean 'levers'?"],
    ),
    "missing name": (
        replace(SCENARIO, "name: faster\n", ""),
        ["'name' is missing", "known keys: name, title"],
    ),
    "missing place": (
        replace("scenarios/baseline.yaml", "place: tiny\n", ""),
        ["scenarios/baseline.yaml:1:1: 'place' is missing"],
    ),
    "unknown place": (
        replace("scenarios/baseline.yaml", "place: tiny", "place: tinny"),
        ["scenarios/baseline.yaml:4:1: there is no place 'tinny'", "did you mean 'tiny'?"],
    ),
    "unsafe name": (
        replace(SCENARIO, "name: faster", "name: ../faster"),
        ["scenarios/faster.yaml:1:1: name: '../faster' is not allowed"],
    ),
    "number for a name": (
        replace(SCENARIO, "name: faster", "name: 2035"),
        ["scenarios/faster.yaml:1:1: name: is the number 2035, expected text (put it in quotes)"],
    ),
    "an uncertain entry without a distribution": (
        beside("uncertain:", "  wish: [1, 2]"),
        ["faster.yaml:9:3: wish: is a list, expected a distribution such as {uniform: [0.3, 1.5]}"],
    ),
    "a distribution that there is not": (
        beside("uncertain:", "  wish: {unifrom: [1, 2]}"),
        ["faster.yaml:9:10: wish: unifrom: is a list, expected a distribution", "did you mean 'uniform'?"],
    ),
    "two distributions": (
        beside("uncertain:", "  wish: {uniform: [1, 2], normal: [1, 2]}"),
        ["faster.yaml:9:3: wish: uniform and normal, expected one of uniform, triangular, normal"],
    ),
    "unknown key beside a distribution": (
        beside("uncertain:", "  wish: {uniform: [1, 2], wihtin: [1, 2]}"),
        ["faster.yaml:9:3: wish: unknown key 'wihtin'", "did you mean 'within'?"],
    ),
    "a distribution of one number": (
        beside("uncertain:", "  wish: {uniform: 1}"),
        ["faster.yaml:9:3: wish: uniform: is the number 1, expected [lowest, highest]"],
    ),
    "a distribution the wrong way round": (
        beside("uncertain:", "  wish: {triangular: [1, 0, 2]}"),
        ["faster.yaml:9:3: wish: triangular is [1, 0, 2], expected [lowest, most likely, highest]"],
    ),
    "numbers mixed with relative values": (
        beside("uncertain:", "  wish: {uniform: [1, x2]}"),
        ["faster.yaml:9:3: wish: mixes numbers and relative values (x0.8, +10%), expected either"],
    ),
    "a relative geometric standard deviation": (
        beside("uncertain:", "  wish: {lognormal: [x1, x2]}"),
        ["faster.yaml:9:3: wish: the geometric standard deviation is a pure number such as 1.5"],
    ),
    "weights of another number": (
        beside("uncertain:", "  wish: {choice: [1, 2], weights: [1]}"),
        ["faster.yaml:9:3: wish: 1 weights for 2 values, expected as many"],
    ),
    "weights below nothing": (
        beside("uncertain:", "  wish: {choice: [1, 2], weights: [1, -1]}"),
        ["faster.yaml:9:3: wish: weights are [1, -1], expected none below 0"],
    ),
    "weights beside another distribution": (
        beside("uncertain:", "  wish: {uniform: [1, 2], weights: [1, 1]}"),
        ["faster.yaml:9:3: wish: weights are of a choice"],
    ),
    "bounds of a uniform": (
        beside("uncertain:", "  wish: {uniform: [1, 2], within: [1, 2]}"),
        ["faster.yaml:9:3: wish: within is for normal and lognormal"],
    ),
    "bounds of one number": (
        beside("uncertain:", "  wish: {normal: [1, 2], within: 3}"),
        ["faster.yaml:9:3: wish: within: is the number 3, expected [lowest, highest]"],
    ),
    "bounds the wrong way round": (
        beside("uncertain:", "  wish: {normal: [1, 2], within: [3, 1]}"),
        ["faster.yaml:9:3: wish: within is 3 to 1, expected the lower first"],
    ),
    "by_region of another kind": (
        beside("uncertain:", "  Standard: {uniform: [1, 2], by_region: each}"),
        ["faster.yaml:9:3: Standard: by_region: 'each' is text, expected true or false"],
    ),
    "an uncertain lever that there is not": (
        beside("uncertain:", "  wich: {uniform: [1, 2]}"),
        ["faster.yaml:9:3: uncertain: there is no lever and no constant 'wich'", "did you mean 'wish'?"],
    ),
    "an uncertain lever beyond its range": (
        beside("uncertain:", "  wish: {uniform: [1, 20]}"),
        ["faster.yaml:9:3: wish is drawn from 1 to 20 dmnl, allowed are 0 to 5"],
    ),
    "an uncertain region that there is not": (
        beside("uncertain:", "  Standard: {west: {uniform: [1, 2]}, wets: {uniform: [1, 2]}}"),
        ["faster.yaml:9:39: Standard: there is no region or group 'wets' in tiny", "did you mean 'west'?"],
    ),
    "swept and uncertain": (
        beside("uncertain: {wish: {uniform: [1, 2]}}", "sweep:", "  wish: [1, 2]"),
        ["faster.yaml:10:3: 'wish' is swept and uncertain at once, expected either"],
    ),
    "correlated without a correlation": (
        beside("correlated:", "  - names: [a, b]"),
        ["faster.yaml:9:5: expected either 'rho' or 'matrix'"],
    ),
    "correlated with more than itself": (
        beside("correlated:", "  - {names: [a, b], rho: 1.2}"),
        ["faster.yaml:9:5: rho is 1.2, expected more than -1 and less than 1"],
    ),
    "correlations that are not square": (
        beside("correlated:", "  - {names: [a, b], matrix: [[1, 0.5], [0.5]]}"),
        ["faster.yaml:9:5: the matrix has 2 rows and one of 1 numbers, expected a square"],
    ),
    "correlations that are not symmetric": (
        beside("correlated:", "  - {names: [a, b], matrix: [[1, 0.5], [0.4, 1]]}"),
        ["faster.yaml:9:5: the matrix is not symmetric: 0.5 in row 1, column 2, and 0.4"],
    ),
    "a draw that does not go along with itself": (
        beside("correlated:", "  - {names: [a, b], matrix: [[2, 0.5], [0.5, 1]]}"),
        ["faster.yaml:9:5: the diagonal of the matrix is not 1"],
    ),
    "correlated with what is certain": (
        beside(
            "uncertain: {wish: {uniform: [1, 2]}}", "correlated:", "  - {names: [wish, Standard], rho: 0.3}"
        ),
        ["faster.yaml:10:5: correlated: 'Standard' is not uncertain here", "known names: wish"],
    ),
    "correlations of fewer draws": (
        beside(
            "uncertain: {Standard: {uniform: [1, 2], by_region: true}}",
            "correlated:",
            "  - {names: [Standard], matrix: [[1]]}",
        ),
        ["faster.yaml:10:5: correlated: the matrix is of 1 draws, but these names have 2"],
    ),
    "correlations that cannot be": (
        beside(
            "uncertain:",
            "  wish: {uniform: [1, 2]}",
            "  Standard: {uniform: [1, 2], by_region: true}",
            "correlated:",
            "  - {names: [wish, Standard], rho: -0.7}",
        ),
        [
            "faster.yaml:12:5: correlated: no draws can be correlated like that",
            "need a rho of more than -0.5",
        ],
    ),
    "a draw in two groups": (
        beside(
            "uncertain:",
            "  wish: {uniform: [1, 2]}",
            "  Standard: {uniform: [1, 2]}",
            "correlated:",
            "  - {names: [wish, Standard], rho: 0.7}",
            "  - {names: [Standard, wish], rho: 0.1}",
        ),
        ["faster.yaml:13:5: correlated: Standard is in two groups, or twice in one"],
    ),
    "a sweep of one number": (
        beside("sweep:", "  wish: 3"),
        ["faster.yaml:9:3: wish: is the number 3, expected a list of values such as [50, 80]"],
    ),
    "a value of a sweep twice": (
        beside("sweep:", "  wish: [1, 2, 1.0]"),
        ["faster.yaml:9:3: wish: 1 stands twice, and would be the same run"],
    ),
    "text in a sweep": (
        beside("sweep:", "  moving_rate: {east: [1, much]}"),
        ["faster.yaml:9:17: moving_rate: east: 'much' is text, expected a number, or x1.5"],
    ),
    "a swept lever that there is not": (
        beside("sweep:", "  wich: [1, 2]"),
        ["faster.yaml:9:3: the model has no constant 'wich'"],
    ),
    "a swept lever beyond its range": (
        beside("sweep:", "  wish: [1, 6]"),
        ["faster.yaml:9:3: wish is 6 dmnl, allowed are 0 to 5"],
    ),
    "unknown lever": (
        replace(SCENARIO, "moving_rate", "moving_rat"),
        ["scenarios/faster.yaml:6:3: there is no lever 'moving_rat'", "did you mean 'moving_rate'?"],
    ),
    "lever out of range": (
        replace(SCENARIO, "2030: 4", "2030: 40"),
        ["scenarios/faster.yaml:6:27: moving_rate is 40 %/year, allowed are 0 to 10"],
    ),
    "relative value out of range": (
        replace(SCENARIO, "east: x2", "east: x6"),
        ["scenarios/faster.yaml:6:17: moving_rate is 12 %/year (of the place's 2), allowed are 0 to 10"],
    ),
    "text for a number": (
        replace(SCENARIO, "east: x2", "east: much"),
        ["faster.yaml:6:17: moving_rate: east: 'much' is text, expected a number, or x1.5, +10%, -10%"],
    ),
    "percent for a number": (
        replace(SCENARIO, "2030: 4", "2030: 4%"),
        ["faster.yaml:6:27: moving_rate: west: '4%' is text, expected a number", "fix: write 4"],
    ),
    "quotes around a number": (
        replace(SCENARIO, "2030: 4", "2030: '4'"),
        ["moving_rate: west: '4' is text, expected a number", "fix: remove the quotes"],
    ),
    "quotes around a number of a target": (
        replace(SCENARIO, "at_least: 0", "at_least: '0'"),
        ["faster.yaml:9:27: at_least: '0' is text, expected a number", "fix: remove the quotes"],
    ),
    "truth value for a number": (
        replace(SCENARIO, "east: x2", "east: true"),
        ["scenarios/faster.yaml:6:17: moving_rate: east: is true, expected a number"],
    ),
    "NaN for a number": (
        replace(SCENARIO, "east: x2", "east: .nan"),
        ["scenarios/faster.yaml:6:17: moving_rate: east: is nan, expected a finite number"],
    ),
    "years mixed with regions": (
        replace(SCENARIO, "east: x2", "2026: 2"),
        ["scenarios/faster.yaml:6:3: moving_rate: mixes years and regions"],
    ),
    "wrong region": (
        replace(SCENARIO, "east: x2", "easst: x2"),
        ["faster.yaml:6:17: moving_rate: there is no region or group 'easst' in tiny", "mean 'east'?"],
    ),
    "a region twice": (
        replace(SCENARIO, "east: x2", "east: x2, coast: x3"),
        ["scenarios/faster.yaml:6:27: moving_rate: east is set twice, as part of 'east' and of 'coast'"],
    ),
    "region for the whole place's number": (
        replace(SCENARIO, "moving_rate: {east: x2", "wish: {east: 2}\n  moving_rate: {east: x2"),
        ["wish is one number for the whole place, and cannot be set for 'east'"],
    ),
    "lever year outside the period": (
        replace(SCENARIO, "2028: 2", "2018: 2"),
        ["scenarios/faster.yaml:6:27: moving_rate: 2018 is outside the period 2020-2035"],
    ),
    "period before the stocks": (
        replace(SCENARIO, "extends: baseline", "extends: baseline\nperiod: [2015, 2035]"),
        ["scenarios/faster.yaml:5:1: period: starts in 2015", "start in 2020"],
    ),
    "period backwards": (
        replace(SCENARIO, "extends: baseline", "extends: baseline\nperiod: [2035, 2020]"),
        ["scenarios/faster.yaml:5:1: period: expected the first year before the last"],
    ),
    "period of one year": (
        replace(SCENARIO, "extends: baseline", "extends: baseline\nperiod: 2035"),
        ["scenarios/faster.yaml:5:1: period: is the number 2035, expected a list of two numbers"],
    ),
    "target year outside the period": (
        replace(
            SCENARIO,
            "checks:",
            "targets:\n  - {indicator: urbanization_rate, year: 2050, about: 85}\nchecks:",
        ),
        ["scenarios/faster.yaml:9:5: year 2050 is outside the period 2020-2035"],
    ),
    "target on an unknown indicator": (
        replace(SCENARIO, "checks:", "targets:\n  - {indicator: urban_rate, year: 2030, about: 85}\nchecks:"),
        ["scenarios/faster.yaml:9:5: there is no indicator 'urban_rate'"],
    ),
    "target of a share where percent are meant": (
        replace(
            SCENARIO,
            "checks:",
            "targets:\n  - {indicator: urbanization_rate, year: 2030, about: 0.8}\nchecks:",
        ),
        ["faster.yaml:9:5: urbanization_rate of 0.8: the unit is %", "did you mean 80?"],
    ),
    "target in persons where ten thousands are meant": (
        replace(
            SCENARIO,
            "checks:",
            "targets:\n  - {indicator: urban_residents, year: 2030, about: 28e6}\nchecks:",
        ),
        ["faster.yaml:9:5: urban_residents of 2.8e+07: the unit is 10k persons, and at most 2000"],
    ),
    "target without a level": (
        replace(SCENARIO, "checks:", "targets:\n  - {indicator: mood, year: 2030}\nchecks:"),
        ["scenarios/faster.yaml:9:5: expected one of 'at_least', 'at_most', 'about'"],
    ),
    "target in an unknown region": (
        replace(
            SCENARIO,
            "checks:",
            "targets:\n  - {indicator: mood, year: 2030, about: 1, region: mars}\nchecks:",
        ),
        ["scenarios/faster.yaml:9:5: there is no region or group 'mars' in tiny"],
    ),
    "check on an unknown variable": (
        replace(SCENARIO, "variable: Villagers", "variable: Vilagers"),
        ["scenarios/faster.yaml:9:5: the model has no variable 'Vilagers'", "did you mean 'Villagers'?"],
    ),
    "check without bounds": (
        replace(SCENARIO, ", at_least: 0", ""),
        ["scenarios/faster.yaml:9:5: expected one of 'at_least', 'at_most', 'between'"],
    ),
    "unknown parameter": (
        replace(SCENARIO, "Share of movers", "Share of mover"),
        ["scenarios/faster.yaml:7:14: the model has no constant 'Share of mover'", "'Share of movers'?"],
    ),
    "lever among parameters": (
        replace(SCENARIO, "Share of movers: +10%", "moving_rate: 2"),
        ["'moving_rate' is a lever, not a parameter", "write it under 'levers'"],
    ),
    "parameter over the years": (
        replace(SCENARIO, "+10%", "{2026: 1}"),
        ["'Share of movers' is a parameter and holds for the whole run, expected one value"],
    ),
    "extends nothing there": (
        replace(SCENARIO, "extends: baseline", "extends: baselin"),
        ["scenarios/faster.yaml:4:1: extends: there is no scenario 'baselin'", "did you mean 'baseline'?"],
    ),
    "extends itself": (
        replace("scenarios/baseline.yaml", "place: tiny", "extends: faster"),
        ["extends: the files extend one another", "scenarios/baseline.yaml -> scenarios/faster.yaml"],
    ),
    "one name for two": (
        replace(SCENARIO, "name: faster", "name: baseline"),
        ["scenarios/faster.yaml: name 'baseline' is also that of scenarios/baseline.yaml"],
    ),
    # ---------------------------------------------------------------------------------------- place
    "missing table": (
        lambda: Path(NUMBERS).rename(f"{PLACE}/bass.csv"),
        ["models/places/tiny/base.csv: there is no such file", "did you mean 'bass.csv'?"],
    ),
    "missing table like no other": (
        lambda: Path(f"{PLACE}/history.csv").unlink(),
        ["models/places/tiny/history.csv: there is no such file\nNothing"],
    ),
    "semicolons in a table": (
        lambda: Path(NUMBERS).write_text(
            Path(NUMBERS).read_text(encoding="utf-8").replace(",", ";"), encoding="utf-8"
        ),
        ["base.csv:1: this file uses ; between its cells, expected commas"],
    ),
    "text in a table": (
        replace(NUMBERS, LAST, LAST.replace("4000000", "4 million")),
        ["base.csv:5: value is '4 million', expected a number"],
    ),
    "NaN in a table": (
        replace(NUMBERS, LAST, LAST.replace("4000000", "NaN")),
        ["base.csv:5: value is 'NaN', expected a finite number"],
    ),
    "no value in a table": (
        replace(NUMBERS, LAST, LAST.replace("4000000", "")),
        ["base.csv:5: value is empty, expected a number"],
    ),
    "unit mismatch": (
        replace(NUMBERS, LAST, LAST.replace("person,", "10k persons,")),
        ["base.csv:5: unit of 'Townspeople at the start' is '10k persons', expected 'person'"],
    ),
    "unknown region in a table": (
        replace(NUMBERS, LAST, LAST.replace("west", "wst")),
        ["base.csv:5: there is no region 'wst'", "did you mean 'west'?"],
    ),
    "unknown element in a table": (
        replace(PARAMETERS, "Share of movers,,old", "Share of movers,,elder"),
        ["parameters.csv:4: 'Share of movers' has no element 'elder'"],
    ),
    "too many elements": (
        replace(PARAMETERS, "Share of movers,,old", "Share of movers,,old|young"),
        ["parameters.csv:4: element is 'old|young', but 'Share of movers' has 1 dimensions besides"],
    ),
    "region for a number without": (
        replace(PARAMETERS, "Share of movers,,old", "Share of movers,east,old"),
        ["parameters.csv:4: 'Share of movers' is not by region, expected an empty region, not 'east'"],
    ),
    "unknown variable in a table": (
        replace(NUMBERS, LAST, LAST.replace("Townspeople", "Townpeople")),
        ["base.csv:5: the model has no variable 'Townpeople at the start'", "did you mean 'Townspeople at"],
    ),
    "an equation given a number": (
        replace(NUMBERS, LAST, LAST.replace("Townspeople at the start", "Moving")),
        ["base.csv:5: 'Moving' is an auxiliary in the model, expected a constant"],
    ),
    "a number for one region only": (
        replace(NUMBERS, LAST, ""),
        ["base.csv:4: 'Townspeople at the start' has no value for west"],
    ),
    "a row twice": (
        replace(NUMBERS, LAST, f"{LAST}\n{LAST}"),
        ["base.csv:6: repeats the entry of models/places/tiny/base.csv:5"],
    ),
    "low above high": (
        replace(PARAMETERS, "0.02,0.01,0.03", "0.02,0.03,0.01"),
        ["parameters.csv:2: low 0.03, value 0.02, high 0.01: expected low <= value <= high"],
    ),
    "missing column": (
        replace(NUMBERS, ",note\n", ",notes\n"),
        ["base.csv:1: column 'note' is missing", "unknown column 'notes'", "did you mean 'note'?"],
    ),
    "a cell too many": (
        replace(NUMBERS, LAST, f"{LAST},,"),
        ["base.csv:5: has 12 cells, expected 10"],
    ),
    "unknown confidence": (
        replace(NUMBERS, LAST, LAST.replace("official", "certain")),
        ["base.csv:5: confidence is 'certain'", "expected official, secondary, derived"],
    ),
    "unknown source": (
        replace(NUMBERS, LAST, LAST.replace("census", "censos")),
        ["base.csv:5: sources.csv has no source 'censos'", "did you mean 'census'?"],
    ),
    "wrong operator": (
        replace(f"{PLACE}/targets.csv", ",~,80", ",=,80"),
        ["targets.csv:3: operator is '='", "expected >=, <=, ~"],
    ),
    "wrong year": (
        replace(f"{PLACE}/targets.csv", ",2025,", ",25,"),
        ["targets.csv:2: year is '25', expected a year such as 2020"],
    ),
    "history of an unknown indicator": (
        replace(f"{PLACE}/history.csv", "urban_residents", "urban_people"),
        ["history.csv:4: there is no indicator 'urban_people'"],
    ),
    "history in another unit": (
        replace(f"{PLACE}/history.csv", "10k persons", "persons"),
        ["history.csv:4: unit of urban_residents is 'persons', expected '10k persons'"],
    ),
    "group of an unknown region": (
        replace(f"{PLACE}/place.yaml", "regions: [east]", "regions: [eeast]"),
        ["place.yaml:7:1: group coast: there is no region 'eeast'", "did you mean 'east'?"],
    ),
    "grid without all regions": (
        replace(f"{PLACE}/place.yaml", "base_years: [2020]", "grid: {east: [1, 1]}\nbase_years: [2020]"),
        ["place.yaml:9:1: grid: west not there, expected every region or no grid"],
    ),
    "grid with two regions in one cell": (
        replace(
            f"{PLACE}/place.yaml",
            "base_years: [2020]",
            "grid: {east: [1, 1], west: [1, 1]}\nbase_years: [2020]",
        ),
        ["place.yaml:9:1: grid: west and east both stand at [1, 1]"],
    ),
    "grid of what is no region": (
        replace(
            f"{PLACE}/place.yaml",
            "base_years: [2020]",
            "grid: {east: [1, 1], west: [0, 1], wets: [1, 2]}\nbase_years: [2020]",
        ),
        [
            "place.yaml:9:1: grid: west stands at [0, 1], expected [row, column], each from 1 to 20",
            "place.yaml:9:1: grid: there is no region 'wets'",
            "did you mean 'west'?",
        ],
    ),
    "missing key of a place": (
        replace(f"{PLACE}/place.yaml", "base_years: [2020]\n", ""),
        ["place.yaml:1:1: 'base_years' is missing"],
    ),
    "missing model": (
        replace(f"{PLACE}/place.yaml", "tiny.mdl", "tinny.mdl"),
        ["place.yaml:3:1: there is no model models/tinny.mdl"],
    ),
    # ----------------------------------------------------------------------------------- catalogues
    "lever on an unknown constant": (
        replace("models/levers.yaml", "variable: Rate of moving", "variable: Rate of movin"),
        ["models/levers.yaml:1:3: lever moving_rate: the model has no constant 'Rate of movin'"],
    ),
    "lever on an unknown element": (
        replace("models/levers.yaml", "{Age: young}", "{Age: yung}"),
        ["lever young_standard: select: its variable has no Age 'yung'", "did you mean 'young'?"],
    ),
    "lever with its range upside down": (
        replace("models/levers.yaml", "[0, 10]", "[10, 0]"),
        ["models/levers.yaml:1:3: range is 10 to 0, expected the lower first"],
    ),
    "lever without a unit": (
        replace("models/levers.yaml", "  unit: dmnl\n", ""),
        ["models/levers.yaml:9:3: 'unit' is missing"],
    ),
    "indicator of an unknown variable": (
        replace("models/indicators.yaml", "per: Residents", "per: Resident"),
        ["models/indicators.yaml:1:3: indicator urbanization_rate: the model has no variable 'Resident'"],
    ),
    "two indicators of one name in the IAMC layout": (
        replace(
            "models/indicators.yaml",
            "scale: 100\n- id: urban_residents\n",
            "scale: 100\n  iamc: Population|Urban\n- id: urban_residents\n  iamc: Population|Urban\n",
        ),
        ["models/indicators.yaml:", "iamc name 'Population|Urban' is also that of 'urbanization_rate'"],
    ),
    "indicator with ratio and mean": (
        replace("models/indicators.yaml", "per: Residents", "per: Residents\n  weight: Residents"),
        ["models/indicators.yaml:1:3: has both 'per' and 'weight'"],
    ),
    "mean over an open dimension": (
        replace("models/indicators.yaml", "  select: {Age: young}\n", ""),
        ["'Adequacy' has further dimensions, which a weighted mean cannot add up"],
    ),
    "indicator twice": (
        replace("models/indicators.yaml", "id: mood", "id: young_adequacy"),
        ["id 'young_adequacy' stands twice"],
    ),
    # ---------------------------------------------------------------------------------------- model
    "syntax error in the model": (
        replace("models/tiny.mdl", "Villagers[Region]+Townspeople[Region]", "Villagers[Region]+*"),
        ["models/tiny.mdl:"],
    ),
    "undefined variable in the model": (
        replace("models/tiny.mdl", "Mood(Time)", "Mud(Time)"),
        ["models/tiny.mdl:29, Attraction", "MUD"],
    ),
    "loop without a stock": (
        replace("models/tiny.mdl", "	Mood(Time)", "	Mood(Time)+0*SUM(Moving[Region!])"),
        ["models/tiny.mdl", "Attraction", "Moving"],
    ),
    "unsupported function": (
        replace("models/tiny.mdl", "Mood(Time)", "GAMMA LN(Time)"),
        ["models/tiny.mdl:", "Attraction"],
    ),
}


@pytest.mark.parametrize(("spoil", "expected"), CASES.values(), ids=CASES.keys())
def test_a_wrong_file_is_refused_with_its_place_and_a_remedy(
    spoil: Callable[[], object],
    expected: list[str],
    tiny: Path,
    urbsim: Callable[..., int],
    capsys: pytest.CaptureFixture[str],
) -> None:
    spoil()
    before = contents(tiny)

    status = urbsim("run", "scenarios", "--no-figures")

    said = capsys.readouterr().err
    for part in expected:
        assert part in said
    assert status == WRONG_INPUT
    assert contents(tiny) == before


def test_all_problems_of_a_file_are_reported_at_once(
    tiny: Path, urbsim: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    replace(SCENARIO, "east: x2", "easst: x2")()
    replace(SCENARIO, "2030: 4", "2030: 40")()
    replace(SCENARIO, "Share of movers", "Share of mover")()
    replace(SCENARIO, "variable: Villagers", "variable: Vilagers")()

    urbsim("run", SCENARIO)

    said = capsys.readouterr().err
    for part in ("'easst'", "moving_rate is 40", "'Share of mover'", "'Vilagers'"):
        assert part in said


def test_all_problems_of_all_tables_are_reported_at_once(
    tiny: Path, urbsim: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    replace(NUMBERS, "16000000", "many")()
    replace(NUMBERS, LAST, LAST.replace("4000000", "nan"))()
    replace(f"{PLACE}/targets.csv", ",~,80", ",=,80")()

    urbsim("run", "scenarios")

    said = capsys.readouterr().err
    for part in ("base.csv:4: value is 'many'", "base.csv:5: value is 'nan'", "targets.csv:3: operator"):
        assert part in said


def test_the_problems_of_all_scenarios_are_reported_at_once(
    tiny: Path, urbsim: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    Path("scenarios/other.yaml").write_text("name: other\nplace: tiny\nlevers: {wsh: 1}\n", encoding="utf-8")
    replace(SCENARIO, "east: x2", "easst: x2")()

    urbsim("run", "scenarios")

    said = capsys.readouterr().err
    assert "'wsh'" in said
    assert "'easst'" in said


def test_wrong_input_leaves_older_results_as_they_were(
    tiny: Path, urbsim: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    urbsim("run", "scenarios/baseline.yaml", "--no-figures", "--out", "kept")
    before = contents(tiny / "kept")
    replace("scenarios/baseline.yaml", "place: tiny", "place: nowhere")()

    status = urbsim("run", "scenarios/baseline.yaml", "--no-figures", "--out", "kept")

    assert status == WRONG_INPUT
    assert contents(tiny / "kept") == before
    assert "Nothing was run and nothing was written." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["scenarios/basline.yaml"], "did you mean 'scenarios/baseline.yaml'?"),
        (["nothing/here.yaml"], "nothing/here.yaml: there is no such scenario file"),
        (["models/places"], "models/places: the folder holds no scenario files"),
        (["scenarios/b*.yml"], "scenarios/b*.yml: there is no such scenario file"),
    ],
)
def test_a_missing_scenario_file_is_reported_with_the_nearest(
    words: list[str],
    expected: str,
    tiny: Path,
    urbsim: Callable[..., int],
    capsys: pytest.CaptureFixture[str],
) -> None:
    status = urbsim("run", *words)

    assert status == WRONG_INPUT
    assert expected in capsys.readouterr().err


@pytest.mark.parametrize(
    "spoil",
    [
        replace(PARAMETERS, "0.02,0.01,0.03", "much,0.01,0.03"),
        replace(f"{PLACE}/targets.csv", ",2025,", ",soon,"),
        lambda: Path(NUMBERS).write_text(
            Path(NUMBERS).read_text(encoding="utf-8").replace(",", ";"), encoding="utf-8"
        ),
    ],
)
def test_one_bad_value_is_one_problem(
    spoil: Callable[[], object],
    tiny: Path,
    urbsim: Callable[..., int],
    capsys: pytest.CaptureFixture[str],
) -> None:
    spoil()

    urbsim("run", "scenarios/baseline.yaml")

    said = capsys.readouterr().err.splitlines()
    assert len([line for line in said if ".csv:" in line]) == 1


def test_values_that_cannot_be_read_hide_no_other_problem_of_the_file(
    tiny: Path, urbsim: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    scenario = "name: x\nplace: tiny\nlevers: {qouta: 80, quota: lots}\nparameters: {Nothing like it: 3}\n"
    (tiny / "x.yaml").write_text(scenario, encoding="utf-8")

    assert urbsim("run", "x.yaml", "--out", "out") == WRONG_INPUT

    told = capsys.readouterr().err
    assert "x.yaml:3:" in told
    for part in ("quota: 'lots' is text", "there is no lever 'qouta'", "no constant 'Nothing like it'"):
        assert part in told
    assert not (tiny / "out").exists()
