"""A model, and a place it is applied to -> everything that its page shows."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import TypeVar

from urbsim.document.nouns import (
    Document,
    Entry,
    Numbers,
    Picture,
    Sector,
    ShownIndicator,
    TracedLever,
    TracedLoop,
)
from urbsim.document.numbers import numbers_of
from urbsim.document.words import honesty_words
from urbsim.drawing.layout import lay_out
from urbsim.drawing.sketch import NAME, read_picture, split_sketch, write_page
from urbsim.drawing.sketch import Picture as Sketched
from urbsim.drawing.structure import WHOLE, make_views, read_sectors, sector_members
from urbsim.drawing.structure import Sector as Heading
from urbsim.drawing.svg import paint
from urbsim.engine.simulate import simulate
from urbsim.errors import InputError, RunError
from urbsim.model.check import CLOCK, check_model
from urbsim.model.equations import Model, Number, Table, Variable
from urbsim.model.graph import Graph, components, graph_of, loop_through, reached, shortest_path
from urbsim.model.influence import names_in, nets_of
from urbsim.model.read import decode, read_equations, read_model
from urbsim.names import fold
from urbsim.study.apply_place import apply_place
from urbsim.study.catalogue_file import read_indicators, read_levers, read_loops, read_names
from urbsim.study.fit import check_names
from urbsim.study.indicator import Indicator
from urbsim.study.lever import Lever
from urbsim.study.loop import Loop
from urbsim.study.outside_file import read_outside
from urbsim.study.place import Place
from urbsim.study.place_file import read_place
from urbsim.study.position import positions_of
from urbsim.study.words import Words

CONTROL = "control"  # the group in which Vensim keeps the times of a run
SHORT_WORK = 1500  # moves of names for a picture that the file does not have, to be drawn at once
T = TypeVar("T")


def document(file: Path, folder: Path | None = None) -> Document:
    """Gather what the page of a model shows.

    Parameters
    ----------
    file
        The model.
    folder
        A place whose numbers, sources, observations and targets are shown; None shows the model alone.

    Raises
    ------
    InputError
        The model or the place cannot be read, or the place does not fit the model.
    """
    model = read_model(file)
    place = read_place(folder) if folder else None
    applied = apply_place(model, place) if place else model
    graph = graph_of(model)
    levers = _fitting(_catalogue(file, "levers.yaml", read_levers), model, lambda lever: [lever.variable])
    indicators = _fitting(_catalogue(file, "indicators.yaml", read_indicators), model, _names)
    named = _fitting(_catalogue(file, "loops.yaml", read_loops), model, _stations)
    vocabulary = read_names(file.parent / "names.yaml")
    if named or levers or indicators:  # otherwise the catalogues belong to another model beside it
        check_names(vocabulary, model)
    numbers = numbers_of(place, model)
    loops = tuple(_traced_loop(loop, model, graph) for loop in named)
    stocks = [key for key, variable in model.variables.items() if variable.kind == "stock"]
    known = _Known(
        model=model,
        graph=graph,
        anchors=_anchors(model),
        flows=frozenset(flow for net in nets_of(model).values() for flow in (*net.inflows, *net.outflows)),
        texts=read_equations(file),
        numbers=numbers,
        levers=levers,
        indicators=indicators,
        loops=loops,
    )
    sectors = _sectors(file, known)
    return Document(
        title=file.stem,
        model=model,
        digest=hashlib.sha256(file.read_bytes()).hexdigest(),
        place=place,
        dimensions=applied.dimensions,
        sectors=sectors,
        loops=tuple(replace(loop, sectors=_passed(loop, sectors)) for loop in loops),
        components=tuple(map(len, components(graph))),
        stock_loops={key: shortest_path(graph, key, key) for key in stocks},
        levers=tuple(_traced_lever(lever, indicators, graph, numbers) for lever in levers),
        indicators=tuple(_shown(indicator, place) for indicator in indicators),
        targets=place.targets if place else (),
        outside=read_outside(place.folder) if place else (),
        sources=place.sources if place else (),
        problems=check_model(model),
        vocabulary=vocabulary,
        honesty=_honesty(model),
    )


def _honesty(model: Model) -> Words:
    try:
        run = simulate(model)
    except (InputError, RunError) as failure:
        return Words(en=str(failure))
    return honesty_words(run.honesty) if run.honesty else Words()


# --- catalogues -------------------------------------------------------------------------------------------


def _catalogue(file: Path, name: str, read: Callable[[Path], tuple[T, ...]]) -> tuple[T, ...]:
    path = file.parent / name
    return read(path) if path.is_file() else ()


def _fitting(entries: Sequence[T], model: Model, names: Callable[[T], Iterable[str]]) -> tuple[T, ...]:
    """Leave out what speaks of variables that this model does not have: it belongs to another one."""
    return tuple(entry for entry in entries if all(fold(name) in model.variables for name in names(entry)))


def _names(indicator: Indicator) -> list[str]:
    return [name for name in (indicator.variable, indicator.per, indicator.weight) if name]


def _stations(loop: Loop) -> list[str]:
    return [loop.switch, *(name for path in loop.paths for name in path)]


def _traced_loop(loop: Loop, model: Model, graph: Graph) -> TracedLoop:
    switch = fold(loop.switch)
    return TracedLoop(
        loop=loop,
        doc=model.variables[switch].doc,
        cuts=tuple(graph.effects[switch]),
        ways=tuple(loop_through(graph, [fold(name) for name in path]) for path in loop.paths),
    )


def _passed(traced: TracedLoop, sectors: Sequence[Sector]) -> tuple[int, ...]:
    """Give the numbers of the sectors that a loop passes, from 1; the way back to the first is not told."""
    owners = {entry.key: number for number, sector in enumerate(sectors, 1) for entry in sector.entries}
    way = next((way for way in traced.ways if way), None)
    return tuple(number for number, _ in groupby(owners[key] for key in way.keys)) if way else ()


def _traced_lever(
    lever: Lever, indicators: Sequence[Indicator], graph: Graph, numbers: Mapping[str, Numbers]
) -> TracedLever:
    own = _own_values(lever, numbers.get(fold(lever.variable)))
    steps = reached(graph, [fold(lever.variable)])

    def nearest(indicator: Indicator) -> int | None:
        found = [steps[fold(name)] for name in _names(indicator) if fold(name) in steps]
        return min(found, default=None)

    near = [(nearest(indicator), indicator) for indicator in indicators]
    ordered = sorted(((n, i) for n, i in near if n is not None), key=lambda pair: pair[0])
    return TracedLever(
        lever=lever,
        own=own,
        positions=positions_of(lever, own) if own else lever.positions,
        reached=tuple(indicator for _, indicator in ordered),
        not_reached=tuple(indicator for n, indicator in near if n is None),
    )


def _own_values(lever: Lever, numbers: Numbers | None) -> tuple[float, ...]:
    """Give the different values that a place has for a lever [unit of the lever]."""
    if numbers is None:
        return ()
    wanted = {fold(element) for element in lever.select.values()}
    given = [*numbers.few, *(cell for _, cells in numbers.rows for cell in cells if cell)]
    chosen = [one.value for one in given if wanted <= {fold(part) for part in one.label}]
    return tuple(sorted({float(f"{value / lever.scale:.12g}") for value in chosen}))


def _shown(indicator: Indicator, place: Place | None) -> ShownIndicator:
    years = [int(one.year) for one in (place.history if place else ()) if one.indicator == indicator.id]
    return ShownIndicator(
        indicator=indicator,
        keys={name: fold(name) for name in _names(indicator)},
        observed=(min(years), max(years), len(years)) if years else None,
    )


# --- sectors and their pictures ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What entries are made of."""

    model: Model
    graph: Graph
    anchors: Mapping[str, str]
    flows: frozenset[str]
    texts: Callable[[Variable], tuple[str, ...]]
    numbers: Mapping[str, Numbers]
    levers: Sequence[Lever]
    indicators: Sequence[Indicator]
    loops: Sequence[TracedLoop]


