//! `countersign ingest singer`: a target for the taps of the Singer protocol.

use std::convert::Infallible;
use std::io::Write;
use std::str::FromStr;

use clap::Args;
use sqlx::PgPool;

use super::{SourceOptions, in_words};
use crate::audit::Actor;
use crate::cli::readings;
use crate::clock::Clock;
use crate::config::Manifest;
use crate::config::scoring::Scoring;
use crate::error::{Refusal, Result};
use crate::evidence::{Input, Named, StreamMapping, StreamOptions};
use crate::ids::WorkspaceId;
use crate::readings::Layout;
use crate::taps::{self, LeadsStream, Options, ReadingsOptions, ReadingsStream, Summary};

#[derive(Clone, Debug, Args)]
pub struct Singer {
    /// The source that a stream belongs to; without this, each stream is a source by its own name
    #[arg(long, value_name = "[STREAM:]NAME")]
    source: Vec<OfStream>,
    #[command(flatten)]
    about: SourceOptions,
    /// The property that holds the text, of all streams or of one; without this it is found by name
    #[arg(long, value_name = "[STREAM:]PROPERTY")]
    text: Vec<OfStream>,
    /// … the id, instead of the key properties that the tap names
    #[arg(long, value_name = "[STREAM:]PROPERTY")]
    id: Vec<OfStream>,
    /// … the title
    #[arg(long, value_name = "[STREAM:]PROPERTY")]
    title: Vec<OfStream>,
    /// … the date, also of readings
    #[arg(long, value_name = "[STREAM:]PROPERTY")]
    date: Vec<OfStream>,
    /// … the address of the original
    #[arg(long, value_name = "[STREAM:]PROPERTY")]
    url: Vec<OfStream>,
    /// … who wrote it
    #[arg(long, value_name = "[STREAM:]PROPERTY")]
    author: Vec<OfStream>,
    /// Retire what a tap says is gone (ACTIVATE_VERSION) even if it is most of a source
    #[arg(long)]
    retire_most: bool,
    /// A stream that holds numbers, and whose names its properties have: google-ads, meta-ads, ga4, or
    /// csv if left out
    #[arg(long, value_name = "STREAM[:LAYOUT]")]
    readings: Vec<NumbersOf>,
    /// A stream that holds leads, or what they did, and what its ids are known by: hubspot, salesforce, or
    /// the stream's own name if left out
    #[arg(long, value_name = "STREAM[:SYSTEM]")]
    leads: Vec<LeadsOf>,
    /// The property of readings that holds the campaign, where it is not found by name
    #[arg(long, value_name = "[STREAM:]PROPERTY")]
    campaign: Vec<OfStream>,
    /// … the ad set or ad group
    #[arg(long, value_name = "[STREAM:]PROPERTY")]
    ad_set: Vec<OfStream>,
    /// … a metric: --metric accepted=sales_qualified
    #[arg(long, value_name = "[STREAM:]METRIC=PROPERTY")]
    metric: Vec<OfStream>,
    /// … what tells records of one day and campaign apart, besides the key that the tap names
    #[arg(long, value_name = "[STREAM:]PROPERTY")]
    segment: Vec<OfStream>,
    /// The currency of money in readings, where no property says it: EUR
    #[arg(long, value_name = "[STREAM:]CODE")]
    currency: Vec<OfStream>,
    /// Where the account's days begin and end: Europe/Berlin [default: UTC]
    #[arg(long, value_name = "[STREAM:]ZONE")]
    zone: Vec<OfStream>,
}

