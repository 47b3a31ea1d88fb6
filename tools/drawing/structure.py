"""What each view shows: the variables of a sector, the flows of its stocks, and what both read elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from urbsim.model.equations import Call, Expression, Model, Name, Number, Numbers, Table, Variable, walk
from urbsim.names import fold

FULL = 40  # elements of a full page; the flows of stocks, drawn in rows, count half

MANY = 2  # stocks of a page that is about stocks
PAGE, STEEPNESS = 6, 8  # what one more page costs, in links cut, and how fast a full page gets costly

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


@dataclass(frozen=True, slots=True)
class _Net:
    """The net flow of a stock: flows in and out, and what else its equation reads."""

    inflows: tuple[str, ...]
    outflows: tuple[str, ...]
    account: bool  # it starts at zero and adds up: what it takes in comes out of no other stock


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


def make_views(model: Model, sectors: Sequence[Sector]) -> list[View]:
    """Divide a model into views, in the order of the file.

    A sector that is too large for one page is cut between equations, where the fewest links and flows are
    cut; what stands together in the file stays together.
    """
    sectors = sectors or [Sector(name="Model", doc="", line=0)]
    members: dict[str, list[str]] = {sector.name: [] for sector in sectors}
    for key, variable in sorted(model.variables.items(), key=lambda item: item[1].line):
        above = [sector for sector in sectors if sector.line <= variable.line] or sectors[:1]
        members[above[-1].name].append(key)
    causes = {key: _causes(variable, model) for key, variable in model.variables.items()}
    nets = {key: _net(model.variables[key], model) for key in model.variables if _is_stock(model, key)}
    views = []
    for sector in sectors:
        parts = _parts(members[sector.name], causes, nets)
        drawn = [_view(sector, part, causes, nets) for part in parts]
        if len(drawn) == 1:
            views += drawn
            continue
        for view in drawn:
            topic = _topic(view, nets, model)
            views.append(replace(view, title=f"{sector.name}: {topic}"))
    return views


def _topic(view: View, nets: Mapping[str, _Net], model: Model) -> str:
    """Say what a part of a sector is about: its stocks, its busiest stock, or what most links meet."""
    if len(view.stocks) > MANY:
        return "stocks and flows"

    def meetings(key: str) -> int:
        if key in nets:
            return len(nets[key].inflows) + len(nets[key].outflows)
        return sum(key in (link.cause, link.effect) for link in view.links)

    name = model.variables[max(view.stocks or view.own, key=meetings)].name.strip('"')
    return f"{name[0].lower()}{name[1:]}"


def _is_stock(model: Model, key: str) -> bool:
    return model.variables[key].kind == "stock"


def _view(
    sector: Sector, part: Sequence[str], causes: Mapping[str, Mapping[str, int]], nets: Mapping[str, _Net]
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


def _flows(stocks: Sequence[str], nets: Mapping[str, _Net]) -> tuple[Flow, ...]:
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
    keys: Sequence[str], causes: Mapping[str, Mapping[str, int]], nets: Mapping[str, _Net]
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
            (best[first][0] + weigh(first, last), (*best[first][1], last)) for first in range(last)
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


def _names(expression: Expression, model: Model) -> Iterator[str]:
    for part in walk(expression):
        if isinstance(part, Name) and fold(part.name) in model.variables:
            yield fold(part.name)


def _causes(variable: Variable, model: Model) -> dict[str, int]:
    """List what the equations of a variable read, with polarity."""
    found: dict[str, set[int]] = {}
    for equation in variable.equations:
        for name, sign in _signs(equation.expression, 1, model):
            if name in model.variables:
                found.setdefault(name, set()).add(sign)
    return {name: next(iter(signs)) if len(signs) == 1 else 0 for name, signs in found.items()}


def _net(variable: Variable, model: Model) -> _Net:
    """Take the net flow of a stock apart: a term is a flow when one variable of it is a quantity per time."""
    inflows: dict[str, None] = {}
    outflows: dict[str, None] = {}
    starts: set[Expression] = set()
    for equation in variable.equations:
        for part in walk(equation.expression):
            if not (isinstance(part, Call) and part.function == "integ"):
                continue
            starts.add(part.arguments[1])
            for sign, term in _terms(part.arguments[0], 1):
                flow = _flow_of(term, variable, model)
                if flow is not None:
                    (inflows if sign > 0 else outflows)[flow] = None
    return _Net(tuple(inflows), tuple(n for n in outflows if n not in inflows), starts == {Number(0.0)})


def _terms(expression: Expression, sign: int) -> Iterator[tuple[int, Expression]]:
    """Give the signed terms of a sum; the sum over a range of a sum counts as a sum."""
    if isinstance(expression, Call) and expression.function in ("+", "-"):
        left, right = expression.arguments
        yield from _terms(left, sign)
        yield from _terms(right, sign if expression.function == "+" else -sign)
    elif isinstance(expression, Call) and expression.function == "negative":
        yield from _terms(expression.arguments[0], -sign)
    elif isinstance(expression, Call) and expression.function == "sum":
        yield from _terms(expression.arguments[0], sign)
    else:
        yield sign, expression


def _flow_of(term: Expression, stock: Variable, model: Model) -> str | None:
    candidates = list(
        dict.fromkeys(
            name for name in _names(term, model) if model.variables[name].kind not in ("stock", "lookup")
        )
    )
    per_year = [
        name for name in candidates if _plain(model.variables[name].unit) == f"{_plain(stock.unit)}/year"
    ]
    if per_year:
        return min(per_year, key=lambda name: model.variables[name].kind == "constant")
    return candidates[0] if isinstance(term, Name) and candidates else None


def _plain(unit: str) -> str:
    return re.sub(r"[\s()]", "", unit)


RISING = {
    "exp",
    "ln",
    "log",
    "sqrt",
    "sum",
    "prod",
    "max",
    "min",
    "vmax",
    "vmin",
    "integer",
    "floor",
    "initial",
    "game",
}


def _signs(expression: Expression, sign: int, model: Model) -> Iterator[tuple[str, int]]:
    """Give each name of an expression with the direction in which it moves the whole; 0 where open."""
    if isinstance(expression, Name):
        yield fold(expression.name), sign
    if not isinstance(expression, Call):
        return
    function, parts = expression.function, expression.arguments
    signs: list[int]
    if function in RISING or function in ("+", "active initial"):
        signs = [sign] * len(parts)
    elif function == "-":
        signs = [sign, -sign]
    elif function == "negative":
        signs = [-sign]
    elif function == "*":
        signs = [sign * _positive(parts[1], model), sign * _positive(parts[0], model)]
    elif function in ("/", "zidz", "xidz"):
        below, above = _positive(parts[1], model), _positive(parts[0], model)
        signs = [sign * below, -sign * above, *([sign] * (len(parts) - 2))]
    elif function in ("^", "power"):
        signs = [sign * _positive(parts[1], model), 0]
    elif function == "if then else":
        signs = [0, sign, sign]
    elif function in ("smooth", "delay", "delay fixed"):
        signs = [sign, 0, sign, 0][: len(parts)]
    elif function == "integ":
        signs = [sign, sign]
    elif function.startswith("lookup"):
        signs = [0, sign * _slope(parts[0], model)]
        if isinstance(parts[0], Name):
            signs[0] = sign
    else:
        signs = [0] * len(parts)
    for part, each in zip(parts, signs, strict=True):
        yield from _signs(part, each, model)


def _positive(expression: Expression, model: Model) -> int:
    """Say the sign of a factor: that of a number, 0 for a difference of two variables, else 1."""
    if isinstance(expression, Number):
        return (expression.value > 0) - (expression.value < 0)
    if isinstance(expression, Name) and fold(expression.name) in model.variables:
        values = [
            value
            for equation in model.variables[fold(expression.name)].equations
            for value in _values(equation.expression)
        ]
        return (
            0
            if any(v < 0 for v in values) and any(v > 0 for v in values)
            else -1
            if min(values, default=1) < 0
            else 1
        )
    if isinstance(expression, Call):
        function, parts = expression.function, expression.arguments
        if function == "-":
            return 1 if isinstance(parts[0], Number) and parts[0].value > 0 else 0
        if function == "negative":
            return -_positive(parts[0], model)
        if function in ("*", "/", "zidz"):
            return _positive(parts[0], model) * _positive(parts[1], model)
        if function == "max" and any(isinstance(part, Number) and part.value >= 0 for part in parts):
            return 1
        if function in ("+", "max", "min", "sum"):
            return 1 if all(_positive(part, model) == 1 for part in parts) else 0
    return 1


def _values(expression: Expression) -> tuple[float, ...]:
    if isinstance(expression, Number):
        return (expression.value,)
    return expression.values if isinstance(expression, Numbers) else ()


def _slope(expression: Expression, model: Model) -> int:
    """Say whether a table rises (1), falls (-1) or does both (0)."""
    if isinstance(expression, Name) and fold(expression.name) in model.variables:
        equations = model.variables[fold(expression.name)].equations
        tables = [e.expression for e in equations if isinstance(e.expression, Table)]
    else:
        tables = [expression] if isinstance(expression, Table) else []
    steps = [b - a for table in tables for a, b in zip(table.y, table.y[1:], strict=False)]
    if steps and all(step >= 0 for step in steps):
        return 1
    return -1 if steps and all(step <= 0 for step in steps) else 0
