from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import cycle
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from tests.output.overlaps import problems
from urbsim import batch
from urbsim.output.figures import compare as compare_figures
from urbsim.output.figures.compare import LEAST, LEVEL
from urbsim.output.figures.look import INK, RED, styled
from urbsim.output.figures.page import WIDTH
from urbsim.output.words.moves import move
from urbsim.study.bought import bought
from urbsim.study.indicator import Indicator
from urbsim.study.outcome import Outcome
from urbsim.study.place_file import read_place
from urbsim.study.standing import Standing, rank
from urbsim.study.words import LANGUAGES, Language, Words

ROOT = Path(__file__).parents[2]
LONG = Words(en="Services first, then county seats as well", zh="公共服务优先并且县城就近城镇化与土地联动")


@pytest.fixture
def runs(tiny: Path) -> tuple[Outcome, ...]:
    files = ["scenarios/baseline.yaml", "scenarios/faster.yaml"]
    return batch.run(files, base=True, contributions=True).outcomes


@pytest.fixture(scope="module")
def districts() -> tuple[Outcome, ...]:
    """Give a run of the districts, and four made of it."""
    (base,) = batch.run([ROOT / "scenarios" / "districts" / "districts-baseline.yaml"]).outcomes
    return tuple(many([base, base], 5))


@pytest.fixture(scope="module")
def chinese(districts: tuple[Outcome, ...]) -> Mapping[str, Figure]:
    """Give the figures of the districts, in Chinese."""
    return dict(drawn(districts, "zh"))


def many(outcomes: Sequence[Outcome], count: int, title: Words | None = None) -> list[Outcome]:
    """Give so many runs: the base, and others that fan out from it."""
    base, other = outcomes[:2]
    found = [base]
    for number in range(1, count):
        assert other.run
        named = replace(
            other.scenario,
            name=f"s{number}",
            title=title or Words(en=f"Scenario {number}", zh=f"情景{number}"),
        )
        series = tuple(
            replace(
                one,
                values=one.values
                + 0.01 * (number - count / 3) * np.nan_to_num(one.values) * np.arange(16) / 15,
            )
            for one in other.run.measured.series
        )
        run = replace(other.run, measured=replace(other.run.measured, series=series))
        found.append(replace(other, scenario=named, base=base.name, run=run))
    return found


def rate_of(outcomes: Sequence[Outcome]) -> Indicator:
    return next(one for one in outcomes[0].indicators if one.id == "urbanization_rate")


def ranking(outcomes: Sequence[Outcome], level: float = 80) -> tuple[Standing, ...]:
    areas = [*outcomes[0].place.regions]
    return tuple(
        standing
        for outcome in outcomes
        for standing in rank([outcome], "urbanization_rate", 2035, areas=areas, at_least=level)
    )


def drawn(outcomes: Sequence[Outcome], language: Language) -> list[tuple[str, Figure]]:
    """Give all figures of a comparison."""
    place = outcomes[0].place
    named = {outcome.name: outcome for outcome in outcomes}
    found = [
        one
        for outcome in outcomes
        if (one := bought(outcome, named.get(outcome.base), ["urbanization_rate"], place.name, 2035))
    ]
    with styled(language):
        return list(
            compare_figures.figures(
                outcomes, [rate_of(outcomes)], [place.name], [ranking(outcomes)], found, language
            )
        )


def words(figure: Figure) -> str:
    texts = (text.get_text() for text in figure.findobj(Text))
    return "\n".join(text.replace("\u00a0", " ").replace("\n", " ") for text in texts)


@pytest.mark.parametrize(
    ("count", "language", "title"),
    [(1, "zh", None), (2, "en", LONG), (5, "zh", LONG), (12, "en", None), (12, "zh", LONG)],
)
def test_nothing_overlaps_whatever_the_number_of_scenarios(
    count: int, language: Language, title: Words | None, runs: tuple[Outcome, ...]
) -> None:
    for stem, figure in drawn(many(runs, count, title), language):
        assert problems(figure) == [], stem


def test_nothing_overlaps_on_the_map_of_the_districts(chinese: Mapping[str, Figure]) -> None:
    figure = chinese["regions_urbanization_rate"]

    assert problems(figure) == []
    assert figure.get_size_inches()[0] == WIDTH  # as wide as the text on a page, so that type is as it says
    sizes = [float(text.get_fontsize()) for text in figure.findobj(Text) if text.get_text()]  # type: ignore[attr-defined]
    assert min(sizes) >= LEAST


def test_small_panels_hold_the_base_and_the_two_that_change_most(
    chinese: Mapping[str, Figure], districts: tuple[Outcome, ...]
) -> None:
    figure = chinese["regions_urbanization_rate"]

    years = 16
    lines = [line for line in figure.axes[0].get_lines() if np.size(line.get_xdata()) == years]
    assert len(lines) == 3
    said = words(figure)
    assert f"图中只画5个情景中的“{districts[0].scenario.title.zh}”和变化最大的2个" in said
    assert "彭水县" in said
    assert "自治县" not in said


