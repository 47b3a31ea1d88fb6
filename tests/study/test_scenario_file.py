from __future__ import annotations

import re
from pathlib import Path

import pytest

from urbsim import batch
from urbsim.errors import InputError, ScenarioError
from urbsim.study.amount import Amount
from urbsim.study.scenario import Scenario
from urbsim.study.scenario_file import read_scenario


def read(folder: Path, text: str, encoding: str = "utf-8") -> Scenario:
    (folder / "one.yaml").write_text(text, encoding=encoding)
    return read_scenario(folder / "one.yaml")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_scenario_is_read_in_every_usual_encoding(encoding: str, tmp_path: Path) -> None:
    scenario = read(
        tmp_path, "name: 公共服务优先\nplace: 重庆\ntitle: {zh: 公共服务优先, en: Services first}\n", encoding
    )

    assert (scenario.name, scenario.place) == ("公共服务优先", "重庆")
    assert (scenario.title["zh"], scenario.title["en"]) == ("公共服务优先", "Services first")


@pytest.mark.parametrize(
    ("text", "base", "value"),
    [("x1.5", 2.0, 3.0), ("×2", 2.0, 4.0), ("+10%", 50.0, 55.0), ("-10 %", 50.0, 45.0), ("X 0.5", 4.0, 2.0)],
)
def test_relative_amounts_multiply_the_value_of_the_place(text: str, base: float, value: float) -> None:
    assert Amount.parse(text).of(base) == pytest.approx(value)


