"""The tables of the place chongqing: what the script makes, published totals held, nothing unsourced."""

from __future__ import annotations

import functools
import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
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
    "base.csv": "variable region element year value low high unit confidence source note",
    "paths.csv": "variable region element year value unit confidence source note",
    "history.csv": "indicator region year value unit vintage confidence source note",
    "targets.csv": "id indicator region year operator value unit binding source clause clause_en note",
    "sources.csv": "id title publisher date where zh",
}


BASE_YEARS = (2010, 2020)
MADE = ("base.csv", "paths.csv", "history.csv")


@functools.cache
def made() -> dict[str, str]:
    """The tables that the script makes, by file name."""
    code = (
        "import json, sys; sys.path.insert(0, sys.argv[1]); from chongqing.tables import tables; "
        "print(json.dumps(tables()))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, str(ROOT / "tools")], capture_output=True, text=True, check=True
    )
    texts: dict[str, str] = json.loads(run.stdout)
    return texts


@functools.cache
def read(name: str) -> pd.DataFrame:
    table = io.StringIO(made()[name]) if name in MADE else PLACE / name
    return pd.read_csv(table, keep_default_na=False)


def values(variable: str, year: int | None = 2020) -> pd.Series:
    """Numbers of a variable of `base.csv` by region and element; no year: those of every base year."""
    base = read("base.csv")
    rows = base[(base.variable == variable) & (base.year.astype(str) == ("" if year is None else str(year)))]
    assert len(rows), (variable, year)
    return rows.set_index(["region", "element"]).value.astype(float)


def by_region(variable: str, year: int = 2020) -> pd.Series:
    return values(variable, year).groupby("region").sum()[list(REGIONS)]


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


def fact(indicator: str, year: int, vintage: str) -> float:
    """A raw fact of the whole city."""
    for name in ("city.csv", "census.csv", "recalled.csv"):
        rows = pd.read_csv(PLACE / "evidence" / name)
        found = rows[(rows.place == "chongqing") & (rows.indicator == indicator) & (rows.year == year)]
        found = found[found.vintage == vintage]
        if len(found):
            return float(found.value.iloc[0])
    raise KeyError((indicator, year, vintage))


def counted(indicator: str, year: int = 2020) -> float:
    """A census count of the whole city, from the raw facts [person]."""
    census = pd.read_csv(PLACE / "evidence" / "census.csv")
    rows = census[(census.place == "chongqing") & (census.indicator == indicator) & (census.year == year)]
    return round(float(rows.value.iloc[0]) * 1e4)


@pytest.mark.skipif(
    "year" not in pd.read_csv(PLACE / "base.csv", nrows=1),
    reason="the tables of two base years await the new equations",
)
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
    assert not read("base.csv").duplicated(["variable", "region", "element", "year"]).any()
    assert not read("paths.csv").duplicated(["variable", "region", "element", "year"]).any()
    assert not read("history.csv").duplicated(["indicator", "region", "year"]).any()
    assert not read("targets.csv").duplicated(["id"]).any()


def test_a_value_lies_within_its_range() -> None:
    base = read("base.csv")
    ranged = base[base.low != ""]

    assert (ranged.low.astype(float) <= ranged.value.astype(float)).all()
    assert (ranged.value.astype(float) <= ranged.high.astype(float)).all()


def test_a_variable_of_one_base_year_is_there_for_the_other() -> None:
    base = read("base.csv")
    spots = {
        year: set(
            map(tuple, base[base.year.astype(str) == str(year)][["variable", "region", "element"]].values)
        )
        for year in BASE_YEARS
    }

    assert spots[2010] == spots[2020]


@pytest.mark.parametrize(("year", "residents"), [(2010, 28_846_170), (2020, 32_054_159)])
def test_residents_by_age_are_those_of_the_census(year: int, residents: int) -> None:
    by_age = sum(values(status, year).groupby("element").sum() for status in STATUSES)

    for age, count in by_age.items():
        assert count == counted(f"population_{age}".replace(" ", "_"), year), age
    assert by_age.sum() == residents


@pytest.mark.parametrize(("year", "urban"), [(2010, 15_295_803), (2020, 22_264_028)])
def test_each_region_has_the_residents_and_town_residents_of_the_census(year: int, urban: int) -> None:
    rural, *towns = (by_region(status, year) for status in STATUSES)

    for region in REGIONS:
        assert rural[region] == pytest.approx(published("rural_residents", year, region) * 1e4, abs=50)
        in_towns = sum(stock[region] for stock in towns)
        assert in_towns == pytest.approx(published("urban_residents", year, region) * 1e4, abs=50)
    assert sum(stock.sum() for stock in towns) == counted("urban_population", year) == urban


