"""`urbsim compare`: results folders side by side, held against numbers that are worked out elsewhere."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from io import StringIO
from math import exp, isnan
from pathlib import Path

import pandas as pd
import pytest
from openpyxl import load_workbook
from rich.console import Console

from urbsim.compare import compare, merge, write_comparison
from urbsim.errors import InputError
from urbsim.output.result_file import read_result
from urbsim.output.tables.compare import bought_table, by_effect, print_rankings
from urbsim.study.bought import Measure, bought, change
from urbsim.study.contribution import TOGETHER, Contribution
from urbsim.study.standing import rank
from urbsim.study.words import Words

Command = Callable[..., int]

# Villagers of the tiny place go to town at 2 % of them a year; `faster` moves 2.2 % of them until the end of
# 2025, then 4.4 % in the east, and in the west 2.2 to 2028, rising to 4.4 at the end of 2030.
BASE = {"east": 4e6 * exp(-0.02 * 15), "west": 6e6 * exp(-0.02 * 15)}
FASTER = {
    "east": 4e6 * exp(-0.022 * 5 - 0.044 * 10),
    "west": 6e6 * exp(-0.022 * 8 - 0.033 * 2 - 0.044 * 5),
}
LEVER_ALONE = {  # without the tenth more that the parameter brings
    "east": 4e6 * exp(-0.02 * 5 - 0.04 * 10),
    "west": 6e6 * exp(-0.02 * 8 - 0.03 * 2 - 0.04 * 5),
}
PARAMETER_ALONE = {"east": 4e6 * exp(-0.022 * 15), "west": 6e6 * exp(-0.022 * 15)}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give where the folder of both scenarios of the tiny study is kept between tests."""
    return tmp_path_factory.mktemp("kept") / "both"


@pytest.fixture
def result(urbsim: Command, tiny: Path, kept: Path) -> Path:
    """Give the folder of both scenarios of the tiny study, which is run once."""
    if not kept.exists():
        assert urbsim("run", "scenarios", "--no-figures", "--out", "results/both") == 0
        shutil.copytree("results/both", kept)
    else:
        shutil.copytree(kept, "results/both")
    return Path("results/both")


def table(path: str | Path) -> pd.DataFrame:
    return pd.read_csv(path, encoding="utf-8-sig", keep_default_na=False, na_values=[""])


def edited(folder: str) -> None:
    """Let the tables of a folder be read although they are not as they were written."""
    file = Path(folder, "run.json")
    facts = json.loads(file.read_text(encoding="utf-8"))
    facts.pop("files", None)
    file.write_text(json.dumps(facts), encoding="utf-8")


def test_differences_are_those_of_the_results(urbsim: Command, result: Path) -> None:
    assert urbsim("compare", result, "--out", "out", "--no-figures") == 0

    told = table("out/comparison.csv")
    values = table(result / "trajectories.csv").set_index(["scenario", "region", "indicator", "year"])[
        "value"
    ]
    assert set(told["indicator"]) == {"urbanization_rate", "urban_residents"}  # those of targets
    assert set(told["region"]) == {"tiny", "coast", "east", "west"}
    for row in told.itertuples():
        assert row.value == values[row.scenario, row.region, row.indicator, row.year]
        if row.scenario == "faster":
            against = values["baseline", row.region, row.indicator, row.year]
            assert (row.base, row.base_value) == ("baseline", against)
            assert row.difference == pytest.approx(row.value - against, abs=1e-6)
            assert row.difference_percent == pytest.approx(100 * row.difference / against, abs=1e-6)
        else:
            assert pd.isna(row.base)
            assert pd.isna(row.difference)


def test_differences_follow_the_closed_form(urbsim: Command, result: Path) -> None:
    assert urbsim("compare", result, "--out", "out", "--no-figures") == 0

    told = table("out/comparison.csv").query("year == 2035 and indicator == 'urban_residents'")
    gaps = told[told["scenario"] == "faster"].set_index("region")["difference"]
    for region in ("east", "west"):
        assert gaps[region] == pytest.approx((BASE[region] - FASTER[region]) / 1e4, rel=1e-6)
    assert gaps["tiny"] == pytest.approx(sum(BASE.values()) / 1e4 - sum(FASTER.values()) / 1e4, rel=1e-6)


