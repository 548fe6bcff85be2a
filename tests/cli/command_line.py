"""The type of the fixture `channels`: a command line, to exit status, output and errors."""

from __future__ import annotations

from collections.abc import Callable

Channels = Callable[..., tuple[int, str, str]]
