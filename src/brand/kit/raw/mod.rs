//! The kit as TOML has it, with places, so that a mistake is named with its line and its remedy: what the
//! file is made of is here, what must hold of it in [`check`] and, entry by entry, in [`entries`], and how it
//! becomes a [`Kit`](super::Kit) in [`into`].

mod check;
mod entries;
mod into;
mod places;

use serde::Deserialize;
use toml::Spanned;

use crate::config::Label;

/// What is wrong, and at which byte.
pub(in crate::brand::kit) struct Problem {
    pub at: usize,
    pub sentence: String,
}

pub(in crate::brand::kit) type Checked<T = ()> = Result<T, Problem>;

/// Where the kit's own texts begin.
pub(in crate::brand::kit) struct Places {
    pub messages: Vec<usize>,
    pub examples: Vec<usize>,
    pub disclaimers: Vec<usize>,
    pub products: Vec<usize>,
}

type Text = Spanned<String>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::brand::kit) struct Raw {
    brand: RawBrand,
    #[serde(default)]
    voice: Vec<RawVoice>,
    #[serde(default)]
    product: Vec<RawProduct>,
    #[serde(default)]
    message: Vec<RawMessage>,
    #[serde(default)]
    banned: Vec<RawBanned>,
    #[serde(default)]
    term: Vec<Spanned<RawTerm>>,
    #[serde(default)]
    proof: Vec<RawProof>,
    #[serde(default)]
    topic: Vec<RawTopic>,
    #[serde(default)]
    disclaimer: Vec<RawDisclaimer>,
    #[serde(default)]
    tone: RawTone,
    #[serde(default)]
    repetition: RawRepetition,
    #[serde(default)]
    links: RawLinks,
    #[serde(default)]
    channel: Vec<RawChannel>,
    #[serde(default)]
    audience: Vec<RawAudience>,
    #[serde(default)]
    stage: Vec<RawStage>,
    #[serde(default)]
    example: Vec<RawExample>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawBrand {
    company: Text,
    language: Text,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawVoice {
    rule: Text,
    why: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawProduct {
    name: Text,
    #[serde(default)]
    also: Vec<Text>,
    description: Text,
    link: Option<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMessage {
    name: Text,
    text: Text,
    #[serde(default)]
    products: Vec<Text>,
    #[serde(default)]
    audiences: Vec<Text>,
    #[serde(default)]
    stages: Vec<Text>,
    #[serde(default)]
    channels: Vec<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawBanned {
    name: Text,
    #[serde(default)]
    phrases: Vec<Text>,
    #[serde(default)]
    patterns: Vec<Text>,
    reason: Option<Text>,
    instead: Option<String>,
    #[serde(default)]
    legal: bool,
    #[serde(default)]
    even_quoted: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTerm {
    #[serde(default)]
    avoid: Vec<Text>,
    #[serde(rename = "use")]
    instead: Option<String>,
    reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawProof {
    name: Text,
    claim: Option<Text>,
    evidence: Option<Text>,
    source: Option<Text>,
    valid_until: Option<Text>,
    #[serde(default)]
    subject: Vec<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTopic {
    name: Text,
    #[serde(default)]
    words: Vec<Text>,
    #[serde(default)]
    patterns: Vec<Text>,
    label: Option<Label>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDisclaimer {
    topic: Text,
    text: Text,
    #[serde(default)]
    channels: Vec<Text>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct RawTone {
    reading_ease_min: Option<Spanned<f64>>,
    sentence_words_max: Option<Spanned<u32>>,
    exclamation_marks_max: Option<u32>,
    capital_words_max: Option<u32>,
    #[serde(default)]
    capitals_allowed: Vec<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct RawRepetition {
    similarity_max: Option<Spanned<f64>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct RawLinks {
    #[serde(default)]
    domains: Vec<Text>,
    #[serde(default)]
    contacts: Vec<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawChannel {
    name: Text,
    title: Option<String>,
    #[serde(default)]
    public: bool,
    characters_max: Option<Spanned<u32>>,
    words_min: Option<Spanned<u32>>,
    words_max: Option<Spanned<u32>>,
    hashtags_max: Option<u32>,
    links_max: Option<u32>,
    sms_segments_max: Option<Spanned<u32>>,
    seconds_max: Option<Spanned<u32>>,
    #[serde(default)]
    merge_fields: Vec<Text>,
    #[serde(default)]
    part: Vec<RawPart>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPart {
    label: Text,
    characters_max: Spanned<u32>,
    #[serde(default)]
    count_min: u32,
    count_max: Option<Spanned<u32>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAudience {
    name: Text,
    title: Option<String>,
    cares_about: Option<String>,
    #[serde(default)]
    avoid: Vec<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStage {
    name: Text,
    title: Option<String>,
    goal: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawExample {
    channel: Option<Text>,
    before: Text,
    approved: Text,
    why: Option<String>,
}
