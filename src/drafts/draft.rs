//! A draft: a piece as it is put up for a decision, with what was checked in it.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::compose::{ASSEMBLED, Aim, Checked, Piece, check};
use super::{AGENT, Brief};
use crate::agents;
use crate::brand::{self, Kit};
use crate::config::Facts;
use crate::error::Result;
use crate::ids::CampaignId;
use crate::reviews::{Author, Check, Written};

/// The check that sums the others up: by it a draft passes or does not.
pub(super) const SUMMARY: &str = "brand_kit";

/// How many of the things that were found a card names.
const FOUND: usize = 10;

const TITLE: usize = 150;

/// The versions that a draft has to choose from, to be tested against each other.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Versions {
    /// What the brief wants to come of it.
    pub goal: Option<String>,
    /// Names and texts, the one that is up first.
    pub texts: Vec<(String, String)>,
}

/// A piece under its title. Its canonical JSON is what decisions are bound to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Draft {
    /// Always `draft`, in the encoding of this version.
    kind: String,
    v: u32,
    pub title: String,
    /// All of it, as it goes out.
    pub text: String,
    #[serde(flatten)]
    pub piece: Piece,
}

impl Draft {
    pub fn new(kit: &Kit, brief: &Brief, piece: Piece) -> Self {
        let title = format!("{}: {}", whereto(kit, &piece.channel, &piece.audience), brief.title);
        Self {
            kind: "draft".to_owned(),
            v: 1,
            title: title.chars().take(TITLE).collect(),
            text: piece.text(),
            piece,
        }
    }

    /// The same draft with another piece in it.
    pub fn with(&self, piece: Piece) -> Self {
        Self { text: piece.text(), piece, ..self.clone() }
    }

    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        Ok(serde_json::from_slice(bytes)?)
    }
}

/// `LinkedIn post for Repeat buyer`, as the kit calls them.
pub(super) fn whereto(kit: &Kit, channel: &str, audience: &str) -> String {
    let channel = kit.channel(channel).map_or(channel, |one| &one.title);
    let audience = kit.audience(audience).map_or(audience, |one| &one.title);
    format!("{channel} for {audience}")
}

/// A draft as it is put up: its bytes, its text, what was checked in it.
pub(super) struct Prepared {
    draft: Draft,
    content: Value,
    checks: Vec<Check>,
    facts: Facts,
    provenance: Value,
}

impl Prepared {
    pub fn new(aim: &Aim<'_>, campaign: CampaignId, draft: Draft) -> Result<Self> {
        let checked = check(aim, &draft.text);
        let piece = &draft.piece;
        let sources: Vec<Value> =
            sources(aim.brief).into_iter().map(|name| json!({"name": name})).collect();
        let (passed, tested) = checked.report.score();
        let mut provenance = json!({
            "agent": AGENT,
            "version": version(piece),
            "rules": {"passed": passed, "tested": tested},
            "engine": engine_in_words(piece),
            "campaign": campaign,
            "kit": piece.kit,
            "sources": sources,
        });
        if let Some(made) = &piece.made {
            provenance["prompt"] = agents::prompt_in_record(&made.prompt, &made.prompt_sha256);
            provenance["model"] = piece.engine.clone().into();
        }
        Ok(Self {
            content: serde_json::to_value(&draft)?,
            facts: Facts { labels: checked.report.labels.clone(), ..Facts::default() },
            checks: checks(&checked),
            provenance,
            draft,
        })
    }

    /// Says in the record who chose this version.
    pub fn chosen_by(mut self, person: &crate::ids::PersonId) -> Self {
        self.provenance["chosen_by"] = person.as_str().into();
        self
    }

    pub fn title(&self) -> &str {
        &self.draft.title
    }

    pub fn written<'a>(&'a self, author: Author<'a>) -> Written<'a> {
        Written {
            title: Some(&self.draft.title),
            content: &self.content,
            text: &self.draft.text,
            checks: &self.checks,
            facts: &self.facts,
            provenance: &self.provenance,
            author,
        }
    }
}

/// What scorecards count it by: the prompt that it began with, or that no model wrote it.
fn version(piece: &Piece) -> &str {
    match &piece.made {
        None => ASSEMBLED,
        Some(made) => made.began_with.as_ref().unwrap_or(&made.prompt),
    }
}

/// What follows the agent's name.
fn engine_in_words(piece: &Piece) -> String {
    match (piece.engine.as_str(), &piece.made) {
        (ASSEMBLED, _) | (_, None) => "which put approved words together".to_owned(),
        (_, Some(made)) => match made.repairs {
            0 => "with a model".to_owned(),
            1 => "with a model, which was sent back what the checks found once".to_owned(),
            repairs => {
                format!("with a model, which was sent back what the checks found {repairs} times")
            }
        },
    }
}

/// Where the evidence of a brief comes from, each once.
fn sources(brief: &Brief) -> Vec<&str> {
    let mut sources: Vec<&str> = brief.evidence.iter().map(|one| one.source.as_str()).collect();
    sources.sort_unstable();
    sources.dedup();
    sources
}

/// The sum first, then what failed, what must change before what may stand, then what passed.
fn checks(checked: &Checked) -> Vec<Check> {
    let check = |rule: &str, passed, says: String| Check { rule: rule.to_owned(), passed, says };
    let report = &checked.report;
    let mut summary = brand::summary(report);
    if !checked.brief.is_empty() {
        summary.push_str(" It does not keep to the brief.");
    }
    let summary = summary.trim_end_matches('.').to_owned();
    let mut checks = vec![check(SUMMARY, checked.passes(), summary)];
    let mut found: Vec<Check> =
        checked.found().map(|(rule, says)| check(rule, false, says)).collect();
    let more = found.len().saturating_sub(FOUND);
    found.truncate(FOUND);
    checks.extend(found);
    if more > 0 {
        checks.push(check("further_findings", false, format!("… {more} more")));
    }
    let passed: Vec<&str> = brand::rules_passed(report).collect();
    if !passed.is_empty() {
        checks.push(check("passed", true, format!("Passed: {}", passed.join(" · "))));
    }
    checks
}
