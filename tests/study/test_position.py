"""Positions of levers: what they are called, where they are meant, and scenario files that name them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.study.nouns import Interface, lever, place
from urbsim.assets import bundled
from urbsim.batch import prepare, read_scenarios
from urbsim.errors import InputError
from urbsim.study.amount import Amount
from urbsim.study.catalogue_file import read_levers
from urbsim.study.course import Course
from urbsim.study.lever import Position
from urbsim.study.naming import put_values
from urbsim.study.position import position_of, positions_of
from urbsim.study.scenario import Scenario, Setting, Swept
from urbsim.study.words import Words

PLANNED = Position(name=Words(zh="按规划", en="as planned"), amount=Amount(number=100))
QUOTA = lever(positions=(PLANNED,))
SHIPPED = read_levers(bundled() / "models" / "levers.yaml")


def called(*names: str) -> tuple[Amount, ...]:
    return tuple(Amount.named(name) for name in names)


def set_to(*names: str, region: str = "", years: tuple[float, ...] = ()) -> Scenario:
    setting = Setting(amounts=called(*names), region=region, years=years, where="x.yaml:4:3")
    return Scenario(name="x", place="here", levers={"quota": (setting,)})


def amounts(scenario: Scenario) -> tuple[Amount, ...]:
    named, problems = put_values(scenario, place(), (QUOTA,), Interface())
    assert not problems
    return named.levers["quota"][0].amounts


@pytest.mark.parametrize(
    ("name", "amount"),
    [
        *(("as planned", Amount(number=100)), ("按规划", Amount(number=100))),
        *(("As_Planned", Amount(number=100)), ("doubled", Amount(number=2, relative=True))),
        *(("加倍", Amount(number=2, relative=True)), ("halved", Amount(number=0.5, relative=True))),
        *(("减半", Amount(number=0.5, relative=True)), ("none", Amount(number=0, relative=True))),
        *(("取消", Amount(number=0, relative=True)), ("维持现状", Amount(number=1, relative=True))),
    ],
)
def test_a_position_is_its_value_in_either_language(name: str, amount: Amount) -> None:
    assert amounts(set_to(name)) == (amount,)


def test_positions_stand_in_paths_and_beside_numbers() -> None:
    path = Setting(amounts=(Amount(number=70), *called("按规划")), years=(2025, 2030))
    scenario = Scenario(name="x", place="here", levers={"quota": (path,)})

    assert amounts(scenario) == (Amount(number=70), Amount(number=100))


def test_an_unknown_position_gives_the_known_ones_of_its_region_and_hides_no_other_entry() -> None:
    bad, good = set_to("dubbled", region="east").levers["quota"], set_to("halved").levers["quota"]
    scenario = Scenario(name="x", place="here", levers={"quota": (*bad, *good)})

    named, (problem,) = put_values(scenario, place(), (QUOTA,), Interface())

    assert problem.where == "x.yaml:4:3"
    assert problem.what.startswith("quota: east: 'dubbled' is text, expected a number, or x1.5, +10%, -10%")
    # The own value is 50 in the east: doubled is 100, and in range.
    assert problem.fix == (
        "positions: as planned / 按规划, as today / 维持现状, doubled / 加倍, halved / 减半, none / 取消"
    )
    assert [setting.amounts for setting in named.levers["quota"]] == [(Amount(number=0.5, relative=True),)]


def test_two_names_of_one_value_are_one_run_of_a_sweep_too_many() -> None:
    sweep = Swept(name="quota", amounts=(Amount(number=100), *called("as planned")), where="x.yaml:5:3")

    _, (problem,) = put_values(
        Scenario(name="x", place="here", sweep=(sweep,)), place(), (QUOTA,), Interface()
    )

    assert problem.what == "quota: 100 stands twice, and would be the same run"


def test_a_parameter_has_no_positions() -> None:
    setting = Setting(amounts=called("doubled"), where="x.yaml:4:3")

    _, (problem,) = put_values(
        Scenario(name="x", place="here", parameters={"Wish": (setting,)}), place(), (QUOTA,), Interface()
    )

    assert problem.what == "Wish: 'doubled' is text, expected a number, or x1.5, +10%, -10%"


def test_a_name_without_a_value_is_never_used_as_a_number() -> None:
    with pytest.raises(ValueError, match="'doubled' is the name of a position"):
        Amount.named("doubled").of(2)


@pytest.mark.parametrize(
    ("unit", "own", "names"),
    [
        ("m2/person", (0, 80), ["as today", "halved", "none"]),  # doubled, 160, is out of range
        ("m2/person", (40,), ["as today", "doubled", "halved", "none"]),
        ("m2/person", (0, 0), ["as today"]),
        ("x standard", (1,), ["as today", "doubled", "halved"]),
        ("x", (1,), ["as today"]),
        ("log points", (0.1,), ["as today"]),
    ],
)
def test_a_place_has_the_positions_that_mean_something_there(
    unit: str, own: tuple[float, ...], names: list[str]
) -> None:
    assert [position.name.en for position in positions_of(lever(unit=unit), own)] == names


@pytest.mark.parametrize(
    ("unit", "value", "own", "name"),
    [
        *(("m2/person", 100, 80, "as planned"), ("m2/person", 80, 80, "as today")),
        *(("m2/person", 60, 80, "-25 %"), ("m2/person", 0, 80, "none"), ("m2/person", 50, 0, "50 m²/person")),
        *(("%", 95, 80, "+15 points"), ("%", 40, 80, "halved"), ("% of jobs", 5, 0, "5 % of jobs")),
        *(("x", 2, 1, "2 times"), ("log points", 0.1, 0, "0.1 log points")),
    ],
)
def test_a_value_is_named_by_its_position_or_its_distance(
    unit: str, value: float, own: float, name: str
) -> None:
    assert position_of(lever(unit=unit, positions=(PLANNED,)), value, own).en == name


@pytest.mark.parametrize(
    ("since", "zh", "en"),
    [
        (None, "按规划", "as planned"),
        (2025, "按规划", "as planned"),
        (2026, "规划水平，比规划晚一年", "level of the plan, one year after its date"),
        (2030, "规划水平，比规划晚五年", "level of the plan, five years after its date"),
        (2037, "规划水平，比规划晚12年", "level of the plan, 12 years after its date"),
    ],
)
def test_what_comes_later_than_the_plan_wanted_it_is_not_as_planned(
    since: float | None, zh: str, en: str
) -> None:
    quota = lever(unit="m2/person", positions=(replace(PLANNED, year=2025),))

    assert position_of(quota, 100, 80, since) == Words(zh=zh, en=en)


def test_what_the_place_has_anyway_is_as_today_even_where_a_plan_aimed_at_it() -> None:
    assert position_of(lever(unit="m2/person", positions=(PLANNED,)), 100, 100).en == "as today"


def test_plans_that_state_a_year_are_held_to_it() -> None:
    years = {one.id: p.year for one in SHIPPED for p in one.positions if p.name.zh == "按规划"}

    assert years == {
        "hukou_access": 2025,
        "permit_coverage": 2025,
        "affordable_rental_coverage": 2025,
        "growth_boundary": 2035,
    }


def test_a_course_knows_since_when_it_holds_a_value() -> None:
    course = Course(own=85, years=(2026, 2030, 2033), values=(85, 100, 100))

    assert [course.since(year) for year in (2025, 2026, 2030, 2033, 2040)] == [None, 2026, 2030, 2030, 2030]


def test_a_position_out_of_range_or_with_a_name_that_is_taken_is_refused(tmp_path: Path) -> None:
    text = (
        "- id: quota\n  name: Quota\n  variable: Q\n  unit: m2/person\n  range: [0, 90]\n"
        "  positions:\n    - {name: {zh: 加倍, en: full}, amount: 90}\n    - {name: half, amount: 45}\n"
        "    - {name: half, amount: 40}\n"
    )
    (tmp_path / "levers.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "far.yaml").write_text(text.replace("amount: 90", "amount: 100"), encoding="utf-8")

    with pytest.raises(InputError) as taken:
        read_levers(tmp_path / "levers.yaml")
    with pytest.raises(InputError, match="position 'full' is 100, allowed are 0 to 90"):
        read_levers(tmp_path / "far.yaml")

    assert [problem.what for problem in taken.value.problems] == [
        "lever quota: the name of position 'full' is taken",
        "lever quota: the name of position 'half' is taken",
    ]


def test_every_position_of_a_plan_says_where_it_stands() -> None:
    named = [(lever, position) for lever in SHIPPED for position in lever.positions]

    assert {lever.id for lever, position in named if position.name.zh == "按规划"} == {
        *("hukou_access", "permit_coverage", "growth_boundary", "affordable_rental_coverage"),
    }
    for _, position in named:
        assert position.clause.zh != position.clause.en
        assert position.source


def test_a_run_with_a_position_is_that_with_its_number(tiny: Path) -> None:
    write(tiny, "a", "moving_rate: doubled\n  wish: none")
    write(tiny, "b", "moving_rate: x2\n  wish: x0")

    (a,), (b,) = (prepare(read_scenarios([tiny / f"{name}.yaml"])) for name in "ab")

    assert a.schedule.moves == b.schedule.moves


def test_files_name_positions_wherever_an_amount_may_stand(tiny: Path) -> None:
    write(
        tiny,
        "a",
        "moving_rate: {east: {2025: 维持现状, 2030: doubled}, west: 减半}",
        "sweep:\n  wish: [1, 2]",
    )
    write(
        tiny,
        "b",
        "moving_rate: x2",
        "uncertain:\n  young_standard: {east: {choice: [halved, 维持现状, 1.5]}}",
    )

    first, _ = prepare(read_scenarios([tiny / "a.yaml"]))
    (drawn,) = prepare(read_scenarios([tiny / "b.yaml"]))

    east, west = first.scenario.levers["moving_rate"]
    assert [str(amount) for amount in (*east.amounts, *west.amounts)] == ["x1", "x2", "x0.5"]
    # Multiples beside a number become numbers, where the place has one value.
    (choice,) = drawn.scenario.uncertain
    assert [amount.number for amount in choice.distribution.amounts] == [0.5, 1, 1.5]


def test_errors_of_positions_give_line_and_known_names(
    tiny: Path, urbsim: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    write(tiny, "a", "moving_rate: {east: dubled, west: 40}")

    assert urbsim("run", tiny / "a.yaml") == 2

    told = capsys.readouterr().err
    assert "a.yaml:5:17: moving_rate: east: 'dubled' is text" in told
    assert "fix: positions: as today / 维持现状, doubled / 加倍, halved / 减半, none / 取消" in told
    assert "moving_rate is 40 %/year, allowed are 0 to 10" in told


def test_a_position_beyond_the_range_is_told_as_a_number_is(tiny: Path) -> None:
    write(
        tiny,
        "a",
        "wish: {tiny: doubled}\n  young_standard: {east: {2025: doubled, 2030: halved}}\n  moving_rate: 9",
    )
    levers = tiny / "models" / "levers.yaml"
    levers.write_text(levers.read_text(encoding="utf-8").replace("[0.5, 2]", "[0.6, 1.5]"), encoding="utf-8")

    with pytest.raises(InputError) as caught:
        prepare(read_scenarios([tiny / "a.yaml"]))

    assert [problem.what for problem in caught.value.problems if "young" in problem.what] == [
        "young_standard is 2 dmnl (of the place's 1), allowed are 0.6 to 1.5",
        "young_standard is 0.5 dmnl (of the place's 1), allowed are 0.6 to 1.5",
    ]


def write(folder: Path, name: str, levers: str, more: str = "") -> None:
    text = f"name: {name}\nplace: tiny\n\nlevers:\n  {levers}\n{more}\n"
    (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
