"""The lines that Vensim keeps at the end of a file, one for each thing in a picture.

Only the fields used here are named; the others have the values that Vensim itself writes. A line begins with
10 for a name or a box, 11 for a valve, 12 for a cloud or a comment, 1 for an arrow or a pipe.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from urbsim.drawing.layout import BODY, CLOUD, MARGIN, TITLE, VALVE, Page, Pipe, Point, Word
from urbsim.drawing.structure import View
from urbsim.drawing.text import size
from urbsim.model.equations import Model
from urbsim.names import fold

HEAD = (
    "\\\\\\---/// Sketch information - do not modify anything except names",
    "V300  Do not put anything below this section - it will be ignored",
)
END = "///---\\\\\\"
FACE = "Arial"
PAGE_STYLE = f"$192-192-192,0,{FACE}|{BODY}||0-0-0|0-0-0|0-0-0|-1--1--1|-1--1--1|96,96,100,0"
GREY, DARK = "128-128-128", "64-64-64"
NAME, VALVE_ITEM, COMMENT_OR_CLOUD = 10, 11, 12
BOX_SHAPE, PLAIN_SHAPE, VALVE_SHAPE, BESIDE_VALVE = 3, 8, 34, 40
READS, IS_READ, TEXT_BELOW = 1, 2, 4  # bits: may have causes, may have effects, text on the next line
INFLUENCE, PIPE_TO, PIPE_FROM, THICK = 0, 4, 100, 22
POLARITY = {1: ord("+"), -1: ord("-"), 0: 0}


def write_sketch(blocks: Sequence[str], settings: Sequence[str]) -> str:
    """Put pictures together as the last section of an `.mdl`; `settings` are the lines that follow them."""
    return "".join(f"{line}\n" for block in blocks for line in (*HEAD, block.rstrip("\n"))) + "".join(
        f"{line}\n" for line in (END, *settings)
    )


def split_sketch(text: str) -> tuple[str, list[str], list[str]]:
    """Take a file apart into its equations, the lines of each picture, and the settings that follow."""
    equations, head, rest = text.partition(HEAD[0][:9])
    pictures, _, after = (head + rest).partition(END)
    blocks = re.split(r"^\\\\\\---///.*\n.*\n", pictures, flags=re.MULTILINE)[1:]
    return equations.rstrip() + "\n", blocks, [line for line in after.splitlines() if line.strip()]


def default_settings(start: float, stop: float) -> list[str]:
    """Give the settings of a file that has none: Euler's method, the whole run on graphs."""
    return [
        ":L\x7f<%^E!@",
        "1:Current.vdf",
        "9:Current",
        "15:0,0,0,0,0,0",
        "19:100,0",
        "27:2,",
        "34:0,",
        "4:Time",
        "35:Date",
        "36:YYYY-MM-DD",
        "37:2000",
        "38:1",
        "39:1",
        "40:2",
        "41:0",
        "42:0",
        f"24:{start:g}",
        f"25:{stop:g}",
        f"26:{stop:g}",
    ]


def write_page(page: Page, model: Model) -> str:
    """Write the lines of one picture."""
    return "\n".join(_page_lines(page, model)) + "\n"


def _page_lines(page: Page, model: Model) -> Iterator[str]:
    yield f"*{page.title}"
    yield PAGE_STYLE
    number = 0
    numbers: dict[str, int] = {}
    valves: dict[str, int] = {}

    def following() -> int:
        nonlocal number
        number += 1
        return number

    bottom = MARGIN
    for lines, points, style in (((page.title,), TITLE, "B"), (page.doc, BODY, "")):
        if lines:
            w, h = (round(half) for half in size(lines, points))
            bottom += h
            font = f"{FACE}|{points}|{style}|0-0-0"
            bits = READS | IS_READ | TEXT_BELOW
            yield (
                f"12,{following()},0,{MARGIN + w},{bottom},{w},{h},{PLAIN_SHAPE},{bits},0,2,-1,0,0,0,"
                f"-1--1--1,0-0-0,{font}"
            )
            yield " ".join(lines)
            bottom += h + 4
    for word in page.words:
        numbers[word.key] = following()
        yield _word_line(word, numbers[word.key], model)
    for pipe in page.pipes:
        yield from _pipe_lines(pipe, model, numbers, valves, following)
    for arrow in page.arrows:
        cause = (valves if arrow.from_valve else numbers)[arrow.cause]
        effect = (valves if arrow.to_valve else numbers)[arrow.effect]
        x, y = arrow.middle
        yield (
            f"1,{following()},{cause},{effect},{INFLUENCE},0,{POLARITY[arrow.polarity]},0,0,64,0,-1--1--1,,"
            f"1|({x:.0f},{y:.0f})|"
        )


