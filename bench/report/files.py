"""The files of docs/benchmarks: figures in data/, the pages and charts that are drawn from them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Template
from typing import Any, Final

from bench.report.environment import Environment
from bench.report.errors import DataMalformed, FigureMissing, NotMeasured
from bench.report.page import Page, Run, bars_table, table

ROOT: Final = Path(__file__).parents[2]
FOLDER: Final = ROOT / "docs" / "benchmarks"
TEMPLATES: Final = Path(__file__).parent / "templates"
GENERATED: Final = "<!-- Drawn by `python -m bench.report` from data/: change {}. -->\n\n"


def write_run(page: Page, run: Run, *, folder: Path = FOLDER) -> None:
    """Write what a run gave. Raises `FigureMissing`, before anything is written."""
    check_figures(page, run.figures)
    data = {"environment": run.environment.to_json(), "figures": run.figures}
    path = _data_path(page, folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read_run(page: Page, *, folder: Path = FOLDER) -> Run:
    """Return what the last run gave. Raises `NotMeasured`, `DataMalformed`, `FigureMissing`."""
    path = _data_path(page, folder)
    shown = str(path.relative_to(folder))
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        run = Run(Environment(**data["environment"]), dict(data["figures"]))
    except FileNotFoundError:
        raise NotMeasured(name=page.name, file=shown) from None
    except (ValueError, KeyError, TypeError):
        raise DataMalformed(file=shown) from None
    check_figures(page, run.figures)
    return run


def check_figures(page: Page, figures: Mapping[str, Any]) -> None:
    """Raise `FigureMissing` for a bar without a figure; ``null`` says "not measured"."""
    for bar in page.bars:
        if bar.figure not in figures:
            raise FigureMissing(name=page.name, figure=bar.figure)


def rendered(pages: Sequence[Page], *, folder: Path = FOLDER) -> dict[Path, str]:
    """Return the text of every file that is drawn, from the data alone.

    Raises `NotMeasured`, `DataMalformed`, `FigureMissing`.
    """
    runs = {page.name: read_run(page, folder=folder) for page in pages}
    texts = {folder / "README.md": _index(pages, runs)}
    for page in pages:
        figures = runs[page.name].figures
        texts[folder / f"{page.name}.md"] = _page(page, runs[page.name])
        for stem, svg in page.charts(figures).items():
            texts[folder / f"{stem}.svg"] = svg
    return texts


def write_rendered(texts: Mapping[Path, str]) -> list[Path]:
    """Write what has changed; return which files."""
    changed = [
        path
        for path, text in texts.items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    for path in changed:
        path.write_text(texts[path], encoding="utf-8")
    return changed


def _data_path(page: Page, folder: Path) -> Path:
    return folder / "data" / f"{page.name}.json"


def _page(page: Page, run: Run) -> str:
    template = TEMPLATES / f"{page.name}.md"
    text = Template(template.read_text(encoding="utf-8")).substitute(
        page.tables(run.figures),
        environment=run.environment.sentence(),
        bars=bars_table(page.bars, run.figures),
    )
    return GENERATED.format(template.relative_to(ROOT)) + text


def _index(pages: Sequence[Page], runs: Mapping[str, Run]) -> str:
    template = TEMPLATES / "README.md"
    contents = table(
        ["page", "what", "measured"],
        [
            [f"[{page.title}]({page.name}.md)", page.about, runs[page.name].environment.date]
            for page in pages
        ],
    )
    summary = "\n\n".join(
        f"### {page.title}\n\n{runs[page.name].environment.sentence()}\n\n"
        + bars_table(page.bars, runs[page.name].figures)
        for page in pages
    )
    text = Template(template.read_text(encoding="utf-8"))
    return GENERATED.format(template.relative_to(ROOT)) + text.substitute(
        contents=contents, summary=summary
    )
