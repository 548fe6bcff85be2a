// A score keeper: one row a sender, and points that its messages add.
//
// Rows, message and refusals: README.md.
import { channel, db } from "./channels";

// Why a message is refused; 0 accepts it.
const ACCEPTED: i32 = 0;
const NOT_TWO_BYTES: i32 = 1;
const UNKNOWN_OPERATION: i32 = 2;
const POINTS_OUT_OF_RANGE: i32 = 3;
const SCORE_TOO_HIGH: i32 = 4;

const ADD: u8 = 1;
const POINTS_MAX: u8 = 100;
const SCORE_MAX: u32 = 1000;

// Buffers are static: no allocator, no `start` function.
const message = memory.data(2);
const key = memory.data<u8>([0x73, 0x63, 0x6f, 0x72, 0x65, 0, 0, 0, 0]); // "score", the sender
const value = memory.data(4);

/** Apply the message in hand to the rows: what the channel calls, once a message. */
export function reduce(): i32 {
  if (channel.messageSize() != 2) return NOT_TWO_BYTES;
  channel.messageRead(message, 0, 2);
  const points = load<u8>(message, 1);
  if (load<u8>(message) != ADD) return UNKNOWN_OPERATION;
  if (points == 0 || points > POINTS_MAX) return POINTS_OUT_OF_RANGE;

  store<u32>(key, bswap(channel.sender()), 5);
  db.get(key, 9, value, 4); // an absent row leaves the zeros: memory is new for every message
  const score = bswap(load<u32>(value)) + points;
  if (score > SCORE_MAX) return SCORE_TOO_HIGH;
  store<u32>(value, bswap(score));
  db.put(key, 9, value, 4);
  return ACCEPTED;
}