def test_a_level_that_is_no_target_of_a_region_is_grey_and_called_a_level(
    chinese: Mapping[str, Figure],
) -> None:
    for stem in ("regions_urbanization_rate", "ranking_urbanization_rate"):
        said = words(chinese[stem])
        assert "80%的水平" in said
        assert "达到目标" not in said, stem
        assert "个有目标" not in said, stem
    (axes,) = chinese["ranking_urbanization_rate"].axes
    colours = {line.get_color() for line in axes.get_lines()}
    assert RED not in colours
    assert LEVEL["color"] in colours


def test_the_base_is_the_line_at_nought_and_the_others_part_from_it(runs: tuple[Outcome, ...]) -> None:
    figures = dict(drawn(runs, "en"))

    (axes,) = figures["urbanization_rate_difference"].axes
    zero, faster = axes.get_lines()[:2]
    assert (zero.get_color(), zero.get_linewidth()) == (INK, 2.4)
    assert set(np.asarray(zero.get_ydata())) == {0}
    assert runs[0].run
    assert runs[1].run
    gap = [run.measured.find("urbanization_rate", "tiny") for run in (runs[1].run, runs[0].run)]
    assert gap[0]
    assert gap[1]
    expected = gap[0].values - gap[1].values
    years = np.asarray(faster.get_xdata())
    assert np.asarray(faster.get_ydata()) == pytest.approx(expected[years.astype(int) - 2020])


def test_titles_say_the_finding(runs: tuple[Outcome, ...]) -> None:
    english, chinese = (dict(drawn(runs, language)) for language in ("en", "zh"))

    assert "Urbanization rate in 2035: ‘Faster’ is 4.4 points above ‘Baseline’" in words(
        english["urbanization_rate_difference"]
    )
    assert "城镇化率：2035年“更快”比“基准”高4.4个百分点" in words(chinese["urbanization_rate_difference"])
    assert (
        "Urbanization rate in 2035 under ‘Baseline’: 1 of 2 regions come up to a level of 80 %, "
        "West is farthest below, by 24.4 points" in words(english["ranking_urbanization_rate"])
    )
    assert "2035年“基准”下，按80%的水平衡量，2个区域中1个达到，西低24.4个百分点，差距最大" in words(
        chinese["regions_urbanization_rate"]
    ).replace(" ", "")
    assert (
        "Urbanization rate by 2035: ‘Faster’ brings +4.40 points in all; largest single effect: "
        "‘Rate of moving’ (+3.47 points alone)" in words(english["levers_faster"])
    )
    assert "Share of movers (×1.1)" in words(english["levers_faster"])


def test_the_largest_lever_is_named_and_one_that_pulls_the_other_way_by_more_than_all(
    runs: tuple[Outcome, ...],
) -> None:
    found = bought(runs[1], runs[0], ["urbanization_rate"], "tiny", 2035)
    assert found
    rate, share = (
        found.contributions[name, "urbanization_rate"] for name in ("moving_rate", "Share of movers")
    )
    turned = {("moving_rate", "urbanization_rate"): replace(rate, alone=5.0)}

    def title(other: float, together: float) -> str:
        against = {("Share of movers", "urbanization_rate"): replace(share, alone=other)}
        one = replace(found, contributions={**turned, **against}, together={"urbanization_rate": together})
        return compare_figures.levers_title(one, lambda value: f"{value:+g}", "en")

    assert title(-1, 4).endswith("largest single effect: ‘Rate of moving’ (+5 alone)")
    assert title(-4, 1).endswith("(+5 alone); largest the other way: ‘Share of movers’ (-4)")
    assert "‘Share of movers’ (-6 alone); largest the other way: ‘Rate of moving’ (+5)" in title(-6, -1)


@pytest.mark.parametrize("language", LANGUAGES)
def test_levers_say_what_they_do(language: Language, runs: tuple[Outcome, ...]) -> None:
    base, faster = runs

    # Both regions have 2 % and end at 4; in 2029 the west, where it rises from 2028 to 2030, is at 3.
    assert (
        move(faster, base, "moving_rate", 2035, language) == {"zh": "2→4%/年", "en": "2→4 % a year"}[language]
    )
    assert (
        move(faster, base, "moving_rate", 2029, language)
        == {"zh": "→3—4%/年", "en": "→3 to 4 % a year"}[language]
    )
    assert move(base, base, "moving_rate", 2035, language) == ""
    assert move(faster, faster, "moving_rate", 2035, language) == ""


def test_chinese_figures_have_no_english_words(chinese: Mapping[str, Figure]) -> None:
    for stem, figure in chinese.items():
        said = words(figure)
        assert not any(len(part) > 1 and part.isascii() and part.isalpha() for part in said.split()), stem


