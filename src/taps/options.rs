//! What is said of a tap's streams beforehand: which hold numbers, and what their records do not say.

use crate::config::scoring::Scoring;
use crate::error::{Refusal, Result};
use crate::evidence::{Named, StreamOptions};
use crate::incoming::Properties;
use crate::readings::{Layout, Mapping};
use crate::words::listed;

/// How the messages of a tap are taken.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Of every stream that is not named as one of readings.
    pub documents: StreamOptions,
    pub readings: ReadingsOptions,
    /// The streams that hold leads and what they did.
    pub leads: Vec<LeadsStream>,
    /// What of leads is kept.
    pub scoring: Scoring,
}

/// A stream of leads, or of what they did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LeadsStream {
    pub name: String,
    /// Within which its ids are its own.
    pub system: String,
}

/// Which streams hold numbers, and what is said of them: of all of them, or of one by its name.
#[derive(Clone, Debug, Default)]
pub struct ReadingsOptions {
    pub streams: Vec<ReadingsStream>,
    pub date: Vec<Named>,
    pub campaign: Vec<Named>,
    pub ad_set: Vec<Named>,
    pub currency: Vec<Named>,
    pub zone: Vec<Named>,
    /// A metric, an equals sign and the property that holds it.
    pub metrics: Vec<Named>,
    /// Properties that tell records apart besides the key.
    pub segments: Vec<Named>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReadingsStream {
    pub name: String,
    /// Whose names its properties have.
    pub layout: Layout,
}

impl Options {
    /// Refuses what would only fail once the tap has begun to send.
    pub fn check(&self) -> Result<()> {
        let mut sources: Vec<(String, &str)> = Vec::new();
        for it in &self.readings.streams {
            let (source, zone) = self.place_of(&it.name);
            Mapping { zone: Some(zone), ..Mapping::default() }.zone()?;
            if let Some((_, other)) = sources.iter().find(|(name, _)| *name == source) {
                let sentence = format!(
                    "The numbers of “{other}” and “{}” would both go into “{source}”, where they \
                     would be added to each other. Name a source for each: --source {}:NAME.",
                    it.name, it.name
                );
                return Err(Refusal::Unreadable(sentence).into());
            }
            sources.push((source, &it.name));
        }
        let metric = self.readings.metrics.iter().find(|it| pair(&it.name).is_none());
        if let Some(Named { name, .. }) = metric {
            let sentence = format!(
                "“{name}” names no metric and its property; write --metric accepted=sales_qualified."
            );
            return Err(Refusal::Unreadable(sentence).into());
        }
        Ok(())
    }

    /// The source of a stream of readings, and the zone of its days.
    pub fn place_of(&self, stream: &str) -> (String, String) {
        let source = said(&self.documents.sources, stream).unwrap_or(stream);
        let zone = said(&self.readings.zone, stream).unwrap_or("UTC");
        (source.to_owned(), zone.to_owned())
    }

    /// How a stream of this name is read, if it is one of readings.
    pub fn readings_of(&self, stream: &str, properties: &Properties) -> Option<(Layout, Mapping)> {
        let options = &self.readings;
        let layout = options.streams.iter().find(|it| it.name == stream)?.layout;
        // What is said of all streams counts where there is such a property.
        let column = |named: &[Named]| {
            let general = || named.iter().filter(|it| it.stream.is_none());
            let own = named.iter().find(|it| it.stream.as_deref() == Some(stream));
            own.or_else(|| general().find(|it| properties.has(&it.name))).map(|it| it.name.clone())
        };
        let metrics = options.metrics.iter().filter_map(|it| {
            let (metric, property) = pair(&it.name)?;
            let counts = match &it.stream {
                Some(named) => named == stream,
                None => properties.has(property),
            };
            counts.then(|| (metric.to_owned(), property.to_owned()))
        });
        let segments = options.segments.iter().filter(|it| match &it.stream {
            Some(named) => named == stream,
            None => properties.has(&it.name),
        });
        let mapping = Mapping {
            currency: said(&options.currency, stream).map(str::to_owned),
            zone: Some(self.place_of(stream).1),
            campaign: column(&options.campaign),
            ad_set: column(&options.ad_set),
            date_column: column(&options.date),
            metrics: metrics.collect(),
            segments: segments.map(|it| it.name.clone()).collect(),
            ..Mapping::default()
        };
        Some((layout, mapping))
    }

    /// What the ids of a stream of leads are known by, if it is one.
    pub fn leads_of(&self, stream: &str) -> Option<&LeadsStream> {
        self.leads.iter().find(|it| it.name == stream)
    }

    /// Streams that were named and that the tap did not send, a sentence each.
    pub fn unmet(&self, sent: &[&String]) -> Vec<String> {
        let readings = self.readings.streams.iter().map(|it| &it.name);
        let leads = self.leads.iter().map(|it| &it.name);
        let of_readings = unmet("--readings", readings, sent);
        of_readings.into_iter().chain(unmet("--leads", leads, sent)).collect()
    }
}

fn unmet<'a>(
    option: &str,
    wanted: impl Iterator<Item = &'a String>,
    sent: &[&String],
) -> Option<String> {
    let unmet: Vec<String> =
        wanted.filter(|it| !sent.contains(it)).map(|it| format!("“{it}”")).collect();
    let sent = match sent {
        [] => "no stream at all".to_owned(),
        sent => listed(sent),
    };
    (!unmet.is_empty())
        .then(|| format!("{option} names {}, but the tap sent {sent}.", listed(&unmet)))
}

/// What was said of one stream, or else of all.
fn said<'a>(named: &'a [Named], stream: &str) -> Option<&'a str> {
    let own = named.iter().find(|it| it.stream.as_deref() == Some(stream));
    own.or_else(|| named.iter().find(|it| it.stream.is_none())).map(|it| it.name.as_str())
}

fn pair(text: &str) -> Option<(&str, &str)> {
    text.split_once('=').filter(|(metric, property)| !metric.is_empty() && !property.is_empty())
}
