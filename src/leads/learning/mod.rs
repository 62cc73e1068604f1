//! Scores that learn from what sales said of the leads that they were given.
//!
//! [`learn`] looks once a day at the answers there are. From what was known of each lead when it was handed
//! over it learns a [`Version`] of the score, holds it against the rules in the order of time, and keeps it
//! with what came of that. Which version counts follows from the newest one and from what people last
//! [chose](choose): a version counts by itself only where it was better than the rules, and a choice holds
//! until another one is made. [`current`] is what scores leads now, [`standing`] what people read of it.
//!
//! - `examples` says which answers count and what was known; it is pure.
//! - `store` keeps versions and choices; `told` says them in words.
//!
//! A lead to which the rules give fewer points than to any that was learned from keeps its points by the
//! rules: what sales never saw tells nothing about it.
//!
//! **Invariant:** what was filled in after a lead was handed over is never learned from.
//!
//! **Invariant:** the answers of an erased lead are learned from no more.

mod examples;
mod store;
mod told;

use std::collections::BTreeMap;

use anyhow::Context;
use jiff::Timestamp;
use serde::Serialize;
use sqlx::{PgConnection, PgPool};

use super::handoffs::AGENT;
use super::rating;
use super::scoring::comparison::{self, Comparison, Verdict};
use super::scoring::drift::{Drift, drift};
use super::scoring::evaluate::{LeftOut, leaks};
use super::scoring::excluded;
use super::scoring::learned::{Model, Scale};
use super::scoring::table::Table;
use crate::audit::{self, Actor, Event, Subject, Value};
use crate::config::scoring::Scoring;
use crate::error::{Refusal, Result};
use crate::ids::WorkspaceId;
use crate::jobs::{self, Job};

pub use examples::columns;
use examples::{Example, examples};
pub use told::{in_short, in_words};

/// How many leads there are at least that were worth it, and that were not.
const LEAST_OF_EACH: usize = 10;

/// How many leads are looked at to see whether they are still what they were.
const LOOKED_AT: i64 = 5_000;

/// A version of the learned score.
#[derive(Clone, Debug, Serialize)]
pub struct Version {
    pub version: String,
    pub learned_at: Timestamp,
    /// How many answers it was learned from, and how many said that the lead was worth it.
    pub answers: usize,
    pub good: usize,
    pub comparison: Comparison,
    pub left_out: Vec<LeftOut>,
    pub scale: Scale,
    /// The fewest points by the rules of the leads that it has seen.
    pub least_points: i32,
}

/// A version with what it takes to score by it.
pub struct Learned {
    pub version: String,
    pub model: Model,
    pub scale: Scale,
    pub least_points: i32,
}

/// What people chose to count.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    /// The newest version, where it is better than the rules.
    Newest,
    Rules,
    Version(String),
}

/// What came of looking at the answers.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    TooFew { answers: usize, good: usize, least: usize },
    NothingNew { answers: usize },
    Learned(Box<Version>),
}

/// How things stand.
#[derive(Clone, Debug, Serialize)]
pub struct Standing {
    pub choice: Choice,
    /// The version that counts; none where the rules do.
    pub counts: Option<String>,
    /// How many answers there are to learn from, and from how many on that is done.
    pub answers: usize,
    pub least: usize,
    /// The newest first.
    pub versions: Vec<Version>,
    /// How much the leads of now differ from those that the newest version was learned from.
    pub drift: Vec<Drift>,
}

impl Choice {
    pub fn read(text: &str) -> Self {
        match text {
            "newest" => Self::Newest,
            "rules" => Self::Rules,
            version => Self::Version(version.to_owned()),
        }
    }

    pub fn name(&self) -> &str {
        match self {
            Self::Newest => "newest",
            Self::Rules => "rules",
            Self::Version(version) => version,
        }
    }
}

