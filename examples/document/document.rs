//! A document that several people edit, with every byte attributed to who wrote it.
//!
//! Rows, messages and refusals: README.md.

#![no_std]

#[path = "../../cli/project/bindings/channels.rs"]
mod channels;

use channels::{channel, db, MESSAGE_BYTES_MAX};

const INSERT: u8 = 1;
const DELETE: u8 = 2;

/// The bytes of the document in one row: as many as a value may have.
const CHUNK: usize = channels::VALUE_BYTES_MAX;
const TEXT_BYTES_MAX: usize = 4 * CHUNK;

#[derive(Clone, Copy)]
enum Refusal {
    Malformed = 1,
    UnknownOperation = 2,
    UnknownAuthor = 3,
    StaleRevision = 4,
    OutOfRange = 5,
    NoChange = 6,
    BrokenCharacter = 7,
    TooLong = 8,
}

#[no_mangle]
pub extern "C" fn reduce() -> u32 {
    match apply() {
        Ok(()) => 0,
        Err(refusal) => refusal as u32,
    }
}

fn apply() -> Result<(), Refusal> {
    let mut buffer = [0; MESSAGE_BYTES_MAX];
    let message = channel::message(&mut buffer).ok_or(Refusal::Malformed)?;
    let edit = Edit::parse(message)?;
    let author = u8::try_from(channel::sender()).map_err(|_| Refusal::UnknownAuthor)?;
    let mut document = Document::read();
    if edit.revision != document.revision {
        return Err(Refusal::StaleRevision);
    }
    match edit.change {
        Change::Insert(text) => document.insert(edit.position, text, author)?,
        Change::Delete(length) => document.delete(edit.position, length, author)?,
    }
    document.write(edit.position / CHUNK);
    Ok(())
}

/// What a message asks for.
struct Edit<'a> {
    revision: u32,
    position: usize,
    change: Change<'a>,
}

enum Change<'a> {
    Insert(&'a str),
    Delete(usize),
}

impl<'a> Edit<'a> {
    fn parse(message: &'a [u8]) -> Result<Self, Refusal> {
        let (operation, revision, position, rest) = match *message {
            [o, a, b, c, d, high, low, ref rest @ ..] => (
                o,
                u32::from_be_bytes([a, b, c, d]),
                u16::from_be_bytes([high, low]),
                rest,
            ),
            _ => return Err(Refusal::Malformed),
        };
        let change = match (operation, rest) {
            (INSERT, text) => {
                Change::Insert(core::str::from_utf8(text).map_err(|_| Refusal::BrokenCharacter)?)
            }
            (DELETE, &[high, low]) => Change::Delete(u16::from_be_bytes([high, low]).into()),
            (DELETE, _) => return Err(Refusal::Malformed),
            _ => return Err(Refusal::UnknownOperation),
        };
        Ok(Edit {
            revision,
            position: position.into(),
            change,
        })
    }
}

/// The rows `head`, `text` and `by` in memory.
struct Document {
    revision: u32,
    length: usize,
    text: [u8; TEXT_BYTES_MAX],
    /// Who wrote each byte of `text`.
    by: [u8; TEXT_BYTES_MAX],
}

impl Document {
    fn read() -> Self {
        let mut document = Document {
            revision: 0,
            length: 0,
            text: [0; TEXT_BYTES_MAX],
            by: [0; TEXT_BYTES_MAX],
        };
        if let Some([a, b, c, d, high, low]) = db::get_array(b"head") {
            document.revision = u32::from_be_bytes([a, b, c, d]);
            document.length = u16::from_be_bytes([high, low]).into();
        }
        for (index, chunk) in document.text.chunks_mut(CHUNK).enumerate() {
            db::get(&text_key(index), chunk);
        }
        for (index, chunk) in document.by.chunks_mut(CHUNK).enumerate() {
            db::get(&by_key(index), chunk);
        }
        document
    }