@pytest.mark.parametrize("text", ["1.5x", "10%", "x", "+x1", "half", "", "x1.5.2", "x-1"])
def test_other_texts_are_no_amounts(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected a number, or x1\.5"):
        Amount.parse(text)


def test_levers_are_set_by_one_number_over_years_and_by_region(tmp_path: Path) -> None:
    scenario = read(
        tmp_path,
        "name: one\nplace: here\nlevers:\n"
        "  a: 1.2\n"
        "  b: {2030: 30, 2024: 15}\n"
        "  c: {northeast: {2026: 0, 2028: 0.3}, southeast: x2}\n",
    )

    (a,), (b,), (north, south) = (scenario.levers[name] for name in "abc")
    assert (a.region, a.years, a.amounts) == ("", (), (Amount(number=1.2),))
    assert (b.years, [amount.number for amount in b.amounts]) == ((2024.0, 2030.0), [15.0, 30.0])
    assert (north.region, north.years) == ("northeast", (2026.0, 2028.0))
    assert (south.region, south.amounts) == ("southeast", (Amount(number=2.0, relative=True),))
    assert south.where.endswith("one.yaml:6:40")


def test_what_a_file_does_not_name_comes_from_the_file_it_extends(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(
        "name: base\ntitle: Base\nplace: here\nperiod: [2020, 2030]\n"
        "levers: {a: 1, b: {2026: 1, 2030: 2}}\nparameters: {p: 1, q: 2}\n"
        "checks: [{variable: V, at_least: 0}]\n",
        encoding="utf-8",
    )

    scenario = read(tmp_path, "name: one\nextends: base\nlevers: {b: 5}\nparameters: {q: 3}\n")

    assert (scenario.place, scenario.period) == ("here", (2020, 2030))
    assert scenario.levers["a"][0].amounts == (Amount(number=1.0),)
    assert (scenario.levers["b"][0].years, scenario.levers["b"][0].amounts) == ((), (Amount(number=5.0),))
    assert [scenario.parameters[name][0].amounts[0].number for name in "pq"] == [1.0, 3.0]
    assert len(scenario.checks) == 1
    assert scenario.targets is None
    assert scenario.title["en"] == "one"  # two lines of a figure must not share a title


def test_an_extended_file_may_stand_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "shipped").mkdir()
    (tmp_path / "shipped" / "base.yaml").write_text("name: base\nplace: here\n", encoding="utf-8")
    (tmp_path / "one.yaml").write_text("name: one\nextends: base\n", encoding="utf-8")

    assert read_scenario(tmp_path / "one.yaml", (tmp_path / "shipped",)).place == "here"


def test_targets_and_checks_say_what_is_demanded(tmp_path: Path) -> None:
    scenario = read(
        tmp_path,
        "name: one\nplace: here\n"
        "targets:\n"
        "  - {indicator: rate, year: 2030, at_least: 80, region: west}\n"
        "  - {indicator: rate, year: 2030, at_most: 90}\n"
        "  - {indicator: rate, year: 2030, about: 85}\n"
        "checks:\n"
        "  - {variable: V, between: [1, 2], year: 2024}\n",
    )

    assert scenario.targets is not None
    assert [(t.operator, t.value, t.region) for t in scenario.targets] == [
        (">=", 80.0, "west"),
        ("<=", 90.0, ""),
        ("~", 85.0, ""),
    ]
    assert (scenario.checks[0].low, scenario.checks[0].high, scenario.checks[0].year) == (1.0, 2.0, 2024)


@pytest.mark.parametrize(
    "check",
    ["{variable: V, between: [2, 1]}", "{variable: V, at_least: 1, between: [1, 2]}", "{at_least: 1}"],
)
def test_a_check_that_makes_no_sense_is_refused(check: str, tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="expected"):
        read(tmp_path, f"name: one\nplace: here\nchecks: [{check}]\n")


def test_nothing_in_a_file_is_ever_executed(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError):
        read(tmp_path, f"name: !!python/object/apply:os.mkdir ['{tmp_path}/made']\nplace: here\n")
    assert not (tmp_path / "made").exists()


def test_distributions_are_read_for_the_place_by_area_and_by_region(tmp_path: Path) -> None:
    scenario = read(
        tmp_path,
        "name: one\nplace: here\nuncertain:\n"
        "  a: {normal: [+0%, +10%], within: [-20%, +20%]}\n"
        "  b: {north: {choice: [1, 2], weights: [1, 3]}, south: {lognormal: [2, 1.5]}}\n"
        "  c: {uniform: [1, 2], by_region: true}\n"
        "correlated:\n  - {names: [a, c], rho: 0.5}\n  - names: [b]\n    matrix: [[1, -0.2], [-0.2, 1]]\n",
    )

    a, north, south, c = scenario.uncertain
    # A mean of the place's own value, and a tenth of it either way.
    assert a.distribution.amounts == (
        Amount(number=1.0, relative=True),
        Amount(number=pytest.approx(0.1), relative=True),
    )
    assert (a.distribution.lowest, a.distribution.highest) == pytest.approx((0.8, 1.2))
    assert (north.name, north.region, north.distribution.weights) == ("b", "north", (1, 3))
    assert south.distribution.amounts == (Amount(number=2.0), Amount(number=1.5))
    assert south.where.endswith("one.yaml:5:49")
    assert south.entry.endswith("one.yaml:5:3")
    assert c.by_region
    assert [group.name for group in scenario.correlated] == ["a + c", "b"]


def test_what_is_uncertain_and_swept_is_inherited_name_by_name(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(
        "name: base\nplace: here\nuncertain:\n  a: {uniform: [1, 2]}\n  b: {uniform: [1, 2]}\n"
        "  c: {uniform: [1, 2]}\n  d: {uniform: [1, 2]}\ncorrelated:\n  - {names: [a, b], rho: 0.5}\n"
        "sweep:\n  e: [1, 2]\n  f: [1, 2]\n"
    )

    scenario = read(
        tmp_path,
        "name: one\nextends: base\nlevers: {c: 3}\nsweep:\n  D: [5]\n  f: [7, 8]\nuncertain:\n"
        "  b: {normal: [1, 2]}\n  e: {uniform: [3, 4]}\n",
    )

    # What the file itself says of a name wins over whatever it inherits of it.
    drawn = {one.name: one.distribution.kind for one in scenario.uncertain}
    assert drawn == {"a": "uniform", "b": "normal", "e": "uniform"}
    assert {one.name: len(one.amounts) for one in scenario.sweep} == {"D": 1, "f": 2}
    assert [group.names for group in scenario.correlated] == [("a", "b")]


@pytest.mark.parametrize(
    ("group", "left"),
    [
        ("{names: [a, b, c], rho: 0.5}", [("a", "b")]),
        ("{names: [a, C], rho: 0.5}", []),
        ("{names: [c, d], rho: 0.5}", [("d",)]),  # d has two draws
        ("{names: [a, 'd[west]', 'c[east]'], rho: 0.5}", [("a", "d[west]")]),
    ],
)
def test_what_a_file_sets_leaves_the_correlated_groups_that_it_inherits(
    group: str, left: list[tuple[str, ...]], tmp_path: Path
) -> None:
    (tmp_path / "base.yaml").write_text(
        "name: base\nplace: here\nuncertain:\n  a: {uniform: [1, 2]}\n  b: {uniform: [1, 2]}\n"
        "  c: {uniform: [1, 2]}\n  d: {east: {uniform: [1, 2]}, west: {uniform: [1, 2]}}\n"
        f"correlated:\n  - {group}\n"
    )

    assert [
        one.names for one in read(tmp_path, "name: one\nextends: base\nlevers: {c: 3}\n").correlated
    ] == left
    anew = "name: one\nextends: base\nlevers: {c: 3}\ncorrelated: [{names: [a, c], rho: 0.5}]\n"
    assert [one.names for one in read(tmp_path, anew).correlated] == [("a", "c")]


def test_rows_of_a_matrix_go_with_what_is_set_or_the_file_must_write_it_anew(tmp_path: Path) -> None:
    base = (
        "name: base\nplace: here\nuncertain:\n  a: {uniform: [1, 2]}\n  b: {uniform: [1, 2]}\n"
        "  c: {uniform: [1, 2]}\ncorrelated:\n"
        "  - {names: [a, b, c], matrix: [[1, 0.1, 0.2], [0.1, 1, 0.3], [0.2, 0.3, 1]]}\n"
    )
    (tmp_path / "base.yaml").write_text(base)
    own = "name: one\nextends: base\nsweep: {b: [1, 2]}\n"

    (group,) = read(tmp_path, own).correlated

    assert (group.names, group.matrix) == (("a", "c"), ((1, 0.2), (0.2, 1)))
    (tmp_path / "base.yaml").write_text(
        base.replace("c: {uniform: [1, 2]}", "c: {uniform: [1, 2], by_region: true}")
    )
    with pytest.raises(ScenarioError, match="b is set by a file that extends this one") as caught:
        read(tmp_path, own)
    assert caught.value.problems[0].fix == "write `correlated:` anew there"


@pytest.mark.parametrize(
    ("text", "done", "fix"),
    [
        ("parameters: {final time: 2050}", "set", "use `period: [first year, last year]`"),
        ("sweep: {TIME STEP: [0.5, 1]}", "set", "change it in the model file"),
        (
            "uncertain: {INITIAL_TIME: {uniform: [2020, 2021]}}",
            "drawn",
            "use `period: [first year, last year]`",
        ),
        ("uncertain: {Saveper: {choice: [1, 2]}}", "drawn", "leave it out: every year is reported"),
    ],
)
def test_the_clock_is_no_parameter(text: str, done: str, fix: str, tmp_path: Path) -> None:
    scenario = read(tmp_path, f"name: one\nplace: chongqing\n{text}\n")

    with pytest.raises(InputError, match=rf"one.yaml:3:\d+: .* not a parameter that can be {done}") as caught:
        batch.prepare([scenario])
    assert {problem.fix for problem in caught.value.problems} == {fix}


def test_the_examples_of_the_page_fit_the_shipped_place(tmp_path: Path) -> None:
    page = Path("docs/formats.md").read_text(encoding="utf-8")
    part = page.partition("### What is uncertain")[2].partition("\n## ")[0]
    examples = re.findall(r"```yaml\n(.*?)```", part, re.DOTALL)

    runs = []
    for number, example in enumerate(examples):
        head = "" if example.startswith("name:") else f"name: example-{number}\nextends: baseline\n"
        (tmp_path / "example.yaml").write_text(head + example, encoding="utf-8")
        runs.append(len(batch.prepare([read_scenario(tmp_path / "example.yaml", (Path("scenarios"),))])))

    assert runs == [1, 48]


@pytest.mark.parametrize(
    ("within", "said"), [("[1]", "has 1 value,"), ("[1, 2, 3]", "has 3 values,"), ("5", "is the number 5,")]
)
def test_bounds_are_two_numbers(within: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=rf"a: within: {said} expected \[lowest, highest\]"):
        read(tmp_path, f"name: one\nplace: here\nuncertain:\n  a: {{normal: [1, 2], within: {within}}}\n")


def test_all_that_is_wrong_with_the_new_keys_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError) as caught:
        read(
            tmp_path,
            "name: one\nplace: here\nuncertain:\n  a: {uniform: [2, 1]}\n"
            "  b: {north: {uniform: 1}, south: {normal: [1, 0]}}\n  c: 5\n"
            "sweep:\n  d: {}\n  e: [x]\ncorrelated:\n  - {names: [], rho: 0.5}\n",
        )

    assert [problem.where.rpartition("one.yaml:")[2] for problem in caught.value.problems] == [
        *("11:5", "4:3", "5:7", "5:28", "6:3", "8:3", "9:3"),
    ]