def test_tables_for_word_stand_side_by_side_and_are_rounded(urbsim: Command, result: Path) -> None:
    assert urbsim("compare", result, "--out", "out", "--no-figures", "--region", "east") == 0

    told = table("out/side_by_side.csv")
    assert [*zip(told["indicator"], told["scenario"], strict=True)] == [
        ("urbanization_rate", "baseline"),
        ("urbanization_rate", "faster"),
        ("urban_residents", "baseline"),
        ("urban_residents", "faster"),
    ]
    rate = told.iloc[1]
    assert rate["2035"] == round(100 * (1 - FASTER["east"] / 20e6), 1)
    assert rate["2035 difference"] == round(100 * (BASE["east"] - FASTER["east"]) / 20e6, 2)
    assert (rate["region_zh"], rate["scenario_zh"], rate["indicator_zh"]) == ("东", "更快", "城镇化率")
    columns = list(told.columns)
    assert columns.index("2020 difference") == columns.index("2035") + 1  # years first, then differences


def test_what_each_lever_bought_adds_up_to_what_all_did(urbsim: Command, result: Path) -> None:
    assert urbsim("compare", result, "--out", "out", "--no-figures") == 0

    told = table("out/levers_bought.csv")
    alone, last = (told[f"urban_residents stock [10k persons] {which}"] for which in ("alone", "last"))
    assert [*told["row"]] == ["lever", "lever", "together", "left over"]
    assert [*told["lever"][:2]] == ["moving_rate", "Share of movers"]
    at_all = sum(BASE.values()) - sum(FASTER.values())
    by_lever = sum(BASE.values()) - sum(LEVER_ALONE.values())
    by_parameter = sum(BASE.values()) - sum(PARAMETER_ALONE.values())
    assert [*alone] == pytest.approx(
        [by / 1e4 for by in (by_lever, by_parameter, at_all, at_all - by_lever - by_parameter)],
        rel=5e-5,
        abs=0.005,  # contributions have five figures
    )
    assert [*last[:3]] == pytest.approx(
        [(at_all - by_parameter) / 1e4, (at_all - by_lever) / 1e4, at_all / 1e4], rel=5e-5
    )
    assert last[3] == pytest.approx(last[2] - last[0] - last[1], abs=1e-6)


def test_the_count_of_years_is_added_up_from_the_first_policy_year_on(result: Path) -> None:
    base, faster = read_result(result).outcomes
    assert base.run
    assert faster.run
    mood = next(one for one in base.indicators if one.id == "mood")  # 1 in every year
    twice = replace(
        faster.run.measured,
        series=tuple(
            replace(one, values=2 * one.values)  # noqa: PD011
            for one in faster.run.measured.series
        ),
    )
    doubled = replace(faster, run=replace(faster.run, measured=twice))

    summed = Measure(indicator=mood, total=True, first=2026, last=2035)
    assert change(doubled, base, summed, "tiny") == pytest.approx(10)
    in_the_year = Measure(indicator=mood, total=False, first=2035, last=2035)
    assert change(doubled, base, in_the_year, "tiny") == pytest.approx(1)


def test_what_another_start_does_is_not_ascribed_to_levers(urbsim: Command, result: Path) -> None:
    """Levers are run with the start and the parameters of their scenario; the rest has a row of its own."""
    recorded = read_result(result)
    base, faster = recorded.outcomes
    assert base.run
    fewer = tuple(
        replace(one, values=one.values - 2)  # noqa: PD011
        for one in base.run.measured.series
    )
    other = replace(
        base,
        scenario=replace(base.scenario, period=(2010, 2035)),
        run=replace(base.run, measured=replace(base.run.measured, series=fewer)),
    )

    here = bought(faster, base, ["urban_residents"], "tiny", 2035)
    there = bought(faster, other, ["urban_residents"], "tiny", 2035)

    assert here
    assert there
    at_all = (sum(BASE.values()) - sum(FASTER.values())) / 1e4
    assert here.otherwise == {}
    assert there.together["urban_residents"] == pytest.approx(at_all, rel=5e-5)
    assert there.otherwise["urban_residents"] == pytest.approx(2, abs=0.01)
    assert there.left_over("urban_residents") == pytest.approx(here.left_over("urban_residents"), abs=0.01)
    rows = bought_table([there])[1]
    assert [row[4] for row in rows] == ["lever", "lever", "together", "left over", "otherwise"]
    # A folder that does not tell what all of them do by themselves leaves that open.
    assert faster.run
    older = tuple(one for one in faster.run.contributions if one.lever != TOGETHER)
    faster = replace(faster, run=replace(faster.run, contributions=older))
    untold = bought(faster, other, ["urban_residents"], "tiny", 2035)
    assert untold
    assert isnan(untold.together["urban_residents"])


