"""``python -m bench.report [--render] [NAME ...]``: measure, and draw docs/benchmarks."""

from __future__ import annotations

import argparse
import sys

from bench.report.errors import ReportError, UnknownBench
from bench.report.files import ROOT, read_run, rendered, write_rendered, write_run
from bench.report.page import Page, Verdict
from bench.report.pages import BENCHES
from bench.report.run import run_bench


def main(arguments: list[str] | None = None) -> int:
    """Run the benches named (all, if none is), then redraw; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m bench.report", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="benches to run; all if none")
    parser.add_argument("--render", action="store_true", help="redraw without measuring")
    options = parser.parse_args(arguments)
    if options.render and options.names:
        parser.error("--render redraws all: it takes no names")
    try:
        for page in [] if options.render else chosen(options.names):
            print(f"== python -m bench.{page.name}", flush=True)
            write_run(page, run_bench(page))
        for path in write_rendered(rendered(BENCHES)):
            print(f"wrote {path.relative_to(ROOT)}")
        for line in missed():
            print(line)
    except ReportError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def chosen(names: list[str]) -> list[Page]:
    """Return the pages of the benches called ``names``. Raises `UnknownBench`."""
    known = {page.name: page for page in BENCHES}
    for name in names:
        if name not in known:
            raise UnknownBench(name=name, known=", ".join(known))
    return [known[name] for name in names] or list(BENCHES)


def missed() -> list[str]:
    """Return a line for every bar that is missed and every aim that is not reached."""
    lines = []
    for page in BENCHES:
        figures = read_run(page).figures
        for bar in page.bars:
            value = figures[bar.figure]
            verdict = bar.verdict(value)
            if verdict in {Verdict.MISSED, Verdict.NOT_REACHED, Verdict.NOT_MEASURED}:
                name = verdict.value.strip("*")
                lines.append(f"{name}: {bar.figure} = {bar.shown(value)} ({bar.bound()})")
    return lines


if __name__ == "__main__":
    sys.exit(main())