@pytest.mark.parametrize("year", BASE_YEARS)
def test_people_are_whole_and_none_is_negative(year: int) -> None:
    for status in (*STATUSES, "Initial registered people living away"):
        assert (values(status, year) >= 0).all()
        assert (values(status, year) % 1 == 0).all()


@pytest.mark.parametrize("year", BASE_YEARS)
def test_residents_from_outside_are_nine_tenths_of_those_registered_in_other_provinces(year: int) -> None:
    in_towns = values("Initial urban residents from outside", year).sum()

    assert in_towns == pytest.approx(0.9 * counted("population_registered_other_province", year), abs=2)


@pytest.mark.parametrize("year", BASE_YEARS)
def test_registered_people_are_residents_less_outsiders_and_people_away(year: int) -> None:
    residents = sum(values(status, year).sum() for status in STATUSES)
    outsiders = counted("population_registered_other_province", year)
    away = values("Initial registered people living away", year).sum()
    register = fact("registered_population", year, "hukou-register") * 1e4

    # People away are counted by another office: 1.2 % fewer than this identity asks for, both times.
    assert residents - outsiders + away == pytest.approx(register, abs=6e4)
    assert (register + outsiders - residents) / away - 1 == pytest.approx(0.012, abs=0.001)


def test_hukou_urbanization_is_the_49_2_percent_of_the_plan() -> None:
    towns = by_region("Initial urban residents with local urban hukou")
    transfer = by_region("Initial urban residents with local rural hukou")
    rural = by_region("Initial rural residents")
    away = by_region("Initial registered people living away")

    parameters = read("parameters.csv").set_index("variable").value
    of_villagers = float(parameters["Share of villagers with urban hukou"])
    of_away = float(parameters["Urban hukou of people away"])  # over the share among all registered people
    outsiders = values("Initial urban residents from outside").sum()
    in_villages = float(parameters["Outsiders in villages per outsider in town"]) * outsiders
    registered = towns.sum() + transfer.sum() + rural.sum() - in_villages + away.sum()

    rate = (towns.sum() + of_villagers * rural.sum()) / (registered - of_away * away.sum())
    assert 100 * rate == pytest.approx(published("hukou_urbanization_rate", 2020), abs=0.07)


def test_the_census_of_2010_counted_34_59_percent_with_a_nonagricultural_registration() -> None:
    towns = values("Initial urban residents with local urban hukou", 2010).sum()
    rural = by_region("Initial rural residents", 2010)
    outsiders = values("Initial urban residents from outside", 2010).sum()
    residents = sum(values(status, 2010).sum() for status in STATUSES)

    villagers = sum(share * rural[r] for r, share in zip(REGIONS, (0.05, 0.04, 0.03, 0.03), strict=True))
    assert 100 * (towns + villagers + 0.3 * outsiders) / residents == pytest.approx(34.59, abs=0.005)


def test_the_hukou_rate_of_2010_lies_between_its_published_neighbours() -> None:
    # 28 % at the end of 2009, 39.5 % at the end of 2012; half a million people were converted in between.
    assert 28 + 1 < published("hukou_urbanization_rate", 2010) < 39.5


def test_people_away_go_on_from_the_published_series() -> None:
    away = {year: values("Initial registered people living away", year) for year in BASE_YEARS}
    before = fact("outflow_population_outside_city", 2007, "first-release")

    assert away[2020].sum() / 1e4 == pytest.approx(
        2 * published("away_residents", 2021) - published("away_residents", 2022)
    )
    assert before < away[2010].sum() / 1e4 < published("away_residents", 2012)
    for year, low, high in ((2010, 0.03, 0.09), (2020, 0.10, 0.17)):
        by_age = away[year].groupby("element").sum()
        assert low <= (by_age["age 60 64"] + by_age[OLD].sum()) / by_age.sum() <= high


@pytest.mark.parametrize(
    ("year", "villages", "towns", "all_65"), [(2010, 0.14, 0.097, 11.72), (2020, 0.25, 0.13, 17.08)]
)
def test_villages_are_older_than_towns(year: int, villages: float, towns: float, all_65: float) -> None:
    rural = values("Initial rural residents", year).groupby("element").sum()
    everyone = sum(values(status, year).groupby("element").sum() for status in STATUSES)
    urban = everyone - rural

    assert rural[OLD].sum() / rural.sum() == pytest.approx(villages, abs=0.015)
    assert urban[OLD].sum() / urban.sum() == pytest.approx(towns, abs=0.01)
    assert 100 * everyone[OLD].sum() / everyone.sum() == pytest.approx(all_65, abs=0.01)


