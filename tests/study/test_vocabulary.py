"""What the names of a model are called in Chinese."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from urbsim.batch import read_study
from urbsim.drawing.structure import WHOLE, read_sectors
from urbsim.errors import InputError
from urbsim.listing import list_facts
from urbsim.model.read import read_model
from urbsim.names import fold
from urbsim.study.catalogue_file import read_loops, read_names
from urbsim.study.factor import parameter_factors
from urbsim.study.fit import check_names
from urbsim.study.place_file import read_place
from urbsim.study.plan import plan
from urbsim.study.scenario import Scenario
from urbsim.study.vocabulary import Vocabulary, listed
from urbsim.study.words import Words

MODELS = Path(__file__).parents[2] / "models"
HAN = re.compile("[\u4e00-\u9fff]")


def names(tmp_path: Path, text: str) -> Vocabulary:
    file = tmp_path / "names.yaml"
    file.write_text(text, encoding="utf-8")
    return read_names(file)


def test_a_name_is_found_however_it_is_written(tmp_path: Path) -> None:
    vocabulary = names(tmp_path, "variables:\n  Income elasticity: 收入弹性\n")

    assert vocabulary.words("income_ELASTICITY") == Words(zh="收入弹性", en="Income elasticity")
    assert vocabulary.chinese("Income elasticity") == "收入弹性"
    assert vocabulary.words("Life of a home") == Words(en="Life of a home")
    assert vocabulary.chinese("Life of a home") == ""


def test_a_model_without_names_has_none(tmp_path: Path) -> None:
    assert read_names(tmp_path / "names.yaml") == Vocabulary()


def test_all_that_is_wrong_is_told_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(InputError) as raised:
        names(tmp_path, "variables:\n  One: 3\n  Two: {en: two}\nelements:\n  three: {zh: 三, de: drei}\n")

    assert [(p.where.split(":")[-2], p.what) for p in raised.value.problems] == [
        ("5", "three: unknown key 'de'"),
        ("2", "One: is the number 3, expected a Chinese name"),
        ("3", "Two: is a mapping, expected a Chinese name"),
    ]


def test_two_variables_of_one_chinese_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'Two' has the Chinese name of 'One', 一") as raised:
        names(tmp_path, "variables:\n  One: 一\n  Two: 一\n")

    assert raised.value.problems[0].where.endswith("names.yaml:3:3")


def test_a_name_that_the_model_does_not_have_is_refused_with_the_nearest(tmp_path: Path) -> None:
    model = read_model(MODELS / "urbanization.mdl")
    vocabulary = names(tmp_path, "elements: {scool: 学校}\nvariables:\n  Income elastisity: 收入弹性\n")

    with pytest.raises(InputError) as raised:
        check_names(vocabulary, model)

    assert [(problem.what, problem.fix) for problem in raised.value.problems] == [
        ("the model has no element 'scool'", "did you mean 'school'?"),
        ("the model has no variable 'Income elastisity'", "did you mean 'Income elasticity'?"),
    ]


def test_every_variable_sector_element_and_loop_of_the_shipped_model_has_chinese_words() -> None:
    model = read_model(MODELS / "urbanization.mdl")
    place = read_place(MODELS / "places" / "chongqing")
    vocabulary = place.vocabulary
    check_names(vocabulary, model)
    sectors = [one.name for one in read_sectors((MODELS / "urbanization.mdl").read_text(encoding="utf-8"))]
    ages = {one for d in model.dimensions if fold(d.name) != "region" for one in d.elements}
    variables = [variable.name for variable in model.variables.values()]

    assert len(sectors) > 15
    assert WHOLE not in sectors
    assert [one for one in sectors if not HAN.search(vocabulary.words(one, "sector").zh)] == []
    assert [one for one in sectors if not HAN.search(vocabulary.lead(one).zh)] == []
    assert {one.name for one in vocabulary.entries if one.kind == "sector"} == set(sectors)
    assert [one for one in ages if not HAN.search(vocabulary.words(one, "element").zh)] == []
    assert [one for one in variables if not HAN.search(vocabulary.chinese(one))] == []
    assert [one.id for one in read_loops(MODELS / "loops.yaml") if not HAN.search(one.description.zh)] == []


def test_a_list_of_parameters_has_their_chinese_names() -> None:
    facts = {fact["variable"]: fact["zh"] for fact in list_facts("parameters", "chongqing")}

    assert facts["Nesting"] == "嵌套系数"


def test_labels_of_several_areas_and_ages_are_words() -> None:
    study = read_study(MODELS / "places" / "chongqing")
    scenario = Scenario(name="baseline", place="chongqing")
    schedule = plan(scenario, study.place, study.levers, study.system)
    found = parameter_factors(scenario, study.place, study.levers, study.system, schedule)
    titles = {factor.label: factor.title for factor in found}

    applications = titles["Base application rate[metro new;northeast;southeast]"]
    assert applications.zh == "基准落户申请率（主城新区、渝东北、渝东南）"
    assert applications.en == "Base application rate (New metropolitan districts, Northeast, Southeast)"
    ages = next(title for label, title in titles.items() if label.startswith("Labour force participation"))
    assert ages == Words(zh="劳动参与率（15—79岁）", en="Labour force participation (ages 15–79)")
    assert [title.zh for title in titles.values() if re.search("[A-Za-z;]", title.zh)] == []


def test_age_groups_that_follow_each_other_are_one_and_others_are_listed() -> None:
    ages = [(0, 4), (5, 9), (20, 24), (25, 29)]
    words = [Words(zh=f"{low}—{high}岁", en=f"ages {low}–{high}") for low, high in ages]

    assert listed(words) == Words(zh="0—9岁、20—29岁", en="ages 0–9, ages 20–29")
    last = Words(zh="30岁及以上", en="ages 30 and over")
    assert listed([words[3], last]) == Words(zh="25岁及以上", en="ages 25 and over")
    many = [Words(zh=f"区{i}", en=f"R{i}") for i in range(8)]
    assert listed(many) == Words(zh="区0等8个", en="R0 and 7 more")


def test_targets_that_no_plan_states_say_that_they_are_our_reading() -> None:
    targets = {target.id: target for target in read_place(MODELS / "places" / "chongqing").targets}
    ours = {id_ for id_, target in targets.items() if "our reading" in target.clause_in("en")}

    assert ours == {"settlers", "main_metro_share_2024", "nursery"}
    assert {id_ for id_, target in targets.items() if "推" in target.clause_in("zh")} == ours