def _sectors(file: Path, known: _Known) -> tuple[Sector, ...]:
    headings, sketches = _file_views(file, known.model)
    parts = _parts(known.model, headings, sketches)
    owners = {key: index for index, (_, keys) in enumerate(parts) for key in keys}
    docs = [part.doc for part, _ in parts if part.doc]
    drawn: dict[str, list[tuple[bool, int]]] = {}
    pictures: dict[int, list[Picture]] = {}
    for number, sketch in enumerate((sketch for sketch in sketches if sketch.lines), start=1):
        here = _own(sketch, known.model)
        for key, shadow in here.items():
            drawn.setdefault(key, []).append((shadow, number))
        votes = [owners[key] for key, shadow in here.items() if not shadow] or [owners[key] for key in here]
        home = max(dict.fromkeys(votes), key=votes.count, default=0)
        svg = paint(sketch, address=partial(_address, anchors=known.anchors), skip=[sketch.title, *docs])
        pictures.setdefault(home, []).append(Picture(number=number, title=sketch.title, svg=svg))
    return tuple(
        Sector(
            title=part.name,
            doc=part.doc,
            pictures=tuple(pictures.get(index, ())),
            entries=tuple(
                _entry(key, known, [number for _, number in sorted(drawn.get(key, ()))]) for key in keys
            ),
        )
        for index, (part, keys) in enumerate(parts)
    )


