"""Print the tables of `docs/model.md` as Markdown, computed from the model as it stands.

    python tools/model_tables.py                    # all of them, in about a minute
    python tools/model_tables.py history scenarios  # some of them

The tables: scenarios, history, ageing, levers, unsure, transfer, response, land, variants.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

import urbsim
from urbsim.engine.compile import Constant, System, compile_program
from urbsim.engine.schedule import Move, Schedule
from urbsim.engine.solve import solve
from urbsim.engine.trajectory import Trajectory
from urbsim.model.lower import lower
from urbsim.names import fold
from urbsim.study.apply_place import apply_place
from urbsim.study.catalogue_file import read_levers
from urbsim.study.lever import Lever
from urbsim.study.place import Number
from urbsim.study.place_file import read_place
from urbsim.study.scenario import Amount, Setting
from urbsim.study.scenario_file import read_scenario

ROOT = Path(__file__).resolve().parents[1]
PLACE = read_place(ROOT / "models" / "places" / "chongqing")
YEARS = np.arange(2020.0, 2036.0)
COUNTED = (
    *("Initial rural residents", "Initial urban residents", "Initial registered"),
    *(
        "Share of arrivals by age",
        "Age-specific fertility share",
        "Service weight",
        "Relative migration rate",
    ),
)
"""Not varied as a whole: people are counted, shares add up to 1, a pattern scales with its level."""
JUMP, RAMP = (2025.0, 2025.0), (2025.0, 2030.0)

Floats = npt.NDArray[np.float64]
Changes = Mapping[str, Floats | float]


@cache
def system() -> System:
    """Give the model with the numbers of the place."""
    model = urbsim.read_model(ROOT / "models" / "urbanization.mdl")
    return compile_program(lower(apply_place(model, PLACE)))


def shaped(constant: Constant, inputs: Floats) -> Floats:
    """Give the values of a constant in the shape of its axes."""
    values = inputs[constant.first : constant.first + constant.size]
    return np.asarray(values.reshape([len(axis) for axis in constant.axes]).copy(), dtype=float)


def where(constant: Constant, region: str, elements: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Mark what a row of a table speaks of."""
    marked = np.ones([len(axis) for axis in constant.axes], dtype=bool)
    names = {fold(name) for name in (region, *elements) if name}
    for position, axis in enumerate(constant.axes):
        chosen = [fold(element) in names for element in axis]
        if any(chosen):
            shape = [1] * len(constant.axes)
            shape[position] = len(axis)
            marked &= np.array(chosen).reshape(shape)
    return marked


def run(
    changes: Changes | None = None,
    moves: Sequence[tuple[Lever, float]] = (),
    times: tuple[float, float] = RAMP,
) -> Trajectory:
    """Run with constants changed throughout, and levers that reach a value in 2030."""
    inputs = system().inputs.copy()
    for name, value in (changes or {}).items():
        constant = system().constant(name)
        inputs[constant.first : constant.first + constant.size] = np.broadcast_to(
            value, [len(axis) for axis in constant.axes]
        ).ravel()
    paths = []
    for lever, end in moves:
        constant = system().constant(lever.variable)
        slots = np.arange(constant.first, constant.first + constant.size)
        chosen = slots[where(constant, "", tuple(lever.select.values())).ravel()]
        for slot in chosen:
            path = (float(inputs[slot]), end * lever.scale)
            paths.append(Move(slot=int(slot), times=times, values=path))
    schedule = Schedule(start=2020.0, stop=2035.0, save=YEARS, inputs=inputs[:, None], moves=tuple(paths))
    return solve(system(), schedule)


def total(trajectory: Trajectory, name: str) -> Floats:
    """Give a variable over time, summed over its subscripts."""
    values = trajectory[name][..., 0]
    return np.asarray(values.sum(axis=tuple(range(values.ndim - 1))), dtype=float)


def rate(trajectory: Trajectory) -> Floats:
    """Give the urbanization rate over time [%]."""
    return 100 * total(trajectory, "Urban residents") / total(trajectory, "Residents")


