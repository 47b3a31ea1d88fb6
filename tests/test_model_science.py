"""What must be true of the shipped model: conservation, extremes, signs, and nearness to history."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

import urbsim
from urbsim.batch import Results
from urbsim.engine.compile import System, compile_program
from urbsim.engine.schedule import Move, Schedule
from urbsim.engine.solve import solve
from urbsim.engine.trajectory import Trajectory
from urbsim.model.equations import Model
from urbsim.model.lower import lower
from urbsim.study.catalogue_file import read_indicators, read_levers
from urbsim.study.place_file import read_place

ROOT = Path(__file__).resolve().parent.parent
MODEL = ROOT / "models" / "urbanization.mdl"
PLACE = ROOT / "models" / "places" / "chongqing"
SCENARIOS = ("baseline", "no-new-policy", "hukou-and-land", "services-first", "county-seats", "everything")

PEOPLE = (
    "Rural residents",
    "Urban residents with local urban hukou",
    "Urban residents with local rural hukou",
    "Urban residents from outside",
    "Registered people living away",
)
STOCKS = (
    *PEOPLE,
    "Settlement applications in process",
    "Settlers with village ties",
    "Quota bank",
    "Land under development",
    "Urban construction land",
    "Redeveloped land",
    "Homesteads in use",
    "Idle homesteads",
    "Homesteads under reclamation",
    "Land ticket inventory",
    "Service capacity",
    "Places begun",
    "Places rising",
    "Places being fitted out",
)
OBSERVED = {2020: 69.46, 2021: 70.32, 2022: 70.96, 2023: 71.67, 2024: 72.14}  # urbanization rate [%]

Floats = npt.NDArray[np.float64]
Values = Mapping[str, float | Floats]


@pytest.fixture(scope="module")
def model() -> Model:
    return urbsim.read_model(MODEL)


@pytest.fixture(scope="module")
def system(model: Model) -> System:
    return compile_program(lower(model))


@pytest.fixture(scope="module")
def baseline(system: System) -> Trajectory:
    return run(system)


@pytest.fixture(scope="module")
def results() -> Results:
    return urbsim.run([ROOT / "scenarios" / f"{name}.yaml" for name in SCENARIOS])


def run(
    system: System,
    values: Values | None = None,
    *,
    solver: str = "rk45",
    rtol: float | None = None,
    stop: float | None = None,
    save: Floats | None = None,
) -> Trajectory:
    return urbsim.simulate(
        system, values=dict(values or {}), solver=solver, rtol=rtol, stop=stop, save=save, honest=False
    )


def change(
    system: System, variable: str, value: float, select: Mapping[str, str] | None = None
) -> Trajectory:
    """Run with a constant that takes another value at the end of 2025, as a policy of 2026 does."""
    constant = system.constant(variable)
    slots = np.arange(constant.first, constant.first + constant.size)
    slots = slots.reshape([len(axis) for axis in constant.axes])
    for position, axis in reversed(list(enumerate(constant.axes))):
        for element in (select or {}).values():
            if element in axis:
                slots = np.asarray(slots.take(axis.index(element), axis=position))
    moves = tuple(Move(slot=int(slot), times=(2025.0,), values=(value,)) for slot in slots.ravel())
    save = np.arange(2020.0, 2036.0)
    schedule = Schedule(
        start=2020.0, stop=2035.0, save=save, inputs=system.inputs.copy()[:, None], moves=moves
    )
    return solve(system, schedule)


def total(trajectory: Trajectory, name: str) -> Floats:
    """Give a variable over time, summed over its subscripts."""
    values = trajectory[name][..., 0]
    return np.asarray(values.sum(axis=tuple(range(values.ndim - 1))), dtype=float)


def together(trajectory: Trajectory, names: tuple[str, ...]) -> Floats:
    """Give several variables over time, added up."""
    return sum((total(trajectory, name) for name in names), np.zeros(len(trajectory.times)))


def urbanization(trajectory: Trajectory) -> Floats:
    """Give the urbanization rate of the whole place over time [%]."""
    return 100 * total(trajectory, "Urban residents") / total(trajectory, "Residents")


def zero(trajectory: Trajectory, name: str) -> Floats:
    """Give zeros in the shape of a variable."""
    return np.zeros(trajectory.output(name).shape)


def assert_sound(trajectory: Trajectory) -> None:
    """Check that no stock is negative and no person is lost."""
    for name in STOCKS:
        values = trajectory[name]
        assert values.min() >= -1e-9 * max(1.0, values.max()), name
    lost = np.abs(total(trajectory, "Persons unaccounted for")).max()
    assert lost <= 1e-9 * total(trajectory, "Residents").max()


# --- the file --------------------------------------------------------------------------------------------


def test_every_variable_has_a_unit_and_a_documentation_string(model: Model) -> None:
    bare = [v.name for v in model.variables.values() if not v.unit or not v.doc]

    assert not bare


def test_the_equations_hold_the_numbers_of_the_place() -> None:
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        import fill_numbers
    finally:
        sys.path.pop(0)

    assert fill_numbers.main(["--check", str(PLACE)]) == 0


def test_every_number_has_a_source_and_a_grade() -> None:
    bare = [n.variable for n in read_place(PLACE).numbers if not n.source or not n.confidence]

    assert not bare


def test_no_equation_names_a_region() -> None:
    text = MODEL.read_text(encoding="utf-8")
    regions = list(read_place(PLACE).regions)

    lines = [line for line in text.splitlines() if any(region in line for region in regions)]

    named = [line for line in lines if not line.endswith("](") and line.strip() != ", ".join(regions)]
    assert not [line for line in named if not line.lstrip().startswith("~")]


# --- history ---------------------------------------------------------------------------------------------


def test_the_rate_passes_within_half_a_point_of_every_published_year(baseline: Trajectory) -> None:
    rate = dict(zip(baseline.times.astype(int), urbanization(baseline), strict=True))

    assert {year: rate[year] for year in OBSERVED} == pytest.approx(OBSERVED, abs=0.5)


def test_residents_births_deaths_and_people_away_pass_near_history(baseline: Trajectory) -> None:
    def within(name: str, year: int) -> float:
        """Give the count of a calendar year [10k persons]."""
        return float(np.diff(total(baseline, f"{name} so far"))[year - 2021]) / 1e4

    assert total(baseline, "Residents")[4] == pytest.approx(3190.47e4, rel=0.01)
    assert total(baseline, "Urban residents")[4] == pytest.approx(2301.49e4, rel=0.01)
    assert total(baseline, "Rural population")[4] == pytest.approx(888.98e4, rel=0.02)
    assert total(baseline, "Away population")[[1, 2]] == pytest.approx([412.56e4, 403.53e4], rel=0.01)
    years = (2021, 2022, 2023)
    assert [within("Births", year) for year in years] == pytest.approx([20.83, 19.21, 17.88], rel=0.04)
    assert [within("Deaths", year) for year in years] == pytest.approx([25.81, 25.99, 28.50], rel=0.02)


def test_beds_and_places_pass_near_what_was_published(baseline: Trajectory) -> None:
    places = dict(zip(("nursery", "school", "health", "elderly care"), np.arange(4), strict=True))
    capacity = baseline["Service capacity"][..., 0].sum(axis=0) / 1e4

    assert capacity[places["nursery"], 5] == pytest.approx(14.6, rel=0.03)
    assert capacity[places["health"], 4] == pytest.approx(24.9, rel=0.02)
    assert capacity[places["elderly care"], 4] == pytest.approx(23.7, rel=0.02)
    assert (np.diff(capacity[places["health"], :6]) > 0).all()


def test_every_effect_is_one_at_the_start(baseline: Trajectory) -> None:
    for name in (
        *("Town pull", "Pull for outsiders", "Pull for townspeople", "Village pull", "Mover response"),
        *("Job prospect", "Family reunion", "Space shortage"),
        *("Effect of open services", "Effect of rural rights"),
    ):
        assert baseline[name][..., 0, 0] == pytest.approx(1.0, abs=1e-12), name


def test_every_region_starts_at_the_published_unemployment_and_none_falls_below_friction(
    results: Results,
) -> None:
    for outcome in results.outcomes:
        assert outcome.run is not None
        trajectory = outcome.run.trajectory
        out_of_work = (trajectory["Urban unemployed"] / trajectory["Urban labour force"])[..., 0]
        assert out_of_work[:, 0] == pytest.approx(0.057, abs=0.0005)
        assert out_of_work.min() >= 0.03


def test_the_model_page_shows_what_the_script_computes(capsys: pytest.CaptureFixture[str]) -> None:
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        import model_tables
    finally:
        sys.path.pop(0)
    for name in ("transfer", "land", "ageing"):
        model_tables.TABLES[name]()

    page = (ROOT / "docs" / "model.md").read_text(encoding="utf-8").splitlines()
    rows = [line for line in capsys.readouterr().out.splitlines() if line.startswith("| ")]
    assert len(rows) > 12
    assert [row for row in rows if row not in page] == []


# --- conservation ----------------------------------------------------------------------------------------


def test_no_person_appears_or_vanishes_in_any_scenario(results: Results) -> None:
    for outcome in results.outcomes:
        assert outcome.run is not None
        trajectory = outcome.run.trajectory
        lost = np.abs(total(trajectory, "Persons unaccounted for"))
        assert lost.max() <= 1e-9 * total(trajectory, "Residents").max(), outcome.name


def test_stocks_change_by_their_flows_across_the_boundary_and_nothing_else(system: System) -> None:
    step = 0.0625
    trajectory = run(system, solver="euler", stop=2023.0, save=np.arange(2020, 2023 + step / 2, step))
    accounts = {
        ("Registered people living away",): (
            ("Births away", "Leaving the municipality"),
            ("Deaths away", "Returning from outside"),
        ),
        ("Quota bank", "Land under development", "Urban construction land"): (("Quota inflow",), ()),
        ("Homesteads in use", "Idle homesteads", "Homesteads under reclamation", "Land ticket inventory"): (
            (),
            ("Land tickets bought",),
        ),
        ("Service capacity", "Places begun", "Places rising", "Places being fitted out"): (
            ("Service starts",),
            ("Places worn out", "Places closed"),
        ),
        ("Urban residents with local urban hukou", "Urban residents with local rural hukou"): (
            (
                "Births to urban hukou",
                "Births to rural hukou",
                "Moving to own towns",
                "Moving to other regions",
                "Returning from outside to towns",
                "Villagers built over",
            ),
            (
                "Deaths with urban hukou",
                "Deaths with rural hukou",
                "Leaving town for a village",
                "Urban hukou leaving for outside",
                "Rural hukou leaving for outside",
            ),
        ),
        ("Rural residents",): (
            ("Births in villages", "Leaving town for a village", "Returning from outside to villages"),
            ("Deaths in villages", "Leaving the village", "Villagers built over"),
        ),
    }
    for stocks, (inflows, outflows) in accounts.items():
        stock = together(trajectory, stocks)
        net = together(trajectory, inflows) - together(trajectory, outflows)
        assert np.diff(stock) == pytest.approx(step * net[:-1], abs=1e-9 * stock.max()), stocks


def test_people_who_leave_a_region_arrive_in_another(baseline: Trajectory) -> None:
    sent = {
        "Rural hukou arriving from other regions": (
            "Moving to other regions",
            "Rural hukou moving to other towns",
            "Rural hukou returning to other regions",
        ),
        "Urban hukou arriving from other towns": (
            "Urban hukou moving to other regions",
            "Urban hukou returning to other regions",
        ),
        "Returning to villages": ("Leaving town for a village",),
    }
    for arriving, leaving in sent.items():
        assert total(baseline, arriving) == pytest.approx(together(baseline, leaving), rel=1e-12)


def test_settlement_moves_people_between_registers_and_not_between_places(baseline: Trajectory) -> None:
    settled = baseline["Settlement"][..., 0].sum(axis=1)

    assert settled == pytest.approx(baseline["Settlement per year"][..., 0], rel=1e-12)


# --- numbers ---------------------------------------------------------------------------------------------


def test_a_hundredfold_tighter_tolerance_moves_the_rate_by_less_than_a_thousandth(system: System) -> None:
    coarse, fine = (urbanization(run(system, rtol=rtol))[-1] for rtol in (1e-6, 1e-8))

    assert abs(coarse - fine) < 0.001


def test_the_step_of_the_file_is_small_enough(system: System, baseline: Trajectory) -> None:
    euler = urbanization(run(system, solver="euler"))

    assert euler == pytest.approx(urbanization(baseline), abs=0.05)


def test_no_stock_turns_negative_in_any_scenario(results: Results) -> None:
    for outcome in results.outcomes:
        assert outcome.run is not None
        assert_sound(outcome.run.trajectory)
        assert all(finding.passed for finding in outcome.run.findings), outcome.name


def test_no_stock_turns_negative_at_either_end_of_any_lever(system: System) -> None:
    for lever in read_levers(MODEL.parent / "levers.yaml"):
        for end in lever.range:
            assert_sound(change(system, lever.variable, end * lever.scale, lever.select))


# --- extreme conditions ----------------------------------------------------------------------------------


def test_without_births_nobody_is_born_and_the_youngest_run_out(system: System) -> None:
    trajectory = run(system, {"Fertility support": 0.0})

    assert total(trajectory, "Births").max() == 0
    youngest = trajectory["Residents by age"][:, 0, :, 0].sum(axis=0)
    assert youngest[-1] < 0.06 * youngest[0]
    assert_sound(trajectory)


def test_without_jobs_the_towns_lose_their_pull(system: System, baseline: Trajectory) -> None:
    trajectory = change(system, "Job programme", -1.0)

    assert trajectory["Urban jobs"][:, 6:].max() == 0
    assert trajectory["Employed share"][:, 6:].max() == 0
    assert trajectory["Town pull"][:, -1].max() < 0.1
    assert total(trajectory, "Moving to own towns")[-1] < 0.15 * total(baseline, "Moving to own towns")[-1]
    for leaving in ("Leaving town for a village", "Urban hukou leaving for outside"):
        assert total(trajectory, leaving)[10] > 2 * total(baseline, leaving)[10], leaving
    assert urbanization(trajectory)[-1] < urbanization(baseline)[-1] - 5
    assert_sound(trajectory)


def test_without_quota_no_land_is_built_on_and_nobody_becomes_urban_in_place(system: System) -> None:
    constants = ("Base quota", "Quota per settler", "Land ticket scale", "Initial quota bank")
    trajectory = run(system, dict.fromkeys(constants, 0.0))

    assert total(trajectory, "Land starts").max() == 0
    assert total(trajectory, "Villagers built over").max() == 0
    assert_sound(trajectory)


def test_land_never_passes_the_growth_boundary_nor_the_ceiling_per_head(system: System) -> None:
    hungry = {"Land wanted over land in use": 4.0, "Base quota": 200.0}
    bounded = run(system, hungry)
    crowded = run(system, {**hungry, "Growth boundary multiple": 9.0})

    used = bounded["Urban construction land"] + bounded["Land under development"]
    assert (used <= bounded["Growth boundary"] * (1 + 1e-9)).all()
    ceiling = 120e-6 * total(crowded, "Urban residents").max()
    assert total(crowded, "Urban construction land")[-1] <= ceiling * 1.001


def test_without_settlement_the_rate_stays_nearly_the_same_and_the_register_stands_still(
    system: System, baseline: Trajectory
) -> None:
    trajectory = run(system, {"Settlement capacity": 0.0})

    assert total(trajectory, "Settlement").max() == 0
    assert urbanization(trajectory)[-1] == pytest.approx(urbanization(baseline)[-1], abs=0.5)
    registered = [total(each, "Registered urban population")[-1] for each in (trajectory, baseline)]
    assert registered[0] < 0.95 * registered[1]


def test_nobody_is_lost_when_one_region_alone_has_jobs(system: System) -> None:
    trajectory = run(system, {"Job programme": np.array([-1.0, 0.0, -1.0, -1.0])})

    assert total(trajectory, "Moving to other regions")[-1] > 0
    assert_sound(trajectory)


def test_from_empty_villages_nobody_leaves(system: System, baseline: Trajectory) -> None:
    trajectory = run(system, {"Initial rural residents": zero(baseline, "Initial rural residents")})

    assert total(trajectory, "Leaving the village")[0] == 0
    assert urbanization(trajectory)[0] == 100
    assert_sound(trajectory)


def test_nobody_returns_from_an_empty_outside(system: System, baseline: Trajectory) -> None:
    away = "Initial registered people living away"
    trajectory = run(system, {away: zero(baseline, away)})

    assert total(trajectory, "Returning from outside")[0] == 0
    assert_sound(trajectory)


def test_people_arrive_from_elsewhere_where_nobody_from_elsewhere_lives_yet(
    system: System, baseline: Trajectory
) -> None:
    outsiders = "Initial urban residents from outside"
    trajectory = run(system, {outsiders: zero(baseline, outsiders)})

    assert total(trajectory, "Population from outside")[-1] > 50e4
    assert_sound(trajectory)


def test_any_number_of_places_is_worth_no_more_than_the_highest_adequacy(
    system: System, baseline: Trajectory
) -> None:
    plenty = 1e3 * baseline["Initial service capacity"][..., 0, 0]
    trajectory = run(system, {"Initial service capacity": plenty})

    assert trajectory["Service adequacy"].max() <= 1.2
    assert_sound(trajectory)


def test_without_places_newcomers_find_towns_less_attractive(system: System, baseline: Trajectory) -> None:
    trajectory = run(system, {"Service programme": zero(baseline, "Service programme")})

    assert urbanization(trajectory)[-1] < urbanization(baseline)[-1]
    assert_sound(trajectory)


def test_places_follow_their_funding(system: System, baseline: Trajectory) -> None:
    adequacy = [
        change(system, "Share of needed places funded", share)["Overall service adequacy"][:, -1, 0]
        for share in (0.0, 0.3, 0.6, 1.0)
    ]

    for less, more in pairwise(adequacy):
        assert (less < 0.97 * more).all()
    assert total(baseline, "Service capacity").min() > 0


# --- groups ---------------------------------------------------------------------------------------------


def test_the_pay_and_the_kin_of_villagers_do_not_move_people_with_an_urban_hukou(
    system: System, baseline: Trajectory
) -> None:
    equal_pay = change(system, "Migrant wage discount", 0.0)
    without_kin = run(system, {"Network elasticity": 0.0})

    assert (equal_pay["Town pull"][:, -1] > 1.1 * baseline["Town pull"][:, -1]).all()
    assert equal_pay["Pull for townspeople"] == pytest.approx(baseline["Pull for townspeople"], rel=0.02)
    assert without_kin["Pull for outsiders"] == pytest.approx(baseline["Pull for outsiders"], rel=0.02)


# --- signs -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("variable", "value", "sign"),
    [
        ("Job programme", 0.1, 1),
        ("County seat attraction", 0.2, 1),
        ("Outsider attraction", 0.3, 1),
        ("Coverage of permit holders", 1.0, 1),
        ("Service programme", 0.5, -1),
        ("Migrant wage discount", 0.1, 1),
        ("Rural income support", 1.2, -1),
        ("Growth boundary multiple", 1.1, -1),
        ("Rural mortality ratio", 1.5, 1),
        ("Base village return rate", 0.02, -1),
    ],
)
def test_the_rate_moves_the_way_it_should(
    system: System, baseline: Trajectory, variable: str, value: float, sign: int
) -> None:
    moved = urbanization(change(system, variable, value))[-1] - urbanization(baseline)[-1]

    assert sign * moved > 0.001


@pytest.mark.parametrize(
    ("variable", "value"), [("Hukou access", 1.0), ("Rural rights kept by settlers", 1.0)]
)
def test_easier_or_safer_settlement_brings_settlers_but_hardly_moves_the_rate(
    system: System, baseline: Trajectory, variable: str, value: float
) -> None:
    eased = change(system, variable, value)

    assert total(eased, "Settlement")[8] > 1.05 * total(baseline, "Settlement")[8]
    assert urbanization(eased)[-1] == pytest.approx(urbanization(baseline)[-1], abs=0.1)


def test_people_who_return_fill_the_towns_but_hold_the_rate_down(
    system: System, baseline: Trajectory
) -> None:
    """A third of them go back to a village, a larger share than villages have of all residents."""
    returning = change(system, "Return start up support", 1.3)

    assert total(returning, "Urban residents")[-1] > total(baseline, "Urban residents")[-1]
    assert urbanization(returning)[-1] < urbanization(baseline)[-1]


def test_open_services_make_an_urban_hukou_worth_less(system: System, baseline: Trajectory) -> None:
    opened = change(system, "Coverage of permit holders", 1.0)

    assert total(opened, "Settlement")[8] < 0.9 * total(baseline, "Settlement")[8]


def test_quota_follows_the_settlers_of_the_year_before(system: System, baseline: Trajectory) -> None:
    stopped = change(system, "Settlement capacity", 0.0)

    assert total(stopped, "Quota for settlers")[5] == pytest.approx(total(baseline, "Quota for settlers")[5])
    assert total(stopped, "Quota for settlers")[6] > 0.2 * total(baseline, "Quota for settlers")[6]
    assert total(stopped, "Quota for settlers")[8] < 0.02 * total(baseline, "Quota for settlers")[8]
    assert baseline["Quota for settlers"][0].max() == 0  # none in the central city


def test_every_lever_moves_something_that_is_reported(system: System) -> None:
    indicators = read_indicators(MODEL.parent / "indicators.yaml")
    reported = {name for i in indicators for name in (i.variable, i.per, i.weight) if name}
    for lever in read_levers(MODEL.parent / "levers.yaml"):
        low, high = (change(system, lever.variable, end * lever.scale, lever.select) for end in lever.range)

        assert any(not np.allclose(low[name], high[name], rtol=1e-6) for name in reported), lever.id