def moved_on(
    first: int, last: int, arriving: dict[str, pd.Series]
) -> tuple[dict[int, tuple[float, float]], dict[str, pd.Series]]:
    """Births and deaths by year [person] and the last stocks, moved on as the equations do it.

    `arriving` are net arrivals in towns and villages by age [1/year].
    """
    rural = values("Initial rural residents", first).groupby("element", sort=False).sum()
    towns = sum(values(status, first) for status in STATUSES[1:]).groupby("element", sort=False).sum()
    bearing = values("Share of women", None)[""] * values("Age-specific fertility share", None)[""] / 5
    dying = values("Death rate", None)[""]
    rates = {"Urban": dying, "Rural": dying * values("Rural mortality ratio", None).iloc[0]}
    stocks = {"Urban": towns, "Rural": rural}
    fertility = {kind: path(f"{kind} fertility path") for kind in stocks}
    mortality = path("Mortality level path")
    counts = {}
    for year in range(first + 1, last + 1):
        births = deaths = 0.0
        for step in range(16):
            for kind, stock in stocks.items():
                children, level = (
                    outside[year - 1] + (outside[year] - outside[year - 1]) * step / 16
                    for outside in (fertility[kind], mortality)
                )
                born, died = float((stock * bearing).sum()) * children, stock * rates[kind] * level
                growing = stock / 5
                growing["age 85 plus"] = 0.0
                joining = growing.shift(1, fill_value=born)
                stocks[kind] = stock + (joining - growing - died + arriving.get(kind, 0.0) * stock) / 16
                births, deaths = births + born / 16, deaths + float(died.sum()) / 16
        counts[year] = births, deaths
    return counts, stocks


def test_the_paths_give_the_published_births_and_deaths_of_a_closed_city() -> None:
    for year, (births, deaths) in moved_on(2020, 2023, {})[0].items():
        assert births / 1e4 == pytest.approx(published("births", year), rel=0.03), year
        assert deaths / 1e4 == pytest.approx(published("deaths", year), rel=0.02), year


def test_between_the_censuses_the_paths_give_the_published_births_and_deaths() -> None:
    goal = {
        "Urban": sum(values(status) for status in STATUSES[1:]).groupby("element", sort=False).sum(),
        "Rural": values("Initial rural residents").groupby("element", sort=False).sum(),
    }
    arriving = {kind: goal[kind] * 0.0 for kind in goal}
    for _ in range(25):
        counts, stocks = moved_on(2010, 2020, arriving)
        arriving = {kind: rate + 0.03 * np.log(goal[kind] / stocks[kind]) for kind, rate in arriving.items()}

    for year, (births, deaths) in counts.items():
        assert births / 1e4 == pytest.approx(published("births", year), rel=0.045 if year < 2020 else 0.065)
        assert deaths / 1e4 == pytest.approx(published("deaths", year), rel=0.025), year
    # The cohorts of the decade are counted in 2020: published births are neither too few nor too many.
    born = sum(published("births", year) for year in range(2011, 2021))
    children = sum(counted(f"population_age_{age}") for age in ("0_4", "5_9")) / 1e4
    assert born == pytest.approx(children, rel=0.01)


def test_fertility_shares_add_to_one() -> None:
    assert values("Age-specific fertility share", None).sum() == pytest.approx(1.0, abs=1e-5)


def test_moves_peak_in_youth_and_returns_before_old_age() -> None:
    moves, returns = (values(name, None)[""] for name in ("Relative migration rate", "Relative return rate"))

    assert moves.idxmax() == "age 15 19"
    assert moves.max() == 1.0
    assert returns.idxmax() == "age 55 59"
    assert returns.max() == 1.0


def test_turnover_makes_up_for_the_people_who_come_back() -> None:
    """Departures are then the balance that cohorts show between two censuses, and these."""
    rural = values("Initial rural residents").groupby("element", sort=False).sum()

    turnover = values("Turnover rate", None)[""]

    assert (turnover - returns_by_age() / rural).abs().max() < 1e-6


def number(variable: str) -> pd.Series:
    """A number of `parameters.csv` by region."""
    table = read("parameters.csv")
    rows = table[table.variable == variable].set_index("region").value.astype(float)
    return pd.Series({region: rows[region if region in rows.index else ""] for region in REGIONS})


