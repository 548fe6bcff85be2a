// assembly/index.ts (AssemblyScript)
// ABI: reduce(db_ptr, db_len, msg_ptr, msg_len, out_ptr_ptr, out_len_ptr) -> i32
// Return 0 on success, non-zero error code on invalid moves, etc.

const STATE_LEN: i32 = 11; // 9 cells + next + winner

// Cell values: 0 empty, 1 = X, 2 = O
// next: whose turn next (1 or 2)
// winner: 0 none, 1 X, 2 O, 3 draw

@inline
function loadU8(p: usize, off: i32): u8 { return load<u8>(p + <usize>off); }
@inline
function storeU8(p: usize, off: i32, v: u8): void { store<u8>(p + <usize>off, v); }

function checkWin(boardPtr: usize): u8 {
  // Winning triplets (indexes 0..8)
  const lines: StaticArray<i32> = [
    0,1,2, 3,4,5, 6,7,8, // rows
    0,3,6, 1,4,7, 2,5,8, // cols
    0,4,8, 2,4,6          // diags
  ];
  for (let i = 0; i < 8; i++) {
    let a = loadU8(boardPtr, unchecked(lines[i*3]));
    let b = loadU8(boardPtr, unchecked(lines[i*3+1]));
    let c = loadU8(boardPtr, unchecked(lines[i*3+2]));
    if (a != 0 && a == b && b == c) return a; // winner 1 or 2
  }
  // check draw
  for (let j = 0; j < 9; j++) if (loadU8(boardPtr, j) == 0) return 0;
  return 3; // draw
}

export function reduce(
  db_ptr: usize, db_len: i32,
  msg_ptr: usize, msg_len: i32,
  out_ptr_ptr: usize, out_len_ptr: usize
): i32 {
  // State layout (11 bytes): [0..8]=board cells, [9]=next, [10]=winner
  if (db_len != STATE_LEN || msg_len < 2) return 1;

  // Read state
  const boardPtr = db_ptr;
  let next = loadU8(db_ptr, 9);
  let winner = loadU8(db_ptr, 10);

  // Message layout: [0]=op, [1]=pos (0..8)
  // op: 1=move
  const op = loadU8(msg_ptr, 0);
  const pos = loadU8(msg_ptr, 1);
  if (op != 1 || pos > 8) return 2;

  // If game finished, reject
  if (winner != 0) return 3;

  // Apply move by 'next'
  let cur = loadU8(boardPtr, pos);
  if (cur != 0) return 4; // occupied
  if (next != 1 && next != 2) return 5; // invalid next

  storeU8(boardPtr, pos, next);

  // Check winner/draw
  winner = checkWin(boardPtr);
  storeU8(db_ptr, 10, winner);

  // Toggle turn if no winner/draw
  if (winner == 0) {
    next = <u8>(3 - next); // 1<->2
    storeU8(db_ptr, 9, next);
  }

  // Allocate output and copy updated state
  const out = memory.data(STATE_LEN);
  for (let i = 0; i < STATE_LEN; i++) {
    storeU8(out, i, loadU8(db_ptr, i));
  }

  // Write out pointer/len
  store<usize>(out_ptr_ptr, out);
  store<i32>(out_len_ptr, STATE_LEN);
  return 0;
}
