//! Lines of a file of unknown encoding, one at a time, none longer than a limit.

use std::io::{BufRead, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::encoding::{SAMPLE, Utf8, wide_without_mark};
use crate::error::{Error, Refusal, Result};

/// The longest line read, in bytes. Longer ones are skipped and said, so that memory stays flat.
pub const LONGEST_LINE: usize = 8 * 1024 * 1024;

pub struct Lines {
    input: BufReader<Box<dyn Read + Send>>,
    encoding: Seen,
    number: u64,
    buffer: Vec<u8>,
}

pub struct Line {
    /// Counted from 1.
    pub number: u64,
    /// Without its line break; or why it cannot be read.
    pub text: Result<String, String>,
}

/// What the bytes have shown of their encoding so far.
enum Seen {
    /// Nothing but ASCII yet: the first other byte decides.
    Ascii,
    Utf8,
    OneByte(&'static Encoding),
}

impl Lines {
    /// Looks at the beginning of the file to tell its encoding, and refuses what is not text.
    pub fn open(mut input: Box<dyn Read + Send>, label: Option<&str>) -> Result<Self> {
        let mut sample = Vec::with_capacity(SAMPLE);
        let read = input.by_ref().take(SAMPLE as u64).read_to_end(&mut sample);
        read.map_err(|error| damaged(error, 0))?;
        let named = label.map(encoding_named).transpose()?;
        let bom = Encoding::for_bom(&sample);
        let wide =
            named.or(bom.map(|(encoding, _)| encoding)).or_else(|| wide_without_mark(&sample));

        if let Some(wide) = wide.filter(|it| *it == UTF_16LE || *it == UTF_16BE) {
            let rest = std::io::Cursor::new(sample).chain(input);
            return Ok(Self::over(Box::new(Utf8::new(rest, wide)), Seen::Utf8));
        }
        refuse_what_is_not_text(&sample)?;
        let skip = bom.map_or(0, |(_, length)| length);
        let encoding = match (named, bom) {
            (Some(named), _) if named != UTF_8 => Seen::OneByte(named),
            (Some(_), _) | (_, Some(_)) => Seen::Utf8,
            (None, None) => guess(&sample),
        };
        let rest = Box::new(std::io::Cursor::new(sample.split_off(skip)).chain(input));
        Ok(Self::over(rest, encoding))
    }

    fn over(input: Box<dyn Read + Send>, encoding: Seen) -> Self {
        let input = BufReader::with_capacity(256 * 1024, input);
        Self { input, encoding, number: 0, buffer: Vec::new() }
    }

    /// The name of the one-byte encoding in use, to be told where nobody asked for it.
    pub fn one_byte_encoding(&self) -> Option<&'static str> {
        match self.encoding {
            Seen::OneByte(encoding) => Some(encoding.name()),
            Seen::Ascii | Seen::Utf8 => None,
        }
    }

    /// The next one; `None` at the end.
    pub fn line(&mut self) -> Result<Option<Line>> {
        self.buffer.clear();
        let limit = LONGEST_LINE as u64 + 2;
        let line = self.input.by_ref().take(limit).read_until(b'\n', &mut self.buffer);
        let read = line.map_err(|error| damaged(error, self.number))?;
        if read == 0 {
            return Ok(None);
        }
        self.number += 1;
        if self.buffer.last() == Some(&b'\n') {
            self.buffer.pop();
            if self.buffer.last() == Some(&b'\r') {
                self.buffer.pop();
            }
        } else if self.buffer.len() > LONGEST_LINE {
            self.skip_line()?;
            let text = Err(format!(
                "the line is longer than {} MB; split it into documents of that size",
                LONGEST_LINE / 1024 / 1024
            ));
            return Ok(Some(Line { number: self.number, text }));
        }
        Ok(Some(Line { number: self.number, text: self.decode() }))
    }

    fn skip_line(&mut self) -> Result<()> {
        loop {
            self.buffer.clear();
            let read = self.input.by_ref().take(SAMPLE as u64).read_until(b'\n', &mut self.buffer);
            let read = read.map_err(|error| damaged(error, self.number))?;
            if read == 0 || self.buffer.last() == Some(&b'\n') {
                self.buffer.clear();
                self.buffer.shrink_to(SAMPLE);
                return Ok(());
            }
        }
    }

    fn decode(&mut self) -> Result<String, String> {
        if self.buffer.contains(&0) {
            return Err("the line holds zero bytes, so it is not text".to_owned());
        }
        if let Seen::OneByte(encoding) = self.encoding {
            return Ok(encoding.decode_without_bom_handling(&self.buffer).0.into_owned());
        }
        match std::str::from_utf8(&self.buffer) {
            Ok(text) => {
                if matches!(self.encoding, Seen::Ascii) && !text.is_ascii() {
                    self.encoding = Seen::Utf8;
                }
                Ok(text.to_owned())
            }
            Err(_) if matches!(self.encoding, Seen::Ascii) => {
                self.encoding = Seen::OneByte(WINDOWS_1252);
                self.decode()
            }
            Err(error) => Err(format!(
                "byte {} of the line is not valid UTF-8, though the lines before it are; save the \
                 file as UTF-8, or name its encoding with --encoding",
                error.valid_up_to() + 1
            )),
        }
    }
}

/// Counts what is read, for the progress bar.
pub struct Counted<R> {
    pub input: R,
    pub bytes: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.input.read(buffer)?;
        self.bytes.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// What is compressed and was cut off or changed on its way can only be fetched anew.
pub fn damaged(error: std::io::Error, line: u64) -> Error {
    use std::io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
    match error.kind() {
        InvalidData | InvalidInput | UnexpectedEof => {
            let sentence = format!(
                "The compressed file is damaged after line {line}, so nothing of it was imported; \
                 fetch it again."
            );
            Refusal::Unreadable(sentence).into()
        }
        _ => error.into(),
    }
}

fn encoding_named(label: &str) -> Result<&'static Encoding> {
    Encoding::for_label(label.as_bytes()).ok_or_else(|| {
        let sentence = format!(
            "I do not know the encoding “{label}”. Name one as the web does: utf-8, utf-16le, \
             windows-1252, iso-8859-15, shift_jis …"
        );
        Refusal::Unreadable(sentence).into()
    })
}

fn guess(sample: &[u8]) -> Seen {
    match std::str::from_utf8(sample) {
        Ok(text) if text.is_ascii() => Seen::Ascii,
        Ok(_) => Seen::Utf8,
        // A character cut in two by the end of the sample is no fault.
        Err(error) if error.error_len().is_none() => Seen::Utf8,
        Err(error) if sample[..error.valid_up_to()].is_ascii() => Seen::OneByte(WINDOWS_1252),
        Err(_) => Seen::Utf8,
    }
}

pub fn refuse_what_is_not_text(sample: &[u8]) -> Result<()> {
    let known: [(&[u8], &str); 6] = [
        (b"PK\x03\x04", "a ZIP or Excel file; unpack it, or save the sheet as CSV"),
        (b"\xd0\xcf\x11\xe0", "an old Excel or Word file; save it as CSV or plain text"),
        (b"%PDF", "a PDF; save its text as .txt or .md"),
        (b"\x1f\x8b", "compressed with gzip; unpack it first"),
        (b"\x89PNG", "a picture"),
        (b"PAR1", "a Parquet file; export it as CSV or JSON lines"),
    ];
    let found = known.iter().find(|(magic, _)| sample.starts_with(magic)).map(|(_, what)| *what);
    let control = sample.iter().filter(|it| **it < 9 || (**it > 13 && **it < 32 && **it != 27));
    let what = match found {
        Some(what) => what,
        // A zero byte here and there is a fault of its line alone.
        None if control.count() * 20 > sample.len() => {
            "not text; export it as CSV, TSV, JSON lines, Markdown or plain text"
        }
        None => return Ok(()),
    };
    Err(Refusal::Unreadable(format!("This file is {what}.")).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(bytes: &[u8]) -> Vec<Result<String, String>> {
        let mut lines = Lines::open(Box::new(std::io::Cursor::new(bytes.to_vec())), None).unwrap();
        std::iter::from_fn(|| lines.line().unwrap()).map(|it| it.text).collect()
    }

    #[test]
    fn encodings_are_told_apart() {
        let wide = |text: &str, order: fn(u16) -> [u8; 2]| -> Vec<u8> {
            text.encode_utf16().flat_map(order).collect()
        };
        let text = "Größe, prix: 5 €\nzweite Zeile";
        let expected: Vec<Result<String, String>> =
            text.lines().map(|it| Ok(it.to_owned())).collect();

        for bytes in [
            text.as_bytes().to_vec(),
            [b"\xef\xbb\xbf", text.as_bytes()].concat(),
            [b"\xff\xfe".to_vec(), wide(text, u16::to_le_bytes)].concat(),
            [b"\xfe\xff".to_vec(), wide(text, u16::to_be_bytes)].concat(),
            wide(text, u16::to_le_bytes),
            WINDOWS_1252.encode(text).0.into_owned(),
            text.replace('\n', "\r\n").into_bytes(),
        ] {
            assert_eq!(lines(&bytes), expected);
        }
    }

    #[test]
    fn one_bad_line_among_utf8_is_named_and_the_rest_is_read() {
        let read = lines(b"gr\xc3\xbcn\nbad \xff byte\nlast\n");
        assert_eq!(read[0], Ok("grün".to_owned()));
        assert!(read[1].as_ref().unwrap_err().starts_with("byte 5 of the line is not valid UTF-8"));
        assert_eq!(read[2], Ok("last".to_owned()));
    }

    #[test]
    fn a_huge_line_is_skipped_and_the_next_is_read() {
        let mut bytes = vec![b'x'; LONGEST_LINE + 100_000];
        bytes.extend_from_slice(b"\nnext\n");
        let read = lines(&bytes);
        assert_eq!(read.len(), 2);
        assert!(read[0].as_ref().unwrap_err().contains("longer than 8 MB"));
        assert_eq!(read[1], Ok("next".to_owned()));
    }

    #[test]
    fn what_is_not_text_is_refused_with_a_remedy() {
        let refusal = |bytes: &[u8]| {
            Lines::open(Box::new(std::io::Cursor::new(bytes.to_vec())), None)
                .err()
                .unwrap()
                .to_string()
        };
        assert!(refusal(b"PK\x03\x04rest").contains("save the sheet as CSV"));
        assert!(refusal(b"%PDF-1.7").contains("save its text"));
        assert!(refusal(b"\x01\x02\x00\x00abc\x05").contains("not text"));
    }
}
