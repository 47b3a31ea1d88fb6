"""Put equations in an order in which each comes after what it needs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from itertools import product

from urbsim.model.program import Assign, At, Fold, Interpolate, Load, Node, Op, children

Region = tuple[frozenset[int], ...]


def in_order(
    assigns: Sequence[Assign], wanted: Collection[int] | None = None
) -> tuple[list[Assign], list[list[int]]]:
    """Order assignments so that each comes after those it reads.

    A loop nest that reads what it writes itself (one age from the one before) is taken apart, element by
    element.

    Parameters
    ----------
    assigns
        The assignments; reads of arrays that none of them writes are free.
    wanted
        Arrays that are asked for; what they do not need is left out. None asks for all.

    Returns
    -------
    The ordered assignments and, when there is no order, the arrays of each loop (then the first is empty).
    """
    current = list(assigns)
    cut: set[int] = set()  # where loops that cannot be ordered were opened, to look for more of them
    loops: list[list[int]] = []
    while True:
        needs = {i: [] if i in cut else found for i, found in _needs(current).items()}
        if wanted is not None:
            keep = _reach([i for i, a in enumerate(current) if a.target in wanted], needs)
            needs = {i: needs[i] for i in keep}
        try:
            ordered = [current[i] for i in TopologicalSorter(needs).static_order()]
        except CycleError as error:
            cycle = list(dict.fromkeys(error.args[1]))
        else:
            return ([], loops) if loops else (ordered, [])
        whole = [i for i in cycle if current[i].loops]
        if not whole:
            loops.append([current[i].target for i in reversed(cycle)])
            cut.add(cycle[0])
            continue
        # The positions change: loops found so far are told before anything is taken apart.
        if loops:
            return [], loops
        current = [part for i, a in enumerate(current) for part in (_elements(a) if i in whole else (a,))]


def split_needed(ordered: Sequence[Assign], ends: Sequence[Assign]) -> tuple[list[Assign], list[Assign]]:
    """Part ordered assignments into those that `ends` need and the others, each still in order."""
    read = {load.array for assign in ends for load in _loads(assign.expression)}
    needed: list[Assign] = []
    rest: list[Assign] = []
    for assign in reversed(ordered):
        if assign.target in read:
            read |= {load.array for load in _loads(assign.expression)}
            needed.append(assign)
        else:
            rest.append(assign)
    return needed[::-1], rest[::-1]


def _needs(assigns: Sequence[Assign]) -> dict[int, list[int]]:
    """For each assignment, the assignments that write what it reads."""
    writers: dict[int, list[tuple[int, Region]]] = {}
    for position, assign in enumerate(assigns):
        writers.setdefault(assign.target, []).append((position, _region(assign.index)))
    needs: dict[int, list[int]] = {}
    for position, assign in enumerate(assigns):
        found: dict[int, None] = {}
        for load in _loads(assign.expression):
            region = _region(load.index)
            for writer, written in writers.get(load.array, ()):
                if all(a & b for a, b in zip(region, written, strict=True)):
                    found[writer] = None
        needs[position] = list(found)
    return needs


def _reach(start: Sequence[int], needs: Mapping[int, Sequence[int]]) -> list[int]:
    seen: dict[int, None] = {}
    waiting = list(start)
    while waiting:
        position = waiting.pop()
        if position not in seen:
            seen[position] = None
            waiting.extend(needs[position])
    return sorted(seen)


def _region(index: Sequence[At]) -> Region:
    return tuple(frozenset(at.positions) for at in index)


def _loads(node: Node) -> Iterator[Load]:
    if isinstance(node, Load):
        yield node
    for child in children(node):
        yield from _loads(child)


def _elements(assign: Assign) -> Iterator[Assign]:
    """Write a loop nest as one assignment per element."""
    for turn in product(*(range(loop.count) for loop in assign.loops)):
        fixed = {loop.id: k for loop, k in zip(assign.loops, turn, strict=True)}
        yield Assign(
            target=assign.target,
            loops=(),
            index=_fix(assign.index, fixed),
            expression=_fix_node(assign.expression, fixed),
        )


def _fix(index: Sequence[At], fixed: Mapping[int, int]) -> tuple[At, ...]:
    return tuple(At(-1, (at.positions[fixed[at.loop]],)) if at.loop in fixed else at for at in index)


def _fix_node(node: Node, fixed: Mapping[int, int]) -> Node:
    match node:
        case Load():
            return Load(node.array, _fix(node.index, fixed))
        case Interpolate():
            return Interpolate(node.tables, _fix(node.index, fixed), _fix_node(node.argument, fixed))
        case Fold():
            return Fold(node.function, node.loops, _fix_node(node.body, fixed))
        case Op():
            return Op(node.name, tuple(_fix_node(a, fixed) for a in node.arguments))
        case _:
            return node
