"""What each view shows: the variables of a sector, the flows of its stocks, and what both read elsewhere."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from urbsim.model.equations import Model
from urbsim.model.influence import Net, causes_of, nets_of

FULL = 40  # elements of a full page; the flows of stocks, drawn in rows, count half

MOST = 3 * FULL  # variables of a page
MANY = 2  # stocks of a page that is about stocks
PAGE, STEEPNESS = 6, 8  # what one more page costs, in links cut, and how fast a full page gets costly

WHOLE = "Model"  # the sector of what stands above all headings

HEADING = re.compile(r"^\*{3,}\n\s*\.(?P<name>[^\n]+)\n\*{3,}~\n(?P<doc>[^|~]*)\|", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sector:
    """A group of equations under one heading of the file."""

    name: str
    doc: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """A flow of a stock of the view; an end that is None is drawn as a cloud.

    A flow that does more than lead from one stock to another (people who enter one stock or another) is
    drawn again for each further stock; only one of these is `first`.
    """

    variable: str
    source: str | None
    target: str | None
    first: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A cause and its effect.

    `polarity` is 1 when more of the cause means more of the effect, -1 when it means less, and 0 when the
    equation does not tell; it takes factors to be positive.
    """

    cause: str
    effect: str
    polarity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One page of the picture. Variables are folded names.

    `own` are drawn here with all their causes; `shadows` are drawn elsewhere and read here, or are
    flows of a stock of this view whose causes are drawn elsewhere.
    """

    title: str
    doc: str
    own: tuple[str, ...]
    stocks: tuple[str, ...]
    flows: tuple[Flow, ...]
    shadows: tuple[str, ...]
    links: tuple[Link, ...]


def read_sectors(text: str) -> list[Sector]:
    """Find the headings of the groups of an `.mdl`."""
    return [
        Sector(
            name=match["name"].strip(),
            doc=" ".join(match["doc"].split()),
            line=text.count("\n", 0, match.start()) + 1,
        )
        for match in HEADING.finditer(text)
    ]


def sector_members(model: Model, sectors: Sequence[Sector]) -> list[tuple[Sector, list[str]]]:
    """Give each sector its variables, in the order of the file; those above all headings come first."""
    every = [Sector(name=WHOLE, doc="", line=0), *sectors]
    members: dict[int, list[str]] = {sector.line: [] for sector in every}
    for key, variable in sorted(model.variables.items(), key=lambda item: item[1].line):
        members[max(sector.line for sector in every if sector.line <= variable.line)].append(key)
    return [(sector, members[sector.line]) for sector in every if members[sector.line]]


def make_views(model: Model, sectors: Sequence[Sector]) -> list[View]:
    """Divide a model into views, in the order of the file.

    A sector that is too large for one page is cut between equations, where the fewest links and flows are
    cut; what stands together in the file stays together.
    """
    causes = {key: causes_of(variable, model) for key, variable in model.variables.items()}
    nets = nets_of(model)
    views = []
    for sector, members in sector_members(model, sectors):
        parts = _parts(members, causes, nets)
        drawn = [_view(sector, part, causes, nets) for part in parts]
        if len(drawn) == 1:
            views += drawn
            continue
        for view in drawn:
            topic = _topic(view, nets, model)
            views.append(replace(view, title=f"{sector.name}: {topic}"))
    return views


def _topic(view: View, nets: Mapping[str, Net], model: Model) -> str:
    """Say what a part of a sector is about: its stocks, its busiest stock, or what most links meet."""
    if len(view.stocks) > MANY:
        return "stocks and flows"

    def meetings(key: str) -> int:
        if key in nets:
            return len(nets[key].inflows) + len(nets[key].outflows)
        return sum(key in (link.cause, link.effect) for link in view.links)

    name = model.variables[max(view.stocks or view.own, key=meetings)].name.strip('"')
    return f"{name[0].lower()}{name[1:]}"


def _view(
    sector: Sector, part: Sequence[str], causes: Mapping[str, Mapping[str, int]], nets: Mapping[str, Net]
) -> View:
    stocks = tuple(key for key in part if key in nets)
    flows = _flows(stocks, nets)
    piped = {(end, flow.variable) for flow in flows for end in (flow.source, flow.target)}
    links = [
        Link(cause=cause, effect=key, polarity=polarity)
        for key in part
        for cause, polarity in causes[key].items()
        if (key, cause) not in piped and cause != key
    ]
    shown = {link.cause: None for link in links} | {flow.variable: None for flow in flows}
    return View(
        title=sector.name,
        doc=sector.doc,
        own=tuple(part),
        stocks=stocks,
        flows=flows,
        shadows=tuple(key for key in shown if key not in part),
        links=tuple(links),
    )


def _flows(stocks: Sequence[str], nets: Mapping[str, Net]) -> tuple[Flow, ...]:
    """Pair what leaves one stock with what enters another; what is left over begins or ends in a cloud."""
    receivers: dict[str, list[str]] = {}
    givers: dict[str, list[str]] = {}
    for stock in stocks:
        for name in nets[stock].inflows:
            receivers.setdefault(name, []).append(stock)
        for name in nets[stock].outflows:
            givers.setdefault(name, []).append(stock)
    flows = []
    for name in dict.fromkeys((*givers, *receivers)):
        targets, sources = receivers.get(name, []), givers.get(name, [])
        targets.sort(key=lambda stock: nets[stock].account)  # stable: the accounts last
        ends: list[tuple[str | None, str | None]] = []
        if sources and targets and not nets[targets[0]].account:
            ends.append((sources.pop(0), targets.pop(0)))
        ends += [(source, None) for source in sources] + [(None, target) for target in targets]
        flows += [
            Flow(variable=name, source=source, target=target, first=not index)
            for index, (source, target) in enumerate(ends)
        ]
    return tuple(flows)


def _parts(
    keys: Sequence[str], causes: Mapping[str, Mapping[str, int]], nets: Mapping[str, Net]
) -> list[list[str]]:
    """Cut a sector where least is cut and no page gets much too full."""
    count = len(keys)
    within = set(keys)

    def weigh(first: int, last: int) -> float:
        part = set(keys[first:last])
        flows = {name for key in part if key in nets for name in (*nets[key].inflows, *nets[key].outflows)}
        read = {cause for key in part for cause in causes[key]} - part - flows
        size = len(part - flows) + len(read) + len(flows) / 2
        torn = sum(2 for name in flows if name in within and name not in part)
        torn += sum(
            3
            for name in flows
            for key in within - part
            if key in nets and name in (*nets[key].inflows, *nets[key].outflows)
        )
        return PAGE + len(read & within) + torn + PAGE * (size / FULL) ** STEEPNESS

    best: dict[int, tuple[float, tuple[int, ...]]] = {0: (0.0, ())}
    for last in range(1, count + 1):
        best[last] = min(
            (best[first][0] + weigh(first, last), (*best[first][1], last))
            for first in range(max(0, last - MOST), last)
        )
    cuts = best[count][1]
    return _joined([list(keys[a:b]) for a, b in zip((0, *cuts), cuts, strict=False)], causes)


def _joined(parts: list[list[str]], causes: Mapping[str, Mapping[str, int]]) -> list[list[str]]:
    """Move what is alone in its part, such as a constant read in another part, to where it is read."""
    for part in parts:
        for key in [key for key in part if not causes[key]]:
            readers = [sum(key in causes[reader] for reader in other) for other in parts]
            if not readers[parts.index(part)] and any(readers) and len(part) > 1:
                part.remove(key)
                parts[readers.index(max(readers))].append(key)
    return parts