def test_gaps_to_different_targets_say_which(result: Path) -> None:
    base, faster = read_result(result).outcomes
    higher = tuple(replace(target, value=90) if target.value == 80 else target for target in faster.targets)
    standings = [
        *rank([base], "urbanization_rate", 2035, areas=["tiny"]),
        *rank([replace(faster, targets=higher)], "urbanization_rate", 2035, areas=["tiny"]),
    ]
    console = Console(width=100, record=True, file=StringIO())

    print_rankings([standings], console)

    (row,) = (line for line in console.export_text().splitlines() if "Tiny" in line and "its target" in line)
    assert row.split("its target, ")[1].startswith("80 %")
    assert row.rstrip().endswith("(its target, 90 %)")


def test_levers_are_printed_by_what_they_do_most_of(result: Path) -> None:
    _, faster = read_result(result).outcomes
    found = bought(faster, None, ["urbanization_rate", "urban_residents"], "tiny", 2035)
    assert found
    more = Contribution(
        lever="small", indicator="urban_residents", area="tiny", year=2035, alone=-500.0, last=-500.0
    )
    found = replace(
        found,
        levers={**found.levers, "small": Words(en="Small")},
        contributions={**found.contributions, ("small", "urban_residents"): more},
    )

    assert by_effect(found, found.measures)[0] == "small"  # nothing of the first measure, most of the second
    assert by_effect(found, found.measures[:1])[0] == "moving_rate"


def test_regions_are_ranked_by_what_they_fall_short_of_their_target(urbsim: Command, result: Path) -> None:
    assert urbsim("compare", result, "--out", "out", "--no-figures") == 0

    told = table("out/ranking.csv")
    rates = {
        region: 100 * (1 - left / total)
        for (region, left), total in zip(BASE.items(), (20e6, 10e6), strict=True)
    }
    first = told[told["scenario"] == "baseline"]
    assert [*first["region"]] == ["west", "east"]
    assert [*first["short"]] == pytest.approx([80 - rates["west"], 80 - rates["east"]], rel=1e-6)
    assert [*first["held_to"]] == ["tiny", "tiny"]
    assert [*first["rank"]] == [1, 2]
    assert [*told[told["scenario"] == "faster"]["rank"]] == [1, 2]


def test_a_region_is_held_to_its_own_target_first(urbsim: Command, tiny: Path) -> None:
    targets = tiny / "models" / "places" / "tiny" / "targets.csv"
    row = "W,urbanization_rate,west,2035,>=,40,%,,plan,ch. 9,\n"
    targets.write_text(targets.read_text(encoding="utf-8") + row, encoding="utf-8")
    assert urbsim("run", "scenarios/baseline.yaml", "--no-figures", "--out", "one") == 0

    assert urbsim("compare", "one", "--out", "out", "--no-figures") == 0
    assert urbsim("compare", "one", "--out", "level", "--no-figures", "--at-least", "99") == 0

    west, east = (table("out/ranking.csv").set_index("region").loc[name] for name in ("west", "east"))
    assert (west["target"], west["held_to"]) == (40, "own")
    assert (east["target"], east["held_to"]) == (80, "tiny")
    level = table("level/ranking.csv").set_index("region")
    assert (level.loc["east", "target"], level.loc["east", "held_to"]) == (99, "asked")
    assert level.loc["west", "target"] == 40


def test_equal_runs_of_several_folders_are_one(urbsim: Command, result: Path) -> None:
    assert urbsim("run", "scenarios/baseline.yaml", "--no-figures", "--out", "results/one") == 0

    found = compare([result, Path("results/one"), result])

    assert [(one.name, one.base) for one in found.outcomes] == [("baseline", ""), ("faster", "baseline")]
    assert found.remarks == ()