def _entry(key: str, known: _Known, pictures: Sequence[int]) -> Entry:
    variable = known.model.variables[key]
    kind: str = variable.kind
    return Entry(
        key=key,
        anchor=known.anchors[key],
        name=variable.name.strip('"'),
        kind="flow" if kind == "auxiliary" and key in known.flows else kind,
        unit=variable.unit,
        doc=variable.doc,
        equations=known.texts(variable) or _literal(variable),
        line=variable.line,
        limits=variable.limits,
        uses=tuple(known.graph.causes[key]),
        used_by=tuple(known.graph.effects[key]),
        pictures=tuple(pictures),
        loops=tuple(
            traced.loop.id for traced in known.loops if any(way and key in way.keys for way in traced.ways)
        ),
        levers=tuple(lever for lever in known.levers if fold(lever.variable) == key),
        indicators=tuple(one for one in known.indicators if key in map(fold, _names(one))),
        points=_points(variable),
        numbers=known.numbers.get(key),
    )


def _file_views(file: Path, model: Model) -> tuple[list[Heading], list[Sketched]]:
    """Read the groups and the pictures of a file; where it has no pictures, they are drawn."""
    headings: list[Heading] = []
    sketches: list[Sketched] = []
    if file.suffix.lower() == ".mdl":
        equations, blocks, _ = split_sketch(decode(file.read_bytes(), file))
        headings = read_sectors(equations)
        for block in blocks:
            try:
                sketch = read_picture(block)
            except (ValueError, IndexError, StopIteration):  # of a kind that we do not know
                continue
            if any(item.what == NAME for item in sketch.items):
                sketches.append(sketch)
    if not sketches:
        model = _without_clock(model)
        views = make_views(model, headings)
        names = max((len(view.own) + len(view.shadows) for view in views), default=0) or 1
        sweeps = max(8, min(60, SHORT_WORK // (names * len(views))))
        sketches = [
            read_picture(write_page(lay_out(view, model, rounds=1, sweeps=sweeps), model)) for view in views
        ]
    return headings, sketches


def _without_clock(model: Model) -> Model:
    """Leave out the times of a run, unless something else reads them."""
    read = {
        name
        for key, variable in model.variables.items()
        if key not in CLOCK
        for equation in variable.equations
        for name in names_in(equation.expression, model)
    }
    kept = {key: variable for key, variable in model.variables.items() if key not in CLOCK or key in read}
    return replace(model, variables=kept)


def _parts(
    model: Model, headings: Sequence[Heading], sketches: Sequence[Sketched]
) -> list[tuple[Heading, list[str]]]:
    """Divide the variables by the groups of the file or, when it has none worth the name, by its views."""
    groups = sector_members(model, headings)
    telling = [part for part, _ in groups if fold(part.name) != CONTROL and part.name != WHOLE]
    if telling or len(sketches) < 2:
        return groups
    home: dict[str, int] = {}
    for index, sketch in enumerate(sketches):
        for key, shadow in _own(sketch, model).items():
            if not shadow:
                home.setdefault(key, index)
    views = [
        (
            Heading(name=sketch.title, doc="", line=0),
            [key for key in model.variables if home.get(key) == index],
        )
        for index, sketch in enumerate(sketches)
    ]
    rest = [(part, [key for key in keys if key not in home]) for part, keys in groups]
    return [(part, keys) for part, keys in (*views, *rest) if keys]


def _own(sketch: Sketched, model: Model) -> dict[str, bool]:
    """List the variables of a picture, and whether each is but a shadow there."""
    found: dict[str, bool] = {}
    for item in sketch.items:
        key = fold(item.name) if item.what == NAME else ""
        if key in model.variables:
            found[key] = found.get(key, True) and item.shadow
    return found


# --- variables --------------------------------------------------------------------------------------------


def _anchors(model: Model) -> dict[str, str]:
    """Give each variable a name that an address can end in, and no other has."""
    anchors: dict[str, str] = {}
    taken: set[str] = set()
    for key in model.variables:
        base = anchor = "v-" + (re.sub(r"[^\w]+", "-", key).strip("-") or "variable")
        number = 1
        while anchor in taken:
            number += 1
            anchor = f"{base}-{number}"
        taken.add(anchor)
        anchors[key] = anchor
    return anchors


def _address(name: str, anchors: Mapping[str, str]) -> str:
    anchor = anchors.get(fold(name))
    return f"#{anchor}" if anchor else ""


def _literal(variable: Variable) -> tuple[str, ...]:
    """Write a number that the file gives by other means than an equation, such as XMILE's times."""
    numbers = [e.expression.value for e in variable.equations if isinstance(e.expression, Number)]
    return tuple(f"{number:.12g}" for number in numbers)


def _points(variable: Variable) -> tuple[tuple[float, float], ...]:
    tables = [e.expression for e in variable.equations if isinstance(e.expression, Table)]
    return (
        tuple(zip(tables[0].x, tables[0].y, strict=True))
        if len(variable.equations) == len(tables) == 1
        else ()
    )
