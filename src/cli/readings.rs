//! `countersign ingest readings` and `countersign readings`: numbers in, and what they come to.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use indicatif::ProgressBar;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use serde_json::json;
use sqlx::PgPool;

use crate::alerts;
use crate::audit::Actor;
use crate::clock::Clock;
use crate::config::{Config, Manifest};
use crate::detectors::{self, Kind, amount, day_of, local_of, waste};
use crate::error::{Refusal, Result};
use crate::ids::WorkspaceId;
use crate::readings::{
    self, By, Derived, Filter, Form, IfBusy, Input, Layout, Mapping, Metric, Summary,
};

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
}

#[derive(Clone, Debug, Subcommand)]
pub enum Readings {
    /// Add up, and compute the rates of the sums
    Sum(Sum),
    /// The series there are
    Series {
        #[arg(long)]
        json: bool,
    },
    /// Compare siblings: which of them spend much for leads of provably lower quality
    Waste(Waste),
    /// What stands out in the campaigns' readings: unusual readings and silence
    Inspect(Inspect),
}

#[derive(Clone, Debug, Args)]
pub struct FilterArgs {
    #[arg(long)]
    campaign: Option<String>,
    #[arg(long)]
    source: Option<String>,
    #[arg(long, value_name = "CODE")]
    currency: Option<String>,
    /// The first local day that counts
    #[arg(long, value_name = "DATE")]
    from: Option<Date>,
    /// The last local day that counts
    #[arg(long, value_name = "DATE")]
    to: Option<Date>,
}

#[derive(Clone, Debug, Args)]
pub struct Sum {
    /// Only this one: spend, clicks, conversions …
    #[arg(long)]
    metric: Option<String>,
    /// Tell sums apart by these: source, campaign, ad-set, currency, day, month, or a column that
    /// the export was broken down by
    #[arg(long, value_delimiter = ',')]
    by: Vec<String>,
    #[command(flatten)]
    filter: FilterArgs,
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Debug, Args)]
pub struct Waste {
    /// What the siblings are: campaign, ad-set, or columns that the export was broken down by
    #[arg(long, value_delimiter = ',', default_value = "campaign")]
    by: Vec<String>,
    #[command(flatten)]
    filter: FilterArgs,
    /// The least part of all spending worth a word, in percent
    #[arg(long, value_name = "PERCENT", default_value_t = 10.0)]
    least_share: f64,
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Debug, Args)]
pub struct Inspect {
    /// The local time up to which readings are looked at [default: now, in UTC]
    #[arg(long, value_name = "TIME")]
    at: Option<DateTime>,
    /// Days of history
    #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(i64).range(1..=3_650))]
    days: i64,
    #[arg(long)]
    json: bool,
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
    let file_of_readings = readings::File {
        input,
        form: Form::Table,
        layout: file.layout.into(),
        source: file.source,
        mapping: file.mapping.into(),
        if_busy: IfBusy::Wait,
    };
    let by = Actor::CommandLine(super::account());
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
        write!(out, "{}", in_words(&summary))?;
    }
    Ok(())
}

pub async fn run(
    db: &PgPool,
    config: &Config,
    clock: &Clock,
    workspace: WorkspaceId,
    readings: Readings,
) -> Result<()> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    match readings {
        Readings::Sum(args) => sum(db, workspace, args, &mut out).await?,
        Readings::Series { json } => series(db, workspace, json, &mut out).await?,
        Readings::Waste(args) => waste_of(db, workspace, args, &mut out).await?,
        Readings::Inspect(args) => inspect(db, config, clock, workspace, args, &mut out).await?,
    }
    out.flush()?;
    Ok(())
}

