//! A reducer with `Vec` and the allocator of std, which grows memory.
//!
//! Message: how many mebibytes, and 0 to insist (running out aborts) or 1 to ask (it is refused).

#[path = "../../../cli/project/bindings/channels.rs"]
mod channels;

use channels::{channel, db};

const REFUSED: u32 = 7;

#[no_mangle]
pub extern "C" fn reduce() -> u32 {
    let mut message = [0; 2];
    channel::message_read(0, &mut message);
    let bytes = usize::from(message[0]) << 20;
    if message[1] == 0 {
        insist(bytes)
    } else {
        ask(bytes)
    }
}

#[inline(never)]
fn insist(bytes: usize) -> u32 {
    keep(Vec::with_capacity(bytes))
}

#[inline(never)]
fn ask(bytes: usize) -> u32 {
    let mut vector = Vec::new();
    match vector.try_reserve_exact(bytes) {
        Ok(()) => keep(vector),
        Err(_) => REFUSED,
    }
}

#[inline(never)]
fn keep(mut vector: Vec<u8>) -> u32 {
    vector.resize(vector.capacity().min(8), 0x5a);
    db::put(b"row", &vector);
    0
}
