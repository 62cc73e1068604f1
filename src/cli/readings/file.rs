//! `countersign ingest readings`: an export as people have it.

use std::io::{Read, Write};
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use indicatif::ProgressBar;
use jiff::civil::Date;
use sqlx::PgPool;

use crate::audit::Actor;
use crate::cli::ingest::refused;
use crate::clock::Clock;
use crate::error::Result;
use crate::ids::WorkspaceId;
use crate::readings::{self, Form, IfBusy, Input, Layout, Mapping, Summary};
use crate::words::count;

/// An export of readings, and what it does not say itself.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Totals, preambles and computed columns are left out, several encodings, \
separators and languages are read. A row that cannot be read is named with its line; the rest is \
taken, all at once. Taking a file twice changes nothing; a later file corrects an earlier one.")]
pub struct File {
    /// The export, or `-`
    file: PathBuf,
    /// Whose export it is
    #[arg(long = "as", value_enum)]
    layout: As,
    #[command(flatten)]
    mapping: MappingArgs,
    /// What the source is called, if not as the platform is
    #[arg(long)]
    source: Option<String>,
    /// Print the summary as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum As {
    GoogleAds,
    MetaAds,
    Ga4,
    /// A table of your own: days, campaigns and metrics are found by their names
    Csv,
}

/// What the columns are, where the file does not say it.
#[derive(Clone, Debug, Args)]
pub struct MappingArgs {
    /// The currency of money, where neither a header nor a column says it: EUR
    #[arg(long, value_name = "CODE")]
    currency: Option<String>,
    /// Where the account's days begin and end: Europe/Berlin [default: UTC]
    #[arg(long, value_name = "ZONE")]
    zone: Option<String>,
    /// The year of days that are written without one
    #[arg(long, value_name = "YEAR")]
    year: Option<i16>,
    /// The day that all of a file without days stands for
    #[arg(long, value_name = "DATE")]
    date: Option<Date>,
    /// The column that holds the day
    #[arg(long, value_name = "COLUMN")]
    date_column: Option<String>,
    /// … the campaign
    #[arg(long, value_name = "COLUMN")]
    campaign_column: Option<String>,
    /// … the ad set or ad group
    #[arg(long, value_name = "COLUMN")]
    ad_set_column: Option<String>,
    /// A metric and its column: --metric accepted="Sales qualified"
    #[arg(long = "metric", value_name = "METRIC=COLUMN", value_parser = pair)]
    metrics: Vec<(String, String)>,
    /// A column that tells series apart, such as the device, whatever it is called
    #[arg(long = "segment", value_name = "COLUMN")]
    segments: Vec<String>,
}

pub async fn ingest(db: &PgPool, clock: &Clock, workspace: WorkspaceId, file: File) -> Result<()> {
    let input = match file.file.to_str() {
        Some("-") => {
            let mut bytes = Vec::new();
            std::io::stdin().read_to_end(&mut bytes)?;
            Input::Bytes { name: "standard input".to_owned(), bytes: bytes.into() }
        }
        _ => Input::Path(file.file),
    };
    let bar = if file.json { ProgressBar::hidden() } else { ProgressBar::new_spinner() };
    let name = input.name();
    let file_of_readings = readings::File {
        input,
        form: Form::Table,
        layout: file.layout.into(),
        source: file.source,
        mapping: file.mapping.into(),
        if_busy: IfBusy::Wait,
    };
    let by = Actor::CommandLine(crate::cli::account());
    let done = readings::ingest(db, clock, workspace, &by, &file_of_readings, |it| {
        bar.set_message(format!("{} lines, {} readings", it.lines, it.readings));
        bar.tick();
    })
    .await;
    bar.finish_and_clear();
    let summary = done?;
    let mut out = std::io::stdout().lock();
    if file.json {
        serde_json::to_writer(&mut out, &summary)?;
        writeln!(out)?;
    } else {
        write!(out, "{}", in_words(&name, "line", &summary))?;
    }
    Ok(())
}

/// What came of rows, called as the entrance calls them: lines of a file, records of a stream.
pub fn in_words(source: &str, rows: &str, summary: &Summary) -> String {
    use std::fmt::Write as _;

    if summary.known {
        return "This file was taken before; nothing changed.\n".to_owned();
    }
    let mut words = format!(
        "{source}, {}: {} new readings, {} corrected, {} unchanged, in {} series; {} of sums \
         left out, {} refused.\n",
        count(summary.lines, rows),
        summary.new,
        summary.changed,
        summary.unchanged,
        summary.series,
        count(summary.totals, rows),
        summary.refused
    );
    for note in &summary.notes {
        let _ = writeln!(words, "  {note}");
    }
    let refusals = summary.refusals.iter().map(|it| (it.line, it.reason.as_str()));
    words + &refused(refusals, summary.refused)
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((metric, column)) if !metric.is_empty() && !column.is_empty() => {
            Ok((metric.to_owned(), column.to_owned()))
        }
        _ => Err("write the metric, an equals sign and the column: accepted=Approved".to_owned()),
    }
}

impl From<As> for Layout {
    fn from(layout: As) -> Self {
        match layout {
            As::GoogleAds => Self::GoogleAds,
            As::MetaAds => Self::MetaAds,
            As::Ga4 => Self::Ga4,
            As::Csv => Self::Csv,
        }
    }
}

impl From<MappingArgs> for Mapping {
    fn from(args: MappingArgs) -> Self {
        Self {
            currency: args.currency,
            zone: args.zone,
            year: args.year,
            date: args.date,
            campaign: args.campaign_column,
            ad_set: args.ad_set_column,
            date_column: args.date_column,
            metrics: args.metrics,
            segments: args.segments,
            to_the_minute: false,
        }
    }
}
