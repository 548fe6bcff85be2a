"""`channels dispute`: a whole dispute on an EVM, played and shown.

- `cli.dispute.command`: the command;
- `cli.dispute.case`: the channel that a dispute is about, from files;
- `cli.dispute.processes`: two sides in a process each;
- `cli.dispute.story`: what happened, and beside it what is true;
- `cli.dispute.terminal`, ``as_json``, ``page``: three ways to show it.
"""

from cli.dispute.command import dispute

__all__ = ["dispute"]
