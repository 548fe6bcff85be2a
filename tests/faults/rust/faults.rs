//! Every way in which a message can go wrong without being refused. Its first byte says which.

#![no_std]

#[path = "../../../cli/project/bindings/channels.rs"]
mod channels;

use channels::{channel, db};

#[no_mangle]
pub extern "C" fn reduce() -> u32 {
    let mut buffer = [0; 8];
    let message = channel::message(&mut buffer).unwrap_or(&[]);
    db::put(b"row", message); // what a trap must take back
    match message {
        [1, ..] => give_up(),
        [2, ..] => abort(),
        [3, n, ..] => overflow(*n),
        [4, n, ..] => out_of_range(message, *n),
        [5, n, ..] => divide(*n),
        [6, n, ..] => recurse(*n),
        [7, n, ..] => recurse_with_arrays(*n),
        [8, ..] => spin(),
        [9, ..] => read_into_too_small(),
        [10, ..] => u32::from(db::put(b"", b"an empty key")),
        [11, ..] => u32::from(db::put(b"long", &[0; 1025])),
        [12, ..] => read_past_the_end(),
        [13, ..] => wild_pointer(),
        [14, n, ..] => call_indirectly(*n),
        _ => 0,
    }
}

#[inline(never)]
fn give_up() -> u32 {
    panic!("nothing to be done")
}

#[inline(never)]
fn abort() -> u32 {
    core::arch::wasm32::unreachable()
}

#[inline(never)]
fn overflow(n: u8) -> u32 {
    u32::from(n + 0xff)
}

#[inline(never)]
fn out_of_range(message: &[u8], n: u8) -> u32 {
    message[usize::from(n)].into()
}

#[inline(never)]
fn divide(n: u8) -> u32 {
    100 / u32::from(n)
}

/// Frames without anything in memory: calls become too deep.
#[inline(never)]
#[allow(unconditional_recursion)]
fn recurse(n: u8) -> u32 {
    let deeper = recurse(n.wrapping_add(1));
    deeper ^ channel::sender()
}

/// Frames of a hundred bytes: the stack in memory runs over its end before calls are too deep.
#[inline(never)]
#[allow(unconditional_recursion)]
fn recurse_with_arrays(n: u8) -> u32 {
    let mut array = [u64::from(n); 12];
    array[usize::from(n % 12)] = channel::turn();
    let deeper = recurse_with_arrays(array[3] as u8);
    deeper ^ array[usize::from(n % 12)] as u32
}

#[inline(never)]
fn spin() -> u32 {
    loop {}
}

#[inline(never)]
fn read_into_too_small() -> u32 {
    db::get(b"row", &mut []).map_or(0, |value| value.len() as u32)
}

#[inline(never)]
fn read_past_the_end() -> u32 {
    let mut byte = [0];
    channel::message_read(4096, &mut byte);
    byte[0].into()
}

#[inline(never)]
fn wild_pointer() -> u32 {
    unsafe { core::ptr::read_volatile(0xffff_fff0 as *const u32) }
}

/// Call a function through a pointer that names none.
#[inline(never)]
fn call_indirectly(n: u8) -> u32 {
    let address = usize::from(n);
    let function: fn() -> u32 = unsafe { core::mem::transmute(core::ptr::read_volatile(&address)) };
    function()
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}
