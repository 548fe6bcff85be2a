// An exception: there is nobody to catch it.
export function reduce(): i32 { throw new Error("no"); }