def test_different_runs_of_one_name_are_told_apart_by_their_folders(urbsim: Command, result: Path) -> None:
    path = Path("models/places/tiny/parameters.csv")
    path.write_text(path.read_text(encoding="utf-8").replace("0.02,0.01", "0.025,0.01"), encoding="utf-8")
    assert urbsim("run", "scenarios", "--no-figures", "--out", "results/new") == 0

    found = compare([result, Path("results/new")])

    assert [(one.name, one.base) for one in found.outcomes] == [
        ("baseline@both", ""),
        ("faster@both", "baseline@both"),
        ("baseline@new", ""),
        ("faster@new", "baseline@new"),
    ]
    assert found.outcomes[2].scenario.title.zh == "基准（new）"
    (remark,) = found.remarks
    assert re.fullmatch(
        r"the files of the place tiny are not the same \(\w{8}: both; \w{8}: new\)", remark.en
    )
    assert re.fullmatch(r"tiny的数据文件不相同（\w{8}：both；\w{8}：new）", remark.zh)
    with pytest.raises(InputError, match="'baseline' is in several folders, and not the same"):
        compare([result, Path("results/new")], base="baseline")
    held = compare([result, Path("results/new")], base="baseline@new")
    assert {one.base for one in held.outcomes} == {"", "baseline@new"}
    assert held.outcomes[0].name == "baseline@new"


