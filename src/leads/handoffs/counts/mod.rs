//! How many hand-offs there are: what sales made of them, who has how many, and how many wait.

mod store;

use jiff::Timestamp;

pub use store::{floor, tallies, waiting};

/// How many leads were handed over, and what sales made of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tally {
    pub handed_over: u64,
    /// Claimed, and not returned.
    pub accepted: u64,
    pub returned: u64,
    pub won: u64,
    /// When the first and the last of them were opened.
    pub first_at: Timestamp,
    pub last_at: Timestamp,
}