async fn sum(db: &PgPool, workspace: WorkspaceId, args: Sum, out: &mut impl Write) -> Result<()> {
    let by: Vec<By> = args.by.iter().map(|it| By::named(it)).collect();
    let filter = Filter { metric: args.metric, ..args.filter.into() };
    let groups = readings::sums(db, workspace, &filter, &by).await?;
    if groups.is_empty() {
        let sentence = "There are no readings to add up. Bring some in with: countersign ingest \
                        readings FILE --as csv";
        return Err(Refusal::Missing(sentence.to_owned()).into());
    }
    for group in &groups {
        let rates: BTreeMap<&str, f64> = Derived::ALL
            .into_iter()
            .filter_map(|it| group.derived(it).map(|value| (it.name(), value)))
            .collect();
        if args.json {
            let names: BTreeMap<&String, &String> = args.by.iter().zip(&group.names).collect();
            let sums: BTreeMap<&str, _> = group
                .sums
                .iter()
                .map(|(metric, (sum, currency))| {
                    let sum = sum.to_string();
                    (metric.0.as_str(), json!({ "sum": sum, "currency": currency }))
                })
                .collect();
            writeln!(out, "{}", json!({ "by": names, "sums": sums, "rates": rates }))?;
            continue;
        }
        let title = group.names.join(", ");
        writeln!(out, "{}", if by.is_empty() { "All" } else { title.as_str() })?;
        for (metric, (sum, currency)) in &group.sums {
            let space = if currency.is_empty() { "" } else { " " };
            writeln!(out, "  {:<24}{sum}{space}{currency}", metric.label())?;
        }
        for derived in Derived::ALL {
            let Some(value) = rates.get(derived.name()) else { continue };
            let (above, _) = derived.parts();
            let currency = group.sums.get(&Metric::from(above)).map(|it| it.1.as_str());
            let currency = currency.filter(|_| derived.is_price());
            writeln!(out, "  {:<24}{}", derived.label(), amount(*value, currency))?;
        }
    }
    Ok(())
}

async fn series(
    db: &PgPool,
    workspace: WorkspaceId,
    as_json: bool,
    out: &mut impl Write,
) -> Result<()> {
    for it in readings::series(db, workspace, &Filter::default()).await? {
        let grain = match it.grain {
            readings::Grain::Hour => "hour",
            readings::Grain::Day => "day",
        };
        if as_json {
            let line = json!({
                "id": it.id.0, "source": it.source, "campaign": it.campaign, "ad_set": it.ad_set,
                "segment": it.segment, "metric": it.metric.0, "currency": it.currency,
                "grain": grain, "zone": it.zone,
            });
            writeln!(out, "{line}")?;
            continue;
        }
        let segment: Vec<String> =
            it.segment.iter().map(|(name, value)| format!("{name} {value}")).collect();
        let segment = segment.join(", ");
        let place: Vec<&str> = [it.campaign.as_str(), it.ad_set.as_str(), segment.as_str()]
            .into_iter()
            .filter(|it| !it.is_empty())
            .collect();
        let place = place.join(" / ");
        writeln!(out, "{:>6}  {} by {grain} ({}): {place}", it.id.0, it.metric.label(), it.source)?;
    }
    Ok(())
}

async fn waste_of(
    db: &PgPool,
    workspace: WorkspaceId,
    args: Waste,
    out: &mut impl Write,
) -> Result<()> {
    let by: Vec<By> = args.by.iter().map(|it| By::named(it)).collect();
    let from = args.filter.from;
    let groups = readings::sums(db, workspace, &args.filter.into(), &by).await?;
    let of = |group: &readings::Group, metric| group.sum(metric).map(|it| it.to_f64());
    if !groups.iter().any(|it| it.sum("accepted").is_some()) {
        let sentence = "No reading says how many leads were accepted, so their quality cannot be \
                        compared. Bring it in as the metric accepted: --metric accepted=COLUMN";
        return Err(Refusal::Missing(sentence.to_owned()).into());
    }
    let siblings: Vec<waste::Sibling> = groups
        .iter()
        .map(|it| waste::Sibling {
            name: it.names.join(" "),
            spend: of(it, "spend").unwrap_or(0.0),
            leads: of(it, "leads").or_else(|| of(it, "conversions")).unwrap_or(0.0),
            accepted: of(it, "accepted").unwrap_or(0.0),
        })
        .collect();
    let spend = groups.iter().find_map(|it| it.sums.get(&Metric::from("spend")));
    let rule = waste::Rule {
        least_share: args.least_share / 100.0,
        currency: spend.map(|it| it.1.clone()).filter(|it| !it.is_empty()),
        ..waste::Rule::default()
    };
    let since = from.map_or(0, |it| local_of(it.at(0, 0, 0, 0)));
    let found = waste::find(&siblings, &rule, since);
    if found.is_empty() {
        writeln!(out, "None of {} siblings is provably dearer than the others.", siblings.len())?;
    }
    for (_, it) in &found {
        if args.json {
            writeln!(out, "{}", finding_json(it))?;
        } else {
            let word = if it.kind == Kind::Waste { "Waste" } else { "Expensive" };
            writeln!(out, "{word}: {}", it.sentence)?;
        }
    }
    Ok(())
}

