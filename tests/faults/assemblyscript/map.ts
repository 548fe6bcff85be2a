// A key that is not in the Map.
import { channel } from "./channels";

export function reduce(): i32 {
  const scores = new Map<i32, i32>();
  scores.set(1, 7);
  return scores.get(channel.messageSize());
}
