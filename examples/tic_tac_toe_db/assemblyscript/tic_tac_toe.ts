// Tic-Tac-Toe over rows. Rows, message and statuses: ../README.md.
import { channel, db } from "../../../cli/project/bindings/channels";

const ACCEPTED: i32 = 0;
const TOO_SHORT: i32 = 1;
const NO_MOVE: i32 = 2;
const GAME_OVER: i32 = 3;
const OCCUPIED: i32 = 4;
const NOBODY_NEXT: i32 = 5;

const MOVE: u8 = 1;
const CELLS: i32 = 9;
const DRAW: u8 = 3;

// Static bytes: no allocator, no `start` function.
const CELL = memory.data<u8>([0x63, 0x65, 0x6c, 0x6c, 0]); // "cell", and the index
const NEXT = memory.data<u8>([0x6e, 0x65, 0x78, 0x74]);
const WINNER = memory.data<u8>([0x77, 0x69, 0x6e, 0x6e, 0x65, 0x72]);
const LINES = memory.data<u8>([
  0, 1, 2, 3, 4, 5, 6, 7, 8, // rows
  0, 3, 6, 1, 4, 7, 2, 5, 8, // columns
  0, 4, 8, 2, 4, 6, // diagonals
]);
const message = memory.data(2);
const board = memory.data(CELLS);
const value = memory.data(1);

/** Return the byte of a row: 0 if it is absent, or not one byte long. */
function read(key: usize, keyLength: i32): u8 {
  store<u8>(value, 0);
  db.get(key, keyLength, value, 1);
  return load<u8>(value);
}

function write(key: usize, keyLength: i32, byte: u8): void {
  store<u8>(value, byte);
  db.put(key, keyLength, value, 1);
}

function readCell(index: i32): u8 {
  store<u8>(CELL, index, 4);
  return read(CELL, 5);
}

/** Return who has a line, DRAW if all cells are taken, else 0. */
function winner(): u8 {
  for (let line = LINES; line < LINES + 24; line += 3) {
    const player = load<u8>(board + load<u8>(line));
    if (
      player != 0 &&
      player == load<u8>(board + load<u8>(line, 1)) &&
      player == load<u8>(board + load<u8>(line, 2))
    ) return player;
  }
  for (let i = 0; i < CELLS; i++) if (load<u8>(board + i) == 0) return 0;
  return DRAW;
}

export function reduce(): i32 {
  if (channel.messageSize() < 2) return TOO_SHORT;
  channel.messageRead(message, 0, 2);
  const at = <i32>load<u8>(message, 1);
  if (load<u8>(message) != MOVE || at >= CELLS) return NO_MOVE;
  if (read(WINNER, 6) != 0) return GAME_OVER;
  for (let i = 0; i < CELLS; i++) store<u8>(board + i, readCell(i));
  if (load<u8>(board + at) != 0) return OCCUPIED;
  const player = read(NEXT, 4);
  if (player != 1 && player != 2) return NOBODY_NEXT;

  store<u8>(board + at, player);
  store<u8>(CELL, at, 4);
  write(CELL, 5, player);
  const won = winner();
  if (won != 0) write(WINNER, 6, won);
  else write(NEXT, 4, 3 - player);
  return ACCEPTED;
}