def returns_by_age() -> pd.Series:
    """People coming back to villages of any region at the reference, by age [person/year]."""
    stock = {
        name: pd.DataFrame({region: values(f"Initial {name}")[region] for region in REGIONS})
        for name in (
            *("urban residents with local urban hukou", "urban residents with local rural hukou"),
            "registered people living away",
        )
    }
    ties = values("Initial share with village ties").iloc[0] * number("Return of settlers")
    in_towns = (
        stock["urban residents with local rural hukou"]
        + ties * stock["urban residents with local urban hukou"]
    )
    to_villages = number("Base return rate from outside") * (1 - number("Share of returners to towns"))
    coming = (
        number("Base village return rate") * in_towns + to_villages * stock["registered people living away"]
    )
    return coming.sum(axis="columns") * values("Relative return rate", None)[""]


@pytest.mark.parametrize("year", BASE_YEARS)
@pytest.mark.parametrize("residence", ["urban", "rural"])
def test_regional_incomes_average_to_the_income_of_the_city(residence: str, year: int) -> None:
    people = {region: published(f"{residence}_residents", year, region) for region in REGIONS}
    mean = sum(values(f"Initial {residence} income", year)[r, ""] * people[r] for r in REGIONS)

    assert mean / sum(people.values()) == pytest.approx(published(f"{residence}_income", year), rel=1e-3)


def test_incomes_before_2014_are_brought_to_the_present_definition() -> None:
    # Growth of 2014 as printed on the present definition: 9.1 and 11.7 %.
    for residence, growth in (("urban", 1.091), ("rural", 1.117)):
        now, then = (published(f"{residence}_income", year) for year in (2014, 2013))
        assert now / then == pytest.approx(growth, abs=1e-4)


@pytest.mark.parametrize("year", BASE_YEARS)
def test_regional_jobs_add_to_urban_employment(year: int) -> None:
    total = by_region("Initial urban employment", year).sum()

    assert total / 1e4 == pytest.approx(published("urban_employment", year), abs=0.1)
    # Per urban resident as in the years with a count, 0.496 (2012) and 0.491 (2021).
    assert total / 1e4 / published("urban_residents", year) == pytest.approx(0.49, abs=0.012)


@pytest.mark.parametrize("year", BASE_YEARS)
def test_homes_per_urban_resident_average_near_the_census(year: int) -> None:
    everywhere = fact("housing_area_per_capita", year, f"census-{year}")
    homes = by_region("Initial market housing", year)
    urban = sum(by_region(status, year) for status in STATUSES[1:])

    assert 0.88 < homes.sum() / urban.sum() / everywhere < 1.0  # town homes are smaller than village homes
    assert (homes / urban)["central city"] < min((homes / urban)[list(REGIONS[1:])])


@pytest.mark.parametrize("year", BASE_YEARS)
def test_counted_services_add_to_the_city(year: int) -> None:
    beds = values("Initial service capacity", year).xs("health", level="element").sum()
    doctors = by_region("Initial physicians", year).sum()

    assert beds / 1e4 == pytest.approx(published("hospital_beds", year), abs=0.001)
    assert doctors / 10 / published("residents", year) == pytest.approx(
        published("physicians_per_1000", year), abs=0.001
    )


def test_urban_land_of_the_boundary_is_that_of_2020() -> None:
    boundary, initial = (
        values("Urban construction land of 2020", None),
        values("Initial urban construction land"),
    )

    assert boundary.to_dict() == initial.to_dict()


def test_the_campaign_converts_what_was_counted() -> None:
    """On top of what the worth of an urban hukou brings by itself in those years, 1.55 times 200 thousand."""
    multiple = path("Settlement campaign path")
    settled = {year: 20 * 1.55 * (multiple[year - 1] + multiple[year]) / 2 for year in range(2011, 2014)}

    since_census = 322 - 0.86 * 78  # 10k: by the end of 2011, less 8600 a day from mid-August to the census
    assert settled[2011] == pytest.approx(since_census, rel=0.01)
    assert settled[2012] + settled[2013] == pytest.approx(400 - 322, rel=0.2)
    assert (multiple.loc[2013:] == 1).all()


def test_outside_growth_is_the_mean_of_the_years_around() -> None:
    path_of = path("Outside growth path")

    assert path_of[2010] == pytest.approx((0.106 + 0.096) / 2)
    assert path_of[2020] == pytest.approx((0.023 + 0.086) / 2)


def test_every_path_has_every_year() -> None:
    for key, rows in read("paths.csv").groupby(["variable", "region"]):
        assert list(rows.year) == list(range(2010, 2036)), key


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
