"""The benches of the project, in the order in which they run and are shown."""

from __future__ import annotations

from typing import Final

from bench.report.page import Page
from bench.report.pages.dispute import PAGE as DISPUTE
from bench.report.pages.gas import PAGE as GAS
from bench.report.pages.machine import PAGE as MACHINE
from bench.report.pages.sql import PAGE as SQL

BENCHES: Final[tuple[Page, ...]] = (MACHINE, GAS, DISPUTE, SQL)
