"""Draw the pictures that README.md and docs/指南.md show, from runs of the shipped scenarios.

python tools/readme_pictures.py

Needs Chromium and ChromeDriver for the page, LibreOffice and pdftoppm for the Word report; without them,
those pictures stay as they are.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs" / "images"
WIDTH = 1100  # [pixels] more than a page of documentation is wide

sys.path.insert(0, str(ROOT))

FIGURES = {  # figure of a folder -> picture of the documentation
    "run/figures/urbanization_rate_en": "urbanization-rate",
    "run/figures/urbanization_rate_zh": "urbanization-rate-zh",
    "compare/figures/levers_everything_en": "levers-bought",
    "compare/figures/levers_everything_zh": "levers-bought-zh",
    "districts-compare/figures/regions_urbanization_rate_en": "districts",
    "districts-compare/figures/regions_urbanization_rate_zh": "districts-zh",
    "monitor/figures/urbanization_rate_en": "monitor",
    "monitor/figures/urbanization_rate_zh": "monitor-zh",
    "sample/figures/fan_urbanization_rate_en": "fan-urbanization-rate",
    "sensitivity/figures/tornado_urbanization_rate_2035_en": "tornado-urbanization-rate",
}
COMMANDS = (
    ("run", "scenarios", "--out", "run"),
    ("compare", "run", "--out", "compare"),
    (
        "run",
        "scenarios/districts/districts-baseline.yaml",
        "scenarios/districts/county-seats-22.yaml",
        "--out",
        "districts",
    ),
    ("compare", "districts", "--out", "districts-compare"),
    ("run", "scenarios/monitoring/as-of-2020.yaml", "--out", "past"),
    ("monitor", "past", "--observed", "examples/observed-2021-2024.csv", "--out", "monitor"),
    (
        "sample",
        "scenarios/uncertain/baseline-uncertain.yaml",
        "-n",
        "10000",
        "--jobs",
        "2",
        "--out",
        "sample",
    ),
    (
        "sensitivity",
        "scenarios/baseline.yaml",
        "--parameters",
        "--method",
        "morris",
        "--jobs",
        "2",
        "--out",
        "sensitivity",
    ),
    ("report", "run", "--to", "docx", "--lang", "zh", "--out", "report.docx"),
)


def main() -> int:
    """Make the folders, and a picture of each of their figures that the documentation shows."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        program = Path(sys.executable).with_name("urbsim")
        for part in ("scenarios", "examples", "models"):
            (folder / part).symlink_to(ROOT / part)
        for command in COMMANDS:
            print(" ".join(command))
            subprocess.run([program, *command], cwd=folder, check=True, capture_output=True)
        for source, name in FIGURES.items():
            shrink(folder / f"{source}.png", IMAGES / f"{name}.png")
        photograph_page(folder / "run" / "report.html", folder)
        photograph_word(folder / "report.docx", folder)
    return 0


def shrink(source: Path, target: Path, width: int = WIDTH) -> None:
    """Write a picture with no more pixels than a page of documentation shows."""
    with Image.open(source) as picture:
        size = (min(width, picture.width), round(picture.height * min(1, width / picture.width)))
        smaller = picture.convert("RGB").resize(size, Image.Resampling.LANCZOS)
    few = smaller.quantize(256, Image.Quantize.MEDIANCUT, kmeans=4, dither=Image.Dither.NONE)
    few.save(target, optimize=True)


def photograph_page(page: Path, folder: Path) -> None:
    """Photograph the top of the page as a reader opens it."""
    if not (shutil.which("chromium") and shutil.which("chromedriver")):
        print("no Chromium: the picture of the page stays as it is")
        return
    from tests.browser import offline_browser

    browser = offline_browser(folder / "profile", size="1300,1500")
    try:
        browser.get(page.as_uri())
        browser.implicitly_wait(5)
        for language in ("en", "zh"):
            browser.execute_script(SHOW, language)
            shot = folder / f"page-{language}.png"
            browser.save_screenshot(str(shot))
            shrink(shot, IMAGES / f"report-page-{language}.png")
    finally:
        browser.quit()


SHOW = "document.querySelector(`button[data-language='${arguments[0]}']`)?.click(); window.scrollTo(0, 0);"


def photograph_word(document: Path, folder: Path) -> None:
    """Photograph the first two pages of the Word report side by side."""
    office, rasterize = shutil.which("libreoffice"), shutil.which("pdftoppm")
    if office is None or rasterize is None:
        print("no LibreOffice: the picture of the Word report stays as it is")
        return
    subprocess.run([office, "--headless", "--convert-to", "pdf", document.name], cwd=folder, check=True)
    subprocess.run([rasterize, "-r", "80", "-png", "-l", "2", "report.pdf", "word"], cwd=folder, check=True)
    pages = [Image.open(path).convert("RGB") for path in sorted(folder.glob("word-*.png"))]
    both = Image.new("RGB", (sum(page.width for page in pages) + 20, pages[0].height), "#999999")
    for number, page in enumerate(pages):
        both.paste(page, (number * (page.width + 20), 0))
    both.save(folder / "both.png")
    shrink(folder / "both.png", IMAGES / "word-report-zh.png")


if __name__ == "__main__":
    raise SystemExit(main())
