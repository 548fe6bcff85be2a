//! A score keeper: one row a player, and points that their messages add.
//!
//! Tables: schema.sql. Statements: queries.sql. Message and refusals: README.md.

#![no_std]

mod channels;
mod sql;

use channels::channel;
use sql::SqlState;

const ADD: u8 = 1;
const POINTS_MAX: u8 = 100;

/// Where statements put their rows: the memory is new for every message.
static mut ARENA: sql::Arena = sql::Arena::new();

/// Why a message is refused. 0 is kept for "accepted".
#[derive(Clone, Copy)]
enum Refusal {
    NotTwoBytes = 1,
    UnknownOperation = 2,
    PointsOutOfRange = 3,
    ScoreTooHigh = 4,
    NoPlayer = 5,
    Failed = 9,
}

/// A statement that fails has changed nothing.
impl From<SqlState> for Refusal {
    fn from(state: SqlState) -> Refusal {
        match state {
            SqlState::CHECK_VIOLATION => Refusal::ScoreTooHigh,
            _ => Refusal::Failed,
        }
    }
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

    let arena = unsafe { &mut ARENA };
    match sql::add_points(arena, points.into(), channel::sender() as i32)? {
        1 => Ok(()),
        _ => Err(Refusal::NoPlayer),
    }
}

/// A panic (an overflow, an index out of range) traps, so that the message is refused.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}
