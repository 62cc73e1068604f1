//! `countersign experiment`: the statistics of tests, without Slack and without a database.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use clap::{Args, Subcommand};

use super::say;
use crate::experiments::statistics::{cases, file, readout};

#[derive(Clone, Debug, Subcommand)]
pub enum Experiment {
    /// Compute the cases on standard input, so that anyone can compare with other tools
    ///
    /// Reads one JSON object with lists of cases: `ab`, `srm`, `power`, `always_valid`, `multiple`.
    /// Writes one object `{id: result}`. What is expected of a case is not read.
    Analyze,
    /// Say what a test says now, by the rule that was agreed on before
    #[command(after_long_help = FORM)]
    Readout(Readout),
}

#[derive(Clone, Debug, Args)]
pub struct Readout {
    /// The plan and what was counted, as TOML or JSON; `-` for standard input
    file: PathBuf,
    /// What came each day, as CSV: date, arm, users and the figures
    #[arg(long, value_name = "CSV")]
    daily: Option<PathBuf>,
    #[arg(long)]
    json: bool,
}

const FORM: &str = "\
The file, in TOML (JSON has the same names):

  name = \"Subject line: urgency v benefit\"
  metric = { name = \"sign-up rate\", kind = \"conversion\", better = \"higher\" }
  rule = \"always_valid\"    # or \"fixed_horizon\"
  users = 40000            # of all arms: the horizon, or where the interval is to be narrowest
  difference = \"relative\"  # or \"absolute\"
  least_effect = 0.05      # the least effect worth having
  alpha = 0.05             # the risk of a false winner
  power = 0.8
  longest_days = 28
  days = 9                 # so far; left out with --daily

  [[guardrails]]           # as many as there are
  name = \"unsubscribe rate\"
  kind = \"conversion\"
  better = \"lower\"
  tolerated = 0.1

  [[arms]]                 # the first is the control
  name = \"urgency\"
  share = 0.5
  users = 12000
  conversions = 1410
  guardrails.\"unsubscribe rate\".conversions = 31

What an arm has besides its users, by the kind of the metric:

  conversion       conversions
  count, revenue   sum, sum_squares; to adjust by the same users before the test (CUPED) also
                   before_sum, before_sum_squares, before_products
  ratio            sum, sum_squares, per_sum, per_sum_squares, products

With --daily the arms have names and shares only, and each row of the CSV has what came on that day:

  date,arm,users,conversions,unsubscribe rate.conversions
  2026-11-02,urgency,1310,155,3";

pub fn run(experiment: Experiment) -> Result<()> {
    match experiment {
        Experiment::Analyze => analyze(),
        Experiment::Readout(args) => read_out(&args),
    }
}

fn analyze() -> Result<()> {
    let text = standard_input()?;
    let results = cases::analyze(&text).map_err(|sentence| anyhow!(sentence))?;
    say(serde_json::to_string_pretty(&results)?);
    Ok(())
}

fn read_out(args: &Readout) -> Result<()> {
    let unreadable = |path: &Path| format!("{} cannot be read", path.display());
    let text = match args.file.to_str() {
        Some("-") => standard_input()?,
        _ => fs::read_to_string(&args.file).with_context(|| unreadable(&args.file))?,
    };
    let daily = match &args.daily {
        Some(path) => Some(fs::read(path).with_context(|| unreadable(path))?),
        None => None,
    };
    let test = file::read(&text, daily.as_deref()).map_err(|sentence| anyhow!(sentence))?;
    let readout = readout::read(&test.plan, &test.looks, test.days)
        .map_err(|reason| anyhow!(reason.to_string()))?;
    match args.json {
        true => say(serde_json::to_string_pretty(&readout)?),
        false => readout.sentences.iter().for_each(say),
    }
    Ok(())
}

fn standard_input() -> Result<String> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).context("standard input cannot be read")?;
    Ok(text)
}