async fn inspect(
    db: &PgPool,
    config: &Config,
    clock: &Clock,
    workspace: WorkspaceId,
    args: Inspect,
    out: &mut impl Write,
) -> Result<()> {
    let at = args.at.unwrap_or_else(|| clock.now().to_zoned(TimeZone::UTC).datetime());
    let manifest = Manifest::load(config.manifest.as_deref())?;
    let now = at.to_zoned(TimeZone::UTC)?.timestamp();
    let looked = alerts::look(db, workspace, &manifest.numbers, args.days, now).await?;
    let (found, looked_at) = (looked.found, looked.outlines.len());
    if found.is_empty() && !args.json {
        writeln!(out, "Nothing stands out in {looked_at} series.")?;
    }
    for it in &found {
        if args.json {
            let mut line = finding_json(&it.finding);
            line["source"] = json!(it.source);
            line["campaign"] = json!(it.campaign);
            line["metric"] = json!(it.metric);
            line["currency"] = json!(it.currency);
            writeln!(out, "{line}")?;
            continue;
        }
        let cost = it.finding.cost.map(|cost| {
            let currency = Some(it.currency.as_str()).filter(|it| !it.is_empty());
            format!(" About {} so far.", amount(cost, currency))
        });
        writeln!(out, "{}{}", it.finding.sentence, cost.unwrap_or_default())?;
        for note in &it.finding.notes {
            writeln!(out, "  {note}")?;
        }
    }
    Ok(())
}

fn finding_json(it: &detectors::Finding) -> serde_json::Value {
    json!({
        "kind": format!("{:?}", it.kind).to_lowercase(), "sentence": it.sentence,
        "value": it.value, "expected": it.expected, "low": it.low, "high": it.high,
        "since": day_of(it.since), "cost": it.cost, "score": it.score, "notes": it.notes,
    })
}

fn in_words(summary: &Summary) -> String {
    use std::fmt::Write as _;

    if summary.known {
        return "This file was taken before; nothing changed.\n".to_owned();
    }
    let mut words = format!(
        "{} lines: {} new readings, {} corrected, {} unchanged, in {} series; {} lines of sums \
         left out, {} lines refused.\n",
        summary.lines,
        summary.new,
        summary.changed,
        summary.unchanged,
        summary.series,
        summary.totals,
        summary.refused
    );
    for note in &summary.notes {
        let _ = writeln!(words, "  {note}");
    }
    for it in &summary.refusals {
        let _ = writeln!(words, "  Line {}: {}.", it.line, it.reason);
    }
    let more = summary.refused - summary.refusals.len() as u64;
    if more > 0 {
        let _ = writeln!(words, "  … {more} more were refused.");
    }
    words
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
            to_the_minute: false,
        }
    }
}

impl From<FilterArgs> for Filter {
    fn from(args: FilterArgs) -> Self {
        Self {
            metric: None,
            campaign: args.campaign,
            source: args.source,
            currency: args.currency,
            from: args.from,
            to: args.to,
        }
    }
}
