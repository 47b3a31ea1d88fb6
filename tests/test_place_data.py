"""The tables of the place chongqing: what the script makes, published totals held, nothing unsourced."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[1]
PLACE = ROOT / "models" / "places" / "chongqing"
REGIONS = ("central city", "metro new", "northeast", "southeast")
STATUSES = (
    "Initial rural residents",
    "Initial urban residents with local urban hukou",
    "Initial urban residents with local rural hukou",
    "Initial urban residents from outside",
)
OLD = ["age 65 69", "age 70 74", "age 75 79", "age 80 84", "age 85 plus"]
CONFIDENCE = {"official", "secondary", "derived", "judgement", "from-memory"}
TABLES = {
    "base.csv": "variable region element value low high unit confidence source note",
    "paths.csv": "variable region element year value unit confidence source note",
    "history.csv": "indicator region year value unit vintage confidence source note",
    "targets.csv": "id indicator region year operator value unit binding source clause note",
    "sources.csv": "id title publisher date where",
}


def read(name: str) -> pd.DataFrame:
    return pd.read_csv(PLACE / name, keep_default_na=False)


def values(variable: str) -> pd.Series:
    """Numbers of a variable of `base.csv` by region and element."""
    base = read("base.csv")
    rows = base[base.variable == variable]
    assert len(rows), variable
    return rows.set_index(["region", "element"]).value.astype(float)


def path(variable: str, region: str = "") -> pd.Series:
    """Values of a path by year."""
    paths = read("paths.csv")
    rows = paths[(paths.variable == variable) & (paths.region == region)]
    return rows.set_index("year").value.astype(float)


def published(indicator: str, year: int, region: str = "chongqing") -> float:
    history = read("history.csv")
    rows = history[(history.indicator == indicator) & (history.year == year) & (history.region == region)]
    assert len(rows) == 1, (indicator, region, year)
    return float(rows.value.iloc[0])


def counted(indicator: str, year: int = 2020) -> float:
    """A census count of the whole city, from the raw facts [person]."""
    census = pd.read_csv(PLACE / "evidence" / "census.csv")
    rows = census[(census.place == "chongqing") & (census.indicator == indicator) & (census.year == year)]
    return round(float(rows.value.iloc[0]) * 1e4)


def test_the_tables_are_what_the_script_makes_of_the_evidence() -> None:
    script = ROOT / "tools" / "build_chongqing.py"

    run = subprocess.run([sys.executable, str(script), "--check"], capture_output=True, text=True)

    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize(("name", "columns"), TABLES.items())
def test_a_table_has_the_columns_of_the_format(name: str, columns: str) -> None:
    assert list(read(name).columns) == columns.split()


@pytest.mark.parametrize(
    "name", ["base.csv", "paths.csv", "history.csv", "targets.csv", "targets_outside.csv"]
)
def test_every_row_names_a_known_source(name: str) -> None:
    known = set(read("sources.csv").id)

    for sources in read(name).source:
        assert sources
        assert set(sources.split(";")) <= known, sources


@pytest.mark.parametrize("name", ["base.csv", "paths.csv", "history.csv"])
def test_every_number_is_graded_and_has_a_unit(name: str) -> None:
    table = read(name)

    assert set(table.confidence) <= CONFIDENCE
    assert (table.unit != "").all()
    assert table.value.astype(float).notna().all()


def test_no_number_is_given_twice() -> None:
    assert not read("base.csv").duplicated(["variable", "region", "element"]).any()
    assert not read("paths.csv").duplicated(["variable", "region", "element", "year"]).any()
    assert not read("history.csv").duplicated(["indicator", "region", "year", "vintage"]).any()
    assert not read("targets.csv").duplicated(["id"]).any()


def test_a_value_lies_within_its_range() -> None:
    base = read("base.csv")
    ranged = base[base.low != ""]

    assert (ranged.low.astype(float) <= ranged.value.astype(float)).all()
    assert (ranged.value.astype(float) <= ranged.high.astype(float)).all()


def test_residents_by_age_are_those_of_the_census() -> None:
    by_age = sum(values(status).groupby("element").sum() for status in STATUSES)

    for age, count in by_age.items():
        assert count == counted(f"population_{age}".replace(" ", "_")), age
    assert by_age.sum() == 32_054_159


def test_each_region_has_the_residents_and_town_residents_of_the_census() -> None:
    rural, *towns = (values(status).groupby("region").sum() for status in STATUSES)

    for region in REGIONS:
        assert rural[region] == pytest.approx(published("rural_residents", 2020, region) * 1e4, abs=50)
        in_towns = sum(stock[region] for stock in towns)
        assert in_towns == pytest.approx(published("urban_residents", 2020, region) * 1e4, abs=50)
    assert sum(stock.sum() for stock in towns) == counted("urban_population") == 22_264_028


def test_people_are_whole_and_none_is_negative() -> None:
    for status in (*STATUSES, "Initial registered people living away"):
        assert (values(status) >= 0).all()
        assert (values(status) % 1 == 0).all()


def test_residents_from_outside_are_nine_tenths_of_those_registered_in_other_provinces() -> None:
    in_towns = values("Initial urban residents from outside").sum()

    assert in_towns == pytest.approx(0.9 * counted("population_registered_other_province"), abs=2)


def test_hukou_urbanization_is_the_49_2_percent_of_the_plan() -> None:
    towns = values("Initial urban residents with local urban hukou").groupby("region").sum()
    transfer = values("Initial urban residents with local rural hukou").groupby("region").sum()
    rural = values("Initial rural residents").groupby("region").sum()
    away = values("Initial registered people living away").groupby("region").sum()

    parameters = read("parameters.csv").set_index("variable").value
    of_away, of_villagers = (
        float(parameters[f"Share of {who} with urban hukou"]) for who in ("away people", "villagers")
    )
    urban_hukou = towns.sum() + of_villagers * rural.sum() + of_away * away.sum()
    outsiders = values("Initial urban residents from outside").sum()
    in_villages = float(parameters["Outsiders in villages per outsider in town"]) * outsiders
    registered = towns.sum() + transfer.sum() + rural.sum() - in_villages + away.sum()

    assert 100 * urban_hukou / registered == pytest.approx(
        published("hukou_urbanization_rate", 2020), abs=0.07
    )


def test_people_away_go_on_from_the_published_series() -> None:
    away = values("Initial registered people living away")
    by_age = away.groupby("element").sum()

    assert away.sum() / 1e4 == pytest.approx(
        2 * published("away_residents", 2021) - published("away_residents", 2022)
    )
    assert 0.10 <= (by_age["age 60 64"] + by_age[OLD].sum()) / by_age.sum() <= 0.17


def test_villages_are_older_than_towns() -> None:
    rural = values("Initial rural residents").groupby("element").sum()
    everyone = sum(values(status).groupby("element").sum() for status in STATUSES)
    towns = everyone - rural

    assert rural[OLD].sum() / rural.sum() == pytest.approx(0.25, abs=0.015)
    assert towns[OLD].sum() / towns.sum() == pytest.approx(0.13, abs=0.01)
    assert 100 * everyone[OLD].sum() / everyone.sum() == pytest.approx(17.08, abs=0.01)


def closed_city(last: int) -> dict[int, tuple[float, float]]:
    """Births and deaths by year [person] of a city without migration, moved on as the equations do it."""
    rural = values("Initial rural residents").groupby("element", sort=False).sum()
    towns = values(STATUSES[1]) + values(STATUSES[2]) + values(STATUSES[3])
    towns = towns.groupby("element", sort=False).sum()
    bearing = values("Share of women")[""] * values("Age-specific fertility share")[""] / 5
    dying = values("Death rate")[""]
    kinds = {
        "Urban fertility path": (towns, dying),
        "Rural fertility path": (rural, dying * values("Rural mortality ratio").iloc[0]),
    }
    fertility = {kind: path(kind) for kind in kinds}
    mortality = path("Mortality level path")
    counts = {}
    for year in range(2021, last + 1):
        births = deaths = 0.0
        for step in range(16):
            for kind, (stock, rates) in kinds.items():
                children, level = (
                    outside[year - 1] + (outside[year] - outside[year - 1]) * step / 16
                    for outside in (fertility[kind], mortality)
                )
                born, died = float((stock * bearing).sum()) * children, stock * rates * level
                growing = stock / 5
                growing["age 85 plus"] = 0.0
                joining = growing.shift(1, fill_value=born)
                kinds[kind] = (stock + (joining - growing - died) / 16, rates)
                births, deaths = births + born / 16, deaths + float(died.sum()) / 16
        counts[year] = births, deaths
    return counts


def test_the_paths_give_the_published_births_and_deaths() -> None:
    for year, (births, deaths) in closed_city(2023).items():
        assert births / 1e4 == pytest.approx(published("births", year), rel=0.03), year
        assert deaths / 1e4 == pytest.approx(published("deaths", year), rel=0.02), year


def test_fertility_shares_add_to_one() -> None:
    assert values("Age-specific fertility share").sum() == pytest.approx(1.0, abs=1e-5)


def test_moves_peak_in_youth_and_returns_before_old_age() -> None:
    assert values("Relative migration rate")[""].idxmax() == "age 15 19"
    assert values("Relative migration rate").max() == values("Relative return rate").max() == 1.0


@pytest.mark.parametrize("residence", ["urban", "rural"])
def test_regional_incomes_average_to_the_income_of_the_city(residence: str) -> None:
    people = {region: published(f"{residence}_residents", 2020, region) for region in REGIONS}
    mean = sum(path(f"{residence.capitalize()} income path", r)[2020] * people[r] for r in REGIONS)

    assert mean / sum(people.values()) == pytest.approx(published(f"{residence}_income", 2020), rel=1e-3)


def test_regional_jobs_add_to_urban_employment() -> None:
    for year in (2021, 2022, 2024):
        total = sum(path("Urban jobs path", region)[year] for region in REGIONS)
        assert total / 1e4 == pytest.approx(published("urban_employment", year), rel=1e-6)


def test_every_path_has_every_year() -> None:
    for key, rows in read("paths.csv").groupby(["variable", "region"]):
        assert list(rows.year) == list(range(2020, 2036)), key


def test_zones_add_to_the_city_in_the_census_years() -> None:
    for year in (2010, 2020):
        for indicator in ("residents", "urban_residents", "rural_residents"):
            total = sum(published(indicator, year, region) for region in REGIONS)
            assert total == pytest.approx(published(indicator, year), rel=1e-5), (indicator, year)


def test_the_rate_of_history_is_its_residents() -> None:
    for year in range(2010, 2025):
        rate = 100 * published("urban_residents", year) / published("residents", year)
        assert rate == pytest.approx(published("urbanization_rate", year), abs=0.01), year


def test_land_tickets_by_region_add_to_the_city() -> None:
    for year in range(2010, 2021):
        total = sum(published("land_ticket_area", year, region) for region in REGIONS)
        assert total == pytest.approx(published("land_ticket_area", year), abs=0.01)


def test_the_four_headline_targets_are_there() -> None:
    targets = read("targets.csv").set_index("id")

    headline = targets.loc[["t1", "t2", "t3", "t4"], ["indicator", "year", "operator", "value"]]
    assert headline.to_numpy().tolist() == [
        ["urbanization_rate", 2025, ">=", 73],
        ["urbanization_rate", 2035, "~", 80],
        ["urban_residents", 2035, "~", 2800],
        ["urbanization_rate", 2030, "~", 75],
    ]
