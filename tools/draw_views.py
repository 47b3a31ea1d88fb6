"""Draw the picture of a model: rewrite the views at the end of an `.mdl` from its equations.

    python tools/draw_views.py models/urbanization.mdl                    # draw what the equations changed
    python tools/draw_views.py --afresh models/urbanization.mdl           # draw every view anew
    python tools/draw_views.py --check models/urbanization.mdl            # exit status 1 if a view is stale
    python tools/draw_views.py --pictures FOLDER models/urbanization.mdl  # and paint each view as SVG

There is a view for each group of equations, or a few for a large one. The equations stay as they are. A view
that still shows what the equations say is kept as it is, with what was moved in it by hand; the others are
drawn anew, and the same equations give the same picture.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from urbsim.drawing.layout import lay_out
from urbsim.drawing.sketch import (
    content_of_picture,
    content_of_view,
    default_settings,
    read_picture,
    read_sketch,
    split_sketch,
    write_page,
    write_sketch,
)
from urbsim.drawing.structure import make_views, read_sectors
from urbsim.drawing.svg import paint
from urbsim.model.equations import Model, Number
from urbsim.model.read import read_model
from urbsim.names import fold

SPAN = ("24:", "25:", "26:")  # settings that repeat the time span of the run


def draw(text: str, model: Model, afresh: bool = False) -> str:
    """Give the text of a model with its views brought up to date."""
    equations, blocks, settings = split_sketch(text)
    kept = {} if afresh else {content_of_picture(read_picture(block)): block for block in blocks}
    drawn = []
    for view in make_views(model, read_sectors(equations)):
        block = kept.get(content_of_view(view))
        drawn.append(write_page(lay_out(view, model), model) if block is None else block)
    span = default_settings(_number(model, "INITIAL TIME"), _number(model, "FINAL TIME"))
    if settings:
        rest = [line for line in settings if not line.startswith(SPAN)]
        settings = rest + [line for line in span if line.startswith(SPAN)]
    return f"{equations}\n{write_sketch(drawn, settings or span)}"


def _number(model: Model, name: str) -> float:
    expression = model.variables[fold(name)].equations[0].expression
    return expression.value if isinstance(expression, Number) else 0.0


def main() -> int:
    """Draw, or compare with what is there."""
    parser = argparse.ArgumentParser(description="Draw the views of a Vensim model from its equations.")
    parser.add_argument("model", type=Path, help="the .mdl file")
    parser.add_argument(
        "--check", action="store_true", help="compare only; exit status 1 if the views differ"
    )
    parser.add_argument("--afresh", action="store_true", help="draw every view anew")
    parser.add_argument("--pictures", type=Path, metavar="FOLDER", help="paint the views into this folder")
    arguments = parser.parse_args()
    text = arguments.model.read_text(encoding="utf-8")
    model = read_model(arguments.model)
    if arguments.check:
        equations, blocks, _ = split_sketch(text)
        shown = [content_of_picture(read_picture(block)) for block in blocks]
        current = shown == [content_of_view(view) for view in make_views(model, read_sectors(equations))]
        if not current:
            print(f"{arguments.model}: the views are not those of the equations; run tools/draw_views.py")
        return int(not current)
    drawn = draw(text, model, arguments.afresh)
    if drawn != text:
        arguments.model.write_text(drawn, encoding="utf-8", newline="\n")
    if arguments.pictures:
        arguments.pictures.mkdir(parents=True, exist_ok=True)
        for number, picture in enumerate(read_sketch(drawn), start=1):
            name = "".join(c if c.isalnum() else "-" for c in picture.title.lower())
            file = arguments.pictures / f"{number:02}-{name}.svg"
            file.write_text(paint(picture, alone=True), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
