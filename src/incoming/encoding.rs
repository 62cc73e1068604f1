//! Bytes of a file as UTF-8: byte order marks, UTF-16, and what is older than both.

use std::io::{Chain, Cursor, Read};

use encoding_rs::{Decoder, Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use flate2::read::MultiGzDecoder;

use super::lines::{damaged, refuse_what_is_not_text};
use crate::error::Result;

/// Bytes at the beginning by which an encoding is told.
pub const SAMPLE: usize = 64 * 1024;

/// Whatever is read from it is UTF-8 without a byte order mark.
pub struct Utf8<R> {
    input: R,
    /// None of what is UTF-8 as it comes.
    decoder: Option<Decoder>,
    raw: Vec<u8>,
    ready: Vec<u8>,
    given: usize,
    ended: bool,
}

/// An input whose beginning was looked at.
pub type Sampled<R> = Chain<Cursor<Vec<u8>>, R>;

impl<R: Read> Utf8<Sampled<R>> {
    /// Looks at the beginning to tell the encoding, refuses what is not text, and returns the
    /// beginning as well.
    pub fn open(mut input: R) -> Result<(Self, String)> {
        let mut sample = Vec::with_capacity(SAMPLE);
        let read = input.by_ref().take(SAMPLE as u64).read_to_end(&mut sample);
        read.map_err(|error| damaged(error, 0))?;
        let marked = Encoding::for_bom(&sample).map(|it| it.0);
        let encoding = match marked.or_else(|| wide_without_mark(&sample)) {
            Some(encoding) => encoding,
            None => {
                refuse_what_is_not_text(&sample)?;
                one_byte_or_utf8(&sample)
            }
        };
        let text = encoding.decode(&sample).0.into_owned();
        let skip = if encoding == UTF_8 && sample.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        let input = Cursor::new(sample.split_off(skip)).chain(input);
        Ok((Self::new(input, encoding), text))
    }
}

impl<R: Read> Utf8<R> {
    pub fn new(input: R, encoding: &'static Encoding) -> Self {
        let decoder = (encoding != UTF_8).then(|| encoding.new_decoder_with_bom_removal());
        Self { input, decoder, raw: vec![0; SAMPLE], ready: Vec::new(), given: 0, ended: false }
    }
}

impl<R: Read> Read for Utf8<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let Some(decoder) = &mut self.decoder else { return self.input.read(buffer) };
        while self.given == self.ready.len() && !self.ended {
            let read = self.input.read(&mut self.raw)?;
            self.ended = read == 0;
            let space = decoder.max_utf8_buffer_length(read).unwrap_or(SAMPLE * 4);
            self.ready.resize(space, 0);
            let (_, _, written, _) =
                decoder.decode_to_utf8(&self.raw[..read], &mut self.ready, self.ended);
            self.ready.truncate(written);
            self.given = 0;
        }
        let count = buffer.len().min(self.ready.len() - self.given);
        buffer[..count].copy_from_slice(&self.ready[self.given..self.given + count]);
        self.given += count;
        Ok(count)
    }
}

/// What gzip begins with.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// The bytes; where they are compressed with gzip, what was compressed.
pub fn unpacked(mut input: Box<dyn Read + Send>) -> std::io::Result<Box<dyn Read + Send>> {
    let mut beginning = Vec::with_capacity(GZIP.len());
    input.by_ref().take(GZIP.len() as u64).read_to_end(&mut beginning)?;
    let is_gzip = beginning == GZIP;
    let whole = Cursor::new(beginning).chain(input);
    Ok(if is_gzip { Box::new(MultiGzDecoder::new(whole)) } else { Box::new(whole) })
}

/// Latin text in UTF-16 has a zero in every second byte.
pub fn wide_without_mark(sample: &[u8]) -> Option<&'static Encoding> {
    let (mut first, mut second, mut all) = (0, 0, 0);
    for pair in sample.chunks_exact(2).take(512) {
        first += usize::from(pair[0] == 0);
        second += usize::from(pair[1] == 0);
        all += 1;
    }
    match () {
        () if all < 4 => None,
        () if second * 10 > all * 7 && first * 10 < all => Some(UTF_16LE),
        () if first * 10 > all * 7 && second * 10 < all => Some(UTF_16BE),
        () => None,
    }
}

fn one_byte_or_utf8(sample: &[u8]) -> &'static Encoding {
    match std::str::from_utf8(sample) {
        // A character cut in two by the end of the sample is no fault.
        Err(error) if error.error_len().is_some() => WINDOWS_1252,
        _ => UTF_8,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_told_apart() {
        let text = "Tag;Ausgegebener Betrag (€)\n17.08.2026;2.520,00\n";
        let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        for bytes in [
            text.as_bytes().to_vec(),
            [b"\xef\xbb\xbf", text.as_bytes()].concat(),
            [b"\xff\xfe".to_vec(), wide.clone()].concat(),
            wide,
            WINDOWS_1252.encode(text).0.into_owned(),
        ] {
            let (mut utf8, sample) = Utf8::open(Cursor::new(bytes)).unwrap();
            let mut read = String::new();
            utf8.read_to_string(&mut read).unwrap();
            assert_eq!(read, text);
            assert_eq!(sample.trim_start_matches('\u{feff}'), text);
        }
    }
}