def _word_line(word: Word, number: int, model: Model) -> str:
    bits = IS_READ if word.shadow else READS | IS_READ
    shape = {"stock": BOX_SHAPE, "flow": BESIDE_VALVE}.get(word.kind, PLAIN_SHAPE)
    if word.shadow:
        style = f"3,-1,0,0,0,{GREY},0-0-0,|{word.points:g}||{GREY}"
    elif word.kind == "constant":
        style = f"2,-1,0,0,0,-1--1--1,0-0-0,|{word.points:g}||{DARK}"
    else:
        style = f"0,{0 if word.kind == 'stock' else -1},0,0,0"
    name = model.variables[word.variable].name
    if "," in name and not name.startswith('"'):  # as XMILE may have it
        name = f'"{name}"'
    return f"10,{number},{name},{word.x:.0f},{word.y:.0f},{word.w:.0f},{word.h:.0f},{shape},{bits},0,{style}"


def _pipe_lines(
    pipe: Pipe, model: Model, numbers: dict[str, int], valves: dict[str, int], following: Callable[[], int]
) -> Iterator[str]:
    ends = []
    for stock, way in ((pipe.target, pipe.ahead), (pipe.source, pipe.back)):
        if stock is not None:
            ends.append(numbers[stock])
            continue
        ends.append(following())
        x, y = way[-1]
        yield f"12,{ends[-1]},48,{x:.0f},{y:.0f},{CLOUD[0]},{CLOUD[1]},0,3,0,0,-1,0,0,0"
    ahead, back, valve, name = following(), following(), following(), following()
    for line, end, shape, way in (
        (ahead, ends[0], PIPE_TO, pipe.ahead),
        (back, ends[1], PIPE_FROM, pipe.back),
    ):
        yield f"1,{line},{valve},{end},{shape},0,0,{THICK},0,0,0,-1--1--1,,{len(way)}|{_points(way)}|"
    x, y = pipe.valve
    yield f"11,{valve},0,{x:.0f},{y:.0f},{VALVE[0]},{VALVE[1]},{VALVE_SHAPE},3,0,0,1,0,0,0"
    yield _word_line(pipe.word, name, model)
    valves.setdefault(pipe.word.variable, valve)
    numbers.setdefault(pipe.word.variable, name)


def _points(way: Sequence[Point]) -> str:
    return "|".join(f"({x:.0f},{y:.0f})" for x, y in way)


# --- reading ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A name, valve, cloud or comment as a file has it; sizes are halves [pixel]."""

    what: int
    number: int
    name: str
    x: float
    y: float
    w: float
    h: float
    shape: int
    bits: int
    points: float
    bold: bool
    colour: str

    @property
    def shadow(self) -> bool:
        return self.what == NAME and not self.bits & READS

    @property
    def comment(self) -> bool:
        return self.what == COMMENT_OR_CLOUD and bool(self.bits & TEXT_BELOW)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """An arrow or one half of a pipe as a file has it."""

    number: int
    start: int
    end: int
    shape: int
    polarity: str
    thick: bool
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A view as a file has it."""

    title: str
    items: tuple[Item, ...]
    lines: tuple[Line, ...]


def read_sketch(text: str) -> list[Picture]:
    """Read the pictures of an `.mdl`."""
    return [read_picture(block) for block in split_sketch(text)[1]]


def read_picture(block: str) -> Picture:
    """Read the lines of one picture."""
    rows = iter(block.splitlines())
    title = next(rows).lstrip("*")
    items: list[Item] = []
    lines: list[Line] = []
    for row in rows:
        if row.startswith("1,"):
            lines.append(_read_line(row))
        elif row.startswith(("10,", "11,", "12,")):
            item = _read_item(row)
            items.append(replace(item, name=next(rows)) if item.comment else item)
    return Picture(title=title, items=tuple(items), lines=tuple(lines))


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a picture says, wherever it says it. Variables are folded names."""

    comments: tuple[str, ...]
    own: frozenset[str]
    boxes: tuple[str, ...]
    shadows: frozenset[str]
    flows: tuple[tuple[str, bool, str | None, str | None], ...]  # variable, shadow, source, target
    links: frozenset[tuple[str, str, str]]  # cause, effect, polarity


