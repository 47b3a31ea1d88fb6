"""The tables of the place districts: counts held to the person, regions to those of the place chongqing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

from urbsim import batch
from urbsim.engine.schedule import Schedule
from urbsim.engine.solve import solve
from urbsim.study.place_file import read_place
from urbsim.study.plan import start_inputs
from urbsim.study.report import Measured, measure

ROOT = Path(__file__).resolve().parents[1]
PLACES = ROOT / "models" / "places"
SCENARIOS = ROOT / "scenarios" / "districts"
DISTRICTS, CHONGQING = PLACES / "districts", PLACES / "chongqing"
YEARS = (2010, 2020)
ZONES = ("central city", "metro new", "northeast", "southeast")
TOWNS = (
    "Initial urban residents with local urban hukou",
    "Initial urban residents with local rural hukou",
    "Initial urban residents from outside",
)
RURAL, AWAY = "Initial rural residents", "Initial registered people living away"
STOCKS = (RURAL, *TOWNS, AWAY)
RATE = "urbanization_rate"
OWN_PLANS = {"nursery", "elderly care"}  # Jiulongpo's own number stands
AMOUNTS = {"person", "person/year", "place", "km2", "km2/year", "m2"}


def read(name: str, place: Path = DISTRICTS) -> pd.DataFrame:
    return pd.read_csv(place / name, dtype=str, keep_default_na=False)


def numbers(name: str, place: Path = DISTRICTS) -> pd.DataFrame:
    table = read(name, place)
    return table.assign(value=table.value.astype(float))


@pytest.fixture(scope="module")
def base() -> pd.DataFrame:
    return numbers("base.csv")


@pytest.fixture(scope="module")
def groups() -> dict[str, list[str]]:
    return {name: list(group.regions) for name, group in read_place(DISTRICTS).groups.items()}


@pytest.fixture(scope="module")
def census() -> pd.Series:
    """Census counts by place, indicator and year [person]."""
    table = numbers("evidence/census.csv", CHONGQING)
    keys = [table.place, table.indicator, table.year.astype(int)]
    return (table.value * 1e4).round().groupby(keys).first()


@pytest.fixture
def fit(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(ROOT / "tools")
    import districts.fit

    return districts.fit


def stock(table: pd.DataFrame, variable: str, year: int) -> pd.DataFrame:
    """A stock by region (rows) and age (columns) [person]."""
    rows = table[(table.variable == variable) & (table.year == str(year))]
    return rows.pivot_table(index="region", columns="element", values="value")


def test_the_tables_are_what_the_script_makes_of_the_evidence() -> None:
    script = ROOT / "tools" / "build_districts.py"

    run = subprocess.run([sys.executable, str(script), "--check"], capture_output=True, text=True)

    assert run.returncode == 0, run.stdout + run.stderr


def test_the_place_is_read_without_a_problem() -> None:
    place = read_place(DISTRICTS)

    assert len(place.regions) == 39
    assert place.base_years == YEARS


def test_tables_and_evidence_stay_small() -> None:
    sizes = {file.name: file.stat().st_size for file in DISTRICTS.rglob("*.csv")}

    assert sum(size for name, size in sizes.items() if not name.endswith("-correlations.csv")) < 1.6e6
    assert sum(sizes.values()) < 2.6e6


@pytest.mark.parametrize("year", YEARS)
def test_residents_by_age_of_every_district_are_those_of_the_census(
    base: pd.DataFrame, census: pd.Series, year: int
) -> None:
    residents = sum(stock(base, variable, year) for variable in (RURAL, *TOWNS))

    for region, ages in residents.iterrows():
        for age, count in ages.items():
            indicator = "population_" + age.replace(" ", "_")
            assert count == census[region, indicator, year], (region, age)


@pytest.mark.parametrize("year", YEARS)
def test_rural_residents_of_every_district_are_those_of_the_census(
    base: pd.DataFrame, census: pd.Series, year: int
) -> None:
    rural = stock(base, RURAL, year).sum(axis=1)

    assert len(rural) == 39
    assert all(rural[region] == census[region, "rural_population", year] for region in rural.index)


def test_people_are_whole_and_none_is_negative(base: pd.DataFrame) -> None:
    people = base[base.variable.isin(STOCKS)].value

    assert (people >= 0).all()
    assert (people == people.round()).all()


@pytest.mark.parametrize("year", YEARS)
@pytest.mark.parametrize("variable", STOCKS)
def test_districts_add_up_to_the_region_in_the_place_chongqing(
    base: pd.DataFrame, groups: dict[str, list[str]], variable: str, year: int
) -> None:
    ours, theirs = stock(base, variable, year), stock(numbers("base.csv", CHONGQING), variable, year)

    for zone in ZONES:
        districts = ours.loc[groups[zone]].sum()
        assert districts.sum() == theirs.loc[zone].sum(), zone
        assert (districts - theirs.loc[zone]).abs().max() <= len(groups[zone]), zone  # rounding


def test_people_registered_and_absent_live_in_another_district_or_outside(base: pd.DataFrame) -> None:
    """The identity by district: away never exceeds registered and newcomers less residents."""
    panel = numbers("evidence/districts.csv", CHONGQING)
    registered = panel[(panel.indicator == "registered_population") & (panel.year == "2020")]
    census = numbers("evidence/census.csv", CHONGQING)
    now = census[census.year == "2020"].pivot_table(index="place", columns="indicator", values="value")
    away = stock(base, AWAY, 2020).sum(axis=1) / 1e4

    for place, count in zip(registered.place, registered.value, strict=True):
        if place in away:
            newcomers = (
                now.population_registered_other_province[place]
                + now.population_registered_elsewhere_other_district[place]
            )
            assert 0 < away[place] < count + newcomers - now.resident_population[place], place


@pytest.mark.parametrize("year", YEARS)
def test_amounts_add_up_to_the_region_and_rates_are_those_of_the_region(
    base: pd.DataFrame, groups: dict[str, list[str]], year: int
) -> None:
    theirs = numbers("base.csv", CHONGQING)
    theirs = theirs[(theirs.region != "") & ~theirs.variable.isin(STOCKS)]
    regional = theirs[theirs.year.isin(["", str(year)])]
    free = {"Initial urban income", "Initial rural income", "Initial expected growth of urban residents"}
    ours = (
        base[base.year.isin(["", str(year)])].set_index(["variable", "element", "region"]).value.sort_index()
    )

    assert len(regional) > 30
    for row in regional[~regional.variable.isin(free)].itertuples():
        values = ours[row.variable, row.element][groups[row.region]]
        if row.unit in AMOUNTS:
            tolerance = len(values) / 2 if row.unit in ("person", "place") else 1e-4 * row.value
            assert values.sum() == pytest.approx(row.value, abs=tolerance), row
        else:
            assert values.tolist() == pytest.approx([row.value] * len(values)), row


def test_shares_of_moves_add_up() -> None:
    table = numbers("parameters.csv")
    shares = table.pivot_table(index="region", columns="variable", values="value")
    movers = shares["Share of movers to own towns"] + shares["Share of movers to other regions"]

    assert shares["Share of moves between regions"].sum() == pytest.approx(1.0, abs=1e-9)
    assert shares["Share of village origins"].sum() == pytest.approx(1.0, abs=1e-9)
    assert (movers < 1).all()
    assert shares["Share of moved industry"].sum() == pytest.approx(1.0, abs=1e-4)
    assert (shares.filter(like="Share").min() >= 0).all()


def test_guangan_moves_only_across_the_outer_boundary() -> None:
    table = numbers("parameters.csv")
    here = table[table.region == "guangan"].set_index("variable").value

    for variable in (
        "Share of movers to other regions",
        "Share of moves between regions",
        "Base town moving rate",
        "Share returning to other regions",
        "Share of village origins",
        "Share of returners to other regions",
        "Part in the ticket market",
    ):
        assert here[variable] == 0, variable


def test_yuzhong_has_no_village(base: pd.DataFrame) -> None:
    table = numbers("parameters.csv").set_index(["variable", "region"]).value

    assert stock(base, RURAL, 2020).loc["yuzhong"].sum() == 0
    assert table["Share of village origins", "yuzhong"] == 0
    assert table["Share returning to other regions", "yuzhong"] == 1
    assert table["Share of returners to towns", "yuzhong"] == 1


def test_what_jiulongpo_has_published_stands(base: pd.DataFrame) -> None:
    here = base[(base.region == "jiulongpo") & (base.year == "2020")]
    residents = here[here.variable.isin([RURAL, *TOWNS])].groupby("element").value.sum()
    old = residents[[f"age {a} {a + 4}" for a in range(60, 85, 5)] + ["age 85 plus"]].sum()
    places = here[here.variable == "Initial service capacity"].set_index("element").value

    assert places["nursery"] / residents.sum() == pytest.approx(1.8e-3, rel=1e-3)
    assert places["elderly care"] / old == pytest.approx(32e-3, rel=1e-3)


def test_groups_are_those_of_the_plans(groups: dict[str, list[str]]) -> None:
    kinds = [name for name in groups if name.endswith(" county seats")]

    assert {name: len(groups[name]) for name in ("main metro", "main metro 2024", "county seats")} == {
        "main metro": 21,
        "main metro 2024": 22,
        "county seats": 22,
    }
    assert sorted(groups["metropolitan circle"]) == sorted([*groups["main metro"], "guangan"])
    assert sorted(district for zone in ZONES for district in groups[zone]) == sorted(groups["chongqing"])
    assert len(groups["chongqing"]) == 38
    assert set().union(*(groups[kind] for kind in kinds)) == set(groups["county seats"])
    assert len(kinds) == 4


def test_the_circle_has_the_rate_that_its_plan_states(
    base: pd.DataFrame, groups: dict[str, list[str]]
) -> None:
    here = groups["metropolitan circle"]
    rural = stock(base, RURAL, 2020).loc[here].to_numpy().sum()
    urban = sum(stock(base, variable, 2020).loc[here].to_numpy().sum() for variable in TOWNS)

    assert urban / (urban + rural) == pytest.approx(0.74, abs=0.005)
    assert urban + rural == pytest.approx(24.4e6, rel=0.005)


def test_rates_of_history_are_those_of_residents_where_both_are_there() -> None:
    history = numbers("history.csv")
    table = history.pivot_table(index=["region", "year"], columns="indicator", values="value")
    both = table.dropna(subset=["urbanization_rate", "urban_residents", "residents"])

    assert len(both) > 90
    gap = both.urbanization_rate - 100 * both.urban_residents / both.residents
    assert gap.abs().max() < 0.1


def test_every_district_has_its_rate_in_every_year_of_the_decade() -> None:
    history = read("history.csv")
    rates = history[(history.indicator == "urbanization_rate") & history.year.between("2010", "2020")]
    years = rates.groupby("region").year.nunique()

    assert (years.drop(["yuzhong", "guangan"]) >= 11).sum() >= 37
    assert years[["yuzhong", "guangan"]].tolist() == [2, 2]


def test_facts_kept_twice_are_the_same() -> None:
    keys = ["place", "indicator", "year", "vintage"]
    theirs = pd.concat(
        numbers(f"evidence/{name}.csv", CHONGQING) for name in ("census", "districts", "city", "recalled")
    )
    ours = pd.concat(numbers(f"evidence/{name}.csv") for name in ("panel", "published"))

    assert not ours.duplicated(keys).any()
    both = ours.merge(theirs, on=keys)
    assert (both.value_x == both.value_y).all()


def test_fitting_to_independent_margins_gives_their_product(fit: ModuleType) -> None:
    a, b, c = np.array([2.0, 8.0]), np.array([1.0, 4.0, 5.0]), np.array([3.0, 7.0])
    wanted = a[:, None, None] * b[None, :, None] * c[None, None, :] / 100

    fitted = fit.fit_margins(
        np.ones((2, 3, 2)),
        [((0, 1), wanted.sum(axis=2)), ((0, 2), wanted.sum(axis=1)), ((1, 2), wanted.sum(axis=0))],
    )

    assert fitted == pytest.approx(wanted)


def test_fitting_keeps_odds_ratios_of_the_seed(fit: ModuleType) -> None:
    seed = np.array([[1.0, 2.0], [3.0, 24.0]])

    fitted = fit.fit_margins(seed, [((0,), np.array([50.0, 50.0])), ((1,), np.array([30.0, 70.0]))])

    odds = fitted[0, 0] * fitted[1, 1] / (fitted[0, 1] * fitted[1, 0])
    assert odds == pytest.approx(4.0)


def test_margins_that_disagree_are_refused(fit: ModuleType) -> None:
    with pytest.raises(ArithmeticError, match="do not agree"):
        fit.fit_margins(np.ones((2, 2)), [((0,), np.array([1.0, 1.0])), ((1,), np.array([3.0, 1.0]))])


def test_rounding_keeps_the_total(fit: ModuleType) -> None:
    rounded = fit.whole(np.array([0.4, 0.4, 0.4, 7.8]), 9)

    assert rounded.sum() == 9
    assert np.abs(rounded - [0.4, 0.4, 0.4, 7.8]).max() < 1


def test_kaizhou_had_its_410_thousand_in_the_city_in_2021(base: pd.DataFrame) -> None:
    table = numbers("parameters.csv").set_index(["variable", "region"]).value
    urban = sum(stock(base, variable, 2020).loc["kaizhou"].sum() for variable in TOWNS)

    assert table["City proper share", "kaizhou"] * urban == pytest.approx(410_000, rel=0.03)


def test_references_are_those_of_a_run_from_2020() -> None:
    script = ROOT / "tools" / "fill_references.py"

    run = subprocess.run([sys.executable, script, "--check", DISTRICTS], capture_output=True, text=True)

    assert run.returncode == 0, run.stdout + run.stderr


def test_hospitals_keep_their_proportion_to_the_city(
    base: pd.DataFrame, groups: dict[str, list[str]]
) -> None:
    table = numbers("parameters.csv")
    programme = table[table.variable == "Physician programme"].set_index("region").value[groups["chongqing"]]
    residents = sum(stock(base, variable, 2020).sum(axis=1) for variable in (RURAL, *TOWNS))
    weights = residents[groups["chongqing"]] / residents[groups["chongqing"]].sum()

    assert (programme * weights).sum() == pytest.approx(1.0, abs=1e-4)  # the city aims at what it did
    assert programme["jiulongpo"] > 1 > programme["kaizhou"]


# --- runs -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def study() -> batch.Study:
    return batch.read_study(DISTRICTS)


def measured(study: batch.Study, parameter_set: str, start: int, stop: int) -> Measured:
    inputs = start_inputs(study.place, study.system, start, parameter_set)[:, np.newaxis]
    years = np.arange(start, stop + 0.5)
    run = solve(
        study.system, Schedule(start=float(start), stop=float(stop), save=years, inputs=inputs), solver="rk2"
    )
    return measure(run, study.indicators, study.place)


def value(run: Measured, indicator: str, area: str, year: int) -> float:
    series = run.find(indicator, area)
    assert series is not None
    return float(series.values[run.at(year)])  # noqa: PD011 - no DataFrame


def test_the_validation_set_has_seen_nothing_after_2020() -> None:
    facts = json.loads((DISTRICTS / "sets" / "validation.json").read_text(encoding="utf-8"))

    assert facts["last_observation"] == 2020
    assert facts["runs"] == [2010]


def test_a_run_from_2010_meets_the_rates_that_the_census_of_2020_counted(study: batch.Study) -> None:
    run = measured(study, "validation", 2010, 2020)
    counted = {o.region: o.value for o in study.place.history if o.year == 2020 and o.indicator == RATE}
    districts = study.place.groups["chongqing"].regions

    errors = [abs(value(run, RATE, place, 2020) - counted[place]) for place in districts]

    assert len(errors) == 38
    assert np.mean(errors) <= 1.5


def test_the_districts_together_are_the_city_of_the_place_chongqing(study: batch.Study) -> None:
    four = batch.read_study(CHONGQING)
    ours, theirs = (measured(one, "planning", 2020, 2024) for one in (study, four))

    for year in (2022, 2024):
        assert value(ours, RATE, "chongqing", year) == pytest.approx(
            value(theirs, RATE, "chongqing", year), abs=0.4
        )
    assert value(ours, RATE, "chongqing", 2024) == pytest.approx(72.14, abs=0.4)  # communique of 2024


def test_scenarios_answer_for_every_target_and_change_nothing_before_2026() -> None:
    outcomes = batch.run([SCENARIOS / "districts-baseline.yaml", SCENARIOS / "kaizhou.yaml"]).outcomes
    base, plan = (outcome.run for outcome in outcomes)
    assert base is not None
    assert plan is not None

    verdicts = {verdict.target.id for verdict in plan.verdicts}
    assert verdicts >= {
        "kaizhou_rate",
        "kaizhou_city_2035",
        "jiulongpo_rate",
        "circle_rate",
        "main_metro_share_2024",
    }
    for year, change in ((2025, 0.0), (2035, 1.0)):
        with_plan, without = (value(run.measured, RATE, "kaizhou", year) for run in (plan, base))
        assert with_plan - without == pytest.approx(0, abs=1e-9) if not change else with_plan - without > 0.3
    dianjiang = value(base.measured, "residents", "dianjiang", 2024) / value(
        base.measured, "residents", "chongqing", 2024
    )
    shares = [
        value(base.measured, name, "chongqing", 2024)
        for name in ("main_metro_share_2024", "main_metro_share")
    ]
    assert shares[0] - shares[1] == pytest.approx(100 * dianjiang, abs=1e-6)
