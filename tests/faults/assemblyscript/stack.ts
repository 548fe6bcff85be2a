// Calls that are too deep.
import { channel } from "./channels";

function descend(depth: i32): i32 { return descend(depth + 1) ^ depth; }

export function reduce(): i32 { return descend(channel.messageSize()); }
