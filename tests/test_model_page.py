"""`urbsim doc`: a model as one page, which a browser shows without a network."""

from __future__ import annotations

import re
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from tests.browser import offline_browser
from urbsim.document.gather import document
from urbsim.document.nouns import Document
from urbsim.document.page import is_page, render, write_document
from urbsim.document.words import read_words
from urbsim.errors import InputError

ROOT = Path(__file__).parents[1]
SHIPPED = ROOT / "models" / "urbanization.mdl"
CHONGQING = ROOT / "models" / "places" / "chongqing"

TEACUP = """{UTF-8}
Teacup temperature= INTEG (-Heat loss, 180)
	~	degree [32,212]
	~	Of the tea.
	|
Heat loss= (Teacup temperature-Room temperature)/Cooling time ~ degree/Minute ~ To the room. |
Room temperature= 70 ~ degree ~ Of the room. |
Cooling time= 10 ~ Minute [0,?] ~ Until 1/e is left. |
Spoons= 3 ~ spoon ~ In no picture. |
********************************************************
	.Control
********************************************************~
		Simulation control parameters
	|
INITIAL TIME= 0 ~ Minute ~ . |
FINAL TIME= 30 ~ Minute ~ . |
TIME STEP= 0.125 ~ Minute ~ . |
SAVEPER= TIME STEP ~ Minute ~ . |
"""
# As Vensim itself writes it: pipes end between valve and stock, straight arrows pass through (0,0).
SKETCH = """
\\\\\\---/// Sketch information - do not modify anything except names
V300  Do not put anything below this section - it will be ignored
*Cup
$192-192-192,0,Times New Roman|12||0-0-0|0-0-0|0-0-255|-1--1--1|-1--1--1|72,72,100,0
10,1,Teacup temperature,307,224,40,20,3,3,0,0,0,0,0,0
12,2,48,605,221,10,8,0,3,0,0,-1,0,0,0
1,3,5,2,4,0,0,22,0,0,0,-1--1--1,,1|(536,221)|
1,4,5,1,100,0,0,22,0,0,0,-1--1--1,,1|(407,221)|
11,5,48,474,221,6,8,34,3,0,0,1,0,0,0
10,6,Heat loss,474,240,51,11,40,3,0,0,-1,0,0,0
1,9,1,6,1,0,45,0,0,64,0,-1--1--1,,1|(382,170)|
\\\\\\---/// Sketch information - do not modify anything except names
V300  Do not put anything below this section - it will be ignored
*Room
$192-192-192,0,Times New Roman|12||0-0-0|0-0-0|0-0-255|-1--1--1|-1--1--1|72,72,100,0
10,1,Room temperature,100,100,40,20,8,3,0,0,0,0,0,0
10,2,Cooling time,100,200,40,20,8,3,0,0,0,0,0,0
10,3,Heat loss,300,200,40,20,8,2,0,3,-1,0,0,0,128-128-128,0-0-0,|10||128-128-128
1,4,1,3,0,0,0,0,0,64,0,-1--1--1,,1|(0,0)|
1,5,2,3,0,0,0,0,0,64,0,-1--1--1,,1|(0,0)|
///---\\\\\\
:L<%^E!@
"""
CHINESE = """{UTF-8}
城镇人口= INTEG (进城人口-返乡人口, 1000) ~ 人 ~ 住在城镇的人。 |
农村人口= INTEG (返乡人口-进城人口, 2000) ~ 人 ~ 住在农村的人。 |
进城人口= 农村人口*进城率 ~ 人/年 ~ 每年进城的人。 |
返乡人口= 城镇人口*返乡率 ~ 人/年 ~ 每年返乡的人。 |
进城率= 0.03 ~ 1/年 ~ 每年进城的比例。 |
返乡率= 0.01 ~ 1/年 ~ 每年返乡的比例。 |
INITIAL TIME= 2020 ~ 年 ~ 起始。 |
FINAL TIME= 2050 ~ 年 ~ 结束。 |
TIME STEP= 0.25 ~ 年 ~ 步长。 |
SAVEPER= 1 ~ 年 ~ 间隔。 |
"""
XMILE = """<?xml version="1.0" encoding="utf-8"?>
<xmile version="1.0" xmlns="http://docs.oasis-open.org/xmile/ns/XMILE/v1.0">
<header><name>tub</name><vendor>x</vendor><product version="1">y</product></header>
<sim_specs method="rk4" time_units="Month"><start>0</start><stop>12</stop><dt>0.25</dt></sim_specs>
<model><variables>
<stock name="Water\\nin tub"><eqn>50</eqn><inflow>filling</inflow><outflow>draining</outflow>
<units>litre</units><doc>Not &lt;b&gt;bold&lt;/b&gt;.</doc></stock>
<flow name="filling"><eqn>tap * effect</eqn><units>litre/Month</units></flow>
<flow name="draining"><eqn>Water_in_tub / drain_time</eqn><units>litre/Month</units></flow>
<aux name="tap"><eqn>5</eqn><units>litre/Month</units></aux>
<aux name="drain time"><eqn>4</eqn><units>Month</units></aux>
<aux name="effect"><eqn>Water_in_tub/100</eqn><gf><xscale min="0" max="2"/><ypts>1.5,1,0.2</ypts></gf></aux>
</variables></model></xmile>
"""
EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>\" onclick='alert(3)'"
HOSTILE = f"""{{UTF-8}}
********************************************************
	.Part {EVIL}
********************************************************~
		About {EVIL}
	|
"a <script>alert(0)</script> b"= 1 ~ unit{EVIL} ~ Says {EVIL}. |
x= INTEG("a <script>alert(0)</script> b" {{{EVIL}}}, 0) ~ m ~ </pre></article>{EVIL} |
INITIAL TIME= 0 ~ s ~ . |
FINAL TIME= 1 ~ s ~ . |
TIME STEP= 1 ~ s ~ . |
SAVEPER= 1 ~ s ~ . |
"""
VOID = {"meta", "link", "input", "wbr", "img", "br"}


