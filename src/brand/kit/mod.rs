//! The brand kit: how a company speaks, what it may say and what proves it, declared in one TOML file.
//!
//! `manifests/brand.toml` is the example and says what each table is for. A kit is checked as a whole when
//! it is read ([`Kit::parse`]), down to its own texts: an approved message that holds a banned claim, or a
//! number that nothing proves, is a mistake of the kit. Its version is the first 12 hex digits of the
//! file's SHA-256.

mod compiled;
mod raw;
mod verify;

use std::path::Path;

use anyhow::{Context, Result, anyhow};
use jiff::civil::Date;
use sha2::{Digest, Sha256};

use super::claims::Language;
use crate::config::Label;
pub(super) use compiled::{Compiled, Evidence, plain_contact};
use raw::Raw;

/// The example that a fresh installation starts with.
const EXAMPLE: &str = include_str!("../../../manifests/brand.toml");

/// What the company declared, checked as a whole and ready for checking texts.
#[derive(Clone, Debug)]
pub struct Kit {
    pub company: String,
    pub language: Language,
    pub voice: Vec<Voice>,
    pub products: Vec<Product>,
    pub messages: Vec<Message>,
    pub banned: Vec<Banned>,
    pub terms: Vec<Term>,
    pub proofs: Vec<Proof>,
    pub topics: Vec<Topic>,
    pub disclaimers: Vec<Disclaimer>,
    pub tone: Tone,
    /// How much alike two texts may be, from 0 to 1.
    pub similarity_max: f64,
    /// Domains that may be linked to, with what is below them.
    pub domains: Vec<String>,
    /// Addresses and numbers of the company's own.
    pub contacts: Vec<String>,
    pub channels: Vec<Channel>,
    pub audiences: Vec<Audience>,
    pub stages: Vec<Stage>,
    pub examples: Vec<Example>,
    /// The file as it was read, which is kept under its version.
    pub text: String,
    /// The first 12 hex digits of the file's SHA-256.
    pub version: String,
    pub(super) compiled: Compiled,
}

/// How the company sounds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Voice {
    pub rule: String,
    pub why: Option<String>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Product {
    pub name: String,
    /// Other names that it goes by.
    pub also: Vec<String>,
    pub description: String,
    pub link: Option<String>,
}

/// An approved message. Empty lists mean all.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Message {
    pub name: String,
    pub text: String,
    pub products: Vec<String>,
    pub audiences: Vec<String>,
    pub stages: Vec<String>,
    pub channels: Vec<String>,
}

/// What must not be said.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Banned {
    pub name: String,
    pub phrases: Vec<String>,
    pub patterns: Vec<String>,
    pub reason: String,
    pub instead: Option<String>,
    /// Whether law looks at it: it makes the text a legal claim.
    pub legal: bool,
    /// Whether it counts also where a customer is quoted.
    pub even_quoted: bool,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Term {
    pub avoid: Vec<String>,
    pub instead: Option<String>,
    pub reason: Option<String>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proof {
    pub name: String,
    pub claim: String,
    pub evidence: String,
    pub source: String,
    /// The last day on which it may be said; without one for ever.
    pub valid_until: Option<Date>,
    /// Words that a sentence must hold to be covered.
    pub subject: Vec<String>,
}

impl Proof {
    pub fn is_valid_on(&self, day: Date) -> bool {
        self.valid_until.is_none_or(|last| day <= last)
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Topic {
    pub name: String,
    pub words: Vec<String>,
    pub patterns: Vec<String>,
    /// What a text on it is labelled with.
    pub label: Option<Label>,
}

/// What must stand in a text on a topic, word for word.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Disclaimer {
    pub topic: String,
    pub text: String,
    /// Where it must; everywhere if none is named.
    pub channels: Vec<String>,
}

#[derive(Clone, PartialEq, Debug)]
pub struct Tone {
    pub reading_ease_min: Option<f64>,
    pub sentence_words_max: Option<u32>,
    pub exclamation_marks_max: Option<u32>,
    pub capital_words_max: Option<u32>,
    pub capitals_allowed: Vec<String>,
}

/// Where a text goes, and what fits there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Channel {
    pub name: String,
    pub title: String,
    /// Whether people outside the company read it.
    pub public: bool,
    pub limits: Limits,
    pub parts: Vec<Part>,
    /// Fields that the tool which sends it fills in.
    pub merge_fields: Vec<String>,
}

/// Limits of the body: what is no part.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Limits {
    pub characters_max: Option<u32>,
    pub words_min: Option<u32>,
    pub words_max: Option<u32>,
    pub hashtags_max: Option<u32>,
    pub links_max: Option<u32>,
    pub sms_segments_max: Option<u32>,
    /// At 150 spoken words a minute.
    pub seconds_max: Option<u32>,
}