def test_what_else_differs_is_told(urbsim: Command, result: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Path("models/tiny.mdl").open("a", encoding="utf-8") as file:
        file.write("\n")
    longer = Path("scenarios/longer.yaml")
    longer.write_text("name: longer\nextends: faster\nperiod: [2020, 2040]\nchecks: []\n", encoding="utf-8")
    assert urbsim("run", longer, "--no-figures", "--no-base", "--out", "results/longer") == 0
    capsys.readouterr()

    assert urbsim("compare", result, "results/longer", "--out", "out", "--no-figures") == 0

    said = capsys.readouterr().err
    assert re.search(r"warning: the model is not the same \(\w{8}: both; \w{8}: longer\)", said)
    assert "warning: periods differ (2020-2035: baseline, faster; 2020-2040: longer)" in said
    facts = json.loads(Path("out/run.json").read_text(encoding="utf-8"))
    assert len(facts["differ"]) == 2
    assert facts["year"] == 2035  # the last that all have
    told = table("out/comparison.csv")
    late = told[(told["scenario"] == "longer") & (told["year"] > 2035)]
    assert len(late) == 2 * 4 * 5
    assert late["difference"].isna().all()  # the base ends before


def test_another_base_may_be_named(urbsim: Command, result: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert urbsim("compare", result, "--base", "FASTER", "--out", "out", "--no-figures") == 0

    told = table("out/comparison.csv").query("year == 2035 and region == 'east'")
    gaps = told[told["scenario"] == "baseline"].set_index("indicator")["difference"]
    assert gaps["urban_residents"] == pytest.approx((FASTER["east"] - BASE["east"]) / 1e4, rel=1e-6)
    assert "In brackets: difference to ‘Faster’." in capsys.readouterr().out
    # What levers bought was worked out against the baseline, and says nothing about another base.
    assert not Path("out/levers_bought.csv").exists()


def test_places_that_share_regions_can_be_compared(urbsim: Command, result: Path, tiny: Path) -> None:
    shutil.copytree(tiny / "models" / "places" / "tiny", tiny / "twin")
    about = (tiny / "twin" / "place.yaml").read_text(encoding="utf-8")
    about = about.replace("name: tiny", "name: twin").replace("../../tiny.mdl", "../models/tiny.mdl")
    (tiny / "twin" / "place.yaml").write_text(about, encoding="utf-8")
    for name in ("history.csv", "targets.csv"):
        file = tiny / "twin" / name
        file.write_text(file.read_text(encoding="utf-8").replace(",tiny,", ",,"), encoding="utf-8")
    other = Path("other.yaml")
    other.write_text("name: other\ntitle: Other\nplace: twin\n", encoding="utf-8")
    assert urbsim("run", other, "--no-figures", "--out", "results/twin") == 0

    found = compare([result, Path("results/twin")], areas=["east"])

    assert [(one.name, one.base) for one in found.outcomes] == [
        ("baseline", ""),
        ("faster", "baseline"),
        ("other", "baseline"),
    ]
    assert "places differ (tiny: baseline, faster; twin: other)" in [remark.en for remark in found.remarks]


def test_the_folder_holds_tables_figures_a_page_and_what_the_columns_mean(
    urbsim: Command, result: Path
) -> None:
    assert urbsim("compare", result, "--out", "out", "--lang", "en", "--format", "csv,xlsx") == 0

    assert sorted(entry.name for entry in Path("out").iterdir()) == [
        *("columns.csv", "comparison.csv", "figures", "levers_bought.csv", "ranking.csv", "report.html"),
        *("run.json", "side_by_side.csv", "tables.xlsx", "targets.csv"),
    ]
    assert sorted(file.stem for file in Path("out/figures").glob("*.png")) == [
        *("levers_faster_en", "ranking_urbanization_rate_en", "regions_urbanization_rate_difference_en"),
        *("regions_urbanization_rate_en", "urban_residents_en"),
        *("urbanization_rate_difference_en", "urbanization_rate_en"),
    ]
    columns = table("out/columns.csv")
    for name in ("comparison", "side_by_side", "levers_bought", "ranking", "targets"):
        about = columns[columns["file"] == f"{name}.csv"]
        assert about["meaning_zh"].notna().all()
        assert about["meaning_en"].notna().all()
        written = set(table(f"out/{name}.csv").columns)
        assert set(about["column"]) >= {column for column in written if not column[:4].isdigit()}
    # And it may be written again.
    assert urbsim("compare", result, "--out", "out", "--no-figures") == 0
    assert not Path("out/figures").exists()


def test_a_chinese_workbook_has_chinese_headings(urbsim: Command, result: Path) -> None:
    words = ("--out", "out", "--no-figures", "--lang", "zh", "--format", "xlsx")
    assert urbsim("compare", result, *words) == 0

    book = load_workbook("out/tables.xlsx", read_only=True)
    assert book.sheetnames == ["说明", "情景比较", "情景并列", "目标", "政策成效", "排名", "字段说明"]
    for sheet in book:
        (header,) = sheet.iter_rows(max_row=1, values_only=True)
        assert len(set(header)) == len(header)
        assert [name for name in header if str(name).isascii() and not str(name).isdigit()] == []
    columns = [cell.value for cell in next(book["政策成效"].iter_rows(max_row=1))]
    assert "城镇化率（%）单独实施" in columns


def test_targets_are_printed_with_the_difference(
    urbsim: Command, result: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert urbsim("compare", result, "--out", "out", "--no-figures") == 0
    english = capsys.readouterr().out
    assert urbsim("compare", result, "--out", "out", "--no-figures", "--lang", "zh") == 0
    chinese = capsys.readouterr().out

    base, faster = (100 * (1 - sum(left.values()) / 30e6) for left in (BASE, FASTER))
    row = next(line for line in english.splitlines() if line.startswith("faster"))
    assert f"{faster:.1f} [{faster - base:+.1f}]" in row
    assert "In brackets: difference to ‘Baseline’." in english
    assert "Sums run" not in english  # nothing printed is a sum
    assert "the level of Tiny, 80 %" in english  # which is no target of a region
    assert "What each lever of faster bought over Baseline (Tiny, 2035)" in english
    assert "更快：各项政策相对“基准”带来的变化（小地方，2035年）" in chinese
    assert "方括号内：与“基准”之差。" in chinese
    assert "小地方80%的水平" in chinese
    assert english.splitlines()[-1].startswith("out/  columns.csv  comparison.csv")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("results/bth",), "results/bth: there is no such results folder"),
        (("scenarios",), "scenarios: is not a results folder: it has no run.json"),
        (("results/both", "--base", "fastr"), "--base: there is no scenario 'fastr'"),
        (("results/both", "--base", "fastr"), "fix: did you mean 'faster'?"),
        (
            ("results/both", "--indicator", "urbanisation_rate"),
            "there is no indicator 'urbanisation_rate'\n  fix: did you mean 'urbanization_rate'?",
        ),
        (
            ("results/both", "--region", "easst"),
            "--region: no run has a region or group 'easst'\n  fix: did you mean 'east'?",
        ),
        (
            ("results/both", "--year", "2050"),
            "--year: 2050 is outside 2020-2035, the years that all runs have",
        ),
        (("results/both", "--at-least", "nan"), "--at-least: is nan, expected a finite number"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    words: tuple[str, ...],
    message: str,
    urbsim: Command,
    result: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert urbsim("compare", *words, "--out", "out") == 2

    said = capsys.readouterr().err
    assert message in said
    assert "Nothing was run and nothing was written." in said
    assert not Path("out").exists()


def test_every_wrong_folder_is_told_of(result: Path) -> None:
    with pytest.raises(InputError) as failure:
        compare([Path("nowhere"), result, Path("neither")])

    assert [problem.where for problem in failure.value.problems] == ["nowhere", "neither"]


def test_a_folder_that_shares_nothing_is_refused(result: Path) -> None:
    shutil.copytree(result, "results/strange")
    for name in ("run.json", "trajectories.csv", "history.csv", "contributions.csv", "levers.csv"):
        file = Path("results/strange", name)
        text = file.read_text(encoding="utf-8-sig")
        for area in ("tiny", "coast", "east", "west"):
            text = text.replace(f'"{area}"', f'"{area}X"').replace(f",{area},", f",{area}X,")
        file.write_text(text, encoding="utf-8")
    edited("results/strange")

    with pytest.raises(InputError, match="has no region in common with the other folders"):
        compare([result, Path("results/strange")])


def test_runs_without_a_year_in_common_are_refused(result: Path, urbsim: Command) -> None:
    early = Path("scenarios/early.yaml")
    early.write_text("name: early\nplace: tiny\nperiod: [2020, 2022]\n", encoding="utf-8")
    assert urbsim("run", early, "--no-base", "--no-figures", "--out", "results/early") == 0
    facts = json.loads(Path("results/early/run.json").read_text(encoding="utf-8"))
    facts["scenarios"][0]["period"] = [2000, 2002]
    del facts["files"]
    Path("results/early/run.json").write_text(json.dumps(facts), encoding="utf-8")

    with pytest.raises(InputError, match=r"have no year in common: .*early 2000-2002"):
        compare([result, Path("results/early")])


def test_a_run_whose_base_is_not_there_says_what_it_is_held_against(result: Path, urbsim: Command) -> None:
    assert urbsim("run", "scenarios/faster.yaml", "--no-base", "--no-figures", "--out", "results/one") == 0
    facts = json.loads(Path("results/one/run.json").read_text(encoding="utf-8"))
    facts["scenarios"][0]["base"] = "another"
    facts["scenarios"][0]["name"] = "fast"
    table = Path("results/one/trajectories.csv")
    table.write_text(table.read_text(encoding="utf-8").replace("faster,", "fast,"), encoding="utf-8")
    del facts["files"]
    Path("results/one/run.json").write_text(json.dumps(facts), encoding="utf-8")

    remarks = [one.en for one in compare([result, Path("results/one")]).remarks]

    assert "fast was run against another, not here, and is held against baseline" in remarks


def test_an_indicator_in_two_units_is_refused(result: Path) -> None:
    shutil.copytree(result, "results/persons")
    file = Path("results/persons/run.json")
    text = file.read_text(encoding="utf-8").replace('"unit": "10k persons"', '"unit": "persons"')
    file.write_text(text, encoding="utf-8")

    with pytest.raises(
        InputError, match="urban_residents is in 'persons', but in '10k persons' in results/both"
    ):
        compare([result, Path("results/persons")])


def test_one_run_of_one_region_has_nothing_to_be_compared_with(result: Path) -> None:
    recorded = read_result(result)
    alone = recorded.outcomes[0]

    assert merge([replace(recorded, outcomes=(alone,))]) == (alone,)
    shutil.copytree(result, "results/alone")
    facts = json.loads(Path("results/alone/run.json").read_text(encoding="utf-8"))
    facts["scenarios"] = facts["scenarios"][:1]
    facts["places"][0]["regions"].pop("west")
    Path("results/alone/run.json").write_text(json.dumps(facts), encoding="utf-8")
    for name in ("trajectories.csv", "contributions.csv"):
        kept = table(Path("results/alone", name)).query("scenario == 'baseline' and region != 'west'")
        kept.to_csv(Path("results/alone", name), index=False)
    edited("results/alone")
    with pytest.raises(InputError, match="holds one run of one region: there is nothing to compare"):
        compare([Path("results/alone")])


def test_a_folder_that_is_there_stays_when_writing_fails(
    result: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = compare([result])
    write_comparison(Path("out"), found, figures=False)
    before = {file.name: file.read_bytes() for file in Path("out").iterdir()}
    monkeypatch.setattr("urbsim.output.report.html.write_report", lambda *_, **__: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        write_comparison(Path("out"), found, figures=False)

    assert {file.name: file.read_bytes() for file in Path("out").iterdir()} == before
    assert [entry.name for entry in Path().glob(".out*")] == []