def people(trajectory: Trajectory, name: str) -> Floats:
    """Give a count of people over time [10k persons]."""
    return total(trajectory, name) / 1e4


def show(header: Iterable[object], rows: Iterable[Iterable[object]]) -> None:
    """Print a table."""
    cells = [str(cell) for cell in header]
    print("|", " | ".join(cells).strip(), "|")
    print("|---" * len(cells) + "|")
    for row in rows:
        print("|", " | ".join(str(cell) for cell in row), "|")


def scenarios() -> None:
    """Print what the scenarios come to, and `everything` without the levers that lower its own rate."""
    outcomes = urbsim.run(sorted((ROOT / "scenarios").glob("*.yaml"))).outcomes
    rows = []
    for outcome in outcomes:
        if outcome.run is None:
            raise SystemExit(f"{outcome.name} failed")
        trajectory = outcome.run.trajectory
        numbers = [f"{rate(trajectory)[year - 2020]:.1f}" for year in (2025, 2030, 2035)]
        counts = [f"{people(trajectory, name)[-1] / 100:.1f}" for name in ("Urban residents", "Residents")]
        rows.append([outcome.name, *numbers, *counts, f"{rate(trajectory)[-1]:.2f}"])
    show(("scenario", 2025, 2030, 2035, "urban 2035, million", "residents 2035, million", "rate exact"), rows)


def history() -> None:
    """Print published and modelled values of 2020-2025."""
    baseline = run()
    since = {
        name: np.diff(people(baseline, name), prepend=np.nan) for name in ("Births so far", "Deaths so far")
    }
    adequate = baseline["Service capacity"][..., 0].sum(axis=0) / 1e4
    modelled = {
        "urbanization_rate": rate(baseline),
        "residents": people(baseline, "Residents"),
        "rural_residents": people(baseline, "Rural population"),
        "away_residents": people(baseline, "Away population"),
        "outside_residents": people(baseline, "Residents from outside"),
        "births": since["Births so far"],
        "deaths": since["Deaths so far"],
        "share_65_plus": 100 * total(baseline, "Residents aged 65 and over") / total(baseline, "Residents"),
        "surveyed_unemployment": 100
        * total(baseline, "Urban unemployed")
        / total(baseline, "Urban labour force"),
        "nursery_places": adequate[0],
        "hospital_beds": adequate[2],
        "elderly_care_beds": adequate[3],
    }
    observed = {(o.indicator, o.year): o.value for o in PLACE.history if fold(o.region) == fold(PLACE.name)}
    rows = []
    for name, values in modelled.items():
        cells = [name]
        for year in range(2020, 2026):
            found, value = observed.get((name, year)), values[year - 2020]
            published = "-" if found is None else f"{found:.2f}"
            cells.append(f"{published} / {'-' if np.isnan(value) else f'{value:.2f}'}")
        rows.append(cells)
    show(("published / model", *range(2020, 2026)), rows)
    arrivals = np.diff(people(baseline, "Net arrivals so far"))
    print("\nnet arrivals from outside, 2021-24:", np.round(arrivals[:4], 1))
    regions = [o for o in PLACE.history if o.indicator == "urbanization_rate" and o.year == 2022]
    share = baseline["Urban residents"][:, 2, 0] / baseline["Residents"][:, 2, 0]
    for observation in regions:
        if observation.region in PLACE.regions:
            at = list(PLACE.regions).index(observation.region)
            print(
                f"{observation.region} 2022: model {100 * share[at]:.1f}, published {observation.value:.1f}"
            )


