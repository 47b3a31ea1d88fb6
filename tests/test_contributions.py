"""What each lever bought: truth from straight lines, and from the difference of two runs."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from urbsim import batch
from urbsim.output.tables.run import contribution_table
from urbsim.study.contribution import TOGETHER, Contribution
from urbsim.study.outcome import Outcome

LINE = """Moving[Region]=
\t1000*Rate of moving[Region]*SUM(Share of movers[Age!])/0.01+1000*Unheard wish
"""
TOTAL = """
- id: moved
  name: Moved
  unit: 10k persons/year
  variable: Townspeople
  scale: 0.0001
  total: true
"""


@pytest.fixture
def linear(tiny: Path) -> Path:
    """Give towns that grow along a line: by 1000 a year and region for each percent and each wish."""
    model = Path("models/tiny.mdl")
    text = model.read_text(encoding="utf-8")
    begin, end = text.index("Moving[Region]=\n"), text.index("\t~\tperson/year")
    model.write_text(text[:begin] + LINE + text[end:], encoding="utf-8")
    with Path("models/indicators.yaml").open("a", encoding="utf-8") as file:
        file.write(TOTAL)
    return tiny


def write(name: str, text: str) -> str:
    path = Path("scenarios", f"{name}.yaml")
    path.write_text(f"name: {name}\n{text}\n", encoding="utf-8")
    return str(path)


def run(*given: str) -> tuple[Outcome, ...]:
    return batch.run(given, base=True, contributions=True).outcomes


def found(
    outcome: Outcome, indicator: str = "urban_residents", area: str = "tiny", **asked: object
) -> Contribution:
    assert outcome.run is not None
    lever = next(one.lever for one in outcome.run.contributions)
    asked = {"lever": lever, "year": 2035, "total": False, "indicator": indicator, "area": area, **asked}
    (one,) = (c for c in outcome.run.contributions if all(getattr(c, k) == v for k, v in asked.items()))
    return one


def difference(one: Outcome, other: Outcome, indicator: str, area: str, year: int = 2035) -> float:
    values = []
    for outcome in (one, other):
        assert outcome.run is not None
        series = outcome.run.measured.find(indicator, area)
        assert series is not None
        values.append(float(series.values[year - 2020]))
    return values[0] - values[1]


def test_a_lever_that_alone_differs_bought_the_whole_difference(tiny: Path) -> None:
    base, faster = run(
        write("one", "extends: baseline\nlevers: {moving_rate: {east: x2, west: {2028: 2, 2030: 4}}}")
    )

    for area in ("tiny", "coast", "east", "west"):
        for indicator in ("urbanization_rate", "urban_residents"):
            one = found(faster, indicator, area)
            assert one.lever == "moving_rate"
            assert one.alone == one.last
            assert one.alone == pytest.approx(difference(faster, base, indicator, area), rel=1e-5)


def test_levers_that_add_up_buy_the_same_alone_and_last(linear: Path) -> None:
    base, both = run(
        write(
            "both", "extends: baseline\nlevers: {moving_rate: {east: 4, west: 2}, wish: {2025: 1, 2030: 4}}"
        )
    )

    rate, wish = (found(both, lever=lever) for lever in ("moving_rate", "wish"))
    # Two percent more in the east, from the end of 2025 on: 1000 x 2 x 10 years, in 10,000 persons.
    assert rate.alone == pytest.approx(2.0, rel=1e-6)
    # A wish of one more in 2025 rising to four in 2030: half of 3 x 5 years, then 3 x 5, in two regions.
    assert wish.alone == pytest.approx(2 * (7.5 + 15) / 10, rel=1e-6)
    assert (rate.last, wish.last) == pytest.approx((rate.alone, wish.alone), rel=1e-6)
    at_all = difference(both, base, "urban_residents", "tiny")
    assert rate.alone + wish.alone == pytest.approx(at_all, rel=1e-6)
    together = found(both, lever=TOGETHER)
    assert (together.alone, together.last) == pytest.approx((at_all, at_all), rel=1e-6)


def test_levers_that_act_through_each_other_do_not_add_up(linear: Path) -> None:
    """With 1 + a times the rate and 1 + b the shares, one alone brings a, and the last a(1 + b)."""
    text = "extends: baseline\nlevers: {moving_rate: x1.5}\nparameters: {share of movers: x1.2}"
    _, both = run(write("both", text))

    rate, share = (found(both, "moved", lever=name) for name in ("moving_rate", "share of movers"))
    a_year = 2 * 1000 * 2 / 1e4  # of the baseline: two regions, two percent
    assert (rate.alone, rate.last) == pytest.approx((0.5 * a_year, 0.6 * a_year), rel=1e-6)
    assert (share.alone, share.last) == pytest.approx((0.2 * a_year, 0.3 * a_year), rel=1e-6)


def test_what_is_counted_by_year_is_also_added_up_from_the_first_policy_year_on(linear: Path) -> None:
    _, outcome = run(write("one", "extends: baseline\nlevers: {wish: {2020: 1, 2035: 4}}"))

    of_year, total = (found(outcome, "moved", total=total) for total in (False, True))

    # The wish rises by 0.2 a year: in year n it is 0.2 (n - 1/2) more on average; 2026 to 2035 are 6 to 15.
    assert of_year.alone == pytest.approx(2 * 0.1 * 0.2 * 14.5, rel=1e-6)
    assert total.alone == pytest.approx(2 * 0.1 * 0.2 * sum(n - 0.5 for n in range(6, 16)), rel=1e-6)


def test_the_table_tells_the_end_of_a_year_from_a_calendar_year_and_a_sum(linear: Path) -> None:
    header, rows = contribution_table(run(write("one", "extends: baseline\nlevers: {wish: 4}")))
    told = {(row[header.index("indicator")], row[header.index("counted")]) for row in rows}

    assert {("moved", "year"), ("moved", "sum")} == {one for one in told if one[0] == "moved"}
    assert {one[1] for one in told if one[0] == "urban_residents"} == {"stock"}


def test_a_lever_that_the_base_moves_too_counts_as_what_is_moved_otherwise(linear: Path) -> None:
    write("root", "place: tiny\nlevers: {wish: {2025: 1, 2030: 4}, moving_rate: 3}")
    base, child = run(write("child", "extends: root\nlevers: {wish: {2027: 3, 2029: 4, 2031: 5}}"))

    one = found(child)
    assert child.run is not None
    assert {c.lever for c in child.run.contributions} == {"wish", TOGETHER}
    assert one.alone == pytest.approx(difference(child, base, "urban_residents", "tiny"), rel=1e-5)


def test_with_another_period_levers_are_held_against_the_base_in_that_period(linear: Path) -> None:
    _, child = run(write("child", "extends: baseline\nperiod: [2020, 2040]\nlevers: {wish: 2}"))

    assert found(child, year=2040).alone == pytest.approx(2 * 0.1 * 15, rel=1e-6)


def test_the_same_settings_written_again_buy_nothing(tiny: Path) -> None:
    write("root", "place: tiny\nlevers: {moving_rate: 3}")
    _, child = run(write("child", "extends: root\nlevers: {moving_rate: 3.0}"))

    assert child.run is not None
    assert child.run.contributions == ()


def test_sweeps_and_bases_have_none(tiny: Path) -> None:
    outcomes = run(write("many", "extends: baseline\nsweep: {moving_rate: [1, 3]}"))

    assert [outcome.run.contributions for outcome in outcomes if outcome.run] == [(), (), ()]


def test_what_levers_bought_stands_in_a_table(
    linear: Path, urbsim: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    both = write("both", "extends: baseline\nlevers: {moving_rate: 4, wish: 2}")

    assert urbsim("run", both, "--no-figures", "--out", "out") == 0

    with Path("out/contributions.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    asked = {"lever": "wish", "indicator": "moved", "region": "tiny", "year": "2035", "counted": "sum"}
    (row,) = (row for row in rows if asked.items() <= row.items())
    assert (row["scenario"], row["base"], row["unit"]) == ("both", "baseline", "10k persons")
    assert float(row["alone"]) == pytest.approx(2.0, rel=1e-6)
    assert urbsim("run", both, "--no-figures", "--no-contributions", "--out", "out") == 0
    assert not Path("out/contributions.csv").exists()
