//! The picture of a readout: each arm against the control, with the interval of the plan's rule.

use super::running::Test;
use super::statistics::bayesian::Better;
use super::statistics::estimate::{Difference, Interval as Between};
use super::statistics::plan::{Kind, Plan};
use super::statistics::readout::{Compared, Readout};
use crate::app::App;
use crate::charts::{Estimated, Interval, Unit};
use crate::error::Result;
use crate::ids::FileId;
use crate::slack::{self, Upload};

/// A picture that Slack has, with its numbers in words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Picture {
    pub file: FileId,
    pub alt: String,
}

/// The picture of a test as it stands; none where nothing may be read yet, or where Slack takes no files
/// of ours: then the card does without.
pub(super) async fn of(app: &App, test: &Test) -> Result<Option<Picture>> {
    let Some(Ok(readout)) = &test.reading.readout else { return Ok(None) };
    let plan = test.plan.plan();
    if !readout.may_be_seen(&plan) {
        return Ok(None);
    }
    let picture = of_readout(&plan, readout);
    let (alt, bytes) = (picture.alt(), picture.png());
    let upload = Upload {
        name: &format!("test-{}.png", test.running.id),
        title: &picture.title,
        alt: Some(&alt),
        content_type: "image/png",
        bytes: &bytes,
    };
    let workspace = app.workspace.id;
    let file = slack::picture(&app.db, &app.slack, &app.clock, workspace, upload).await?;
    Ok(file.map(|file| Picture { file, alt }))
}

/// Each arm against the control.
pub fn of_readout(plan: &Plan, readout: &Readout) -> Interval {
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
    let (scale, unit) = match (plan.difference, plan.metric.kind) {
        (Difference::Relative, _) => ("relative difference", Unit::Share),
        (Difference::Absolute, Kind::Conversion) => ("difference", Unit::Points),
        (Difference::Absolute, _) => ("difference", Unit::Number),
    };
    Interval {
        title: format!("{}: {}, {scale} to {control}", plan.name, plan.metric.name),
        unit,
        rows: rows.collect(),
        least: Some(better * plan.least_effect),
    }
}