def ageing() -> None:
    """Print residents of 65 and over, and what cohorts by single years without migration would give."""
    baseline = run()
    rates = constant_of("Death rate")
    level = baseline["Urban death rate"][0, :, 0] / rates[0]
    older = np.zeros(len(YEARS))
    for stock, excess in (
        ("Urban residents by age", 1.0),
        ("Rural residents", float(constant_of("Rural mortality ratio"))),
    ):
        groups = baseline[stock][:, :, 0, 0].sum(axis=0)
        single, oldest = np.repeat(groups[:-1] / 5, 5), groups[-1]
        dying = np.repeat(rates[:-1], 5) * excess
        older[0] += single[65:].sum() + oldest
        for year in range(1, len(YEARS)):
            strength = (level[year - 1] + level[year]) / 2
            survived = single * np.exp(-dying * strength)
            oldest = oldest * np.exp(-rates[-1] * excess * strength) + survived[-1]
            single = np.concatenate([[0.0], survived[:-1]])
            older[year] += single[65:].sum() + oldest
    model = people(baseline, "Residents aged 65 and over")
    years = (2021, 2022, 2023, 2025, 2028, 2030, 2035)
    at = [year - 2020 for year in years]
    show(
        ("", *years),
        (
            ["model", *(f"{model[i]:.0f}" for i in at)],
            ["cohorts by single years, no migration", *(f"{older[i] / 1e4:.0f}" for i in at)],
        ),
    )


def constant_of(name: str) -> Floats:
    """Give the value of a constant."""
    return shaped(system().constant(name), system().inputs)


def levers() -> None:
    """Print what each lever does alone at the ends of its range, and all at their better ends."""
    baseline = run()
    start = rate(baseline)[-1], people(baseline, "Urban residents")[-1]
    rows = []
    best: dict[str, list[tuple[Lever, float]]] = {"rate": [], "urban residents": []}
    for lever in read_levers(ROOT / "models" / "levers.yaml"):
        ends = [run(moves=[(lever, end)]) for end in lever.range]
        points = [rate(each)[-1] - start[0] for each in ends]
        counts = [people(each, "Urban residents")[-1] - start[1] for each in ends]
        best["rate"].append((lever, lever.range[int(np.argmax(points))]))
        best["urban residents"].append((lever, lever.range[int(np.argmax(counts))]))
        rows.append(
            [
                lever.id,
                " / ".join(f"{end:g}" for end in lever.range),
                " / ".join(f"{x:+.2f}" for x in points),
                " / ".join(f"{x:+.0f}" for x in counts),
            ]
        )
    show(("lever", "ends", "rate, points", "urban residents, 10k"), rows)
    for aim, moves in best.items():
        all_of_them = run(moves=moves)
        urban = people(all_of_them, "Urban residents")[-1] / 100
        print(f"\nall levers at the end better for {aim}: {rate(all_of_them)[-1]:.1f} %, {urban:.1f} million")


def unsure() -> None:
    """Print what the ends of each number's range do to the rate of 2035 (and of 2024), alone."""
    baseline = rate(run())
    pulled = {lever.variable for lever in read_levers(ROOT / "models" / "levers.yaml")}
    by_name: dict[str, list[Number]] = {}
    for number in PLACE.numbers:
        by_name.setdefault(number.variable, []).append(number)
    rows = []
    for name, numbers in by_name.items():
        if name in pulled or name.startswith(COUNTED) or all(n.low is None for n in numbers):
            continue
        constant = system().constant(name)
        ends = []
        for side in ("low", "high"):
            values = shaped(constant, system().inputs)
            for number in numbers:
                end = number.low if side == "low" else number.high
                if end is not None:
                    values[where(constant, number.region, number.elements)] = end
            ends.append(rate(run({name: values})) - baseline)
        rows.append((name, [f"{each[-1]:+.2f}" for each in ends], [f"{each[4]:+.2f}" for each in ends], ends))
    rows.sort(key=lambda row: -max(abs(each[-1]) for each in row[3]))
    show(
        ("number at low / high", "rate 2035", "rate 2024"),
        ([name, " / ".join(last), " / ".join(fourth)] for name, last, fourth, _ in rows[:32]),
    )
    factors = (0.8, 0.9, 1.1, 1.2)
    land = constant_of("Initial urban construction land")
    print("\nInitial urban construction land x", factors, end=": ")
    print(
        [
            f"{rate(run({'Initial urban construction land': land * f}))[-1] - baseline[-1]:+.2f}"
            for f in factors
        ]
    )


