//! Tic-Tac-Toe over rows. Rows, message and statuses: ../README.md.

#![no_std]

#[path = "../../../cli/project/bindings/channels.rs"]
mod channels;

use channels::{channel, db};

const MOVE: u8 = 1;
const CELLS: usize = 9;
const DRAW: u8 = 3;

const NEXT: &[u8] = b"next";
const WINNER: &[u8] = b"winner";

#[rustfmt::skip]
const LINES: [[usize; 3]; 8] = [
    [0, 1, 2], [3, 4, 5], [6, 7, 8], // rows
    [0, 3, 6], [1, 4, 7], [2, 5, 8], // columns
    [0, 4, 8], [2, 4, 6],            // diagonals
];

#[derive(Clone, Copy)]
enum Refusal {
    TooShort = 1,
    NoMove = 2,
    GameOver = 3,
    Occupied = 4,
    NobodyNext = 5,
}

#[no_mangle]
pub extern "C" fn reduce() -> u32 {
    match apply() {
        Ok(()) => 0,
        Err(refusal) => refusal as u32,
    }
}

fn apply() -> Result<(), Refusal> {
    let mut message = [0; 2];
    if channel::message_size() < message.len() {
        return Err(Refusal::TooShort);
    }
    channel::message_read(0, &mut message);
    let [operation, at] = message;
    if operation != MOVE || usize::from(at) >= CELLS {
        return Err(Refusal::NoMove);
    }
    if read(WINNER) != 0 {
        return Err(Refusal::GameOver);
    }
    let mut board = [0; CELLS];
    for (cell, index) in board.iter_mut().zip(0..) {
        *cell = read(&cell_key(index));
    }
    if board[usize::from(at)] != 0 {
        return Err(Refusal::Occupied);
    }
    let player = read(NEXT);
    if player != 1 && player != 2 {
        return Err(Refusal::NobodyNext);
    }

    board[usize::from(at)] = player;
    db::put(&cell_key(at), &[player]);
    match winner(&board) {
        0 => db::put(NEXT, &[3 - player]),
        won => db::put(WINNER, &[won]),
    };
    Ok(())
}

fn cell_key(index: u8) -> [u8; 5] {
    [b'c', b'e', b'l', b'l', index]
}

/// Return the byte of a row: 0 if it is absent, or not one byte long.
fn read(key: &[u8]) -> u8 {
    db::get_array(key).map_or(0, |[byte]| byte)
}

/// Return who has a line, DRAW if all cells are taken, else 0.
fn winner(board: &[u8; CELLS]) -> u8 {
    for [a, b, c] in LINES {
        if board[a] != 0 && board[a] == board[b] && board[a] == board[c] {
            return board[a];
        }
    }
    if board.iter().all(|&cell| cell != 0) {
        DRAW
    } else {
        0
    }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}
