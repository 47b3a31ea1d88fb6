"""Where everything of a view stands.

Stocks with their flows form rows that are fixed first: pipes are horizontal, one under the other, and what
leads past a neighbour runs in a lane below. The other names then look for a place on a grid between and
around these rows, so that arrows are short and neither cross each other nor pass behind a name: by simulated
annealing with fixed seeds, hence always with the same result.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from urbsim.drawing.structure import Flow, Link, View
from urbsim.drawing.text import size, width, wrap
from urbsim.model.equations import Model

Floats = npt.NDArray[np.float64]
Point = tuple[float, float]
Rectangle = tuple[float, float, float, float]  # centre and half size
Kind = Literal["stock", "flow", "variable", "constant"]

PITCH_X, PITCH_Y = 150, 76  # the grid of names
WIDEST = 122  # of a wrapped name
BODY, SMALL, TITLE = 10, 8, 14  # sizes of type [point]
FLOW_WIDEST = 168
BOX = 66  # half the width of a stock
VALVE = (7, 9)
CLOUD = (10, 8)
HALF_GAP = 200  # room for a flow between a stock and a cloud
LANE = 58  # distance between lanes below a row
SPARE = 2.0  # grid cells to a name
SWEEPS, LAST = 200, 6  # rounds in which every name may move; in the last ones only for the better
HEAT, TRIES = 2.5, 16  # at the start, in lengths of a cell; free cells looked at in a move
CROSSING, PASSING, BACKWARDS, CENTRE = 1.2, 4.0, 0.12, 0.015  # costs, in lengths of a cell
MARGIN = 30
MARK = "\t"  # parts a name from the number of its copy
ROUNDS = 3  # of looking for places
COPY = 0.5  # cost of a copy, in crossings
FAR, FAR_FOR_A_CAUSE = (
    3.3,
    6.0,
)  # when an arrow is long: from what has no causes here, and from what has [cells]


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A name on the page; `lines` are what is seen, sizes are halves [pixel].

    `key` tells it from other names of the page: a variable may stand on it more than once.
    """

    key: str
    variable: str
    kind: Kind
    shadow: bool
    lines: tuple[str, ...]
    points: float
    x: float
    y: float
    w: float
    h: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipe:
    """A flow as drawn: its name, its valve, and the way from the valve to either end.

    An end that is None is a cloud, which stands at the last point of its way.
    """

    word: Word
    valve: Point
    source: str | None
    target: str | None
    back: tuple[Point, ...]
    ahead: tuple[Point, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrow:
    """An influence; it is a circular arc through `middle`. At a flow it meets the valve or the name."""

    cause: str
    effect: str
    polarity: int
    middle: Point
    from_valve: bool
    to_valve: bool
    hidden: bool  # it passes behind a name


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A view with a place for everything."""

    title: str
    doc: tuple[str, ...]
    words: tuple[Word, ...]
    pipes: tuple[Pipe, ...]
    arrows: tuple[Arrow, ...]
    width: float


@dataclass(frozen=True, slots=True)
class _Row:
    """A chain of stocks with its flows, its upper left corner at (0, 0)."""

    words: list[Word]
    pipes: list[Pipe]
    width: float
    height: float


def lay_out(view: View, model: Model, *, rounds: int = ROUNDS, sweeps: int = SWEEPS) -> Page:
    """Find a place for everything of a view; fewer `rounds` and `sweeps` take less time.

    What is read far away, or where arrows would pass behind other names, is written there once more as a
    shadow, and places are looked for anew.
    """
    rows = [_row(chain, view, model) for chain in _chains(view)]
    rowed = {*view.stocks, *(flow.variable for flow in view.flows)}
    keys = [key for key in (*view.own, *view.shadows) if key not in rowed]
    drafts = []
    for attempt in range(rounds):
        loose = [_word(key, view, model) for key in keys]
        words, pipes, cells, wide = _shelve(rows, len(loose))
        words += _settle(loose, words, pipes, cells, view, attempt, sweeps)
        arrows, badness = _arrows(view, words, pipes)
        copies = sum(MARK in key for key in keys)
        drafts.append((badness + COPY * copies, attempt, view, words, pipes, wide))
        links = _repeated(view, words, pipes, arrows)
        if badness < 1:
            break
        keys += [link.cause for link in links if link.cause not in keys and MARK in link.cause]
        view = replace(view, links=links)
    _, _, view, words, pipes, wide = min(drafts, key=lambda draft: draft[:2])
    doc = wrap(view.doc, BODY, max(wide, 640))
    title = 2 * size((view.title,), TITLE)[1] + (2 * size(doc, BODY)[1] if doc else 0)
    everything = _rectangles(words, pipes)
    left = MARGIN - min(x - w for x, _, w, _ in everything)
    top = 2 * MARGIN + title - min(y - h for _, y, _, h in everything)
    words = [_shifted(word, round(left), round(top)) for word in words]
    pipes = [_moved(pipe, round(left), round(top)) for pipe in pipes]
    right = max(x + w for x, _, w, _ in _rectangles(words, pipes))
    return Page(
        title=view.title,
        doc=doc,
        words=tuple(words),
        pipes=tuple(pipes),
        arrows=_arrows(view, words, pipes)[0],
        width=max(right, *(MARGIN + width(line, BODY) for line in doc or ("",)), width(view.title, TITLE)),
    )


# --- names ------------------------------------------------------------------------------------------------


def _word(key: str, view: View, model: Model, widest: float = WIDEST, shadow: bool | None = None) -> Word:
    """Wrap a name; it stands at (0, 0) still."""
    base, copied, _ = key.partition(MARK)
    variable = model.variables[base]
    kind: Kind = "constant" if variable.kind in ("constant", "lookup") else "variable"
    shadow = bool(copied) or key in view.shadows if shadow is None else shadow
    name = variable.name.strip('"')
    points = SMALL if kind == "constant" and not shadow else BODY
    lines = wrap(f"<{name}>" if shadow else name, points, widest)
    w, h = size(lines, points)
    return Word(
        key=key,
        variable=base,
        kind=kind,
        shadow=shadow,
        lines=lines,
        points=points,
        x=0,
        y=0,
        w=math.ceil(w),
        h=math.ceil(h),
    )


def _shifted(word: Word, dx: float, dy: float) -> Word:
    return replace(word, x=word.x + dx, y=word.y + dy)


def _moved(pipe: Pipe, dx: float, dy: float) -> Pipe:
    def move(points: Iterable[Point]) -> tuple[Point, ...]:
        return tuple((x + dx, y + dy) for x, y in points)

    return replace(
        pipe,
        word=_shifted(pipe.word, dx, dy),
        valve=move([pipe.valve])[0],
        back=move(pipe.back),
        ahead=move(pipe.ahead),
    )


# --- rows of stocks ---------------------------------------------------------------------------------------


def _chains(view: View) -> list[list[str]]:
    """Group the stocks that flows join, each group in the order that lets most flows run to a neighbour."""
    joined = {(f.source, f.target) for f in view.flows if f.source is not None and f.target is not None}
    groups: list[list[str]] = []
    for stock in view.stocks:
        touching = [g for g in groups if any((stock, s) in joined or (s, stock) in joined for s in g)]
        merged = [s for g in touching for s in g] + [stock]
        groups = [g for g in groups if g not in touching] + [merged]
    order = {stock: index for index, stock in enumerate(view.stocks)}
    groups.sort(key=lambda group: min(order[s] for s in group))

    def badness(chain: Iterable[str]) -> float:
        at = {stock: index for index, stock in enumerate(chain)}
        steps = [at[t] - at[s] for s, t in joined if s in at and t in at]
        return sum(10 * (abs(step) - 1) + (step < 0) for step in steps)

    chains = []
    for group in groups:
        group.sort(key=order.__getitem__)
        tries: Iterable[tuple[str, ...]] = (
            itertools.permutations(group) if len(group) <= 7 else [tuple(group)]
        )
        chains.append(list(min(tries, key=badness)))
    return chains


def _row(chain: Sequence[str], view: View, model: Model) -> _Row:
    """Put a chain of stocks in a row: between two of them what leads across, then what ends in between."""
    at = {stock: index for index, stock in enumerate(chain)}
    gaps: list[tuple[list[Flow], list[Flow], list[Flow]]] = [([], [], []) for _ in range(len(chain) + 1)]
    lanes: list[tuple[Flow, str, str]] = []
    for flow in view.flows:
        source = at.get(flow.source) if flow.source is not None else None
        target = at.get(flow.target) if flow.target is not None else None
        if source is not None and target is not None:
            if abs(source - target) == 1:
                gaps[max(source, target)][0].append(flow)
            else:
                lanes.append((flow, chain[source], chain[target]))
        elif source is not None:
            gaps[source + 1][1].append(flow)
        elif target is not None:
            gaps[target][2].append(flow)
    names = {
        id(flow): replace(_word(flow.variable, view, model, FLOW_WIDEST, _ghost(flow, view)), kind="flow")
        for flow in view.flows
    }
    pitch = max(2 * (VALVE[1] + word.h) + 10 for word in names.values()) if names else 0
    slots = max((len(a) + max(len(b), len(c)) for a, b, c in gaps), default=0)
    boxes = {stock: _box(stock, model) for stock in chain}
    half = max(slots * pitch / 2, *(box.h for box in boxes.values()))
    centre = half - pitch / 2 + VALVE[1] + 3 if slots else half  # of the pipes; their names are below them
    pipes: list[Pipe] = []
    words: list[Word] = []
    x = 0.0
    middles: dict[str, float] = {}
    for index, (across, out, into) in enumerate(gaps):
        room = _room(across, out, into)
        first = half - (len(across) + max(len(out), len(into))) * pitch / 2 + VALVE[1] + 3
        heights = [first + pitch * k for k in range(slots)]
        for y, flow in zip(heights, across, strict=False):
            forward = flow.source == chain[index - 1]
            ends = ((x, y), (x + room, y)) if forward else ((x + room, y), (x, y))
            pipes.append(_pipe(flow, names[id(flow)], (x + room / 2, y), [ends[0]], [ends[1]]))
        rest = heights[len(across) :]
        for y, flow in zip(rest, out, strict=False):
            end = (x + HALF_GAP - 20, y)
            pipes.append(_pipe(flow, names[id(flow)], (x + HALF_GAP / 2, y), [(x, y)], [end]))
        for y, flow in zip(rest, into, strict=False):
            right = x + room
            begin = (right - HALF_GAP + 20, y)
            pipes.append(_pipe(flow, names[id(flow)], (right - HALF_GAP / 2, y), [begin], [(right, y)]))
        x += room
        if index < len(chain):
            box = boxes[chain[index]]
            middles[chain[index]] = x + box.w
            beside = max(len(a) + max(len(b), len(c)) for a, b, c in (gaps[index], gaps[index + 1]))
            high = max(box.h, (beside - 1) * pitch / 2 + 18)
            words.append(replace(box, x=x + box.w, y=centre, h=math.ceil(high)))
            x += 2 * box.w
    bottom = 2 * half
    for number, (flow, giver, receiver) in enumerate(lanes):
        y = bottom + 30 + LANE * number
        shift = BOX - 14 - 12 * number
        ways = []
        for stock, other in ((giver, receiver), (receiver, giver)):
            towards = 1 if at[other] > at[stock] else -1
            box = next(w for w in words if w.key == stock)
            port = middles[stock] + towards * shift
            ways.append([(port, y), (port, box.y + box.h)])
        middle = ((ways[0][0][0] + ways[1][0][0]) / 2, y)
        pipes.append(_pipe(flow, names[id(flow)], middle, ways[0], ways[1]))
        words_bottom = y + 2 * VALVE[1] + 2 * names[id(flow)].h
        bottom = max(bottom, words_bottom)
    above = min(y - h for _, y, _, h in _rectangles(words, pipes))
    words = [_shifted(word, 0, -above) for word in words]
    pipes = [_moved(pipe, 0, -above) for pipe in pipes]
    return _Row(words, pipes, x, bottom - above)


def _ghost(flow: Flow, view: View) -> bool:
    return not flow.first or flow.variable in view.shadows


def _room(across: Sequence[Flow], out: Sequence[Flow], into: Sequence[Flow]) -> float:
    if out and into:
        return 2 * HALF_GAP
    return HALF_GAP if across or out or into else 0


def _box(stock: str, model: Model) -> Word:
    lines = wrap(model.variables[stock].name.strip('"'), BODY, 2 * BOX - 12)
    w, h = size(lines, BODY)
    return Word(
        key=stock,
        variable=stock,
        kind="stock",
        shadow=False,
        lines=lines,
        points=BODY,
        x=0,
        y=0,
        w=max(BOX, math.ceil(w) + 4),
        h=max(24, math.ceil(h) + 4),
    )


def _pipe(flow: Flow, word: Word, valve: Point, back: Sequence[Point], ahead: Sequence[Point]) -> Pipe:
    placed = replace(word, x=valve[0], y=valve[1] + VALVE[1] + 1 + word.h)
    return Pipe(
        word=placed,
        valve=valve,
        source=flow.source,
        target=flow.target,
        back=tuple(back),
        ahead=tuple(ahead),
    )


def _shelve(rows: Sequence[_Row], loose: int) -> tuple[list[Word], list[Pipe], Floats, float]:
    """Put the rows on shelves, and give the grid cells left free around them."""
    cells = math.ceil(SPARE * loose)
    area = cells * PITCH_X * PITCH_Y + sum(row.width * (row.height + 40) for row in rows)
    wide = max(math.sqrt(1.6 * area), *(row.width for row in rows), 3 * PITCH_X)
    shelves: list[list[_Row]] = []
    for row in rows:
        used = sum(r.width + 60 for r in shelves[-1]) if shelves else math.inf
        if used + row.width <= wide + 1:
            shelves[-1].append(row)
        else:
            shelves.append([row])
    columns = max(round(wide / PITCH_X), 1)
    least = len(shelves) + 1 if loose > 3 * len(shelves) > 0 or (rows and loose > 6) else 0
    for bands in range(
        least, 400
    ):  # one more line of cells at a time: below, above, and then between the shelves
        spaces = [0] * (len(shelves) + 1)
        for band in range(bands):
            spaces[(len(spaces) - 1 - band) % len(spaces)] += 1
        words: list[Word] = []
        pipes: list[Pipe] = []
        taken: list[Rectangle] = []
        y = float(spaces[0] * PITCH_Y)
        for shelf, space in zip(shelves, spaces[1:], strict=True):
            high = max(row.height for row in shelf)
            x = max(0.0, (columns * PITCH_X - sum(r.width + 60 for r in shelf) + 60) / 2) if loose else 0.0
            for row in shelf:
                down = y + (high - row.height) / 2 + 12
                words += [_shifted(word, x, down) for word in row.words]
                pipes += [_moved(pipe, x, down) for pipe in row.pipes]
                taken.append((x + row.width / 2, down + row.height / 2, row.width / 2, row.height / 2))
                x += row.width + 60
            y += high + 30 + space * PITCH_Y
        lines = max(math.ceil(y / PITCH_Y), 1)
        grid = [
            (PITCH_X * (c + 0.5), PITCH_Y * (r + 0.5))
            for r in range(lines)
            for c in range(columns)
            if not any(
                abs(PITCH_X * (c + 0.5) - tx) < tw + PITCH_X / 2
                and abs(PITCH_Y * (r + 0.5) - ty) < th + PITCH_Y / 2
                for tx, ty, tw, th in taken
            )
        ]
        if len(grid) >= cells:
            break
    pipes.sort(key=lambda pipe: pipe.word.shadow)  # of a flow drawn twice, arrows meet the first
    return words, pipes, np.array(grid, dtype=float).reshape(-1, 2), columns * PITCH_X


# --- names on the grid ------------------------------------------------------------------------------------


def _rectangles(words: Iterable[Word], pipes: Iterable[Pipe]) -> list[Rectangle]:
    """Give centre and half size of all that takes room: names, boxes, valves, clouds."""
    found = [(word.x, word.y, word.w, word.h) for word in words]
    for pipe in pipes:
        found += [(pipe.word.x, pipe.word.y, pipe.word.w, pipe.word.h), (*pipe.valve, *VALVE)]
        found += [
            (*way[-1], *CLOUD)
            for way, end in ((pipe.back, pipe.source), (pipe.ahead, pipe.target))
            if end is None
        ]
    return found


def _segments(pipes: Iterable[Pipe]) -> list[tuple[Point, Point]]:
    return [
        pair
        for pipe in pipes
        for way in (pipe.back, pipe.ahead)
        for pair in itertools.pairwise((pipe.valve, *way))
    ]


def _flow_rectangle(pipe: Pipe) -> Rectangle:
    """Take valve and name of a flow for one thing, which arrows lead to."""
    top, bottom = pipe.valve[1] - VALVE[1], pipe.word.y + pipe.word.h
    return pipe.word.x, (top + bottom) / 2, max(pipe.word.w, VALVE[0]), (bottom - top) / 2


def crossing(p: Floats, q: Floats, r: Floats, s: Floats) -> npt.NDArray[np.bool_]:
    """Say where the segments p-q and r-s cross; touching at an end is no crossing."""

    def side(a: Floats, b: Floats, c: Floats) -> Floats:
        out: Floats = (b[..., 0] - a[..., 0]) * (c[..., 1] - a[..., 1]) - (b[..., 1] - a[..., 1]) * (
            c[..., 0] - a[..., 0]
        )
        return out

    found: npt.NDArray[np.bool_] = (side(p, q, r) * side(p, q, s) < -1e-6) & (
        side(r, s, p) * side(r, s, q) < -1e-6
    )
    return found


def passing(p: Floats, q: Floats, centre: Floats, half: Floats) -> npt.NDArray[np.bool_]:
    """Say where the segment p-q passes through the rectangle of this centre and half size."""
    step = q - p
    step = np.where(np.abs(step) < 1e-9, 1e-9, step)
    one, two = (centre - half - p) / step, (centre + half - p) / step
    enter = np.minimum(one, two).max(axis=-1)
    leave = np.maximum(one, two).min(axis=-1)
    found: npt.NDArray[np.bool_] = np.minimum(leave, 1.0) - np.maximum(enter, 0.0) > 1e-9
    return found


class _Board:
    """The page while names are looking for their place: nodes, edges, and what a place would cost."""

    def __init__(self, loose: Sequence[Word], words: Sequence[Word], pipes: Sequence[Pipe], view: View):
        nodes = [(w.key, w.x, w.y, w.w, w.h) for w in (*loose, *words)]
        first: dict[str, int] = {}
        nodes += [(p.word.variable, *_flow_rectangle(p)) for p in pipes]
        for index, (key, *_) in enumerate(nodes):
            first.setdefault(key, index)
        clouds = [
            (*way[-1], *CLOUD)
            for p in pipes
            for way, end in ((p.back, p.source), (p.ahead, p.target))
            if end is None
        ]
        self.keys = [node[0] for node in nodes]
        self.at = np.array([node[1:3] for node in nodes] + [c[:2] for c in clouds], dtype=float).reshape(
            -1, 2
        )
        self.half = np.array([node[3:5] for node in nodes] + [c[2:] for c in clouds], dtype=float).reshape(
            -1, 2
        )
        self.half = self.half + 3
        pairs = dict.fromkeys((first[link.cause], first[link.effect]) for link in view.links)
        self.edges = np.array(list(pairs), dtype=int).reshape(-1, 2)
        pipe_ends = np.array(_segments(pipes), dtype=float).reshape(-1, 2, 2)
        self.pipes = pipe_ends
        self.middle = self.at.mean(axis=0) if len(self.at) else np.zeros(2)

    def costs(self, node: int, cells: Floats, placed: npt.NDArray[np.bool_]) -> Floats:
        """Price every cell for a node, given the nodes that have their place."""
        known = placed[self.edges].all(axis=1) if len(self.edges) else np.zeros(0, dtype=bool)
        incident = (self.edges == node).any(axis=1)
        others = self.edges[known & ~incident]
        mine = self.edges[incident]
        mine = mine[placed[np.where(mine[:, 0] == node, mine[:, 1], mine[:, 0])]]
        outward = mine[:, 0] == node
        ends = np.where(outward, mine[:, 1], mine[:, 0])
        goal = self.at[ends]
        p, q = cells[:, None, :], goal[None, :, :]
        reach = np.sqrt((((p - q) / (PITCH_X, PITCH_Y * 1.4)) ** 2).sum(axis=-1))
        cost: Floats = (reach**1.25).sum(axis=1)
        back = np.where(outward, p[..., 0] - q[..., 0], q[..., 0] - p[..., 0]) / PITCH_X
        cost = cost + BACKWARDS * np.maximum(back, 0.0).sum(axis=1)
        cost = cost + CENTRE * np.sqrt((((cells - self.middle) / PITCH_X) ** 2).sum(axis=-1))
        obstacles = placed.copy()
        obstacles[node] = False
        rects = np.flatnonzero(obstacles)
        if len(mine):
            hit = passing(
                p[:, :, None, :], q[:, :, None, :], self.at[rects][None, None], self.half[rects][None, None]
            )
            hit &= rects[None, None, :] != ends[None, :, None]
            cost = cost + PASSING * hit.sum(axis=(1, 2))
            lines = np.concatenate([self.at[others], self.pipes])
            if len(lines):
                crossed = crossing(
                    p[:, :, None, :], q[:, :, None, :], lines[None, None, :, 0], lines[None, None, :, 1]
                )
                cost = cost + CROSSING * crossed.sum(axis=(1, 2))
        if len(others):
            a, b = self.at[others[:, 0]], self.at[others[:, 1]]
            behind = passing(a[None], b[None], cells[:, None, :], self.half[node][None, None])
            cost = cost + PASSING * behind.sum(axis=1)
        return cost


def _settle(
    loose: Sequence[Word],
    words: Sequence[Word],
    pipes: Sequence[Pipe],
    cells: Floats,
    view: View,
    seed: int,
    sweeps: int,
) -> list[Word]:
    """Give every loose name a cell of the grid."""
    if not loose:
        return []
    board = _Board(loose, words, pipes, view)
    board.middle = (cells.min(axis=0) + cells.max(axis=0)) / 2
    placed = np.ones(len(board.at), dtype=bool)
    placed[: len(loose)] = False
    seats = np.full(len(loose), -1)
    chance = random.Random(seed)  # noqa: S311 - the same picture every time
    degree = np.zeros(len(board.at))
    for node in board.edges.ravel():
        degree[node] += 1

    def seat(node: int, heat: float) -> None:
        present = int(seats[node])
        seats[node] = -1
        taken = set(seats.tolist())
        free = [cell for cell in range(len(cells)) if cell not in taken]
        if heat and len(free) > TRIES:
            free = sorted({present, *chance.sample(free, TRIES)} - {-1})
        cost = board.costs(node, cells[free], placed)
        if heat:  # Gumbel's noise: a cell is taken with the probability that Boltzmann gives it
            noise = [-math.log(-math.log(0.5e-9 + (1 - 1e-9) * chance.random())) for _ in free]
            cost = cost - heat * np.array(noise)
        best = free[int(np.argmin(np.round(cost, 9)))]
        seats[node], board.at[node], placed[node] = best, cells[best], True

    linked = set(board.edges.ravel().tolist())
    waiting = {node for node in range(len(loose)) if node in linked}
    alone = [node for node in range(len(loose)) if node not in linked]
    movable = sorted(waiting)
    while waiting:  # always the name that knows most of its neighbours

        def known(node: int) -> tuple[int, float, int]:
            near = [b if a == node else a for a, b in board.edges if node in (a, b)]
            return sum(bool(placed[n]) for n in near), degree[node], -node

        chosen = max(waiting, key=known)
        waiting.remove(chosen)
        seat(chosen, 0.0)
    for sweep in range(sweeps):
        heat = HEAT * max(0.0, 1 - sweep / max(sweeps - LAST, 1))
        order = list(movable)
        chance.shuffle(order)
        for node in order:
            seat(node, heat)
    lowest = max((cells[seats[node], 1] for node in movable), default=0.0)
    free = sorted(
        set(range(len(cells))) - set(seats.tolist()), key=lambda c: (abs(cells[c, 1] - lowest), cells[c, 0])
    )
    for node, cell in zip(alone, free, strict=False):  # in the order of the file, below what is linked
        board.at[node] = cells[cell]
    return [replace(word, x=float(x), y=float(y)) for word, (x, y) in zip(loose, board.at, strict=False)]


def _repeated(
    view: View, words: Sequence[Word], pipes: Sequence[Pipe], arrows: Sequence[Arrow]
) -> tuple[Link, ...]:
    """Let arrows that are long, or pass behind something however they bend, begin at a copy of their cause.

    What only leads to such arrows stays and keeps the shortest.
    """
    at = {pipe.word.key: pipe.valve for pipe in pipes} | {word.key: (word.x, word.y) for word in words}
    rooted = {link.effect for link in view.links} | set(view.stocks) | {f.variable for f in view.flows}
    copies = sum(MARK in link.cause for link in view.links)
    found: dict[int, float] = {}
    for index, (link, arrow) in enumerate(zip(view.links, arrows, strict=True)):
        (px, py), (qx, qy) = at[link.cause], at[link.effect]
        reach = math.hypot((qx - px) / PITCH_X, (qy - py) / (1.4 * PITCH_Y))
        if arrow.hidden or reach > (FAR_FOR_A_CAUSE if link.cause in rooted else FAR):
            found[index] = reach
    links = list(view.links)
    for cause in dict.fromkeys(link.cause for link in view.links):
        all_of_it = [index for index, link in enumerate(view.links) if link.cause == cause]
        bad = sorted((index for index in all_of_it if index in found), key=found.__getitem__)
        if cause not in rooted and len(bad) == len(all_of_it):
            bad = bad[1:]
        for index in bad:
            copies += 1
            links[index] = replace(links[index], cause=f"{cause.partition(MARK)[0]}{MARK}{copies}")
    return tuple(links)


# --- arrows -----------------------------------------------------------------------------------------------

BENDS = tuple(sign * bend for bend in (0.0, 0.06, 0.11, 0.17, 0.24, 0.32, 0.4) for sign in (1, -1))


def arc(start: Point, middle: Point, end: Point, pieces: int = 16) -> Floats:
    """Give points of the circular arc from `start` through `middle` to `end`, or of the line they are on."""
    (ax, ay), (bx, by), (cx, cy) = start, middle, end
    turn = 2 * (ax * (by - cy) + bx * (cy - ay) + cx * (ay - by))
    if abs(turn) < 1e-3 * (math.hypot(cx - ax, cy - ay) ** 2 + 1e-9):
        return np.linspace(start, end, pieces + 1)
    a, b, c = ax * ax + ay * ay, bx * bx + by * by, cx * cx + cy * cy
    x = (a * (by - cy) + b * (cy - ay) + c * (ay - by)) / turn
    y = (a * (cx - bx) + b * (ax - cx) + c * (bx - ax)) / turn
    radius = math.hypot(ax - x, ay - y)
    from_, via, to = (math.atan2(v - y, u - x) for u, v in (start, middle, end))
    sweep = (to - from_) % (2 * math.pi)
    if (via - from_) % (2 * math.pi) > sweep:
        sweep -= 2 * math.pi
    angles = from_ + sweep * np.linspace(0, 1, pieces + 1)
    return np.stack([x + radius * np.cos(angles), y + radius * np.sin(angles)], axis=1)


def _arrows(view: View, words: Sequence[Word], pipes: Sequence[Pipe]) -> tuple[tuple[Arrow, ...], float]:
    """Bend each arrow where that leads it past a name, or away from its counterpart; price what remains."""
    places: dict[str, Rectangle] = {word.key: (word.x, word.y, word.w, word.h) for word in words}
    valves: dict[str, tuple[Rectangle, Rectangle]] = {}
    for pipe in reversed(pipes):
        name = pipe.word
        places[name.variable] = _flow_rectangle(pipe)
        valves[name.variable] = (*pipe.valve, *VALVE), (name.x, name.y, name.w, name.h)

    def meet(key: str, other: str) -> tuple[Rectangle, bool]:
        """Say where an arrow from or to another name meets this one, and whether that is a valve."""
        if key not in valves:
            return places[key], False
        above = places[other][1] + places[other][3] < valves[key][0][1]
        return valves[key][0 if above else 1], above

    rects = np.array(
        [
            *((w.x, w.y, w.w, w.h) for w in words),
            *(_flow_rectangle(pipe) for pipe in pipes),
            *(r for r in _rectangles([], pipes) if r[2:] == CLOUD),
        ]
    )
    both = {(link.cause, link.effect) for link in view.links}
    least, most = (rects[:, :2] - rects[:, 2:]).min(axis=0), (rects[:, :2] + rects[:, 2:]).max(axis=0)
    done: list[Floats] = [np.zeros((1, 2)), *(np.array(pair) for pair in _segments(pipes))]
    arrows = []
    total = 0.0
    for link in view.links:
        (start, from_valve), (end, to_valve) = meet(link.cause, link.effect), meet(link.effect, link.cause)
        apart = ~np.all(rects == places[link.cause], axis=1) & ~np.all(rects == places[link.effect], axis=1)
        choices: list[tuple[float, int, Point, Floats, bool]] = []
        starts, stops = np.concatenate([w[:-1] for w in done]), np.concatenate([w[1:] for w in done])
        owners = np.repeat(np.arange(len(done)), [len(w) - 1 for w in done])
        for bend in BENDS:
            dx, dy = end[0] - start[0], end[1] - start[1]
            middle = (
                float(round((start[0] + end[0]) / 2 - bend * dy)),
                float(round((start[1] + end[1]) / 2 + bend * dx)),
            )
            way = arc(start[:2], middle, end[:2])
            p, q = way[:-1, None], way[1:, None]
            hit = passing(p, q, rects[apart][None, :, :2], rects[apart][None, :, 2:] + 2).any(axis=0).sum()
            meets = crossing(p, q, starts[None], stops[None]).any(axis=0)
            crossed = len(np.unique(owners[meets]))
            outside = bool(((way < least - 8) | (way > most + 8)).any())
            twin = bend == 0 and (link.effect, link.cause) in both
            badness = 10 * hit + 8 * outside + crossed + 3 * abs(bend) + 2 * twin
            choices.append((float(badness), len(choices), middle, way, bool(hit)))
            if badness == 0:
                break
        badness, _, middle, way, hidden = min(choices, key=lambda choice: choice[:2])
        done.append(way)
        total += badness
        arrows.append(
            Arrow(
                cause=link.cause,
                effect=link.effect,
                polarity=link.polarity,
                middle=middle,
                from_valve=from_valve,
                to_valve=to_valve,
                hidden=hidden,
            )
        )
    return tuple(arrows), total