/// A line that begins with its label, such as "Subject: …".
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Part {
    pub label: String,
    pub characters_max: u32,
    pub count_min: u32,
    pub count_max: Option<u32>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Audience {
    pub name: String,
    pub title: String,
    pub cares_about: Option<String>,
    /// Phrases that are wrong for them.
    pub avoid: Vec<String>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stage {
    pub name: String,
    pub title: String,
    pub goal: Option<String>,
}

/// What a text looked like, and what was approved instead.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Example {
    pub channel: Option<String>,
    pub before: String,
    pub approved: String,
    pub why: Option<String>,
}

impl Kit {
    /// Reads a kit file; the example when no file is named.
    pub fn load(path: Option<&Path>) -> Result<Self> {
        let Some(path) = path else {
            return Self::parse(EXAMPLE, "manifests/brand.toml");
        };
        let text = std::fs::read_to_string(path).with_context(|| {
            format!("the brand kit {} cannot be read; check COUNTERSIGN_BRAND", path.display())
        })?;
        Self::parse(&text, &path.display().to_string())
    }

    /// Checks `text`; errors name `file`, the line and the remedy.
    pub fn parse(text: &str, file: &str) -> Result<Self> {
        let at_line =
            |at: usize, sentence: &str| anyhow!("{file}, line {}: {sentence}", line_of(text, at));
        let raw: Raw = toml::from_str(text)
            .map_err(|error| at_line(error.span().map_or(0, |span| span.start), error.message()))?;
        raw.check().map_err(|problem| at_line(problem.at, &problem.sentence))?;
        let places = raw.places();
        let version = hex::encode(Sha256::digest(text))[..12].to_owned();
        let mut kit = raw.into_kit(text.to_owned(), version);
        kit.compiled = Compiled::of(&kit)?;
        verify::own_texts(&kit, &places)
            .map_err(|problem| at_line(problem.at, &problem.sentence))?;
        Ok(kit)
    }

    pub fn channel(&self, name: &str) -> Option<&Channel> {
        self.channels.iter().find(|one| one.name == name)
    }

    pub fn audience(&self, name: &str) -> Option<&Audience> {
        self.audiences.iter().find(|one| one.name == name)
    }

    pub fn stage(&self, name: &str) -> Option<&Stage> {
        self.stages.iter().find(|one| one.name == name)
    }

    pub fn product(&self, name: &str) -> Option<&Product> {
        self.products.iter().find(|one| one.name == name)
    }

    /// Messages that are approved for all of what is named; none named: whatever it is.
    pub fn messages_for(
        &self,
        channel: Option<&str>,
        audience: Option<&str>,
        stage: Option<&str>,
    ) -> impl Iterator<Item = &Message> {
        let fits = |list: &[String], wanted: Option<&str>| {
            list.is_empty() || wanted.is_none_or(|wanted| list.iter().any(|one| one == wanted))
        };
        self.messages.iter().filter(move |message| {
            fits(&message.channels, channel)
                && fits(&message.audiences, audience)
                && fits(&message.stages, stage)
        })
    }

    /// Disclaimers that a text on this channel needs for a topic.
    pub fn disclaimers_for(
        &self,
        topic: &str,
        channel: Option<&str>,
    ) -> impl Iterator<Item = &Disclaimer> {
        self.disclaimers.iter().filter(move |one| {
            one.topic == topic
                && (one.channels.is_empty()
                    || channel
                        .is_some_and(|channel| one.channels.iter().any(|name| name == channel)))
        })
    }
}

fn line_of(text: &str, byte: usize) -> usize {
    text.bytes().take(byte).filter(|&byte| byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests;