def test_scenarios_that_change_nothing_are_said_to(runs: tuple[Outcome, ...]) -> None:
    twin = replace(
        runs[0], scenario=replace(runs[0].scenario, name="twin", title=Words(en="Twin")), base="baseline"
    )

    figures = dict(drawn([runs[0], twin], "en"))

    assert "by 2035 no scenario differs from ‘Baseline’" in words(figures["urbanization_rate_difference"])


def test_districts_stand_where_the_place_puts_them(chinese: Mapping[str, Figure]) -> None:
    axes = {panel.get_title(loc="left"): panel for panel in chinese["regions_urbanization_rate"].axes}

    assert len(axes) == 39
    x, y = (
        {name: getattr(panel.get_position(), side) for name, panel in axes.items()} for side in ("x0", "y0")
    )
    assert x["荣昌区"] < x["九龙坡区"] < x["涪陵区"] < x["万州区"] < x["巫山县"]  # west to east
    assert y["城口县"] > y["万州区"] > y["石柱县"] > y["酉阳县"]  # north to south
    assert y["广安市"] > y["合川区"] > y["江津区"]


def test_neighbours_on_the_map_are_not_far_from_each_other() -> None:
    """Pairs that share a border, from any map of Chongqing."""
    grid = read_place(ROOT / "models" / "places" / "districts").grid
    borders = (
        *("hechuan-guangan", "hechuan-tongnan", "tongnan-dazu", "dazu-rongchang", "rongchang-yongchuan"),
        *("yongchuan-jiangjin", "jiangjin-banan", "banan-qijiang", "qijiang-nanchuan", "nanchuan-wulong"),
        *("wulong-pengshui", "pengshui-qianjiang", "qianjiang-youyang", "youyang-xiushan", "shizhu-fengdu"),
        *("shizhu-zhongxian", "zhongxian-wanzhou", "wanzhou-kaizhou", "kaizhou-chengkou", "chengkou-wuxi"),
        *("wuxi-wushan", "wushan-fengjie", "fengjie-yunyang", "yunyang-wanzhou", "liangping-dianjiang"),
        *("dianjiang-changshou", "changshou-yubei", "yubei-jiangbei", "jiangbei-yuzhong", "yuzhong-nanan"),
        *(
            "beibei-shapingba",
            "shapingba-jiulongpo",
            "jiulongpo-dadukou",
            "changshou-fuling",
            "fuling-fengdu",
        ),
    )
    for border in borders:
        one, other = (grid[name] for name in border.split("-"))
        assert max(abs(one[0] - other[0]), abs(one[1] - other[1])) <= 2, border


def test_the_gap_of_a_region_is_its_tint(runs: tuple[Outcome, ...]) -> None:
    figures = dict(drawn(runs, "en"))
    east, west = figures["regions_urbanization_rate"].axes

    def lightness(panel: object) -> float:
        return float(np.dot(panel.get_facecolor()[:3], (0.299, 0.587, 0.114)))  # type: ignore[attr-defined]

    assert lightness(east) > lightness(west)  # 85 and 56 %, of 80


def test_without_targets_there_is_no_tint_and_no_word_of_it(runs: tuple[Outcome, ...]) -> None:
    bare = [replace(outcome, targets=()) for outcome in runs]
    held = tuple(
        standing
        for outcome in bare
        for standing in rank([outcome], "urbanization_rate", 2035, areas=["east", "west"])
    )
    with styled("en"):
        figure = compare_figures.draw_regions(held, "en")
        row = compare_figures.draw_ranking(held, "en")

    assert "Tint" not in words(figure)
    assert "Urbanization rate by region in 2035" in words(figure)
    assert problems(figure) == problems(row) == []


def test_files_are_written_in_each_language(runs: tuple[Outcome, ...]) -> None:
    compare_figures.write_compare_figures(
        Path("figures"), runs, [rate_of(runs)], ["tiny"], [], [], ("en", "zh"), differing=()
    )
    compare_figures.write_compare_figures(
        Path("east"), runs, [rate_of(runs)], ["tiny", "east"], [], [], ("zh",)
    )

    names = {file.name for file in Path("figures").iterdir()}
    assert names == {
        f"urbanization_rate_{language}.{kind}" for language in LANGUAGES for kind in ("png", "svg")
    }
    assert Path("east/east_urbanization_rate_difference_zh.svg").exists()


def test_of_many_scenarios_each_has_its_line(runs: tuple[Outcome, ...]) -> None:
    outcomes = many(runs, 12)

    (axes,) = dict(drawn(outcomes, "en"))["urbanization_rate"].axes

    looks = {
        (line.get_color(), str(line.get_linestyle()), str(line.get_marker()))
        for line, _ in zip(axes.get_lines(), cycle(outcomes), strict=False)
        if len(np.asarray(line.get_xdata())) == 16
    }
    assert len(looks) == 12
