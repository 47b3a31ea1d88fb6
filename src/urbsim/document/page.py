"""Everything that is known of a model -> one HTML page that needs nothing else."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from urbsim import __version__
from urbsim.assets import find_place
from urbsim.document.gather import document
from urbsim.document.nouns import Document, Entry
from urbsim.document.words import GRADES, METHODS, read_words
from urbsim.drawing.svg import STYLE
from urbsim.errors import InputError, Problem
from urbsim.names import fold
from urbsim.output.figures.font import CHINESE, LATIN, subset_for
from urbsim.output.whole_file import whole
from urbsim.study.quantity import unit_name
from urbsim.study.text_file import shown
from urbsim.study.words import Language, Words

GENERATOR = "urbsim doc"
MARK = f'<meta name="generator" content="{GENERATOR}'
TIMES = ("initial time", "final time", "time step", "saveper")
FONTS = "/* fonts */"  # where they are put, once it is known which characters they need
TAGS: Mapping[Language, str] = {"zh": "zh-CN", "en": "en"}
NEAREST = 6  # indicators of a lever that are shown at once
PLURALS = {
    "stock": "stocks",
    "flow": "flows",
    "auxiliary": "auxiliaries",
    "constant": "constants",
    "lookup": "lookups",
}


def write_document(
    file: Path,
    out: Path | None = None,
    *,
    place: str | None = None,
    language: Language = "en",
    force: bool = False,
) -> Path:
    """Write the page of a model; gives the path of the page.

    Parameters
    ----------
    out
        By default the name of the model, and of the place, in the current folder.
    place
        Name or folder of a place whose numbers and sources are shown.
    language
        Of the page when it is opened; the reader can switch.
    force
        Replace a file that is no such page.

    Raises
    ------
    InputError
        The model or the place cannot be read or do not fit; or the file exists and is no such page, or
        cannot be written.
    """
    folder = find_place(place, Path(), "--place") if place else None
    name = file.stem + (f"-{folder.name}" if folder else "") + ".html"
    target = out or Path(name)
    _refuse(target, force=force)
    text = render(document(file, folder), language, today=date.today())  # noqa: DTZ011 - the reader's day
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with whole(target) as beside:
            beside.write_text(text, encoding="utf-8", newline="\n")
    except OSError as failure:
        raise InputError(Problem(f"cannot be written: {failure.strerror}", shown(target))) from None
    return target


def _refuse(target: Path, *, force: bool) -> None:
    where = shown(target)
    if target.suffix.lower() not in (".html", ".htm"):
        raise InputError(Problem("is not the name of a page", where, "expected a name ending in .html"))
    if target.is_dir():
        raise InputError(Problem("is a folder, expected a file", where))
    if target.exists() and not force and not is_page(target):
        what = "exists already, is no page of `urbsim doc`, and is not overwritten"
        raise InputError(Problem(what, where, "use --force, or another name"))


def is_page(path: Path) -> bool:
    """Tell whether a file is a page that `write_document` wrote."""
    try:
        with path.open("rb") as file:
            return MARK.encode() in file.read(2000)
    except OSError:
        return False


def render(content: Document, language: Language = "en", *, today: date | None = None) -> str:
    """Give the text of the page."""
    environment = Environment(
        loader=PackageLoader("urbsim.document", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    entries = content.entries
    catalogue = read_words()
    regions = content.place.regions if content.place else {}
    model = content.model
    vocabulary = content.vocabulary

    def say(key: str) -> Markup:
        return Markup('<span data-t="{}">{}</span>').format(key, catalogue[key][language])

    def both(words: Words) -> Markup:
        if words.zh == words.en:
            return escape(words.en)
        return Markup('<span data-zh="{}" data-en="{}">{}</span>').format(words.zh, words.en, words[language])

    def count(number: int, key: str) -> Markup:
        zh, en = catalogue[key].zh, catalogue[key].en
        return both(Words(zh=f"{number}个{zh}", en=f"{number} {en}"))

    def sector_words(title: str) -> Words:
        return vocabulary.words(title, "sector")

    def picture_words(title: str) -> Words:
        sector, colon, part = title.partition(": ")
        name = sector_words(sector)
        if not colon:
            return name
        own = catalogue["stocks_flows"] if part == catalogue["stocks_flows"].en else vocabulary.words(part)
        return Words(zh=f"{name.zh}：{own.zh}" if name.zh != sector else title, en=title)

    def unit(text: str) -> Markup:
        return both(Words(zh=unit_name(text, "zh"), en=unit_name(text, "en")))

    def link(key: str) -> Markup:
        entry = entries[fold(key)]
        return Markup('<a href="#{}">{}</a>').format(entry.anchor, both(called(entry)))

    def called(entry: Entry) -> Words:
        return Words(zh=vocabulary.chinese(entry.key), en=entry.name)

    def element(name: str) -> Markup:
        return both(vocabulary.words(name, "element"))

    def label(parts: Sequence[str]) -> Markup:
        return Markup(", ").join(
            both(regions[part]) if part in regions else element(part) for part in parts if part
        )

    def grade(text: str) -> Markup:
        return Markup('<span class="grade {}">{}</span>').format(text, say(GRADES[text]))

    environment.globals.update(
        say=say,
        both=both,
        count=count,
        called=called,
        element=element,
        sector_words=sector_words,
        picture_words=picture_words,
        lead=lambda sector: Words(zh=vocabulary.lead(sector.title).zh, en=sector.doc),
        clause=lambda target: Words(zh=target.clause_in("zh"), en=target.clause_in("en")),
        unit=unit,
        link=link,
        grade=grade,
        label=label,
        equation=_linker(entries),
        curve=_curve,
        words={key: {"zh": words.zh, "en": words.en} for key, words in catalogue.items()},
    )
    environment.filters["number"] = _number
    folder = shown(content.place.folder) if content.place else ""
    environment.filters["near"] = lambda where: where.removeprefix(f"{folder}/")
    kinds = [entry.kind for entry in entries.values()]
    counts = [(plural, kinds.count(kind)) for kind, plural in PLURALS.items()] + [
        ("loops", len(content.loops)),
        ("levers", len(content.levers)),
        ("indicators", len(content.indicators)),
    ]
    title = _title(content, catalogue["model"])
    page = environment.get_template("document.html.j2").render(
        document=content,
        title=title,
        both_title=both(title),
        language=language,
        tag=TAGS[language],
        version=__version__,
        generator=GENERATOR,
        today=today,
        style=Markup(STYLE),  # noqa: S704 - our own
        method=METHODS[model.method],
        clock=[(entries[key], _time(entries[key])) for key in TIMES if key in entries],
        counts=counts,
        NEAREST=NEAREST,
        source=shown(Path(model.source)),
        file=Path(model.source).name,
        folder=folder,
        sources={source.id for source in content.sources},
        pictures={p.number: p for sector in content.sectors for p in sector.pictures},
        names={one.indicator.id: both(one.indicator.name) for one in content.indicators},
        checked=Words(
            zh=f"{len(entries)}个变量，{len(content.problems)}处需要修改",
            en=f"{len(entries)} variables, {len(content.problems)} to mend",
        ),
        signs={">=": "≥", "<=": "≤", "~": "≈"},
        markup=Markup,
    )
    return page.replace(FONTS, _fonts(page), 1)


def _title(content: Document, what: Words) -> Words:
    zh, en = f"{what.zh}：{content.title}", f"{what.en}: {content.title}"
    if content.place:
        zh, en = f"{zh}（{content.place.title.zh}）", f"{en} ({content.place.title.en})"
    return Words(zh=zh, en=en)


def _fonts(text: str) -> str:
    """Embed the characters of the page, so that a machine without a Chinese font shows no boxes."""
    shown = "".join(filter(str.isprintable, set(text)))
    return "\n".join(
        f'@font-face{{font-family:"{name}";src:url(data:font/woff;base64,'
        f"{base64.b64encode(subset_for(shown, family)).decode()})}}"
        for name, family in (("urbsim zh", CHINESE), ("urbsim latin", LATIN))
    )


def _number(value: float) -> str:
    """Write six digits, and large counts of people or money in full."""
    return f"{value:.0f}" if 1e6 <= abs(value) < 1e15 else f"{value:.6g}"


def _time(entry: Entry) -> str:
    """Give what a time of the run is set to."""
    return " ".join(text.partition("=")[2].strip() or text for text in entry.equations)


def _linker(entries: Mapping[str, Entry]) -> Callable[[Entry, str], Markup]:
    """Give what writes an equation with a link at every variable that it reads."""

    def linked(entry: Entry, text: str) -> Markup:
        if entry.kind in ("constant", "lookup"):  # long lists of numbers may be broken at commas
            return escape(text).replace(",", Markup(",<wbr>"))
        parts: list[Markup] = []
        at = 0
        for match in _pattern((entry.key, *entry.uses)).finditer(text):
            key = fold(re.sub(r"\\n", " ", match[0]))
            if key == entry.key or key not in entries:
                continue
            found = entries[key]
            parts += [
                escape(text[at : match.start()]),
                Markup('<a href="#{}">{}</a>').format(found.anchor, match[0]),
            ]
            at = match.end()
        return Markup("").join([*parts, escape(text[at:])])

    return linked


def _pattern(keys: Sequence[str]) -> re.Pattern[str]:
    """Match any of these names as a modeller may write them, the longest first."""
    spaced = (
        r"(?:[\s_]|\\n)+".join(map(re.escape, key.split())) for key in sorted(keys, key=len, reverse=True)
    )
    return re.compile(rf"(?<!\w)(?:{'|'.join(spaced)})(?!\w)", re.IGNORECASE)


def _curve(points: Sequence[tuple[float, float]]) -> str:
    """Give the points of a lookup on a field of 160 by 50, for a small picture."""
    xs, ys = zip(*points, strict=True)
    wide, high = (max(axis) - min(axis) or 1.0 for axis in (xs, ys))
    return " ".join(
        f"{4 + 152 * (x - min(xs)) / wide:.1f},{46 - 42 * (y - min(ys)) / high:.1f}" for x, y in points
    )
