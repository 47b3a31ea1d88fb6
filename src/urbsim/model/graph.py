"""The graph of a model: what each variable reads and what reads it, and the feedback loops in it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import prod

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from urbsim.model.equations import Model
from urbsim.model.influence import causes_of

Links = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """Causes and effects by folded name.

    Parameters
    ----------
    causes, effects
        All that an equation reads, and where a variable is read, with polarity (see `causes_of`).
    running
        The effects, without what is read at the start of a run only: feedback runs along these.
    """

    causes: Links
    effects: Links
    running: Links


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """A way along the equations; each step reads the one before. A loop ends where it begins.

    `signs` are those of the links: 1, -1, or 0 where the equation does not tell.
    """

    keys: tuple[str, ...]
    signs: tuple[int, ...]

    @property
    def polarity(self) -> int:
        """Give 1 for a reinforcing chain, -1 for a balancing one, 0 when a link is open."""
        return prod(self.signs)


def graph_of(model: Model) -> Graph:
    """Read the graph of a model from its equations."""
    causes = {key: causes_of(variable, model) for key, variable in model.variables.items()}
    running = {key: causes_of(variable, model, running=True) for key, variable in model.variables.items()}
    return Graph(causes=causes, effects=_turned(causes), running=_turned(running))


def components(graph: Graph) -> list[tuple[str, ...]]:
    """List the sets of variables that all act on each other, the largest first."""
    keys = list(graph.running)
    at = {key: index for index, key in enumerate(keys)}
    ends = [(at[cause], at[effect]) for cause in keys for effect in graph.running[cause]]
    rows, columns = zip(*ends, strict=True) if ends else ((), ())
    shape = (len(keys), len(keys))
    matrix = coo_array((np.ones(len(ends)), (np.array(rows, int), np.array(columns, int))), shape=shape)
    count, labels = connected_components(matrix, connection="strong")
    members: list[list[str]] = [[] for _ in range(count)]
    for key, label in zip(keys, labels, strict=True):
        members[label].append(key)
    loops = [part for part in members if len(part) > 1 or part[0] in graph.running[part[0]]]
    return sorted(map(tuple, loops), key=len, reverse=True)


def shortest_path(graph: Graph, start: str, end: str) -> Path | None:
    """Find the way of fewest equations from one variable to another, or from one back to itself."""
    before: dict[str, str] = {}
    waiting = deque([start])
    while waiting and end not in before:
        key = waiting.popleft()
        for effect in graph.running[key]:
            if effect not in before:
                before[effect] = key
                waiting.append(effect)
    if end not in before:
        return None
    keys = [end]
    while len(keys) == 1 or keys[-1] != start:
        keys.append(before[keys[-1]])
    return _path(graph, keys[::-1])


def loop_through(graph: Graph, waypoints: Sequence[str]) -> Path | None:
    """Find the shortest ways between waypoints, in their order, and from the last back to the first."""
    keys = [waypoints[0]]
    for here, there in pairwise((*waypoints, waypoints[0])):
        part = shortest_path(graph, here, there)
        if part is None:
            return None
        keys.extend(part.keys[1:])
    return _path(graph, keys)


def reached(graph: Graph, starts: Iterable[str]) -> dict[str, int]:
    """Give every variable that these act on, with the least number of equations in between."""
    steps = dict.fromkeys(starts, 0)
    waiting = deque(steps)
    while waiting:
        key = waiting.popleft()
        for effect in graph.effects[key]:
            if effect not in steps:
                steps[effect] = steps[key] + 1
                waiting.append(effect)
    return steps


def _turned(causes: Links) -> dict[str, dict[str, int]]:
    effects: dict[str, dict[str, int]] = {key: {} for key in causes}
    for effect, signs in causes.items():
        for cause, sign in signs.items():
            effects[cause][effect] = sign
    return effects


def _path(graph: Graph, keys: Sequence[str]) -> Path:
    return Path(keys=tuple(keys), signs=tuple(graph.running[a][b] for a, b in pairwise(keys)))