def content_of_view(view: View) -> Content:
    """Say what the picture of a view should say."""
    flows = [(f.variable, not f.first or f.variable in view.shadows, f.source, f.target) for f in view.flows]
    return Content(
        comments=tuple(comment for comment in (view.title, view.doc) if comment),
        own=frozenset(view.own),
        boxes=tuple(sorted(view.stocks)),
        shadows=frozenset(view.shadows),
        flows=tuple(sorted(flows, key=str)),
        links=frozenset((k.cause, k.effect, {1: "+", -1: "-", 0: ""}[k.polarity]) for k in view.links),
    )


def content_of_picture(picture: Picture) -> Content:
    """Say what a picture says."""
    items = {item.number: item for item in picture.items}
    names = {item.number: fold(item.name) for item in picture.items if item.what == NAME}
    for valve, word in pairwise(picture.items):  # the name of a valve stands right after it
        if valve.what == VALVE_ITEM:
            names[valve.number] = fold(word.name)
    drawn = {key: item for key, item in items.items() if item.what == NAME}
    own = frozenset(names[key] for key, item in drawn.items() if not item.shadow)
    pipes: dict[int, list[str | None]] = {}
    for line in picture.lines:
        if line.thick:
            ends = pipes.setdefault(line.start, [None, None])
            ends[line.shape == PIPE_TO] = names.get(line.end)
    flows = [
        (names[valve], _after(valve, picture).shadow, source, target)
        for valve, (source, target) in pipes.items()
    ]
    return Content(
        comments=tuple(item.name for item in picture.items if item.comment),
        own=own,
        boxes=tuple(sorted(names[key] for key, item in drawn.items() if item.shape == BOX_SHAPE)),
        shadows=frozenset(names[key] for key, item in drawn.items() if item.shadow) - own,
        flows=tuple(sorted(flows, key=str)),
        links=frozenset(
            (names[line.start], names[line.end], line.polarity) for line in picture.lines if not line.thick
        ),
    )


def _after(number: int, picture: Picture) -> Item:
    return next(b for a, b in pairwise(picture.items) if a.number == number)


def _read_item(row: str) -> Item:
    match = re.match(r'(\d+),(\d+),("(?:[^"\\]|\\.)*"|[^,]*),(.*)', row)
    if match is None:
        raise ValueError(f"this line of the sketch cannot be read: {row}")
    fields = match[4].split(",")
    font = next((field.split("|") for field in fields if "|" in field), None)
    return Item(
        what=int(match[1]),
        number=int(match[2]),
        name=match[3],
        x=_finite(fields[0]),
        y=_finite(fields[1]),
        w=_finite(fields[2]),
        h=_finite(fields[3]),
        shape=int(fields[4]),
        bits=int(fields[5]),
        points=_finite(font[1]) if font and font[1] else BODY,
        bold=font is not None and "B" in font[2],
        colour=font[3] if font and len(font) > 3 else "0-0-0",
    )


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text} is no length")
    return value


def _read_line(row: str) -> Line:
    fields, _, points = row.partition("|")
    values = fields.split(",")
    polarity = int(values[6])
    return Line(
        number=int(values[1]),
        start=int(values[2]),
        end=int(values[3]),
        shape=int(values[4]),
        polarity=chr(polarity) if polarity else "",
        thick=int(values[7]) == THICK,
        points=tuple((float(x), float(y)) for x, y in re.findall(r"\((-?[\d.]+),(-?[\d.]+)\)", points)),
    )
