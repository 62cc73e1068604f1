//! `countersign experiment`: the statistics of tests, without Slack and without a database.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, anyhow};
use clap::{Args, Subcommand};
use sqlx::PgPool;

use super::{account, charts, say, with_workspace};
use crate::audit::Actor;
use crate::clock::Clock;
use crate::config::{Config, Manifest};
use crate::error::Refusal;
use crate::experiments::statistics::{cases, file, readout};
use crate::experiments::{self, Body, Delivery, Origin};
use crate::ids::{ExperimentId, WorkspaceId};
use crate::words::count;

#[derive(Clone, Debug, Subcommand)]
pub enum Experiment {
    /// Compute the cases on standard input, so that anyone can compare with other tools
    ///
    /// Reads one JSON object with lists of cases: `ab`, `srm`, `power`, `always_valid`, `multiple`.
    /// Writes one object `{id: result}`. What is expected of a case is not read.
    Analyze,
    /// Bring in what was counted in a running test: CSV with date, arm, users and the figures
    ///
    /// A day that is there already is corrected, and what it was before is kept. The columns are those of
    /// `readout --daily`; a column `segment` tells parts apart, beside the row of all. One row that cannot be
    /// a count, and nothing is taken.
    Observe(Observe),
    /// Say what a test says now, by the rule that was agreed on before
    #[command(after_long_help = FORM)]
    Readout(Readout),
}

#[derive(Clone, Debug, Args)]
pub struct Observe {
    /// The number of the test, which stands on its card
    test: i64,
    /// The CSV; `-` for standard input
    file: PathBuf,
}

#[derive(Clone, Debug, Args)]
pub struct Readout {
    /// The plan and what was counted, as TOML or JSON; `-` for standard input
    file: PathBuf,
    /// What came each day, as CSV: date, arm, users and the figures
    #[arg(long, value_name = "CSV")]
    daily: Option<PathBuf>,
    /// A picture of each arm against the control, with its interval
    #[arg(long, value_name = "FILE.png")]
    chart: Option<PathBuf>,
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

pub async fn run(config: &Config, clock: &Clock, experiment: Experiment) -> Result<ExitCode> {
    match experiment {
        Experiment::Analyze => analyze()?,
        Experiment::Readout(args) => read_out(&args)?,
        Experiment::Observe(args) => {
            let manifest = Manifest::load(config.manifest.as_deref())?;
            return with_workspace(config, clock, async |db, workspace| {
                observe(db, clock, workspace, &manifest, &args).await
            })
            .await;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Takes what was counted of a running test.
async fn observe(
    db: &PgPool,
    clock: &Clock,
    workspace: WorkspaceId,
    manifest: &Manifest,
    args: &Observe,
) -> crate::error::Result<()> {
    let bytes = match args.file.to_str() {
        Some("-") => standard_input()?.into_bytes(),
        _ => fs::read(&args.file).map_err(|why| {
            Refusal::Unreadable(format!("{} cannot be read: {why}.", args.file.display()))
        })?,
    };
    let now = clock.now();
    let delivery = Delivery {
        workspace,
        test: ExperimentId(args.test),
        origin: Origin::File,
        by: Actor::CommandLine(account()),
        now,
        today: now.to_zoned(manifest.zone.clone()).date(),
    };
    let observed = experiments::observe(db, &delivery, Body::Csv(&bytes)).await?;
    say(format!(
        "{} new, {} corrected, {} as they were. The card of test {} follows as soon as the bot runs.",
        count(observed.new, "row"),
        observed.changed,
        observed.unchanged,
        args.test
    ));
    Ok(())
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
    if let Some(path) = &args.chart {
        let picture = experiments::of_readout(&test.plan, &readout);
        charts::write(path, &picture.png(), &picture.alt())
            .map_err(|it| anyhow!(it.to_string()))?;
    }
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
