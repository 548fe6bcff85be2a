// A division by what the message says, which is zero.
import { channel } from "./channels";

function share(parts: i32): i32 { return 100 / parts; }

export function reduce(): i32 { return share(channel.messageSize()); }
