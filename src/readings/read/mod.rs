//! Readings out of the exports of advertising platforms, as they are.
//!
//! `begin` finds the header among preambles, `columns` which column is what,
//! in several languages (`names`), `cells` reads numbers and days as they are written there, `rows`
//! makes readings of rows, and `reader` goes through a file. `objects` makes such a table of what comes
//! as JSON, `recent` knows which lines were skipped, `stream` takes the records of a Singer tap.
//!
//! **Invariant.** A row that cannot be read is named with its line and its reason; sums that stand
//! among the rows are never taken for readings.

mod begin;
mod cells;
mod columns;
mod names;
mod objects;
mod reader;
mod recent;
mod rows;
mod stream;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::error::Refusal;

pub use self::reader::Reader;
pub use self::rows::{Batch, Key};
pub use self::stream::Stream;

/// Whose export a file is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Layout {
    GoogleAds,
    MetaAds,
    Ga4,
    Csv,
}

/// How rows are written.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Form {
    /// Columns under a header, with anything between them.
    #[default]
    Table,
    /// A JSON object a line.
    Objects,
}

impl Layout {
    const ALL: [Self; 4] = [Self::GoogleAds, Self::MetaAds, Self::Ga4, Self::Csv];

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::GoogleAds => "google-ads",
            Self::MetaAds => "meta-ads",
            Self::Ga4 => "ga4",
            Self::Csv => "csv",
        }
    }
}

/// What the file does not say by itself.
#[derive(Clone, Debug, Default)]
pub struct Mapping {
    /// ISO 4217, where no column and no header names it.
    pub currency: Option<String>,
    /// Where the account's days begin and end.
    pub zone: Option<String>,
    /// Of days that are written without one.
    pub year: Option<i16>,
    /// The day that all of a file without dates stands for.
    pub date: Option<Date>,
    /// Columns by their names, where finding them by looking would fail.
    pub campaign: Option<String>,
    pub ad_set: Option<String>,
    pub date_column: Option<String>,
    /// Metric and the column that holds it.
    pub metrics: Vec<(String, String)>,
    /// Columns that tell series apart, whatever they are called.
    pub segments: Vec<String>,
    /// Keeps minutes and seconds, which series of hours and days do not have.
    pub to_the_minute: bool,
}

impl Mapping {
    /// The account's zone; UTC where none is named.
    pub fn zone(&self) -> Result<TimeZone, Refusal> {
        let name = self.zone.as_deref().unwrap_or("UTC");
        TimeZone::get(name).map_err(|_| {
            let sentence = format!("“{name}” is no time zone; name it like Europe/Berlin.");
            Refusal::Unreadable(sentence)
        })
    }
}
