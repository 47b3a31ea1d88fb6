from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import re
import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

import urbsim
from urbsim.output.figures import look
from urbsim.output.folder import write_table
from urbsim.output.report import html as report_html
from urbsim.output.report.data import pack, script_json
from urbsim.output.report.html import (
    ECHARTS_SHA256,
    LARGEST,
    render_report,
    write_report,
)
from urbsim.output.report.verdicts import verdicts
from urbsim.output.report.words import MOST, Say, _made, told
from urbsim.output.tables.run import trajectory_table
from urbsim.output.tables.verdicts import conflict_notes, verdict_rows
from urbsim.study.outcome import Outcome
from urbsim.study.words import Language, Words

ROOT = Path(__file__).parents[2]
INJECTED = '</script><script>window.hit=1</script><img src=x onerror="window.hit=1">{{7*7}}\'"&amp;<!--'
FACTS: dict[str, Any] = {
    "made": "2026-11-22T10:00:00+00:00",
    "urbsim": "0.1.0",
    "python": "3.11.7",
    "libraries": {"numpy": "2.0"},
    "solver": "rk45",
    "rtol": None,
    "places": [{"name": "chongqing", "folder": "models/places/chongqing", "sha256": "ab" * 32}],
    "scenarios": [{"name": "baseline", "file": "scenarios/baseline.yaml", "sha256": "cd" * 32}],
}


@pytest.fixture(scope="module")
def outcomes() -> tuple[Outcome, ...]:
    files = [ROOT / "scenarios" / f"{name}.yaml" for name in ("baseline", "jobs-first", "everything")]
    ran = urbsim.run(files, base=True).outcomes
    # A title is what anybody may have written into a scenario file.
    evil = Words(zh=f"就业{INJECTED}", en=f"Jobs {INJECTED}")
    spoiled = replace(ran[1].scenario, title=evil, description=evil)
    return (ran[0], replace(ran[1], scenario=spoiled), *ran[2:])


@pytest.fixture(scope="module")
def page(outcomes: tuple[Outcome, ...]) -> str:
    return render_report(outcomes, FACTS, languages=("zh", "en"))