/// Learns from the answers there are, if there are enough and others than last time.
pub async fn learn(
    db: &PgPool,
    workspace: WorkspaceId,
    rules: &Scoring,
    now: Timestamp,
) -> Result<Outcome> {
    let examples = read(db, workspace, rules, now).await?;
    let (answers, good) = (examples.len(), examples.iter().filter(|it| it.is_good).count());
    let least = rules.learning.least_ended;
    if answers < least || good < LEAST_OF_EACH || answers - good < LEAST_OF_EACH {
        return Ok(Outcome::TooFew { answers, good, least });
    }
    let newest = store::versions(db, workspace).await?.into_iter().next();
    if newest.is_some_and(|it| (it.answers, it.good) == (answers, good)) {
        return Ok(Outcome::NothingNew { answers });
    }
    let own_rules = rules.clone();
    let fitted = tokio::task::spawn_blocking(move || fit(&examples, &own_rules, now));
    let (version, model) = fitted.await.context("learning a score")??;

    let mut tx = db.begin().await?;
    store::take_turn(&mut tx, workspace).await?;
    let before = counting(&mut tx, workspace, rules).await?;
    if !store::insert(&mut tx, workspace, &version, &model).await? {
        return Ok(Outcome::NothingNew { answers });
    }
    let after = counting(&mut tx, workspace, rules).await?;
    let details = BTreeMap::from([
        ("answers", i64::try_from(answers)?.into()),
        ("counts", (after.as_deref() == Some(version.version.as_str())).into()),
    ]);
    let actor = Actor::Agent(AGENT.to_owned());
    record(&mut tx, workspace, actor, "scoring.learned", &version.version, details, now).await?;
    if before != after {
        score_anew(&mut tx, workspace).await?;
    }
    tx.commit().await?;
    tracing::info!(answers, version = version.version, "a score was learned");
    Ok(Outcome::Learned(Box::new(version)))
}

/// What scores leads now; none where the rules do.
pub async fn current(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    rules: &Scoring,
) -> Result<Option<Learned>> {
    match counting(db, workspace, rules).await? {
        Some(version) => Ok(Some(store::load(db, workspace, &version).await?)),
        None => Ok(None),
    }
}

/// Has a version count, the rules, or whichever version is better than them; leads are scored anew.
///
/// # Errors
///
/// Refuses a version that there is not.
pub async fn choose(
    db: &PgPool,
    workspace: WorkspaceId,
    choice: &Choice,
    by: Actor,
    now: Timestamp,
) -> Result<()> {
    if let Choice::Version(version) = choice {
        let known = store::versions(db, workspace).await?;
        if !known.iter().any(|it| it.version == *version) {
            return Err(Refusal::Missing(format!(
                "There is no version {version}. `countersign leads model` lists those there are; `newest` and `rules` can be chosen as well."
            ))
            .into());
        }
    }
    let mut tx = db.begin().await?;
    store::take_turn(&mut tx, workspace).await?;
    store::insert_choice(&mut tx, workspace, choice, &by, now).await?;
    record(&mut tx, workspace, by, "scoring.chosen", choice.name(), BTreeMap::new(), now).await?;
    score_anew(&mut tx, workspace).await?;
    tx.commit().await?;
    Ok(())
}

pub async fn standing(
    db: &PgPool,
    workspace: WorkspaceId,
    rules: &Scoring,
    now: Timestamp,
) -> Result<Standing> {
    let examples = read(db, workspace, rules, now).await?;
    let versions = store::versions(db, workspace).await?;
    let mut connection = db.acquire().await?;
    let choice = store::choice(&mut connection, workspace).await?;
    let counts = counting(&mut connection, workspace, rules).await?;
    let drift = match versions.first() {
        Some(newest) => {
            let learned_from = examples.iter().filter(|it| it.at <= newest.learned_at);
            let then: Vec<_> = learned_from.map(|it| it.columns.clone()).collect();
            let leads = store::leads(&mut connection, workspace, LOOKED_AT).await?;
            let now: Vec<_> =
                leads.iter().map(|(of, acts)| columns(rules, of, acts, now)).collect();
            drift(&Table::of_leads(&then), &Table::of_leads(&now))
        }
        None => Vec::new(),
    };
    let (answers, least) = (examples.len(), rules.learning.least_ended);
    Ok(Standing { choice, counts, answers, least, versions, drift })
}

