"""The report: what it runs, keeps and draws, and what it says of a bar that is missed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from bench.charts import Range, Series, grouped_bars, ranges, short, stacked_bars
from bench.report import __main__ as command
from bench.report import files, run
from bench.report.environment import ABSENT, Environment
from bench.report.errors import (
    BenchFailed,
    DataMalformed,
    FigureMissing,
    LastLineNotJson,
    NotMeasured,
    UnknownBench,
)
from bench.report.files import ROOT, read_run, rendered, write_rendered, write_run
from bench.report.page import Bar, Page, Run, Verdict, bars_table, number, table
from bench.report.pages import BENCHES

ENVIRONMENT = Environment(
    date="2026-01-02",
    processor="A processor",
    cores=2,
    memory_gib=8,
    system="Linux x86_64",
    python="CPython 3.11.7",
    versions={"solc": "0.8.37", "wabt": ABSENT},
)
SPEED = Bar(figure="speed", text="the smallest", at_least=5, digits=1)
PRICE = Bar(figure="price", text="the most", at_most=1_000, unit="gas")
AIM = Bar(figure="level", text="an aim", at_least=1, aim=True, digits=2)
TOLD = Bar(figure="told", text="only told")
FIGURES = {"speed": 12.34, "price": 1_000, "level": 0.55, "told": 7, "rows": [["a", 1]]}


def tables(figures: Mapping[str, Any]) -> dict[str, str]:
    return {"rows": table(["name", "count"], figures["rows"])}


def charts(figures: Mapping[str, Any]) -> dict[str, str]:
    one = Series(name="ours", values=[figures["speed"]])
    return {"sample": grouped_bars(title="t", axis="x", groups=["a"], series=[one])}


PAGE = Page(
    name="sample",
    title="A sample",
    about="of a page",
    bars=(SPEED, PRICE, AIM, TOLD),
    tables=tables,
    charts=charts,
)


@pytest.fixture
def templates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = ROOT / "bench" / "report" / "templates"
    index = (folder / "README.md").read_text(encoding="utf-8")
    made = tmp_path / "templates"
    made.mkdir()
    (made / "README.md").write_text(index, encoding="utf-8")
    (made / "sample.md").write_text("$environment\n\n$bars\n\n$rows\n", encoding="utf-8")
    monkeypatch.setattr(files, "TEMPLATES", made)
    monkeypatch.setattr(files, "ROOT", tmp_path)
    return tmp_path / "pages"


def test_committed_pages_are_what_their_data_renders_to() -> None:
    stale = [
        str(path.relative_to(ROOT))
        for path, text in rendered(BENCHES).items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    assert stale == [], "run `python -m bench.report --render`"


def test_every_chart_and_page_there_is_drawn_from_data() -> None:
    drawn = {path.name for path in rendered(BENCHES)}
    there = {path.name for path in files.FOLDER.iterdir() if path.is_file()}
    assert there == drawn
    assert {path.stem for path in (files.FOLDER / "data").iterdir()} == {
        page.name for page in BENCHES
    }


def test_every_bench_of_the_list_can_be_run_as_a_module() -> None:
    for page in BENCHES:
        module = ROOT / "bench" / page.name
        assert module.with_suffix(".py").exists() or (module / "__main__.py").exists()
        assert (ROOT / "bench" / "report" / "templates" / f"{page.name}.md").exists()


def test_what_a_run_gave_is_kept_and_drawn(templates: Path) -> None:
    write_run(PAGE, Run(ENVIRONMENT, FIGURES), folder=templates)
    assert read_run(PAGE, folder=templates) == Run(ENVIRONMENT, FIGURES)
    texts = rendered([PAGE], folder=templates)
    assert {path.name for path in texts} == {"README.md", "sample.md", "sample.svg"}
    page = texts[templates / "sample.md"]
    assert "Measured 2026-01-02: A processor, 2 cores, 8 GiB, Linux x86_64; CPython" in page
    assert "solc 0.8.37." in page
    assert ABSENT not in page
    assert "| a | 1 |" in page
    for text in (page, texts[templates / "README.md"]):
        assert "| `speed`: the smallest | 12.3 | at least 5 | met |" in text
        assert "| `price`: the most | 1,000 gas | at most 1,000 gas | met |" in text
        assert "| `level`: an aim | 0.55 | aim: at least 1 | **aim not reached** |" in text
        assert "| `told`: only told | 7 | none | no bar |" in text


def test_drawing_twice_changes_nothing(templates: Path) -> None:
    write_run(PAGE, Run(ENVIRONMENT, FIGURES), folder=templates)
    assert len(write_rendered(rendered([PAGE], folder=templates))) == 3
    assert write_rendered(rendered([PAGE], folder=templates)) == []
    write_run(PAGE, Run(ENVIRONMENT, FIGURES | {"told": 8}), folder=templates)
    changed = write_rendered(rendered([PAGE], folder=templates))
    assert [path.name for path in changed] == ["README.md", "sample.md"]


@pytest.mark.parametrize(
    ("bar", "value", "verdict"),
    [
        (SPEED, 5.0, Verdict.MET),
        (SPEED, 4.99, Verdict.MISSED),
        (PRICE, 1_000, Verdict.MET),
        (PRICE, 1_001, Verdict.MISSED),
        (AIM, 1.0, Verdict.REACHED),
        (AIM, 0.99, Verdict.NOT_REACHED),
        (SPEED, None, Verdict.NOT_MEASURED),
        (TOLD, None, Verdict.NONE),
    ],
)
def test_a_bar_that_is_missed_is_said_to_be(bar: Bar, value: float, verdict: Verdict) -> None:
    assert bar.verdict(value) is verdict
    assert bars_table([bar], {bar.figure: value}).endswith(f" {verdict.value} |")


def test_a_figure_that_was_not_measured_is_said_not_to_be() -> None:
    assert "| not measured | at least 5 | not measured |" in bars_table([SPEED], {"speed": None})


def test_a_figure_with_a_bar_must_be_given(templates: Path) -> None:
    short_of_one = {name: value for name, value in FIGURES.items() if name != "price"}
    with pytest.raises(FigureMissing, match="gives no figure price"):
        write_run(PAGE, Run(ENVIRONMENT, short_of_one), folder=templates)
    assert not templates.exists(), "nothing is written before all is there"


def test_what_was_never_measured_is_not_drawn(templates: Path) -> None:
    with pytest.raises(NotMeasured, match=r"run python -m bench\.report sample first"):
        rendered([PAGE], folder=templates)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"environment": {}, "figures": {}}', '{"environment": 1, "figures": 2}'],
)
def test_data_that_no_run_wrote_is_refused(templates: Path, text: str) -> None:
    write_run(PAGE, Run(ENVIRONMENT, FIGURES), folder=templates)
    (templates / "data" / "sample.json").write_text(text, encoding="utf-8")
    with pytest.raises(DataMalformed):
        read_run(PAGE, folder=templates)


@pytest.mark.parametrize("line", ["", "done", "[1]", '{"a": 1} and more', "12"])
def test_the_last_line_of_a_bench_is_one_json_object(line: str) -> None:
    with pytest.raises(LastLineNotJson):
        run.figures_of("sample", line)
    assert run.figures_of("sample", '{"a": null}') == {"a": None}


def bench_that(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str) -> Page:
    folder = tmp_path / "bench"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "sample.py").write_text(code)
    monkeypatch.setattr(run, "ROOT", tmp_path)
    return PAGE


def test_a_bench_runs_in_a_process_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = bench_that(tmp_path, monkeypatch, "print('a table')\nprint('{\"speed\": 1}')\nprint()\n")
    done = run.run_bench(page)
    assert done.figures == {"speed": 1}
    assert done.environment.cores > 0
    assert capsys.readouterr().out == "a table\n"


def test_a_bench_that_fails_gives_no_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = bench_that(tmp_path, monkeypatch, "print('{}')\nraise SystemExit(3)\n")
    with pytest.raises(BenchFailed, match=r"bench\.sample ended with exit status 3"):
        run.run_bench(page)


def test_the_command_says_what_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command.main(["--render", "machine"])
    assert "it takes no names" in capsys.readouterr().err
    assert command.main(["nothing"]) == 1
    error = capsys.readouterr().err
    known = ", ".join(page.name for page in BENCHES)
    assert error == f"error: no bench is called nothing; there are {known}\n"
    with pytest.raises(UnknownBench):
        command.chosen(["nothing"])
    assert command.chosen([]) == list(BENCHES)


def test_the_environment_names_machine_versions_and_date_and_nobody() -> None:
    here = Environment.here()
    assert here.versions["solc"] == "0.8.37"
    assert Environment(**json.loads(json.dumps(here.to_json()))) == here
    assert replace(ENVIRONMENT, cores=3).sentence() != ENVIRONMENT.sentence()
    assert str(Path.home().name) not in here.sentence().split()


def test_charts_are_the_same_bytes_for_the_same_figures() -> None:
    def draw(value: float) -> list[str]:
        series = Series(name="ours", values=[value, None])
        return [
            grouped_bars(title="t", axis="x", groups=["a", "b"], series=[series], log=True),
            ranges(title="t", axis="x", rows=[Range(name="a", low=1, high=value)]),
            stacked_bars(title="t", axis="x", names=["a", "b"], series=[series], marks=series),
        ]

    first, again, other = draw(90), draw(90), draw(91)
    assert first == again
    for one, different in zip(first, other, strict=True):
        assert one != different
        assert ElementTree.fromstring(one).tag.endswith("svg")
        assert "date" not in one
        assert "90" in one, "a value is written beside its bar, as text"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.55, "0.55"),
        (999, "999"),
        (36_789, "36.8k"),
        (1_248_000, "1.25M"),
        (124.7e6, "125M"),
        (2e9, "2G"),
    ],
)
def test_a_chart_says_a_value_in_three_digits(value: float, text: str) -> None:
    assert short(value) == text


def test_numbers_have_separators() -> None:
    assert [number(1_234_567), number(2.5), number(3.0), number(7.25, 1)] == [
        "1,234,567",
        "2.5",
        "3",
        "7.2",
    ]
