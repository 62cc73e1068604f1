//! The bytes that were read last, so that it can be told which line a record stands on.
//!
//! The parser skips empty lines, and what is left of a line's end, before a record, and counts them
//! to the record.

use std::io::Read;

pub struct Recent<R> {
    input: R,
    /// Where the older of the two begins.
    begins: u64,
    older: Vec<u8>,
    newer: Vec<u8>,
}

impl<R> Recent<R> {
    pub fn new(input: R) -> Self {
        Self { input, begins: 0, older: Vec::new(), newer: Vec::new() }
    }

    /// How many lines end in the run of line ends that begins here.
    pub fn line_ends_at(&self, byte: u64) -> u64 {
        let Some(skip) = byte.checked_sub(self.begins) else { return 0 };
        let skip = usize::try_from(skip).unwrap_or(usize::MAX);
        let bytes = self.older.iter().chain(&self.newer).skip(skip);
        let run = bytes.take_while(|it| matches!(it, b'\n' | b'\r'));
        run.filter(|it| **it == b'\n').count() as u64
    }
}

impl<R: Read> Read for Recent<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.input.read(buffer)?;
        if count > 0 {
            self.begins += self.older.len() as u64;
            std::mem::swap(&mut self.older, &mut self.newer);
            self.newer.clear();
            self.newer.extend_from_slice(&buffer[..count]);
        }
        Ok(count)
    }
}
