//! Pictures of what a command says: `--chart FILE.png`.

use std::fs;
use std::path::Path;

use crate::charts::{Estimated, Expected, Interval, Line, Reading, Unit};
use crate::detectors::civil_of;
use crate::detectors::unusual::Judged;
use crate::error::{Refusal, Result};
use crate::experiments::statistics::bayesian::Better;
use crate::experiments::statistics::estimate::{Difference, Interval as Between};
use crate::experiments::statistics::plan::{Kind, Plan};
use crate::experiments::statistics::readout::{Compared, Readout};
use crate::readings::{Derived, Metric};

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
    let label = match Derived::named(metric) {
        Some(derived) => derived.label().to_owned(),
        None => Metric::from(metric).label().to_owned(),
    };
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

/// Each arm against the control, with the interval of the plan's rule.
pub fn of_readout(plan: &Plan, readout: &Readout) -> Interval {
    let is_share = plan.difference == Difference::Relative || plan.metric.kind == Kind::Conversion;
    let better = match plan.metric.better {
        Better::Higher => 1.0,
        Better::Lower => -1.0,
    };
    let rows = readout.arms.iter().filter_map(|arm| {
        let Compared::Comparison(it) = &arm.compared else { return None };
        let Between { lower, upper } = it.interval;
        let worse = if better > 0.0 { upper.map(|it| -it) } else { lower };
        Some(Estimated {
            name: arm.arm.clone(),
            value: it.effect,
            low: lower,
            high: upper,
            marked: worse.is_some_and(|it| it > 0.0),
        })
    });
    let control = plan.arms.first().map_or("the control", |it| it.name.as_str());
    let scale = match plan.difference {
        Difference::Relative => "relative difference",
        Difference::Absolute => "difference",
    };
    Interval {
        title: format!("{}: {}, {scale} to {control}", plan.name, plan.metric.name),
        unit: if is_share { Unit::Share } else { Unit::Number },
        rows: rows.collect(),
        least: Some(better * plan.least_effect),
    }
}
