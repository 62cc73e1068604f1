//! Pictures of what a command says: `--chart FILE.png`.

use std::fs;
use std::path::Path;

use crate::charts::{Expected, Line, Reading, Unit};
use crate::detectors::civil_of;
use crate::detectors::unusual::Judged;
use crate::error::{Refusal, Result};
use crate::readings;

/// Writes the picture, and says on standard error what it shows: standard output is the result.
pub fn write(path: &Path, png: &[u8], alt: &str) -> Result<()> {
    use std::io::Write as _;

    fs::write(path, png).map_err(|error| {
        Refusal::Unreadable(format!("{} cannot be written: {error}.", path.display()))
    })?;
    writeln!(std::io::stderr(), "{}: {alt}", path.display())?;
    Ok(())
}

/// A series as the detector saw it.
pub fn of_series(metric: &str, place: &str, judged: &[Judged]) -> Line {
    let label = readings::label(metric);
    let of = if place.is_empty() { String::new() } else { format!(" of {place}") };
    let readings = judged.iter().map(|it| Reading {
        at: civil_of(it.at),
        value: it.value,
        expected: it.expected.map(|it| Expected { value: it.value, low: it.low, high: it.high }),
        marked: it.fires,
    });
    Line {
        title: format!("{label}{of}. Marked: outside what the readings before let expect"),
        unit: Unit::Number,
        readings: readings.collect(),
        until: None,
    }
}
