"""Players of the dispute game: what a side does next, from what it knows and what was done so far.

A player keeps nothing of a game: whoever stops it at any move and makes it anew from its knowledge
gets the same next move. It has no clock, no key and no connection: it is asked, and answers with
what to send, or with nothing.

- `bisection.players.player`: what a player is shown, and what it answers;
- `bisection.players.knowledge`: messages, log and rows after each, and every state of a turn's run;
- `bisection.players.histories`: which turn a challenger disputes of a history that is not its own;
- `bisection.players.honest`: the two sides that win if they are right;
- `bisection.players.asserters`, ``challengers``, ``habits``: those that are not honest, for tests,
  vectors and demonstrations.

Spec: docs/spec/game.md, G-19, G-20.
"""
