// A score keeper: one row a player, and points that their messages add.
//
// Tables: schema.sql. Statements: queries.sql. Message and refusals: README.md.
import { channel } from "./channels";
import * as sql from "./sql";

// Why a message is refused; 0 accepts it.
const ACCEPTED: i32 = 0;
const NOT_TWO_BYTES: i32 = 1;
const UNKNOWN_OPERATION: i32 = 2;
const POINTS_OUT_OF_RANGE: i32 = 3;
const SCORE_TOO_HIGH: i32 = 4;
const NO_PLAYER: i32 = 5;
const FAILED: i32 = 9;

const ADD: u8 = 1;
const POINTS_MAX: u8 = 100;

// Buffers are static: no allocator, no `start` function.
const message = memory.data(2);

/** Apply the message in hand to the rows: what the channel calls, once a message. */
export function reduce(): i32 {
  if (channel.messageSize() != 2) return NOT_TWO_BYTES;
  channel.messageRead(message, 0, 2);
  const points = load<u8>(message, 1);
  if (load<u8>(message) != ADD) return UNKNOWN_OPERATION;
  if (points == 0 || points > POINTS_MAX) return POINTS_OUT_OF_RANGE;

  // Negative: the statement has failed with that SQLSTATE, and changed nothing.
  const changed = sql.addPoints(points, channel.sender());
  if (changed == -sql.sqlstate.CHECK_VIOLATION) return SCORE_TOO_HIGH;
  if (changed < 0) return FAILED;
  return changed == 1 ? ACCEPTED : NO_PLAYER;
}
