//! A score keeper: one row a sender, and points that its messages add.
//!
//! Rows, message and refusals: README.md.

#![no_std]

mod channels;

use channels::{channel, db};

const ADD: u8 = 1;
const POINTS_MAX: u8 = 100;
const SCORE_MAX: u32 = 1_000;

/// Why a message is refused. 0 is kept for "accepted".
#[derive(Clone, Copy)]
enum Refusal {
    NotTwoBytes = 1,
    UnknownOperation = 2,
    PointsOutOfRange = 3,
    ScoreTooHigh = 4,
}

/// Apply the message in hand to the rows: what the channel calls, once a message.
#[no_mangle]
pub extern "C" fn reduce() -> u32 {
    match apply() {
        Ok(()) => 0,
        Err(refusal) => refusal as u32,
    }
}

fn apply() -> Result<(), Refusal> {
    let mut buffer = [0; 2];
    let (operation, points) = match channel::message(&mut buffer) {
        Some(&[operation, points]) => (operation, points),
        _ => return Err(Refusal::NotTwoBytes),
    };
    if operation != ADD {
        return Err(Refusal::UnknownOperation);
    }
    if points == 0 || points > POINTS_MAX {
        return Err(Refusal::PointsOutOfRange);
    }

    let key = score_key(channel::sender());
    let score = read_score(&key) + u32::from(points);
    if score > SCORE_MAX {
        return Err(Refusal::ScoreTooHigh);
    }
    db::put(&key, &score.to_be_bytes());
    Ok(())
}

/// Return the key of a sender's row: `score`, and the sender in four bytes, the highest first.
fn score_key(sender: u32) -> [u8; 9] {
    let mut key = *b"score\0\0\0\0";
    key[5..].copy_from_slice(&sender.to_be_bytes());
    key
}

/// Return the points in a row: 0 if it is not there.
fn read_score(key: &[u8]) -> u32 {
    db::get_array(key).map_or(0, u32::from_be_bytes)
}

/// A panic (an overflow, an index out of range) traps, so that the message is refused.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}
