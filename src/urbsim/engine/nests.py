"""Equations put into as few loops as possible, and their auxiliaries into as little room."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from urbsim.engine.layout import Layout, lay_out
from urbsim.model.program import Assign, At, Load, Program, walk

NEARBY = 12  # nests back that an equation may join: what it makes must be kept until it is needed

Element = tuple[int, tuple[tuple[int, tuple[int, ...]], ...]]


@dataclass(frozen=True, slots=True)
class Nest:
    """Equations worked out one after another at every turn of loops that are the same for all of them.

    `kept` are the arrays that must be in memory afterwards; the others are needed only within the turn.
    """

    assigns: tuple[Assign, ...]
    kept: frozenset[int]


def element(load: Load | Assign, loops: Sequence[int]) -> Element | None:
    """Give the element that is read or written at a turn, in terms of a nest's loops, given by their ids.

    None where it hangs on another loop, such as that of a sum.
    """
    array = load.array if isinstance(load, Load) else load.target
    found = []
    for at in load.index:
        if at.loop >= 0 and at.loop not in loops:
            return None
        found.append((_depth(at, loops), at.positions))
    return array, tuple(found)


def _depth(at: At, loops: Sequence[int]) -> int:
    return loops.index(at.loop) if at.loop >= 0 else -1


def nest(assigns: Iterable[Assign]) -> list[list[Assign]]:
    """Put equations that run over the same elements into one nest, where none needs what comes later.

    An equation joins the last nest that may take it: nothing that it needs is worked out after that nest,
    and what it needs of the nest itself, it needs of the same turn.
    """
    nests: list[list[Assign]] = []
    written: dict[int, int] = {}  # array -> the last nest that writes it
    read: dict[int, int] = {}  # array -> the last nest that reads it
    for assign in assigns:
        loads = [node for node in walk(assign.expression) if isinstance(node, Load)]
        least = max((written.get(load.array, -1) for load in loads), default=-1)
        # What is written must not have been read or written before by a nest that comes later.
        least = max(least, written.get(assign.target, -1) + 1, read.get(assign.target, -1) + 1)
        counts = [loop.count for loop in assign.loops]
        place = next(
            (
                number
                for number in range(len(nests) - 1, max(least, 0, len(nests) - NEARBY) - 1, -1)
                if [loop.count for loop in nests[number][0].loops] == counts
                and _fits(assign, loads, nests[number])
            ),
            None,
        )
        if place is None:
            place = len(nests)
            nests.append([])
        nests[place].append(assign)
        written[assign.target] = max(written.get(assign.target, -1), place)
        for load in loads:
            read[load.array] = max(read.get(load.array, -1), place)
    return nests


def _fits(assign: Assign, loads: Sequence[Load], members: Sequence[Assign]) -> bool:
    """Tell whether all that an equation needs of a nest is of the same turn."""
    made = {member.target: element(member, [loop.id for loop in member.loops]) for member in members}
    loops = [loop.id for loop in assign.loops]
    return all(element(load, loops) == made[load.array] for load in loads if load.array in made)


def nest_flows(program: Program) -> tuple[tuple[Nest, ...], Layout]:
    """Give the nests of the net flows, and a layout in which auxiliaries have no more room than they need.

    Each auxiliary is worked out shortly before what needs it, and its room is used again after its last use,
    so that what is written is mostly read again while it is still in the cache.
    """
    nests = nest(_nearest_first(program))
    last: dict[int, int] = {}
    within: dict[int, bool] = {}  # whether an array is needed in the turn that makes it only
    for number, members in enumerate(nests):
        made = {m.target: element(m, [loop.id for loop in m.loops]) for m in members}
        for member in members:
            last[member.target] = max(last.get(member.target, number), number)
            within[member.target] = member.target not in within
        for member in members:
            loops = [loop.id for loop in member.loops]
            for load in _loads(member):
                last[load.array] = max(last.get(load.array, number), number)
                if load.array not in made or element(load, loops) != made[load.array]:
                    within[load.array] = False
    place = {n: spot for n, spot in lay_out(program).place.items() if spot[0] != "outputs"}
    layout = lay_out(program)
    free: list[tuple[int, int]] = []  # first row and number of rows
    most = 0
    found = []
    for number, members in enumerate(nests):
        targets = dict.fromkeys(m.target for m in members)
        kept = {t for t in targets if program.arrays[t].kind != "auxiliary" or not within[t]}
        for target in targets:
            size = program.arrays[target].size
            if target not in place and target in kept:
                spot = next((k for k, (_, room) in enumerate(free) if room >= size), None)
                if spot is None:
                    place[target], most = ("outputs", most), most + size
                else:
                    first, room = free.pop(spot)
                    place[target] = ("outputs", first)
                    if room > size:
                        free.append((first + size, room - size))
        gone = {
            a for m in members for a in (m.target, *(load.array for load in _loads(m))) if last[a] == number
        }
        for array in gone:
            if program.arrays[array].kind == "auxiliary" and array in place:
                free = _joined([*free, (place[array][1], program.arrays[array].size)])
        found.append(Nest(tuple(members), frozenset(kept)))
    return tuple(found), replace(layout, place=place, outputs=most)


def nest_all(assigns: Sequence[Assign]) -> tuple[Nest, ...]:
    """Give the nests of equations all of whose results are kept."""
    return tuple(Nest(tuple(members), frozenset(m.target for m in members)) for members in nest(assigns))


def _nearest_first(program: Program) -> tuple[Assign, ...]:
    """Put every equation right before the first that needs it; the order of the model is one that works."""
    flows = program.flows
    writers: dict[int, list[int]] = {}
    for number, assign in enumerate(flows):
        writers.setdefault(assign.target, []).append(number)
    # Only what stands before an equation can be needed by it.
    needed = [
        [w for load in _loads(assign) for w in writers.get(load.array, ()) if w < number]
        for number, assign in enumerate(flows)
    ]
    order: dict[int, None] = {}
    waiting = [n for n, assign in enumerate(flows) if program.arrays[assign.target].kind == "stock"][::-1]
    waiting = [*range(len(flows) - 1, -1, -1), *waiting]
    while waiting:
        number = waiting[-1]
        missing = [w for w in needed[number] if w not in order]
        if number in order or not missing:
            order[waiting.pop()] = None
        else:
            waiting.extend(reversed(missing))
    return tuple(flows[number] for number in order)


def _loads(assign: Assign) -> list[Load]:
    return [node for node in walk(assign.expression) if isinstance(node, Load)]


def _joined(free: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join free rows that touch."""
    joined: list[tuple[int, int]] = []
    for first, size in sorted(free):
        if joined and sum(joined[-1]) == first:
            joined[-1] = (joined[-1][0], joined[-1][1] + size)
        else:
            joined.append((first, size))
    return joined