class Tags(HTMLParser):
    """What elements a page has."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


# --- without a browser -------------------------------------------------------------------------------------


def test_the_page_asks_for_nothing_from_any_network(page: str) -> None:
    without_scripts = re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)

    assert not re.findall(r"(?:src|href)=[\"']?(?:https?:)?//", without_scripts)
    assert not re.findall(r"url\((?!data:)", without_scripts)
    assert "default-src 'none'" in page
    assert "connect-src" not in page


def test_a_title_cannot_end_a_script_or_start_a_tag(page: str) -> None:
    tags = Tags()
    tags.feed(page)

    scripts = [attributes for tag, attributes in tags.found if tag == "script"]
    assert scripts == [{"type": "application/json", "id": "data"}, {}, {}]
    assert "img" not in {tag for tag, _ in tags.found}
    assert not [name for _, attributes in tags.found for name in attributes if name.startswith("on")]
    assert page.count("{{7*7}}") >= 4


def test_the_library_is_the_file_that_was_published() -> None:
    folder = Path(report_html.__file__).parent / "echarts"

    digest = hashlib.sha256((folder / "echarts.common.min.js").read_bytes()).hexdigest()

    assert digest == ECHARTS_SHA256
    assert digest in (folder / "README.md").read_text(encoding="utf-8")
    assert {"LICENSE", "NOTICE", "LICENSE-d3"} <= {file.name for file in folder.iterdir()}


def test_lines_have_the_look_that_they_have_in_figures(page: str) -> None:
    looks = json.loads(re.findall(r'id="data">(.*?)</script>', page, flags=re.DOTALL)[0])["looks"]

    assert looks["base"]["color"] == look.line_style(0)["color"]
    assert [one["color"] for one in looks["others"]] == [
        look.line_style(i)["color"] for i in range(1, MOST + 1)
    ]
    assert len({(one["color"], str(one["dash"]), one["symbol"]) for one in looks["others"]}) == MOST


def test_values_travel_with_five_digits_and_gaps_stay_gaps(outcomes: tuple[Outcome, ...]) -> None:
    packed = pack(outcomes, {}, 10**9).places[0]["values"]

    for outcome, position in zip(outcomes, range(len(outcomes)), strict=True):
        assert outcome.run is not None
        for series in outcome.run.measured.series:
            decimals, *changes = packed[f"{series.area}/{series.indicator.id}"][position]
            whole, largest = 0, max(abs(value) for value in series.values if value == value)
            for change, value in zip(changes, series.values, strict=True):
                assert (change is None) == (value != value)
                if change is not None:
                    whole += change
                    assert whole / 10**decimals == pytest.approx(value, abs=6e-5 * largest)


def test_what_has_no_room_is_left_out_by_region_first_and_told(
    outcomes: tuple[Outcome, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = render_report(outcomes, FACTS, languages=("en",))
    monkeypatch.setattr(report_html, "LARGEST", len(whole.encode()) - 60_000)

    cut = render_report(outcomes, FACTS, languages=("en",))
    data = json.loads(re.findall(r'id="data">(.*?)</script>', cut, flags=re.DOTALL)[0])["places"][0]

    assert len(cut.encode()) < len(whole.encode()) - 60_000
    assert "are not here for all regions" in cut
    assert "are not here for all regions" not in whole
    assert outcomes[0].run is not None
    for series in outcomes[0].run.measured.series:
        assert series.area != "chongqing" or f"chongqing/{series.indicator.id}" in data["values"]
    assert "northeast/urbanization_rate" in data["values"]
    assert "northeast/citizenization_fund" not in data["values"]


def test_districts_with_their_scenarios_stay_below_three_megabytes() -> None:
    (one,) = urbsim.run([ROOT / "scenarios" / "districts" / "districts-baseline.yaml"]).outcomes
    ran = [replace(one, scenario=replace(one.scenario, name=f"run {i}")) for i in range(5)]

    page = render_report(ran, FACTS, languages=("zh", "en"))

    assert len(page.encode()) < LARGEST < 3_000_000
    assert "are not here for all regions" not in page


def test_runs_beyond_those_that_a_page_can_show_are_counted(outcomes: tuple[Outcome, ...]) -> None:
    named = [replace(outcomes[0], scenario=replace(outcomes[0].scenario, name=f"run {i}")) for i in range(31)]

    page = render_report(named, FACTS, languages=("zh", "en"))
    data = json.loads(re.findall(r'id="data">(.*?)</script>', page, flags=re.DOTALL)[0])

    assert f"the first {MOST} of 31 runs" in page
    assert f"31次运行中的前{MOST}次" in page
    assert len(data["places"][0]["scenarios"]) == MOST


def test_no_character_of_the_page_is_left_to_the_fonts_of_the_machine(page: str) -> None:
    from fontTools.ttLib import TTFont

    embedded = re.findall(r"font/woff;base64,([^)]*)\)", page)[0]
    with TTFont(io.BytesIO(base64.b64decode(embedded))) as font:
        there = set(map(chr, font.getBestCmap()))
    tags = Tags()
    tags.feed(re.sub(r"<(script|style).*?</\1>", "", page, flags=re.DOTALL))

    assert {sign for sign in tags.text if sign.isprintable()} - there == set()


def test_a_scenario_that_failed_says_why_and_spoils_nothing(outcomes: tuple[Outcome, ...]) -> None:
    failed = replace(outcomes[2], run=None, failure="the step became too small")

    page = render_report((*outcomes[:2], failed), FACTS, languages=("en",))

    assert "The run failed: the step became too small" in page
    assert '<td class="failed"' in page


def test_a_page_in_one_language_has_no_switch_and_no_other_words(outcomes: tuple[Outcome, ...]) -> None:
    page = render_report(outcomes, FACTS, languages=("en",))

    assert '<html lang="en"' in page
    assert '<div data-only="zh"' not in page
    assert '<div class="language' not in page


def test_script_data_reads_back_as_it_was() -> None:
    data = {"title": INJECTED + "\u2028\u2029", "values": [1, None]}

    written = script_json(data)

    assert not set("<>&\u2028\u2029") & set(written)
    assert json.loads(written) == data


def test_verdicts_are_plain_rows(outcomes: tuple[Outcome, ...]) -> None:
    (judged,) = verdict_rows(outcomes, "en")
    rate = next(i for i, one in enumerate(judged.demands) if one.target.id == "t2")

    cell = judged.rows[0].cells[rate]

    assert judged.demands[rate].demand == "about 80 %"
    assert cell.verdict is not None
    assert cell.value == f"{cell.verdict.value:.1f} ±{cell.verdict.margin:.1f}"
    assert cell.state == "missed"
    assert str(cell).endswith(f"missed {cell.verdict.gap:.1f} ?")
    assert "渝府发〔2022〕9号" in judged.demands[rate].source


def test_what_is_the_same_in_every_scenario_is_told_once(outcomes: tuple[Outcome, ...]) -> None:
    (table,) = verdicts(outcomes, "en")
    told_apart = [head.demand for head in table.heads]
    same = [head.demand for head, _ in table.shared]

    assert [row.outcome.name for row in table.rows] == ["baseline", "jobs-first", "everything"]
    assert [row.base for row in table.rows] == [True, False, False]
    assert told_apart[:3] == ["2030: about 75 %", "2035: about 80 %", "2035: about 28 million"]
    assert same[0] == "2025: 73 %"  # no lever moves before 2026
    assert {demand[:4] for demand in same} == {"2025"}
    assert len(told_apart) + len(same) == len(outcomes[0].targets)
    assert [i for part in table.parts(4) for i in part] == list(range(len(told_apart)))


@pytest.mark.parametrize(
    ("language", "word", "met", "missed"),
    [("zh", "尚无定论", "计算值达到", "计算值未达到"), ("en", "open", "computed: met", "computed: missed")],
)
def test_open_is_a_word_of_its_own_and_says_what_was_computed(
    outcomes: tuple[Outcome, ...], language: Language, word: str, met: str, missed: str
) -> None:
    (table,) = verdicts(outcomes, language)
    for column, target in ((0, "t4"), (1, "t2"), (2, "t3")):
        for row in table.rows:
            assert row.outcome.run is not None
            verdict = next(one for one in row.outcome.run.verdicts if one.target.id == target)
            cell = row.cells[column]
            assert (cell.state == "open", cell.result == word) == (verdict.open, verdict.open)
            if verdict.open:
                assert cell.note.startswith(met if verdict.met else missed)
            assert "-" not in cell.result + cell.note  # a minus is a minus


def test_a_single_scenario_has_one_table(outcomes: tuple[Outcome, ...]) -> None:
    (alone,) = verdicts(outcomes[:1], "zh")
    assert (alone.heads, alone.alone) == ((), "基准情景")
    assert len(alone.shared) == len(outcomes[0].targets)


def test_values_worked_out_between_censuses_are_not_shown_as_observed(outcomes: tuple[Outcome, ...]) -> None:
    first = outcomes[0]
    seen = next(one for one in first.place.history if one.region == "chongqing" and one.year == 2021)
    inferred = replace(seen, vintage="derived-panel", year=2022.5)
    place = replace(first.place, history=(seen, inferred))

    (data,) = pack([replace(first, place=place)], {}, 0).places

    key = f"chongqing/{seen.indicator}"
    assert [year for year, _ in data["observed"][key]] == [2021]
    assert [year for year, _ in data["inferred"][key]] == [2022.5]


def test_a_target_of_a_scenario_is_not_called_one_of_the_plan(outcomes: tuple[Outcome, ...]) -> None:
    first = outcomes[0]
    own = replace(first.targets[0], id="mine", value=71.0)

    (data,) = pack([replace(first, targets=(first.targets[0], own))], {}, 0).places

    assert [(one["value"], one["own"]) for one in data["targets"]] == [(73, False), (71, True)]


@pytest.mark.parametrize(
    ("path", "told_as"),
    [
        ("scenarios/mine.yaml", "scenarios/mine.yaml"),
        ("/home/someone/urbsim/models/places/chongqing", "models/places/chongqing"),
        ("C:\\Users\\someone\\mine.yaml", "mine.yaml"),
        ("../mine/a.yaml", "a.yaml"),
    ],
)
def test_no_folder_of_a_machine_is_told(path: str, told_as: str) -> None:
    facts = FACTS | {"scenarios": [{"file": path, "sha256": "ab" * 32}]}

    assert f"{told_as}  sha256 abababababab…" in dict(_made(facts, Say("en")))["Scenario files"]


def test_two_targets_agree_at_one_total_in_either_language(outcomes: tuple[Outcome, ...]) -> None:
    (zh,) = conflict_notes(outcomes, "zh")
    (en,) = conflict_notes(outcomes, "en", titled=True)

    assert zh.startswith("80%与2800万人只在常住人口为3500万人时同时成立")
    assert en.startswith("80 % and 28 million agree only at 35.0 m residents")
    assert "(Everything)" in en


def test_the_arithmetic_says_what_each_scenario_would_need(outcomes: tuple[Outcome, ...]) -> None:
    (grid,) = told(outcomes, FACTS, "zh")["conflicts"]

    for outcome, row in zip(outcomes, grid["rows"], strict=True):
        assert outcome.run is not None
        urban, residents = (
            found.values[outcome.run.measured.at(2035)]
            for name in ("urban_residents", "residents")
            if (found := outcome.run.measured.find(name, "chongqing"))
        )
        people = (residents, urban, 0.8 * residents - urban, 2800 - urban)
        assert [float(row[i].removesuffix("万人")) for i in (1, 2, 4, 5)] == pytest.approx(people, abs=0.51)
        assert (row[3], row[6]) == (f"{100 * urban / residents:.1f}%", f"{100 * 2800 / residents:.1f}%")


# --- in a browser ------------------------------------------------------------------------------------------

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
needs_browser = pytest.mark.skipif(
    CHROMIUM is None or DRIVER is None, reason="chromium and chromedriver are not both on the PATH"
)


class Page:
    """The page as a reader has it: opened from disk, without a network."""

    def __init__(self, folder: Path, address: str) -> None:
        from selenium.webdriver import Chrome, ChromeOptions
        from selenium.webdriver.chrome.service import Service

        self.downloads = folder / "downloads"
        options = ChromeOptions()
        options.binary_location = CHROMIUM or ""
        for argument in (
            *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
            *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
            *("--disable-dev-shm-usage", "--window-size=1440,1000", f"--user-data-dir={folder / 'profile'}"),
        ):
            options.add_argument(argument)
        options.add_experimental_option("prefs", {"download.default_directory": str(self.downloads)})
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = Chrome(options=options, service=Service(DRIVER))
        self.driver.execute_cdp_cmd("Network.enable", {})
        self.driver.execute_cdp_cmd(
            "Network.emulateNetworkConditions",
            {"offline": True, "latency": 0, "downloadThroughput": 0, "uploadThroughput": 0},
        )
        self.open(address)

    def open(self, address: str) -> None:
        self.driver.get(address)

    def all(self, selector: str) -> list[Any]:
        return self.driver.find_elements("css selector", selector)

    def one(self, selector: str) -> Any:
        return self.driver.find_element("css selector", selector)

    def click(self, selector: str) -> None:
        self.driver.execute_script("arguments[0].click()", self.one(selector))

    def choose(self, selector: str, value: str) -> None:
        from selenium.webdriver.support.ui import Select

        Select(self.one(selector)).select_by_value(value)

    def run(self, script: str) -> Any:
        return self.driver.execute_script(script)

    def rows(self, selector: str) -> list[list[str]]:
        return self.run(
            f"return [...document.querySelectorAll({selector!r} + ' tr')]"
            ".map((row) => [...row.children].map((cell) => cell.textContent))"
        )


@pytest.fixture(scope="module")
def browser(outcomes: tuple[Outcome, ...], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    pytest.importorskip("selenium", reason="the tests in a browser need selenium")
    folder = tmp_path_factory.mktemp("report")
    write_report(folder / "report.html", outcomes, FACTS, languages=("zh", "en"))
    write_table(folder / "trajectories.csv", trajectory_table(outcomes))
    page = Page(folder, (folder / "report.html").as_uri())
    page.folder = folder  # type: ignore[attr-defined]
    yield page
    page.driver.quit()


@pytest.fixture
def reader(browser: Page) -> Page:
    """Give the page as it opens."""
    browser.driver.refresh()
    return browser


CARD = "#cards .figure:first-child"


def written(reader: Page, scenario: str, area: str, indicator: str) -> dict[int, float]:
    with (reader.folder / "trajectories.csv").open(encoding="utf-8-sig") as file:  # type: ignore[attr-defined]
        return {
            int(row["year"]): float(row["value"])
            for row in csv.DictReader(file)
            if (row["scenario"], row["region"], row["indicator"]) == (scenario, area, indicator)
        }


@needs_browser
def test_it_opens_from_disk_without_a_network_and_without_complaint(reader: Page) -> None:
    reader.open((reader.folder / "report.html").as_uri())  # type: ignore[attr-defined]

    asked = [
        message["params"]["request"]["url"]
        for entry in reader.driver.get_log("performance")
        for message in (json.loads(entry["message"])["message"],)
        if message["method"] == "Network.requestWillBeSent"
        and not message["params"]["request"]["url"].startswith("chrome:")  # the empty page before
    ]

    assert len(reader.all("#cards .chart svg path")) > 20
    assert asked
    assert {url.split(":")[0] for url in asked} <= {"file", "data", "blob"}
    assert [entry for entry in reader.driver.get_log("browser") if entry["level"] != "INFO"] == []


@needs_browser
def test_titles_with_markup_are_texts_and_nothing_else(reader: Page) -> None:
    from selenium.webdriver.common.action_chains import ActionChains

    reader.click(f"{CARD} .show-table")
    ActionChains(reader.driver).move_to_element(reader.one(f"{CARD} .chart")).perform()

    assert reader.run("return window.hit") is None
    assert reader.all("img") == []
    assert any(INJECTED in label.text for label in reader.all(f"{CARD} .legend label"))
    assert any(INJECTED in cell for cell in reader.rows(f"{CARD} .values")[0])


@needs_browser
def test_the_language_of_the_whole_page_is_switched(reader: Page) -> None:
    def visible() -> str:
        return str(reader.run("return document.body.innerText"))

    chinese = visible()
    reader.click(".language button[data-language=en]")
    english = visible()

    assert reader.run("return document.documentElement.lang") == "en"
    assert reader.driver.title == "Chongqing: urbanization scenarios"
    assert "规划目标能否实现" in chinese
    assert "What becomes of the targets" not in chinese
    assert "What becomes of the targets" in english
    assert "规划目标能否实现" not in english
    assert "Download CSV" in english
    assert "million persons" in reader.one("#cards .figure:nth-child(2) .chart").text
    reader.click(".language button[data-language=zh]")
    assert "万人" in reader.one("#cards .figure:nth-child(2) .chart").text
    assert reader.run("return document.documentElement.lang") == "zh-CN"


@needs_browser
def test_a_scenario_is_switched_off_and_on_in_all_figures_and_the_base_is_not(reader: Page) -> None:
    tick = f"{CARD} .legend input[data-scenario=everything]"
    reader.click(f"{CARD} .show-table")

    before = reader.rows(f"{CARD} .values")[0]
    reader.click(tick)
    after = reader.rows(f"{CARD} .values")[0]
    others = [box.is_selected() for box in reader.all("#cards .legend input[data-scenario=everything]")]
    reader.click(tick)

    assert "全部政策组合" in before
    assert "全部政策组合" not in after
    assert others == [False] * 3
    assert reader.rows(f"{CARD} .values")[0] == before
    assert not reader.one(f"{CARD} .legend input[data-scenario=baseline]").is_enabled()


@needs_browser
def test_a_chosen_indicator_and_region_have_the_values_of_the_csv(reader: Page) -> None:
    reader.one(f"{CARD} .search").send_keys("落户人口")
    assert reader.one(f"{CARD} .indicator").get_attribute("value") == "settlers"
    reader.choose(f"{CARD} .area", "chongqing/northeast")
    reader.click(f"{CARD} .show-table")

    header, *rows = reader.rows(f"{CARD} .values")
    expected = written(reader, "everything", "northeast", "settlers")
    shown = {int(row[0]): row[header.index("全部政策组合")] for row in rows}

    assert reader.one(f"{CARD} h3").text.startswith("渝东北三峡库区城镇群：新增落户人口")
    assert {year for year, value in shown.items() if value} == set(expected)
    for year, value in expected.items():
        assert float(shown[year].replace(",", "")) == pytest.approx(value, rel=2e-3)


@needs_browser
def test_the_difference_to_the_base_is_that_of_the_csv(reader: Page) -> None:
    reader.click(".language button[data-language=en]")
    reader.click(f"{CARD} .difference")
    reader.click(f"{CARD} .show-table")

    header, *rows = reader.rows(f"{CARD} .values")
    run = written(reader, "everything", "chongqing", "urbanization_rate")
    base = written(reader, "baseline", "chongqing", "urbanization_rate")
    last = next(row for row in rows if row[0] == "2035")

    assert float(last[header.index("Everything")]) == pytest.approx(run[2035] - base[2035], abs=2e-3)
    assert float(last[header.index("Baseline")]) == 0
    assert "points" in reader.one(f"{CARD} caption").text


@needs_browser
def test_a_line_tells_its_values_when_it_is_pointed_at(reader: Page) -> None:
    from selenium.webdriver.common.action_chains import ActionChains

    chart = reader.one(f"{CARD} .chart")
    reader.run(f"document.querySelector({CARD!r}).scrollIntoView()")

    ActionChains(reader.driver).move_to_element(chart).pause(0.3).perform()
    tip = reader.one(f"{CARD} .tip").text
    year = int(tip[:4])
    value = re.search(r"全部政策组合\s+([\d.]+)", tip)

    assert value is not None
    expected = written(reader, "everything", "chongqing", "urbanization_rate")[year]
    assert float(value[1]) == pytest.approx(expected, abs=0.006)


@needs_browser
def test_a_figure_is_saved_as_csv_that_spreadsheets_open_cleanly(reader: Page) -> None:
    reader.click(f"{CARD} .download")
    file = reader.downloads / "重庆市-常住人口城镇化率.csv"
    deadline = time.monotonic() + 10
    while not file.exists() and time.monotonic() < deadline:
        time.sleep(0.05)

    header, *rows = csv.reader(file.read_text(encoding="utf-8").removeprefix("\ufeff").splitlines())
    expected = written(reader, "everything", "chongqing", "urbanization_rate")

    assert file.read_bytes().startswith(b"\xef\xbb\xbf")
    assert header[:4] == ["区域", "指标", "单位", "年份"]
    assert f"就业{INJECTED}" in header
    column = header.index("全部政策组合")
    assert {int(row[3]): float(row[column]) for row in rows if row[column]} == pytest.approx(
        expected, rel=6e-5
    )


@needs_browser
def test_regions_stand_in_the_order_of_their_gaps(reader: Page) -> None:
    header, first, *others = reader.rows("#ranking table")
    reader.choose("#ranking select.scenario", "2")
    expected = written(reader, "baseline", "central city", "urbanization_rate")[2035]
    run = written(reader, "everything", "central city", "urbanization_rate")[2035]

    assert first[:3] == ["中心城区", f"{expected:.2f}", "约95%"]
    assert float(first[header.index("与目标之差")].replace("\u2212", "-")) == pytest.approx(
        expected - 95, abs=0.006
    )
    at = next(i for i, row in enumerate(others) if row == ["区域组"])  # groups hold regions, and stand apart
    regions, groups = others[:at], others[at + 1 :]
    assert [float(row[1]) for row in regions] == sorted(float(row[1]) for row in regions)
    assert [row[0] for row in groups] == ["主城都市区"]
    assert reader.rows("#ranking table")[1][1] == f"{run:.2f}"
    multiples = reader.one("#ranking .multiples").text
    assert all(row[0] in multiples for row in (first, *regions, *groups))


@needs_browser
def test_nothing_but_tables_is_wider_than_a_telephone(reader: Page) -> None:
    for width in (390, 1440):
        reader.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500},
        )
        for language in ("zh", "en"):
            reader.click(f".language button[data-language={language}]")
            assert reader.run("return document.documentElement.scrollWidth") <= width
    reader.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


@needs_browser
def test_without_scripts_the_words_are_there_in_both_languages(reader: Page) -> None:
    reader.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    reader.driver.refresh()
    seen = reader.one("body").text
    reader.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})

    for text in (
        "规划目标能否实现",
        "What becomes of the targets",
        "各情景的假设",
        "Sources",
        "图需要 JavaScript",
    ):
        assert text in seen
    assert "Download CSV" not in seen