    /// Write the chunks from `first` on, and remove those that have become empty.
    fn write(&self, first: usize) {
        let [a, b, c, d] = (self.revision + 1).to_be_bytes();
        let [high, low] = (self.length as u16).to_be_bytes();
        db::put(b"head", &[a, b, c, d, high, low]);
        for index in first..TEXT_BYTES_MAX / CHUNK {
            let begin = self.length.min(index * CHUNK);
            let end = self.length.min(begin + CHUNK);
            set_or_remove(&text_key(index), &self.text[begin..end]);
            set_or_remove(&by_key(index), &self.by[begin..end]);
        }
    }

    fn insert(&mut self, position: usize, text: &str, author: u8) -> Result<(), Refusal> {
        self.check_boundary(position)?;
        if text.is_empty() {
            return Err(Refusal::NoChange);
        }
        let (end, length) = (position + text.len(), self.length + text.len());
        if length > TEXT_BYTES_MAX {
            return Err(Refusal::TooLong);
        }
        self.text.copy_within(position..self.length, end);
        self.by.copy_within(position..self.length, end);
        self.text[position..end].copy_from_slice(text.as_bytes());
        self.by[position..end].fill(author);
        self.length = length;
        Writer::update(author, |writer| {
            writer.written += text.len() as u32;
            writer.standing += text.len() as u32;
        });
        Ok(())
    }

    fn delete(&mut self, position: usize, length: usize, author: u8) -> Result<(), Refusal> {
        let end = position + length;
        self.check_boundary(position)?;
        self.check_boundary(end)?;
        if length == 0 {
            return Err(Refusal::NoChange);
        }
        let mut begin = position;
        for at in position + 1..=end {
            if at == end || self.by[at] != self.by[begin] {
                let run = (at - begin) as u32;
                Writer::update(self.by[begin], |writer| writer.standing -= run);
                begin = at;
            }
        }
        Writer::update(author, |writer| writer.removed += length as u32);
        self.text.copy_within(end..self.length, position);
        self.by.copy_within(end..self.length, position);
        self.length -= length;
        Ok(())
    }

    /// Check that `position` is in the text, or at its end, and inside no character.
    fn check_boundary(&self, position: usize) -> Result<(), Refusal> {
        match self.text[..self.length].get(position) {
            Some(byte) if byte & 0xc0 == 0x80 => Err(Refusal::BrokenCharacter),
            None if position > self.length => Err(Refusal::OutOfRange),
            _ => Ok(()),
        }
    }
}

/// What one author has done, in bytes: a row `writer`.
#[derive(Default)]
struct Writer {
    /// Written at any time.
    written: u32,
    /// Written, and still in the text.
    standing: u32,
    /// Removed, whoever had written it.
    removed: u32,
}

impl Writer {
    fn update(author: u8, change: impl FnOnce(&mut Writer)) {
        let key = [b'w', b'r', b'i', b't', b'e', b'r', author];
        let mut writer = db::get_array(&key).map_or(Writer::default(), Writer::decode);
        change(&mut writer);
        db::put(&key, &writer.encode());
    }

    fn decode(row: [u8; 12]) -> Self {
        let field =
            |at: usize| u32::from_be_bytes([row[at], row[at + 1], row[at + 2], row[at + 3]]);
        Writer {
            written: field(0),
            standing: field(4),
            removed: field(8),
        }
    }

    fn encode(&self) -> [u8; 12] {
        let mut row = [0; 12];
        row[..4].copy_from_slice(&self.written.to_be_bytes());
        row[4..8].copy_from_slice(&self.standing.to_be_bytes());
        row[8..].copy_from_slice(&self.removed.to_be_bytes());
        row
    }
}

fn text_key(index: usize) -> [u8; 5] {
    [b't', b'e', b'x', b't', index as u8]
}

fn by_key(index: usize) -> [u8; 3] {
    [b'b', b'y', index as u8]
}

fn set_or_remove(key: &[u8], value: &[u8]) {
    if value.is_empty() {
        db::delete(key);
    } else {
        db::put(key, value);
    }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}