/// The version that counts.
async fn counting(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    rules: &Scoring,
) -> Result<Option<String>> {
    Ok(match store::choice(db, workspace).await? {
        Choice::Rules => None,
        Choice::Version(version) => Some(version),
        Choice::Newest => {
            let newest = store::newest(db, workspace).await?;
            newest
                .filter(|(_, verdict)| rules.learning.takes_over && *verdict == Verdict::TakesOver)
                .map(|(version, _)| version)
        }
    })
}

async fn read(
    db: &PgPool,
    workspace: WorkspaceId,
    rules: &Scoring,
    now: Timestamp,
) -> Result<Vec<Example>> {
    let mut connection = db.acquire().await?;
    let answers = store::answers(&mut connection, workspace).await?;
    let mut leads: Vec<i64> = answers.iter().map(|it| it.lead.0).collect();
    leads.sort_unstable();
    leads.dedup();
    let activities = rating::store::activities(&mut connection, workspace, &leads).await?;
    Ok(examples(&answers, &activities, rules, now))
}

/// What is learned from examples, and how it fares. Takes seconds of a core.
fn fit(examples: &[Example], rules: &Scoring, now: Timestamp) -> Result<(Version, Model)> {
    let columns: Vec<_> = examples.iter().map(|it| it.columns.clone()).collect();
    let won: Vec<bool> = examples.iter().map(|it| it.is_good).collect();
    let points: Vec<f64> = examples.iter().map(|it| f64::from(it.points)).collect();
    let mut table = Table::of_leads(&columns);
    let left_out = leave_out(&mut table, &won, examples, rules);
    let comparison = comparison::compare(&table, &won, &points, &rules.learning);
    let model = Model::fit(&table, &won, &|_| ());
    let version = Version {
        version: model.version()?,
        learned_at: now,
        answers: won.len(),
        good: model.won,
        comparison,
        left_out,
        scale: comparison::scale(&points, &won),
        least_points: examples.iter().map(|it| it.points).min().unwrap_or(0),
    };
    Ok((version, model))
}

/// Takes what may not count, and what seems to know the outcome, out of the table.
fn leave_out(
    table: &mut Table,
    won: &[bool],
    examples: &[Example],
    rules: &Scoring,
) -> Vec<LeftOut> {
    let known: std::collections::BTreeSet<&String> =
        examples.iter().flat_map(|it| it.not_counted.iter()).collect();
    let mut left_out: Vec<LeftOut> = known
        .into_iter()
        .filter_map(|name| {
            let why = excluded::by_manifest(name, rules)?.in_words();
            Some(LeftOut { column: name.clone(), why })
        })
        .collect();
    for leak in leaks::suspected(table, won) {
        table.take(&leak.column);
        let why = format!("it seems to know the outcome: {}", leak.why);
        left_out.push(LeftOut { column: leak.column, why });
    }
    left_out
}

async fn score_anew(tx: &mut PgConnection, workspace: WorkspaceId) -> Result<()> {
    rating::store::set_all_stale(&mut *tx, workspace).await?;
    jobs::enqueue(tx, workspace, Job::ScoreLeads).await
}

async fn record(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    actor: Actor,
    act: &'static str,
    version: &str,
    details: BTreeMap<&'static str, Value>,
    at: Timestamp,
) -> Result<()> {
    let subject = Subject::new("lead_scores", version);
    audit::append(tx, Event { workspace, at, actor, act, subject, details }).await?;
    Ok(())
}
