// A failing assert: asc calls abort, which `--use abort=` makes a trap.
import { channel } from "./channels";

function check(size: i32): void { assert(size > 100, "too short"); }

export function reduce(): i32 {
  check(channel.messageSize());
  return 0;
}
