"""Scenarios in words, in both languages."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from urbsim.assets import bundled
from urbsim.batch import prepare, read_scenarios
from urbsim.output.words.assumptions import assumptions, sources_of
from urbsim.study.outcome import Outcome
from urbsim.study.words import LANGUAGES, Language

SCENARIOS = bundled() / "scenarios"
BLOCKS = (Path(__file__).parent / "sentences.txt").read_text(encoding="utf-8").split("\n\n")[1:]
CASES = [tuple(block.strip().split("\n")) for block in BLOCKS]


@pytest.fixture(scope="module")
def shipped() -> dict[str, Outcome]:
    tasks = prepare(read_scenarios(sorted(SCENARIOS.rglob("*.yaml"))))
    return {task.scenario.name: task.outcome for task in tasks}


def said(tmp_path: Path, text: str, language: Language, extends: str = "baseline") -> tuple[str, ...]:
    """Give the sentences of a scenario file of the shipped place."""
    path = tmp_path / "one.yaml"
    path.write_text(f"name: one\nplace: chongqing\nextends: {extends}\n{text}\n", encoding="utf-8")
    for name in ("baseline", "services-first"):
        (tmp_path / f"{name}.yaml").write_bytes((SCENARIOS / f"{name}.yaml").read_bytes())
    (task,) = prepare(read_scenarios([path]))
    return assumptions(task.outcome, language)


@pytest.mark.parametrize(("lever", "zh", "en"), CASES)
def test_a_lever_is_told_with_its_values_years_position_and_clause(
    tmp_path: Path, lever: str, zh: str, en: str
) -> None:
    assert said(tmp_path, f"levers:\n  {lever}", "zh") == (zh,)
    assert said(tmp_path, f"levers:\n  {lever}", "en") == (en,)


def test_what_comes_from_another_scenario_says_so_and_comes_last(tmp_path: Path) -> None:
    text = "levers: {award_per_settler: 9000}"

    first, *others = said(tmp_path, text, "zh", extends="services-first")

    assert first.startswith("农业转移人口市民化奖励标准：由6000元/人提高到9000元/人")
    assert len(others) == 7
    assert all(sentence.startswith("沿用情景“services-first”：") for sentence in others)


def test_parameters_have_chinese_names_in_chinese(tmp_path: Path) -> None:
    text = "parameters: {Income elasticity: 0.9, Base village departure rate: {northeast: +10%}}"

    assert said(tmp_path, text, "zh") == (
        "模型参数“收入弹性”：取0.9，全程不变",
        "模型参数“农村人口基准外迁率”：渝东北三峡库区城镇群取本地数值的1.1倍，全程不变",
    )
    assert said(tmp_path, text, "en")[0] == 'Parameter "Income elasticity": 0.9, for the whole run'


def test_period_parameters_and_targets_of_ones_own_are_told(tmp_path: Path) -> None:
    text = "period: [2010, 2035]\nparameter_set: none\ntargets: []"

    assert said(tmp_path, text, "en")[1:] == (
        "The run goes from the end of 2010 to the end of 2035",
        "Parameters are those of the tables; none are fitted to history",
        "It is held to targets of its own, not to those of the plans",
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_lever_of_a_shipped_scenario_has_one_sentence(
    shipped: dict[str, Outcome], language: Language
) -> None:
    for outcome in shipped.values():
        sentences = assumptions(outcome, language)
        assert all(sentences)
        for lever in outcome.levers:
            assert sum(lever.name[language] in sentence for sentence in sentences) == 1
            assert not any(lever.id in sentence for sentence in sentences)


def test_no_english_is_left_in_chinese(shipped: dict[str, Outcome]) -> None:
    for outcome in shipped.values():
        for sentence in assumptions(outcome, "zh"):
            plain = re.sub(r"“[^”]*”", "", sentence)  # names of scenarios and sets of parameters
            assert not re.search("[A-Za-z]", plain), sentence
        assert not re.search("[\u4e00-\u9fff]", "".join(assumptions(outcome, "en")))


def test_an_outcome_that_does_not_know_its_place_says_what_it_knows(shipped: dict[str, Outcome]) -> None:
    outcome = replace(shipped["jobs-first"], own={})

    assert assumptions(outcome, "en")[1].startswith(
        "Wage discount of migrants: from 20 to 10 %, step by step"
    )


def test_sources_are_those_of_targets_levers_and_observations(shipped: dict[str, Outcome]) -> None:
    zh, en = (sources_of([shipped["jobs-first"], shipped["baseline"]], language) for language in LANGUAGES)

    assert zh[0].startswith("重庆市人民政府关于印发重庆市新型城镇化规划（2021—2035年）的通知")
    assert zh[0].endswith("渝府发〔2022〕9号，重庆市人民政府，2022-01-25")
    assert en[0].endswith("Chongqing Municipal Government, 2022-01-25")
    assert len(zh) == len(set(zh)) == len(en)
    county = "关于推进以区县城为重要载体的城镇化建设的实施方案"
    assert any(source.startswith(county) for source in zh)  # a clause of industry_moved_out, and a target
    assert any(source.startswith("中国人口普查分县资料2020") for source in zh)
    for source in zh:  # names of people and files are all that is in letters
        assert not re.search("[A-Za-z]{4,}", re.sub("Dong|Sexton|Zhong|tools/\\S+", "", source)), source