def transfer() -> None:
    """Print the parts of the net transfer out of the villages over rural residents, and of its fall."""
    baseline = run()
    rural = baseline["Rural residents"][..., 0]
    base = constant_of("Base village departure rate")[:, None] * constant_of("Relative migration rate")
    turnover = baseline["Turnover"][..., 0][..., :1]
    everybody = rural.sum(axis=(0, 1))
    gross = total(baseline, "Leaving the village")
    parts = {
        "departures, pattern by age x ages of the villages": (rural * base[..., None]).sum(axis=(0, 1)),
        "departures, turnover": (rural * turnover).sum(axis=(0, 1)),
        "departures, response to pulls": np.zeros(len(YEARS)),
        "in-place urbanization": total(baseline, "Villagers built over per year"),
        "returns from towns": -total(baseline, "Returning to villages"),
        "returns from outside": -total(baseline, "Returning from outside to villages"),
    }
    pattern, turning = "departures, pattern by age x ages of the villages", "departures, turnover"
    parts["departures, response to pulls"] = gross - parts[pattern] - parts[turning]
    parts["net transfer"] = sum(parts.values(), np.zeros(len(YEARS)))
    shares = {name: 100 * part / everybody for name, part in parts.items()}
    fall = shares["net transfer"][0] - shares["net transfer"][-1]
    show(
        ("% of rural residents a year", 2020, 2025, 2030, 2035, "share of the fall"),
        (
            [name, *(f"{s[i]:.2f}" for i in (0, 5, 10, 15)), f"{100 * (s[0] - s[-1]) / fall:.0f} %"]
            for name, s in shares.items()
        ),
    )
    net, stock = parts["net transfer"] / 1e4, everybody / 1e4
    print(f"\nnet transfer {net[0]:.1f} -> {net[-1]:.1f} (10k a year)", end="; ")
    print(f"rural residents {stock[0]:.0f} -> {stock[-1]:.0f} (10k)")
    kept = shares["net transfer"][0] / 100 * stock[-1]
    print(f"at the rate of 2020 the villages of 2035 would send {kept:.1f}")
    young = rural[:, 3:5].sum(axis=(0, 1)) / 1e4
    print("rural residents aged 15-24 in 2020, 2025, 2030, 2035:", *young[[0, 5, 10, 15]].round(1))


def response() -> None:
    """Print elasticities to the pull of all towns: a hundredth more attraction from the end of 2025 on."""
    (lever,) = (x for x in read_levers(ROOT / "models" / "levers.yaml") if x.id == "county_seat_attraction")
    baseline, pulled = run(), run(moves=[(lever, 0.01)], times=JUMP)
    flows = (
        "Leaving the village",
        "Moving to own towns",
        "Villagers leaving for outside",
        "Returning to villages",
    )
    more = ("Returning from outside", "Net rural to urban transfer", "Arrivals from outside")
    show(
        ("flow", "elasticity to the pull of towns"),
        (
            [name, f"{100 * (total(pulled, name)[6] / total(baseline, name)[6] - 1):.2f}"]
            for name in (*flows, *more)
        ),
    )


def land() -> None:
    """Print the land that is wanted beside the quota in hand [km2 a year, km2]."""
    baseline = run()
    years = (2021, 2025, 2030, 2035)
    rows = [
        [label, *(f"{np.diff(total(baseline, name))[year - 2021]:.0f}" for year in years)]
        for label, name in (
            ("land starts wanted", "Land starts wanted so far"),
            ("land starts", "Land starts so far"),
            ("new quota", "Quota inflow so far"),
        )
    ]
    bank = total(baseline, "Quota bank")
    show(("km2", *years), [*rows, ["quota bank, year end", *(f"{bank[year - 2020]:.0f}" for year in years)]])


