//! How the inverted index is written down.
//!
//! A segment numbers its passages from 0 (their *ordinals*), those of one document in a row.
//!
//! - Its **layout** has two bytes a passage, big-endian: the highest bit is set on the first
//!   passage of each document, the next one when the document was retired, the other 14 hold the
//!   number of terms.
//! - A term's **occurrences** have four bytes a passage, big-endian and by ordinal: 24 bits
//!   ordinal, 8 bits how often the term stands there (at most 255). `store::index` writes them in
//!   SQL.

const FIRST: u16 = 1 << 15;
const RETIRED: u16 = 1 << 14;
const LONGEST: u16 = RETIRED - 1;

/// One passage as a segment's layout has it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Slot {
    /// In terms, titles included.
    pub length: u16,
    pub first_of_document: bool,
    pub retired: bool,
}

pub fn write_layout(slots: impl Iterator<Item = Slot>) -> Vec<u8> {
    slots
        .flat_map(|slot| {
            let first = if slot.first_of_document { FIRST } else { 0 };
            let retired = if slot.retired { RETIRED } else { 0 };
            (slot.length.min(LONGEST) | first | retired).to_be_bytes()
        })
        .collect()
}

pub fn read_layout(layout: &[u8]) -> impl Iterator<Item = Slot> {
    layout.as_chunks::<2>().0.iter().map(|bytes| {
        let slot = u16::from_be_bytes(*bytes);
        Slot {
            length: slot & LONGEST,
            first_of_document: slot & FIRST != 0,
            retired: slot & RETIRED != 0,
        }
    })
}

/// Marks passages as retired, and tells whether any is left that is not.
pub fn retire(layout: &mut [u8], ordinals: impl Iterator<Item = i32>) -> bool {
    let slots = layout.as_chunks_mut::<2>().0;
    for ordinal in ordinals {
        if let Some(slot) = usize::try_from(ordinal).ok().and_then(|it| slots.get_mut(it)) {
            *slot = (u16::from_be_bytes(*slot) | RETIRED).to_be_bytes();
        }
    }
    read_layout(layout).any(|slot| !slot.retired)
}

/// Ordinals, each with how often the term stands there.
pub fn read_occurrences(occurrences: &[u8]) -> impl Iterator<Item = (usize, u32)> {
    occurrences.as_chunks::<4>().0.iter().map(|bytes| {
        let both = u32::from_be_bytes(*bytes);
        ((both >> 8) as usize, both & 0xff)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layouts_are_read_as_written_and_passages_retire() {
        let slot = |length, first| Slot { length, first_of_document: first, retired: false };
        let mut layout =
            write_layout([slot(7, true), slot(16_383, false), slot(60_000, true)].into_iter());

        assert!(retire(&mut layout, [1].into_iter()));
        let read: Vec<Slot> = read_layout(&layout).collect();
        assert_eq!(read[0], slot(7, true));
        assert_eq!(read[1], Slot { retired: true, ..slot(16_383, false) });
        assert_eq!(read[2], slot(16_383, true));

        assert!(!retire(&mut layout, [0, 2, 9, -1].into_iter()));
    }

    #[test]
    fn occurrences_are_read_as_sql_writes_them() {
        // int4send(70000 << 8 | 3)
        let read: Vec<_> = read_occurrences(&[0x01, 0x11, 0x70, 0x03]).collect();
        assert_eq!(read, [(70_000, 3)]);
    }
}
