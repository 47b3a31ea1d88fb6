"""Two base years and parameters fitted to history: which number holds when."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from urbsim.batch import prepare, read_study, run
from urbsim.cli import WRONG_INPUT
from urbsim.engine.schedule import Floats
from urbsim.errors import InputError
from urbsim.model.read import read_model
from urbsim.study.apply_place import apply_place
from urbsim.study.place_file import read_place
from urbsim.study.plan import start_inputs
from urbsim.study.scenario_file import read_scenario

PLACE = Path("models/places/tiny")
ESTIMATES = "variable,region,element,value,standard_error,low,high,unit,bound,central,stage\n"


def start_in_2010_too() -> None:
    """East had 6 million villagers in 2010 and west 8; towns are as in 2020."""
    spoil(PLACE / "place.yaml", "base_years: [2020]", "base_years: [2010, 2020]")
    rows = (PLACE / "base.csv").read_text(encoding="utf-8").splitlines()
    table = ["year," + rows[0]]
    table.extend(("2020," if row.startswith("Villagers") else ",") + row for row in rows[1:])
    table.append("2010,Villagers at the start,east,,6000000,,,person,official,census,")
    table.append("2010,Villagers at the start,west,,8000000,,,person,official,census,")
    (PLACE / "base.csv").write_text("\n".join(table) + "\n", encoding="utf-8")


def fit(name: str, *rows: str) -> None:
    (PLACE / "sets").mkdir(exist_ok=True)
    (PLACE / "sets" / f"{name}.csv").write_text(ESTIMATES + "\n".join(rows) + "\n", encoding="utf-8")


def spoil(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def inputs(variable: str, **changes: object) -> list[float]:
    """Give the inputs with which the baseline, so changed, begins."""
    scenario = replace(read_scenario("scenarios/baseline.yaml"), **changes)  # type: ignore[arg-type]
    (task,) = prepare([scenario])
    constant = task.study.system.constant(variable)
    return list(task.schedule.inputs[constant.first : constant.first + constant.size, 0])


def test_a_run_takes_the_numbers_of_the_year_it_starts_in(tiny: Path) -> None:
    start_in_2010_too()

    assert inputs("Villagers at the start") == [4e6, 6e6]
    assert inputs("Villagers at the start", period=(2010, 2030)) == [6e6, 8e6]
    assert inputs("Townspeople at the start", period=(2010, 2030)) == [16e6, 4e6]


def test_a_run_from_2010_begins_in_2010(tiny: Path) -> None:
    start_in_2010_too()
    scenario = replace(read_scenario("scenarios/baseline.yaml"), period=(2010, 2030), targets=())

    (outcome,) = run([scenario]).outcomes

    assert outcome.run is not None
    assert outcome.run.measured.years[0] == 2010
    assert outcome.run.trajectory["Residents"][:, 0, 0].tolist() == [22e6, 12e6]
    assert outcome.base_year == 2010


def test_a_scenario_may_not_start_between_the_base_years(tiny: Path, urbsim: Callable[..., int]) -> None:
    start_in_2010_too()
    spoil(Path("scenarios/baseline.yaml"), "place: tiny", "place: tiny\nperiod: [2015, 2030]")

    with pytest.raises(InputError, match=r"baseline.yaml:5:1: period: starts in 2015.*2010 or 2020"):
        prepare([read_scenario("scenarios/baseline.yaml")])


def test_a_number_missing_for_one_base_year_is_told(tiny: Path) -> None:
    start_in_2010_too()
    spoil(PLACE / "base.csv", "2010,Villagers at the start,west,,8000000,,,person,official,census,\n", "")

    with pytest.raises(InputError, match="'Villagers at the start' has no value for west, base year 2010"):
        apply_place(read_model("models/tiny.mdl"), read_place(PLACE))


def test_a_year_that_is_no_base_year_is_told(tiny: Path) -> None:
    start_in_2010_too()
    spoil(PLACE / "base.csv", "2010,Villagers", "2011,Villagers")

    with pytest.raises(InputError, match=r"base.csv:6: 2011 is not a base year\n.*expected 2010, 2020"):
        read_place(PLACE)


def test_fitted_parameters_take_the_place_of_those_of_the_tables(tiny: Path) -> None:
    fit("planning", "Rate of moving,,,0.03,0.001,0.01,0.05,1/year,,0.02,all")
    fit("validation", "Standard,,,0.9,,0.5,1,dmnl,,1,all")
    spoil(PLACE / "place.yaml", "period:", "parameter_set: planning\nperiod:")

    assert inputs("Rate of moving") == [0.03, 0.03]
    assert inputs("Rate of moving", parameter_set="none") == [0.02, 0.02]
    assert inputs("Rate of moving", parameter_set="validation") == [0.02, 0.02]
    assert inputs("Standard", parameter_set="validation") == [0.9, 0.9, 0.9, 0.9]
    assert read_study(PLACE).place.sets["planning"].estimates[0].standard_error == 0.001


def test_a_fitted_row_for_a_region_leaves_the_others_as_they_are(tiny: Path) -> None:
    fit("planning", "Rate of moving,west,,0.03,,,,1/year,high,0.02,all")

    assert inputs("Rate of moving", parameter_set="planning") == [0.02, 0.03]


def test_results_say_which_parameters_they_came_from(tiny: Path) -> None:
    fit("planning", "Rate of moving,,,0.03,,,,1/year,,0.02,all")
    spoil(Path("scenarios/baseline.yaml"), "place: tiny", "place: tiny\nparameter_set: planning")

    results = run(["scenarios/faster.yaml"])  # extends baseline

    assert set(results.targets.parameter_set) == {"planning"}
    assert set(results.trajectories.base_year) == {2020}


def test_references_are_numbers_of_every_start(tiny: Path) -> None:
    start_in_2010_too()
    spoil(PLACE / "parameters.csv", "Share of movers,,young,0.75,,,dmnl,judgement,survey,\n", "")
    header = (PLACE / "parameters.csv").read_text(encoding="utf-8").splitlines()[0]
    row = "Share of movers,,young,0.6,,,dmnl,derived,survey,"
    (PLACE / "references.csv").write_text(f"{header}\n{row}\n", encoding="utf-8")

    assert inputs("Share of movers") == inputs("Share of movers", period=(2010, 2030)) == [0.6, 0.25]


WRONG: dict[str, tuple[tuple[str, ...], list[str]]] = {
    "an unknown variable": (
        ("Rate of mowing,,,0.03,,,,1/year,,,all",),
        ["sets/planning.csv:2: 'Rate of mowing' is in none of the place's own tables", "'Rate of moving'?"],
    ),
    "an unknown region": (
        ("Rate of moving,north,,0.03,,,,1/year,,,all",),
        ["sets/planning.csv:2: there is no region 'north'"],
    ),
    "another unit": (
        ("Rate of moving,,,0.03,,,,%,,,all",),
        ["sets/planning.csv:2: unit of 'Rate of moving' is '%', expected '1/year'"],
    ),
    "twice the same": (
        ("Rate of moving,,,0.03,,,,1/year,,,a", "Rate of moving,,,0.04,,,,1/year,,,a"),
        ["sets/planning.csv:3: repeats the entry of"],
    ),
    "a bound that is none": (
        ("Rate of moving,,,0.03,,,,1/year,top,,a",),
        ["sets/planning.csv:2: bound is 'top'", "expected low, high"],
    ),
    "no number": (("Rate of moving,,,much,,,,1/year,,,a",), ["planning.csv:2: value is 'much'"]),
}


@pytest.mark.parametrize(("rows", "told"), WRONG.values(), ids=WRONG)
def test_a_wrong_table_of_fitted_parameters_is_told(
    rows: tuple[str, ...],
    told: list[str],
    tiny: Path,
    urbsim: Callable[..., int],
    capsys: pytest.CaptureFixture[str],
) -> None:
    fit("planning", *rows)

    status = urbsim("run", "scenarios/baseline.yaml", "--out", "out", "--no-figures")

    said = capsys.readouterr().err
    assert status == WRONG_INPUT
    assert all(part in said for part in told), said


def test_an_unknown_set_is_told_with_its_place_in_the_file(tiny: Path) -> None:
    fit("planning", "Rate of moving,,,0.03,,,,1/year,,,a")
    spoil(Path("scenarios/baseline.yaml"), "place: tiny", "place: tiny\nparameter_set: planing")

    with pytest.raises(InputError, match=r"baseline.yaml:5:1: parameter_set: .*'planing'\n.*'planning'"):
        prepare([read_scenario("scenarios/faster.yaml")])


def test_a_place_may_not_name_a_set_it_does_not_have(tiny: Path) -> None:
    spoil(PLACE / "place.yaml", "period:", "parameter_set: planning\nperiod:")

    with pytest.raises(InputError, match=r"place.yaml:12:1: .*there is no table sets/planning.csv"):
        read_place(PLACE)


def daughter(*rows: str, set_rows: tuple[str, ...] = ()) -> Path:
    """Make a place of two other regions that takes from tiny what is of no region."""
    folder = PLACE.parent / "daughter"
    shutil.copytree(PLACE, folder, ignore=shutil.ignore_patterns("sets"))
    for old, new in (("name: tiny", "name: daughter\ninherits: tiny"), ("east", "up"), ("west", "down")):
        spoil(folder / "place.yaml", old, new)
    spoil(folder / "place.yaml", "[east]", "[up]")
    table = (PLACE / "parameters.csv").read_text(encoding="utf-8").splitlines()[0]
    (folder / "parameters.csv").write_text("\n".join((table, *rows)) + "\n", encoding="utf-8")
    for name in ("base", "history", "targets", "paths", "sources"):
        head, *_ = (folder / f"{name}.csv").read_text(encoding="utf-8").splitlines()
        (folder / f"{name}.csv").write_text(head + "\n", encoding="utf-8")
    stocks = [f"{stock} at the start,,,5,,,person,official,census," for stock in ("Villagers", "Townspeople")]
    with (folder / "base.csv").open("a", encoding="utf-8") as file:
        file.write("\n".join(stocks) + "\n")
    if set_rows:
        (folder / "sets").mkdir()
        (folder / "sets" / "planning.csv").write_text(
            ESTIMATES + "\n".join(set_rows) + "\n", encoding="utf-8"
        )
    return folder


def test_a_place_inherits_rows_of_no_region(tiny: Path) -> None:
    fit("planning", "Rate of moving,,,0.03,,,,1/year,,0.02,all", "Standard,west,,0.6,,,,dmnl,,1,all")
    folder = daughter("Rate of moving,down,,0.05,,,1/year,judgement,survey,")

    study = read_study(folder)
    tabled = start_inputs(study.place, study.system, 2020, "")
    fitted = start_inputs(study.place, study.system, 2020, "planning")

    def of(name: str, inputs: Floats) -> list[float]:
        constant = study.system.constant(name)
        return list(inputs[constant.first : constant.first + constant.size])

    assert of("Rate of moving", tabled) == [0.02, 0.05]
    assert of("Rate of moving", fitted) == [0.03, 0.05]
    assert of("Standard", tabled) == of("Standard", fitted) == [1, 1, 1, 1]
    assert of("Villagers at the start", tabled) == [5, 5]


def test_a_fitted_row_of_its_own_wins_over_an_inherited_one(tiny: Path) -> None:
    fit("planning", "Rate of moving,,,0.03,,,,1/year,,0.02,all")
    folder = daughter(set_rows=("Rate of moving,,,0.04,,,,1/year,,0.02,all",))

    study = read_study(folder)

    first = study.system.constant("Rate of moving").first
    assert list(start_inputs(study.place, study.system, 2020, "planning")[first : first + 2]) == [0.04, 0.04]


def test_a_place_inherits_only_from_one_that_is_there(tiny: Path) -> None:
    folder = daughter()
    spoil(folder / "place.yaml", "inherits: tiny", "inherits: tinny")

    with pytest.raises(InputError, match=r"place.yaml:2:1: inherits: there is no place 'tinny'.*\n.*'tiny'"):
        read_place(folder)


def test_a_place_that_inherits_is_not_inherited_from(tiny: Path) -> None:
    daughter()
    spoil(PLACE / "place.yaml", "title:", "inherits: daughter\ntitle:")

    with pytest.raises(InputError, match="inherits: daughter itself inherits from tiny"):
        read_place(PLACE)


def test_one_number_without_a_value_for_a_base_year_is_told(line: Path) -> None:
    place = Path("models/places/line")
    row = "Height,,,10,-100,100,dmnl,judgement,ruler,\n"
    spoil(place / "parameters.csv", row, "")
    with (place / "base.csv").open("a", encoding="utf-8") as file:
        file.write("Height,,,2010,10,,,dmnl,official,ruler,\n")

    with pytest.raises(InputError, match=r"base.csv:2: 'Height' has no value, base year 2012"):
        read_study(place)


def test_a_base_year_that_is_no_year_is_told_once(line: Path) -> None:
    place = Path("models/places/line")
    with (place / "base.csv").open("a", encoding="utf-8") as file:
        file.write("Height,,,soon,10,,,dmnl,official,ruler,\n")

    with pytest.raises(InputError) as caught:
        read_place(place)

    assert [problem.what for problem in caught.value.problems] == ["year is 'soon', expected a number"]
