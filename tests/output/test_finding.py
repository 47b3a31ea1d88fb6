"""The sentences over figures are true of one scenario and of twelve, met, missed, open and failed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from urbsim import batch
from urbsim.output.words.finding import find_level, finding
from urbsim.study.judge import judge
from urbsim.study.outcome import Outcome
from urbsim.study.place import Margin
from urbsim.study.report import Measured, Series
from urbsim.study.target import Operator, Target
from urbsim.study.words import Language, Words

RATE = "urbanization_rate"
NAMES = tuple("ABCDEFGHIJKL")


@pytest.fixture
def results(tiny: Path) -> batch.Results:
    return batch.run(["scenarios/baseline.yaml"])


def target(value: float, year: int = 2035, operator: Operator = "~") -> Target:
    return Target(indicator=RATE, year=year, operator=operator, value=value)


def runs(
    results: batch.Results,
    ends: Sequence[float],
    *targets: Target,
    start: float = 70.0,
    margin: float | None = None,
    base: str = "",
) -> list[Outcome]:
    """Give scenarios A, B, … whose rate goes straight from `start` in 2020 to these ends in 2035."""
    (made,) = results.outcomes
    margins = () if margin is None else (Margin(indicator=RATE, year=2035, value=margin),)
    place = replace(made.place, margins=margins, targets=())
    indicator = next(i for i in made.indicators if i.id == RATE)
    years = np.arange(2020, 2036.0)
    outcomes = []
    for name, end in zip(NAMES, ends, strict=False):
        values = np.linspace(start, end, len(years))
        measured = Measured(
            years=years, series=(Series(indicator=indicator, area=place.name, values=values),)
        )
        assert made.run is not None
        run = replace(made.run, measured=measured, verdicts=judge(measured, targets, place, parameter_set=""))
        scenario = replace(made.scenario, name=name, title=Words(zh=f"情景{name}", en=name))
        held = "" if name == base else base
        outcomes.append(replace(made, scenario=scenario, place=place, targets=targets, run=run, base=held))
    return outcomes


def said(outcomes: Sequence[Outcome], language: Language = "en") -> str:
    text = finding(outcomes, RATE, "", language)
    subject = {"en": "Urbanization rate: ", "zh": "城镇化率："}[language]
    assert text.startswith(subject)
    return text.removeprefix(subject)


@pytest.mark.parametrize(
    ("ends", "en", "zh"),
    [
        ([80.1], "‘A’ reaches about 80 % in 2035 (80.1 %)", "2035年“情景A”达到约80%的目标（80.1%）"),
        ([75.5], "‘A’ does not reach about 80 % in 2035 (75.5 %)", "2035年“情景A”未达到约80%的目标（75.5%）"),
        (
            [80.0, 81.0],
            "both scenarios reach about 80 % in 2035 (80.0 to 81.0 %)",
            "2035年2个情景均达到约80%的目标（80.0%—81.0%）",
        ),
        (
            [75.5, 78.5, 74.8],
            "no scenario reaches about 80 % in 2035 (74.8 to 78.5 %)",
            "2035年各情景均未达到约80%的目标（74.8%—78.5%）",
        ),
        (
            [75.0, 80.0],
            "‘B’ reaches about 80 % in 2035, the other does not (75.0 to 80.0 %)",
            "2035年“情景B”达到约80%的目标，其余1个未达到（75.0%—80.0%）",
        ),
        (
            [75.0, 80.0, 81.0, 76.0],
            "‘B’ and ‘C’ reach about 80 % in 2035, the other 2 do not (75.0 to 81.0 %)",
            "2035年“情景B”和“情景C”达到约80%的目标，其余2个未达到（75.0%—81.0%）",
        ),
        (
            [75.0, 80.0, 81.0, 82.0],
            "all but ‘A’ reach about 80 % in 2035 (75.0 to 82.0 %)",
            "2035年除“情景A”外，其余3个情景均达到约80%的目标（75.0%—82.0%）",
        ),
        (
            [75.0, 76.0, 77.0, *[80.0] * 9],
            "9 of 12 scenarios reach about 80 % in 2035 (75.0 to 80.0 %)",
            "2035年12个情景中9个达到约80%的目标（75.0%—80.0%）",
        ),
    ],
)
def test_it_says_who_meets_the_target_and_when(
    ends: list[float], en: str, zh: str, results: batch.Results
) -> None:
    outcomes = runs(results, ends, target(80))

    assert said(outcomes) == en
    assert said(outcomes, "zh") == zh


def test_about_is_reached_from_half_a_point_below(results: batch.Results) -> None:
    assert said(runs(results, [79.5, 79.4], target(80))).startswith("‘A’ reaches about 80 % in 2035, ")


def test_a_ceiling_is_kept_to(results: batch.Results) -> None:
    ceiling = target(75, operator="<=")

    assert said(runs(results, [74.0, 73.0], ceiling)) == (
        "both scenarios keep to at most 75 % in 2035 (73.0 to 74.0 %)"
    )
    assert said(runs(results, [76.0], ceiling)) == "‘A’ does not keep to at most 75 % in 2035 (76.0 %)"
    assert said(runs(results, [76.0], ceiling), "zh") == "2035年“情景A”未符合不超过75%的目标（76.0%）"


def test_what_lies_within_the_error_is_open(results: batch.Results) -> None:
    some = runs(results, [75.5, 78.5, 74.8], target(80), margin=2.5)
    every = runs(results, [79.0, 80.5], target(80), margin=2.5)
    one = runs(results, [78.5], target(80), margin=2.5)

    assert said(some) == "no scenario reaches about 80 % in 2035 (74.8 to 78.5 %); for ‘B’ it is open"
    assert said(some, "zh") == "2035年各情景均未达到约80%的目标（74.8%—78.5%），其中“情景B”尚无定论"
    assert said(every).endswith("(79.0 to 80.5 %), but within the error: open")
    assert said(every, "zh").endswith("，但差距在误差之内，尚无定论")
    assert said(one) == "‘A’ does not reach about 80 % in 2035 (78.5 %), but within the error: open"
    assert said(one, "zh").endswith("（78.5%），但差距在误差之内，尚无定论")


def test_earlier_targets_come_after_the_last_and_say_when_they_were_reached(results: batch.Results) -> None:
    goals = (target(73, 2025, ">="), target(75, 2030), target(80))
    outcomes = runs(results, [78.0, 78.1], *goals)

    assert said(outcomes) == (
        "no scenario reaches about 80 % in 2035 (78.0 to 78.1 %); at least 73 % in 2025 is missed by both, "
        "reached in 2026; about 75 % in 2030 is met by both"
    )
    assert said(outcomes, "zh") == (
        "2035年各情景均未达到约80%的目标（78.0%—78.1%）；2025年不低于73%的目标均未达到（2026年才达到）；"
        "2030年约75%的目标均达到"
    )


def test_after_a_target_that_lies_behind_the_end_is_told_too(results: batch.Results) -> None:
    told = said(runs(results, [78.0, 76.0], target(72, 2025, ">=")))

    assert told.startswith("both scenarios reach at least 72 % in 2025")
    assert told.endswith("; ‘B’ has 76.0 % in 2035 (−2.0 points against ‘A’)")


def test_an_earlier_target_that_is_met_within_the_error_is_met_on_paper(results: batch.Results) -> None:
    outcomes = runs(results, [80.0, 80.1, 80.2], target(76.5, 2030), target(90), margin=3.0)

    assert said(outcomes).endswith("; about 76.5 % in 2030 is met on paper by all, but within the error")
    assert said(outcomes, "zh").endswith("；2030年约76.5%的目标：计算值均达到，但差距在误差之内，尚无定论")


def test_an_earlier_target_of_some_says_whose_it_is(results: batch.Results) -> None:
    with_it, without = (
        runs(results, [80.0, 81.0], target(75, 2030), target(80)),
        runs(results, [82.0] * 3, target(80)),
    )

    told = said([*with_it, without[2]])
    assert told.endswith("; about 75 % in 2030, a target of ‘A’ and ‘B’ alone, is met by both")
    assert said([*with_it, without[2]], "zh").endswith("；“情景A”和“情景B”的2030年约75%的目标均达到")


def test_noise_is_no_ranking(results: batch.Results) -> None:
    outcomes = runs(results, [75.04, 75.06, 75.07])

    assert said(outcomes) == "about 75.1 % in 2035 in all 3 scenarios (less than 0.05 points apart)"
    assert said(outcomes, "zh") == "2035年各情景几乎没有差别，约为75.1%（相差不到0.05个百分点）"


def test_of_two_that_cross_it_says_when_they_lay_the_other_way(results: batch.Results) -> None:
    base, other = runs(results, [75.0, 77.0])
    assert other.run is not None
    (series,) = other.run.measured.series
    values = series.values.copy()
    values[8] = 71.0  # 2028; the base has 72.67
    measured = replace(other.run.measured, series=(replace(series, values=values),))
    crossed = replace(other, run=replace(other.run, measured=measured))

    assert said([base, crossed]) == "‘B’ has 77.0 % in 2035 (+2.0 points against ‘A’; −1.7 points in 2028)"
    assert (
        said([base, crossed], "zh") == "2035年“情景B”为77.0%，比“情景A”高2.0个百分点；2028年曾低1.7个百分点"
    )


@pytest.mark.parametrize(
    ("ends", "en", "zh"),
    [
        (
            [76.5],
            "‘A’ has 76.5 % in 2035 (+6.5 points against 2020)",
            "2035年“情景A”为76.5%（比2020年增加6.5个百分点）",
        ),
        ([75.0, 75.01], "75.0 % in 2035 in both scenarios", "2035年各情景均为75.0%"),
        (
            [75.0, 77.0, 74.0],
            (
                "in 2035 highest with ‘B’, 77.0 % (+2.0 points against ‘A’); "
                "lowest with ‘C’, 74.0 % (−1.0 points)"
            ),
            "2035年“情景B”最高，为77.0%（比“情景A”高2.0个百分点）；“情景C”最低，为74.0%（低1.0个百分点）",
        ),
    ],
)
def test_without_a_target_it_says_where_runs_end_and_how_far_from_the_base(
    ends: list[float], en: str, zh: str, results: batch.Results
) -> None:
    outcomes = runs(results, ends)

    assert said(outcomes) == en
    assert said(outcomes, "zh") == zh


def test_the_base_is_the_one_that_the_others_name(results: batch.Results) -> None:
    outcomes = runs(results, [75.0, 77.0, 74.0], base="C")

    assert said(outcomes) == (
        "in 2035 highest with ‘B’, 77.0 % (+3.0 points against ‘C’); lowest with ‘C’, 74.0 %"
    )


def test_scenarios_that_failed_are_said_to_have(results: batch.Results) -> None:
    ran = runs(results, [80.0, 81.0, 82.0, 83.0], target(80))
    failed = [replace(outcome, run=None, failure="it stopped") for outcome in ran]

    assert said([*ran[:2], failed[2]]).startswith("both scenarios reach about 80 % in 2035")
    assert said([*ran[:2], failed[2]]).endswith("; ‘C’ could not be run")
    assert said([ran[0], *failed[1:]]).endswith("; 3 scenarios could not be run")
    assert said([*ran[:2], failed[2]], "zh").endswith("；“情景C”运行失败")
    assert finding(failed, RATE) == ""


def test_a_target_that_some_scenarios_do_not_have_is_counted_among_those_that_have_it(
    results: batch.Results,
) -> None:
    with_it, without = runs(results, [80.0] * 3, target(80)), runs(results, [70.0] * 4)[3:]

    assert said([*with_it, *without]).startswith("all 3 scenarios with this target reach about 80 % in 2035")


def test_an_area_is_named_and_one_that_is_not_reported_gives_nothing(results: batch.Results) -> None:
    assert finding(results.outcomes, RATE, "east").startswith("East, urbanization rate: ")
    assert finding(results.outcomes, "no such thing") == ""
    assert finding([], RATE) == ""


def test_the_sentence_about_a_level_sorts_what_comes_up_to_it(results: batch.Results) -> None:
    outcomes = runs(results, [0.9, 1.1], start=0.5)
    (indicator,) = [i for i in outcomes[0].indicators if i.id == RATE]

    def told(which: Sequence[Outcome], language: Language = "en") -> str:
        sentence = find_level(which, [indicator], 1.0, language)
        assert sentence is not None
        return sentence.head

    assert told(outcomes) == "In 2035 up to standard in some scenarios: urbanization rate"
    assert told(outcomes[1:]) == "In 2035 all are up to standard"
    assert told(outcomes[:1], "zh") == "2035年各项均未达到标准"
