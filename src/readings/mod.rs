//! Numbers: what platforms report of campaigns, and where each number was read.
//!
//! A **reading** is one number of one **series** (workspace, source, campaign, ad set, segment, metric)
//! for one hour or day in the account's zone. `read` makes readings of the exports that people have,
//! `ingest` takes a file as a whole and `streams` what a Singer tap sends, `metric` knows what metrics mean and computes what is derived from
//! them, `sums` adds up, `goals` says how far the
//! goals of the manifest are, `window` gives a series to the detectors.
//!
//! **Invariant.** A file is taken as a whole or not at all, and taking it twice changes nothing.
//! **Invariant.** Nothing takes a reading away: a deletion that a tap marks is a correction to zero.
//! **Invariant.** Every reading cites its file, by hash, and its line. A corrected reading keeps what it
//! was before as a revision.
//! **Invariant.** Money is decimal with its currency and is never added across currencies; a rate
//! (CTR, CPC, ROAS …) is computed from its parts, and never stored or averaged.

mod decimal;
pub mod goals;
mod ingest;
mod intake;
mod metric;
mod read;
mod store;
mod streams;
mod sums;
mod window;

pub use self::decimal::Decimal;
pub use self::ingest::{File, IfBusy, Input, Progress, Refused, Summary, ingest};
pub use self::metric::{Derived, Facts, Metric, Unit, label, upper};
pub use self::read::{Batch, Form, Key, Layout, Mapping, Reader, Stream};
pub use self::streams::StreamIntakes;
pub use self::sums::{By, Daily, Filter, Group, daily, sums};
pub use self::window::{Grain, Line, Series, SeriesId, campaigns, lines, series, window};