class Page(HTMLParser):
    """A page taken apart: ids, links, attributes, and the text of every article."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: Counter[str] = Counter()
        self.attributes: set[str] = set()
        self.articles: dict[str, str] = {}
        self.pre: dict[str, list[str]] = {}
        self.open: list[str] = []
        self.here = ""
        self.feed(text)
        assert not self.open, self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        found = dict(attrs)
        self.attributes |= set(found)
        if found.get("id"):
            self.ids.append(str(found["id"]))
        if tag == "a":
            self.links.append(str(found.get("href")))
            if self.open.count("pre"):
                self.pre[self.here].append(str(found["href"]))
        if tag == "article":
            self.here = str(found["id"])
            self.articles[self.here] = ""
            self.pre[self.here] = []
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, (tag, self.getpos())

    def handle_data(self, data: str) -> None:
        if "article" in self.open:
            self.articles[self.here] += data


@pytest.fixture(scope="module")
def shipped() -> Document:
    return document(SHIPPED, CHONGQING)


@pytest.fixture(scope="module")
def text(shipped: Document) -> str:
    return render(shipped)


@pytest.fixture(scope="module")
def page(text: str) -> Page:
    return Page(text)


def of(folder: Path, equations: str, name: str = "model.mdl") -> Document:
    path = folder / name
    path.write_text(equations, encoding="utf-8")
    return document(path)


# --- the shipped model ------------------------------------------------------------------------------------


def test_every_variable_has_its_entry_and_every_link_leads_somewhere(shipped: Document, page: Page) -> None:
    assert set(shipped.entries) == set(shipped.model.variables)
    assert {entry.anchor for entry in shipped.entries.values()} <= set(page.articles)
    assert [name for name, count in Counter(page.ids).items() if count > 1] == []
    inside = {link[1:] for link in page.links if link.startswith("#")}
    assert inside - set(page.ids) == set()
    assert {link for link in page.links if not link.startswith(("#", "https://", "http://"))} == set()


def test_a_page_asks_for_nothing_from_outside(text: str, page: Page) -> None:
    assert len(text.encode()) < 3_000_000
    assert "src" not in page.attributes
    assert page.tags["script"] == 2
    assert "default-src 'none'" in text
    assert not re.search(r"@import|url\((?!data:)", text)


def test_an_equation_links_to_every_variable_that_it_reads(shipped: Document, page: Page) -> None:
    for entry in shipped.entries.values():
        wanted = {f"#{shipped.entries[key].anchor}" for key in entry.uses if key != entry.key}
        assert set(page.pre[entry.anchor]) == wanted, entry.name


def test_the_name_on_the_left_is_no_link_to_a_shorter_one(page: Page, text: str) -> None:
    assert "<pre>Births so far[Region]=" in text
    assert page.pre["v-births-so-far"] == ["#v-births"]


def test_a_fitted_number_has_its_standard_error_and_a_judged_one_its_range(
    shipped: Document, page: Page
) -> None:
    fitted = page.articles["v-wage-elasticity"]
    judged = page.articles["v-agglomeration-elasticity"]

    assert "0.10622 ± 0.0184" in fitted
    assert "0.03 … 0.3" in fitted
    assert "sets/planning.csv:3" in fitted
    assert "0.01 … 0.08" in judged
    assert "literature" in judged
    assert "parameters.csv:" in judged


def test_many_numbers_are_a_table_with_all_of_them(shipped: Document) -> None:
    numbers = shipped.entries["initial rural residents"].numbers

    assert numbers is not None
    assert numbers.count == sum(cell is not None for _, row in numbers.rows for cell in row) == 4 * 18
    assert numbers.columns[0] == "age 0 4"
    assert numbers.rows[0][0] == ("central city",)


def test_named_loops_are_those_of_the_page_about_the_model(shipped: Document) -> None:
    table = (ROOT / "docs" / "model.md").read_text(encoding="utf-8").partition("## Loops")[2]
    documented = re.findall(r"^\| ([RB]\d+) ([^|]+?) \|", table.partition("\n## ")[0], re.MULTILINE)

    assert [(t.loop.id.upper(), t.loop.name.en) for t in shipped.loops] == documented


def test_every_way_of_a_named_loop_is_in_the_equations_and_passes_where_it_is_cut(shipped: Document) -> None:
    for traced in shipped.loops:
        assert traced.cuts, traced.loop.id
        for way in traced.ways:
            assert way is not None, traced.loop.id
            assert way.keys[0] == way.keys[-1]
            assert set(way.keys) & set(traced.cuts), traced.loop.id
            assert len(set(way.keys)) == len(way.keys) - 1, f"{traced.loop.id} passes twice"
            for cause, effect in zip(way.keys, way.keys[1:], strict=False):
                assert cause in shipped.entries[effect].uses


def test_short_loops_have_the_sign_of_their_letter(shipped: Document) -> None:
    ways = {traced.loop.id: traced.ways for traced in shipped.loops}

    for name, sign in (("r6", 1), ("b6", -1), ("b8", -1), ("b9", -1)):
        assert {way.polarity for way in ways[name] if way} == {sign}, name


def test_levers_lead_to_their_constant_and_say_their_clause_and_positions(
    shipped: Document, page: Page
) -> None:
    lever = page.articles["lever-settler_land_quota"]

    assert "ch. 4 sec. 4" in lever
    assert "0 … 120" in lever
    assert "100" in lever
    assert "#v-quota-per-settler" in page.links
    assert len(shipped.levers) == (ROOT / "models" / "levers.yaml").read_text(encoding="utf-8").count("- id:")


def test_every_sector_has_its_doc_and_every_variable_its_picture(shipped: Document) -> None:
    assert [sector.title for sector in shipped.sectors][:3] == [
        "Loops",
        "People",
        "Births, deaths and ageing",
    ]
    assert all(sector.doc for sector in shipped.sectors)
    undrawn = {entry.name for entry in shipped.entries.values() if not entry.pictures}
    assert undrawn == {"INITIAL TIME", "FINAL TIME", "TIME STEP", "SAVEPER"}


def test_words_are_in_both_languages(shipped: Document, text: str) -> None:
    chinese = render(shipped, "zh")

    assert '<html lang="zh-CN"' in chinese
    assert "反馈回路" in chinese
    for key, words in read_words().items():
        assert re.search("[\u4e00-\u9fff]", words.zh), key
        assert not re.search("[\u4e00-\u9fff]", words.en), key
    labels = re.findall(r'data-t="([a-z_]+)">([^<]*)<', chinese)
    assert {key for key, _ in labels} <= set(read_words())
    assert [label for _, label in labels if not re.search("[\u4e00-\u9fff]", label)] == []


def test_a_chinese_page_has_chinese_sectors_loops_and_names_and_its_own_font(shipped: Document) -> None:
    chinese = render(shipped, "zh")

    titles = re.findall(r'<section class="sector" id="sector-\d+">\n<h2><span[^>]*>([^<]*)<', chinese)
    assert len(titles) == len(shipped.sectors)
    assert [title for title in titles if not re.search("[\u4e00-\u9fff]", title)] == []
    loops = re.findall(r'<article id="loop-.*?<p class="doc"><span[^>]*>([^<]*)<', chinese, re.DOTALL)
    assert len(loops) == 17
    assert [loop for loop in loops if not re.search("[\u4e00-\u9fff]", loop)] == []
    assert '<a href="#v-nesting">Nesting</a> <span class="called">嵌套系数</span>' in chinese
    assert "模型说明：urbanization（重庆市）" in chinese
    assert '@font-face{font-family:"urbsim zh"' in chinese
    assert "个变量，" in chinese
    assert not re.search(r"\d 个|\d 处", chinese)


def test_the_first_screen_says_which_sectors_a_loop_passes(shipped: Document) -> None:
    titles = [sector.title for sector in shipped.sectors]
    passed = {one.loop.id: [titles[number - 1] for number in one.sectors] for one in shipped.loops}

    assert passed["r6"] == ["Money"]
    assert passed["r5"][0] == passed["r5"][-1] == "Leaving the village"
    assert "People" in passed["r5"]


# --- other people's models --------------------------------------------------------------------------------


def test_views_are_the_sectors_of_a_file_without_groups(tmp_path: Path) -> None:
    found = of(tmp_path, TEACUP + SKETCH)

    names = {sector.title: [entry.name for entry in sector.entries] for sector in found.sectors}
    assert names == {
        "Cup": ["Teacup temperature", "Heat loss"],
        "Room": ["Room temperature", "Cooling time"],
        "Model": ["Spoons"],
        "Control": ["INITIAL TIME", "FINAL TIME", "TIME STEP", "SAVEPER"],
    }
    assert [len(sector.pictures) for sector in found.sectors] == [1, 1, 0, 0]
    assert found.entries["heat loss"].kind == "flow"
    assert found.entries["teacup temperature"].limits == (32, 212)
    way = found.stock_loops["teacup temperature"]
    assert way is not None
    assert way.polarity == -1
    cup = found.sectors[0].pictures[0].svg
    assert 'href="#v-heat-loss"' in cup
    assert "\N{MINUS SIGN}</text>" in cup
    Page(render(found))


@pytest.mark.parametrize("line", ["1,9,1,6,1,0,,,", "10,7,Spoons,here,there", "12,7,0,1,1,1,1,8,4,0,0"])
def test_a_picture_of_an_unknown_kind_is_drawn_anew(tmp_path: Path, line: str) -> None:
    spoiled = SKETCH.replace("1,9,1,6,1,0,45,0,0,64,0,-1--1--1,,1|(382,170)|", line)

    found = of(tmp_path, TEACUP + spoiled.partition("*Room")[0])

    assert found.entries["teacup temperature"].pictures
    Page(render(found))


def test_chinese_names_are_drawn_and_linked(tmp_path: Path) -> None:
    found = of(tmp_path, CHINESE)

    page = Page(render(found, "zh"))
    assert page.pre["v-进城人口"] == ["#v-农村人口", "#v-进城率"]
    (picture,) = found.sectors[0].pictures
    assert 'href="#v-城镇人口"' in picture.svg
    assert "TIME STEP" not in picture.svg
    assert {entry.kind for entry in found.entries.values()} == {"stock", "flow", "constant"}


def test_an_xmile_model_has_its_equations_word_for_word(tmp_path: Path) -> None:
    found = of(tmp_path, XMILE, "tub.xmile")

    page = Page(render(found))
    assert found.entries["water in tub"].equations == ("eqn: 50\ninflow: filling\noutflow: draining",)
    assert found.entries["effect"].equations == ("Water_in_tub/100\nxscale: 0 to 2\nypts: 1.5,1,0.2",)
    assert page.pre["v-draining"] == ["#v-water-in-tub", "#v-drain-time"]
    assert "Not <b>bold</b>." in page.articles["v-water-in-tub"]
    assert found.entries["final time"].equations == ("12",)


def test_text_of_a_model_is_never_markup(tmp_path: Path) -> None:
    found = of(tmp_path, HOSTILE, "<i>evil.mdl")

    text = render(found)
    page = Page(text)
    assert page.tags["script"] == 2
    assert page.tags["img"] == page.tags["i"] == 0
    assert not [name for name in page.attributes if name.startswith("on")]
    assert EVIL in page.articles["v-x"]


def test_a_model_that_cannot_run_still_has_its_page(tmp_path: Path) -> None:
    found = of(tmp_path, "{UTF-8}\nx= y ~ m ~ . |\ny= x ~ m ~ . |\n")

    assert "x" in found.entries
    assert found.honesty
    Page(render(found))


def test_a_model_of_hundreds_of_variables_without_a_picture_is_drawn_soon(tmp_path: Path) -> None:
    chain = "".join(f"a{k}= a{k - 1}*b{k} ~ m ~ . |\nb{k}= {k} ~ m ~ . |\n" for k in range(1, 120))
    start = time.process_time()

    found = of(tmp_path, "{UTF-8}\na0= 1 ~ m ~ . |\n" + chain)

    assert time.process_time() - start < 30
    assert sum(len(sector.pictures) for sector in found.sectors) > 2
    assert found.entries["a119"].pictures


# --- the command ------------------------------------------------------------------------------------------


def test_the_command_writes_a_page_named_after_model_and_place(
    tiny: Path, urbsim: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert urbsim("doc", "models/tiny.mdl", "--place", "tiny", "--lang", "zh") == 0

    assert capsys.readouterr().out.strip() == "tiny-tiny.html"
    page = (tiny / "tiny-tiny.html").read_text(encoding="utf-8")
    assert '<html lang="zh-CN"' in page
    assert 'id="targets"' in page
    assert urbsim("doc", "models/tiny.mdl", "--place", "tiny", "--out", "tiny-tiny.html") == 0, (
        "a page of its own"
    )
    assert is_page(tiny / "tiny-tiny.html")
    assert not [file for file in tiny.iterdir() if file.name.endswith(".partial")]


def test_a_file_that_is_no_such_page_is_not_overwritten(
    tiny: Path, urbsim: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    mine = tiny / "mine.html"
    mine.write_text("<p>my thesis</p>", encoding="utf-8")

    assert urbsim("doc", "models/tiny.mdl", "--out", "mine.html") == 2
    said = capsys.readouterr().err
    assert "mine.html: exists already, is no page of `urbsim doc`, and is not overwritten" in said
    assert "use --force, or another name" in said
    assert mine.read_text(encoding="utf-8") == "<p>my thesis</p>"

    assert urbsim("doc", "models/tiny.mdl", "--out", "mine.html", "--force") == 0
    assert is_page(mine)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("models/none.mdl",), "there is no such model file"),
        (("scenarios/baseline.yaml",), "is not a known kind of model file"),
        (("models/tiny.mdl", "--out", "page.txt"), "is not the name of a page"),
        (("models/tiny.mdl", "--out", "folder.html"), "is a folder, expected a file"),
        (("models/tiny.mdl", "--place", "tinny"), "did you mean 'tiny'?"),
    ],
)
def test_wrong_input_is_told(
    tiny: Path,
    urbsim: Callable[..., int],
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    said: str,
) -> None:
    (tiny / "folder.html").mkdir()

    assert urbsim("doc", *words) == 2

    assert said in capsys.readouterr().err


def test_a_place_that_does_not_fit_the_model_is_refused(tiny: Path) -> None:
    other = tiny / "models" / "other.mdl"
    other.write_text(CHINESE, encoding="utf-8")

    with pytest.raises(InputError, match="the model has no variable"):
        write_document(other, place="tiny")


def test_catalogues_of_another_model_in_the_folder_are_left_out(tiny: Path) -> None:
    shutil.copy(SHIPPED.parent / "loops.yaml", tiny / "models" / "loops.yaml")
    other = tiny / "models" / "other.mdl"
    other.write_text(CHINESE, encoding="utf-8")

    found = document(other)

    assert (found.levers, found.indicators, found.loops) == ((), (), ())


def test_targets_of_indicators_that_nobody_defines_are_shown(tiny: Path) -> None:
    (tiny / "models" / "indicators.yaml").unlink()

    page = Page(render(document(tiny / "models" / "tiny.mdl", tiny / "models" / "places" / "tiny")))

    assert "targets" in page.ids


# --- in a browser -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    chrome = offline_browser(tmp_path_factory.mktemp("profile"))
    yield chrome
    chrome.quit()


@pytest.fixture(scope="module")
def opened(browser: Any, text: str, tmp_path_factory: pytest.TempPathFactory) -> Any:
    file = tmp_path_factory.mktemp("page") / "model.html"
    file.write_text(text, encoding="utf-8")
    browser.get(file.as_uri())
    return browser


def test_a_reader_searches_by_keyboard_and_lands_at_the_equation(opened: Any) -> None:
    from selenium.webdriver.common.keys import Keys

    body = opened.find_element("tag name", "body")
    body.send_keys("/")
    box = opened.switch_to.active_element
    assert box.get_attribute("id") == "query"

    box.send_keys("labour force urb")
    hits = [hit.text.splitlines()[0] for hit in opened.find_elements("css selector", "#hits a")]
    assert any(hit.startswith("Urban labour force") for hit in hits)
    box.send_keys(Keys.CONTROL, "a")
    box.send_keys("migration rate", Keys.ARROW_DOWN, Keys.ARROW_UP, Keys.ENTER)

    assert opened.execute_script("return location.hash") == "#v-relative-migration-rate"
    assert opened.find_element("id", "v-relative-migration-rate").is_displayed()


def test_a_lever_is_found_by_its_chinese_name(opened: Any) -> None:
    from selenium.webdriver.common.keys import Keys

    box = opened.find_element("id", "query")
    box.clear()
    box.send_keys("每落户一人")

    hits = [hit.text.splitlines()[0] for hit in opened.find_elements("css selector", "#hits a")]
    assert hits[0] == "Quota per settler 每落户一人用地指标 m2/person"
    box.send_keys(Keys.ESCAPE)
    assert not opened.find_element("id", "hits").is_displayed()


def test_a_name_in_a_picture_leads_to_its_equation(opened: Any) -> None:
    name = opened.find_element("css selector", 'figure a[href="#v-quota-inflow"] text')
    opened.execute_script("arguments[0].scrollIntoView({block: 'center'})", name)

    name.click()

    assert opened.execute_script("return location.hash") == "#v-quota-inflow"
    top = opened.execute_script(
        "return document.getElementById('v-quota-inflow').getBoundingClientRect().top"
    )
    bar = opened.execute_script("return document.querySelector('header').getBoundingClientRect().bottom")
    assert bar <= top < bar + 60


def test_the_language_switches_and_switches_back(opened: Any) -> None:
    before = opened.find_element("tag name", "main").text

    opened.find_element("css selector", '[data-language="zh"]').click()
    heads = [head.text for head in opened.find_elements("css selector", "section:not(.sector) > h2")]
    assert all(re.search("[\u4e00-\u9fff]", head) for head in heads)
    assert "每落户一人配给建设用地" in opened.find_element("id", "lever-settler_land_quota").text
    opened.find_element("css selector", '[data-language="en"]').click()

    assert opened.find_element("tag name", "main").text == before


@pytest.mark.parametrize("width", [1440, 390])
def test_nothing_sticks_out_of_the_page(opened: Any, width: int) -> None:
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    opened.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    root = "document.documentElement"
    assert opened.execute_script(f"return {root}.scrollWidth - {root}.clientWidth") == 0
    opened.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_what_is_folded_away_opens_for_its_address_and_nothing_goes_wrong(opened: Any) -> None:
    opened.execute_script("location.hash = 'i-births'")
    opened.execute_script("location.hash = 'v-initial-rural-residents'")

    assert opened.get_log("browser") == []


def test_names_stay_inside_their_boxes_in_the_reader_s_font(opened: Any) -> None:
    outside = opened.execute_script(
        """
        return [...document.querySelectorAll("svg.picture a")].filter((a) => {
          const rect = a.querySelector("rect").getBoundingClientRect();
          return [...a.querySelectorAll("tspan")].some((line) => {
            const box = line.parentNode.getBoundingClientRect();
            return box.left < rect.left - 2 || box.right > rect.right + 2;
          });
        }).map((a) => a.textContent);
        """
    )

    assert outside == []


def test_a_variable_is_found_by_its_own_chinese_name(opened: Any) -> None:
    box = opened.find_element("id", "query")
    box.clear()
    box.send_keys("同乡网络弹性")

    hits = [hit.text.splitlines()[0] for hit in opened.find_elements("css selector", "#hits a")]
    box.clear()
    assert hits[0] == "Network elasticity 同乡网络弹性 dmnl"


def test_equations_are_folded_until_an_address_or_a_search_leads_there(opened: Any) -> None:
    opened.execute_script("document.querySelectorAll('details.entries').forEach(d => d.open = false)")
    opened.execute_script("location.hash = ''")
    assert opened.execute_script("return document.documentElement.scrollHeight") < 80_000
    assert not opened.find_element("id", "v-time-of-search").is_displayed()

    opened.execute_script("location.hash = 'v-time-of-search'")

    assert opened.find_element("id", "v-time-of-search").is_displayed()


def test_a_picture_fits_the_width_and_can_be_enlarged(opened: Any) -> None:
    width = "return document.querySelector('#p-1 svg').getBoundingClientRect().width"
    fitted = opened.execute_script(width)
    button = opened.find_element("css selector", "#p-1 .enlarge")
    opened.execute_script("arguments[0].click()", button)
    enlarged = opened.execute_script(width)
    opened.execute_script("arguments[0].click()", button)

    assert enlarged > fitted
    assert opened.execute_script(width) == fitted
