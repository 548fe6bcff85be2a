// An allocation without an end: the allocator grows memory until there is no more.
export function reduce(): i32 {
  while (true) store<u8>(heap.alloc(1 << 20), 1);
  return 0;
}