/// Standard output has nothing but states, so that it can be kept for the tap's next run.
pub async fn run(
    db: &PgPool,
    clock: &Clock,
    workspace: WorkspaceId,
    manifest: &Manifest,
    args: Singer,
) -> Result<()> {
    let by = Actor::CommandLine(crate::cli::account());
    let options = args.options(manifest.scoring.clone());
    let give_back = |state: &str| {
        let mut out = std::io::stdout().lock();
        writeln!(out, "{state}")?;
        Ok(out.flush()?)
    };
    let input = Input::Stdin;
    let taken = taps::take(db, clock, workspace, &by, &options, &input, give_back).await?;
    write!(std::io::stderr(), "{}", account_of(&taken))?;

    if let Some(broken) = taken.broken {
        let sentence = format!("{broken} What came before the last STATE was taken.");
        return Err(Refusal::Unreadable(sentence).into());
    }
    if taken.cut_off > 0 {
        let sentence = format!(
            "The tap ended without a STATE for its last {} records, as if it had been cut off; they were not taken. Run it again with the last state.",
            taken.cut_off
        );
        return Err(Refusal::Unreadable(sentence).into());
    }
    let (mut took, mut refused) = (0, 0);
    for summary in taken.documents.values() {
        took += summary.new + summary.changed + summary.unchanged;
        refused += summary.refused;
    }
    for summary in taken.readings.values() {
        took += summary.new + summary.changed + summary.unchanged;
        refused += summary.refused;
    }
    for summary in taken.leads.values() {
        took += summary.records - summary.refused;
        refused += summary.refused;
    }
    if took == 0 && refused > 0 {
        let sentence = "Nothing was imported: every record was refused.";
        return Err(Refusal::Unreadable(sentence.to_owned()).into());
    }
    Ok(())
}

fn account_of(taken: &Summary) -> String {
    let mut words: String =
        taken.documents.iter().map(|(name, summary)| in_words(name, summary)).collect();
    for (name, summary) in &taken.readings {
        words.push_str(&readings::in_words(name, "record", summary));
    }
    for (name, summary) in &taken.leads {
        words.push_str(&super::leads::in_words(name, summary));
    }
    for note in &taken.notes {
        words.push_str(note);
        words.push('\n');
    }
    if words.is_empty() {
        words.push_str("The tap sent no records.\n");
    }
    words
}

impl Singer {
    fn options(self, scoring: Scoring) -> Options {
        let plain = |all: Vec<OfStream>| all.into_iter().map(|it| it.0).collect::<Vec<_>>();
        let date = plain(self.date);
        let readings = ReadingsOptions {
            streams: self.readings.into_iter().map(|it| it.0).collect(),
            date: date.clone(),
            campaign: plain(self.campaign),
            ad_set: plain(self.ad_set),
            currency: plain(self.currency),
            zone: plain(self.zone),
            metrics: plain(self.metric),
            segments: plain(self.segment),
        };
        let documents = StreamOptions {
            about: self.about.spec(""),
            sources: plain(self.source),
            mapping: StreamMapping {
                id: plain(self.id),
                title: plain(self.title),
                text: plain(self.text),
                date,
                url: plain(self.url),
                author: plain(self.author),
            },
            retire_most: self.retire_most,
        };
        let leads = self.leads.into_iter().map(|it| it.0).collect();
        Options { documents, readings, leads, scoring }
    }
}

/// `NAME`, or `STREAM:NAME`.
#[derive(Clone, Debug)]
struct OfStream(Named);

impl FromStr for OfStream {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        let (stream, name) = match text.split_once(':') {
            Some((stream, name)) => (Some(stream.to_owned()), name),
            None => (None, text),
        };
        Ok(Self(Named { stream, name: name.to_owned() }))
    }
}

/// `STREAM`, or `STREAM:LAYOUT`.
#[derive(Clone, Debug)]
struct NumbersOf(ReadingsStream);

impl FromStr for NumbersOf {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, layout) = match text.rsplit_once(':') {
            Some((name, layout)) => (name, Layout::named(layout)),
            None => (text, Some(Layout::Csv)),
        };
        let layout = layout.ok_or(
            "write the stream, a colon and google-ads, meta-ads, ga4 or csv: ads_insights:meta-ads",
        )?;
        Ok(Self(ReadingsStream { name: name.to_owned(), layout }))
    }
}

/// `STREAM`, or `STREAM:SYSTEM`.
#[derive(Clone, Debug)]
struct LeadsOf(LeadsStream);

impl FromStr for LeadsOf {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        let (name, system) = text.rsplit_once(':').unwrap_or((text, text));
        Ok(Self(LeadsStream { name: name.to_owned(), system: system.to_owned() }))
    }
}
