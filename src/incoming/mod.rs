//! Bytes that others send, as text: which encoding they are in, and where their lines end.
//!
//! `encoding` tells it by looking and gives UTF-8, of what is compressed as well, `lines` cuts that into lines of bounded length,
//! `properties` reads what a Singer tap says of its streams.
//!
//! **Invariant.** Memory does not grow with what is read.

mod encoding;
mod lines;
mod properties;

pub use self::encoding::{Sampled, Utf8, unpacked};
pub use self::lines::{Counted, LONGEST_LINE, Line, Lines};
pub use self::properties::{Properties, Values, formats, text_of, types};