def variants() -> None:
    """Print runs that the page speaks of."""
    slopes = {
        "Income elasticity": 1.5,
        "Job elasticity": 1.0,
        "Service elasticity": 0.6,
        "Network elasticity": 0.5,
    }

    def line(label: str, trajectory: Trajectory) -> list[object]:
        numbers = (f"{rate(trajectory)[i]:.2f}" for i in (4, 10, 15))
        counts = (f"{people(trajectory, name)[-1] / 100:.1f}" for name in ("Urban residents", "Residents"))
        return [label, *numbers, *counts]

    rows = [line("baseline", run())]
    arrivals = constant_of("Base arrivals from outside")
    for wanted in (3.5, 0.0):
        low, high = -0.5, 1.0
        for _ in range(25):
            middle = (low + high) / 2
            tried = run({"Base arrivals from outside": middle * arrivals})
            mean = people(tried, "Net arrivals so far")[4] / 4
            low, high = (middle, high) if mean < wanted else (low, middle)
        label = f"net arrivals {wanted:+.1f} (10k a year) on average 2021-24, arrivals x {middle:.2f}"
        rows.append(line(label, tried))
    by_id = {lever.id: lever for lever in read_levers(ROOT / "models" / "levers.yaml")}
    quota = ("base_land_quota", "settler_land_quota", "land_ticket_scale")
    rows.append(line("no new quota by 2030", run(moves=[(by_id[name], 0.0) for name in quota])))
    rows.append(line("no quota per settler by 2030", run(moves=[(by_id["settler_land_quota"], 0.0)])))
    rows.append(line("all slopes of the pulls at their highs", run(slopes)))
    rows.append(line("land wanted as in use (x 1.0)", run({"Land wanted over land in use": 1.0})))
    rows.append(line("land planning time 16 years", run({"Land planning time": 16.0})))
    rows.append(line("participation as in 2020", run({"Rise of participation": 0.0})))
    funding = by_id["service_funding"]
    rows.extend(line(f"service funding {x:g} %", run(moves=[(funding, x)])) for x in (60.0, 30.0, 0.0))
    show(("run", "rate 2024", "rate 2030", "rate 2035", "urban, million", "residents, million"), rows)
    unequal = run({"Rise of participation": 0.0})
    out = 100 * total(unequal, "Urban unemployed") / total(unequal, "Urban labour force")
    print(f"\nunemployment of 2024 with participation as in 2020: {out[4]:.1f} %")
    print(
        f"everything {everything():.2f}, all slopes at their highs {everything(parameters=slopes):.2f}",
        end="",
    )
    against = ("rural_income_support", "return_start_up_support", "redevelopment_rate")
    for left_out in [*((name,) for name in against), against]:
        print(f"; without {', '.join(left_out)} {everything(without=left_out):.2f}", end="")
    print()


def everything(without: Sequence[str] = (), parameters: Mapping[str, float] | None = None) -> float:
    """Give the rate of 2035 of the scenario `everything`, less some levers, with other numbers [%]."""
    scenario = read_scenario(ROOT / "scenarios" / "everything.yaml", (ROOT / "scenarios",))
    kept = {lever: setting for lever, setting in scenario.levers.items() if lever not in without}
    given = {name: (Setting(amounts=(Amount(number=value),)),) for name, value in (parameters or {}).items()}
    (outcome,) = urbsim.run([replace(scenario, levers=kept, parameters=given)]).outcomes
    if outcome.run is None:
        raise SystemExit(f"{scenario.name} failed")
    return float(rate(outcome.run.trajectory)[-1])


TABLES: dict[str, Callable[[], None]] = {
    each.__name__: each
    for each in (scenarios, history, ageing, levers, unsure, transfer, response, land, variants)
}


def main() -> int:
    """Print the tables that are named, or all."""
    unknown = [name for name in sys.argv[1:] if name not in TABLES]
    if unknown:
        print(f"there is no table {', '.join(unknown)}; there are {', '.join(TABLES)}", file=sys.stderr)
        return 2
    for name in sys.argv[1:] or TABLES:
        print(f"\n## {name}\n")
        TABLES[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main())
