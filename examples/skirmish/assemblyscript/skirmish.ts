// Skirmish over SQL tables. Schema, statements, messages and refusals: ../README.md.
import { channel } from "../../../cli/project/bindings/channels";
import * as sql from "./sql";

const ACCEPTED: i32 = 0;
const NO_MESSAGE: i32 = 1;
const NO_SUCH: i32 = 2;
const TOO_POOR: i32 = 3;
const TAKEN: i32 = 4;
const OFF_BOARD: i32 = 5;
const TOO_FAR: i32 = 6;
const NO_PLAYER: i32 = 7;
const FAILED: i32 = 9;

const SPAWN: u8 = 1;
const MOVE: u8 = 2;
const ATTACK: u8 = 3;
const PLAYERS: u32 = 2;
const NAME_BYTES_MAX: i32 = 12;

// Static bytes: no allocator, no `start` function.
const message = memory.data(15);

function byteAt(offset: i32): i32 {
  return load<u8>(message + offset);
}

function u32At(offset: i32): i32 {
  return bswap(load<i32>(message + offset));
}

/** Return why a unit cannot stand on a field, for the result of the statement that puts it there. */
function placed(result: i32): i32 {
  if (result == 1) return ACCEPTED;
  if (result == -sql.sqlstate.UNIQUE_VIOLATION) return TAKEN;
  return result == -sql.sqlstate.CHECK_VIOLATION ? OFF_BOARD : FAILED;
}

function pay(player: i32, amount: i32): i32 {
  const result = sql.pay(amount, player);
  if (result == -sql.sqlstate.CHECK_VIOLATION) return TOO_POOR;
  return result == 1 ? ACCEPTED : FAILED;
}

function spawn(player: i32, x: i32, y: i32, name: usize, length: i32): i32 {
  if (sql.cost(name, length) <= 0) return NO_SUCH; // what is not UTF-8 is no name, too
  const refused = pay(player, sql.row<sql.CostRow>(0).cost);
  return refused ? refused : placed(sql.spawn(player, x, y, name, length));
}

function move(player: i32, unit: i32, x: i32, y: i32): i32 {
  const found = sql.stepsTo(x, y, unit, player);
  if (found <= 0) return found ? FAILED : NO_SUCH;
  const way = sql.row<sql.StepsToRow>(0);
  if (way.steps > way.speed) return TOO_FAR;
  return placed(sql.moveUnit(x, y, unit));
}

function kill(player: i32, unit: i32, reward: i32): i32 {
  if (sql.kill(unit) != 1 || sql.countKill(player) != 0) return FAILED;
  return pay(player, -reward);
}

function attack(player: i32, unit: i32): i32 {
  const found = sql.target(unit, player);
  if (found <= 0) return found ? FAILED : NO_SUCH;
  // The row is gone with the next call.
  const health = sql.row<sql.TargetRow>(0).health;
  const reward = sql.row<sql.TargetRow>(0).reward;

  const count = sql.inReach(player, unit);
  if (count <= 0) return count ? FAILED : TOO_FAR;
  let strength = 0;
  let used = 0;
  while (used < count && strength < health) strength += sql.row<sql.InReachRow>(used++).strength;

  const refused = pay(player, used);
  if (refused) return refused;
  if (strength >= health) return kill(player, unit, reward);
  return sql.hurt(strength, unit) == 1 ? ACCEPTED : FAILED;
}

function apply(player: i32, size: i32): i32 {
  const kind = size ? <u8>byteAt(0) : 0;
  if (kind == SPAWN && size > 3) return spawn(player, byteAt(1), byteAt(2), message + 3, size - 3);
  if (kind == MOVE && size == 7) return move(player, u32At(1), byteAt(5), byteAt(6));
  if (kind == ATTACK && size == 5) return attack(player, u32At(1));
  return NO_MESSAGE;
}

/** Apply the message in hand to the rows: what the channel calls, once a message. */
export function reduce(): i32 {
  const size = channel.messageSize();
  if (size > 3 + NAME_BYTES_MAX) return NO_MESSAGE;
  channel.messageRead(message, 0, size);
  if (channel.sender() >= PLAYERS) return NO_PLAYER;
  const player = <i32>channel.sender();
  const refused = apply(player, size);
  if (refused) return refused;
  return sql.earn(player) == 1 ? ACCEPTED : FAILED;
}
