//! `countersign experiment`: the statistics of tests, without Slack and without a database.

use std::io::Read;

use anyhow::{Context, Result, anyhow};
use clap::Subcommand;

use super::say;
use crate::experiments::cases;

#[derive(Clone, Debug, Subcommand)]
pub enum Experiment {
    /// Compute the cases on standard input, so that anyone can compare with other tools
    ///
    /// Reads one JSON object with lists of cases: `ab`, `srm`, `power`, `always_valid`, `multiple`.
    /// Writes one object `{id: result}`. What is expected of a case is not read.
    Analyze,
}

pub fn run(experiment: Experiment) -> Result<()> {
    match experiment {
        Experiment::Analyze => analyze(),
    }
}

fn analyze() -> Result<()> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).context("standard input cannot be read")?;
    let results = cases::analyze(&text).map_err(|sentence| anyhow!(sentence))?;
    say(serde_json::to_string_pretty(&results)?);
    Ok(())
}
