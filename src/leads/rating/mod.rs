//! Scores of the leads there are: whenever something changed, and once a day, because acts fade.
//!
//! [`score`] takes what is stale, scores it by the rules of the manifest or by what was
//! [learned](super::learning), and by what sales said of the lead itself, and hands over what crossed the threshold. [`feedback`] is how the word of sales moves a score.

pub mod feedback;
pub(super) mod store;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use sqlx::PgConnection;

use super::lead::Lead;
use super::learning::Learned;
use super::scoring::table::Table;
use super::scoring::{Score, rules};
use super::{handoffs, learning};
use crate::app::App;
use crate::config::scoring::Scoring;
use crate::error::Result;
use crate::ids::WorkspaceId;
use crate::jobs::{self, Job};
use feedback::{Known, Patterns};
use store::Stale;

/// A lead, what it is worth, and what scored it.
type Scored<'a> = (&'a Stale, Score, String);

/// Leads of one transaction.
const AT_ONCE: i64 = 500;

/// How long, and how often, it is waited for those who have a lead that is to be scored.
const TURN: Duration = Duration::from_millis(50);
const TURNS: u32 = 100;

/// How long a note that is over goes on to say what its lead is worth.
const SHOWN: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Scores what changed, and hands over what crossed the threshold.
pub async fn score(app: &App) -> Result<()> {
    let mut db = app.db.acquire().await?;
    let learned = learning::current(&mut db, app.workspace.id, &app.manifest.scoring).await?;
    drop(db);
    let (mut scored, mut waited) = (0, 0);
    loop {
        let some = score_some(app, learned.as_ref()).await?;
        scored += some;
        if some > 0 {
            continue;
        }
        // Whoever has one at the moment need not change it, and then has nobody score it.
        if !store::is_any_stale(&app.db, app.workspace.id).await? {
            break;
        }
        if waited == TURNS {
            return Err(anyhow::anyhow!("leads that are to be scored are in other hands").into());
        }
        waited += 1;
        tokio::time::sleep(TURN).await;
    }
    if scored > 0 {
        tracing::info!(leads = scored, "leads were scored");
    }
    handoffs::open(app).await
}

/// Learns from what sales said, scores all leads anew, and sees to it that none is with somebody who left.
pub async fn refresh(app: &App) -> Result<()> {
    handoffs::pass_on_what_was_left(app).await?;
    learning::learn(&app.db, app.workspace.id, &app.manifest.scoring, app.now()).await?;
    store::set_all_stale(&app.db, app.workspace.id).await?;
    score(app).await
}

async fn score_some(app: &App, learned: Option<&Learned>) -> Result<usize> {
    let now = app.now();
    let workspace = app.workspace.id;
    let mut tx = app.db.begin().await?;
    let stale = store::stale(&mut tx, workspace, AT_ONCE).await?;
    if stale.is_empty() {
        return Ok(0);
    }
    let patterns = store::patterns(&mut tx, workspace, now - feedback::REMEMBERED).await?;
    let scored = worth(app, &stale, learned, &patterns, now);
    store::save(&mut tx, workspace, &scored, now).await?;
    show_what_moved(&mut tx, workspace, &scored, now).await?;
    tx.commit().await?;
    Ok(stale.len())
}

/// What leads are worth, each with what scored it.
fn worth<'a>(
    app: &App,
    stale: &'a [Stale],
    learned: Option<&Learned>,
    patterns: &Patterns,
    now: Timestamp,
) -> Vec<Scored<'a>> {
    let rules = &app.manifest.scoring;
    let by_rules = format!("rules {}", app.manifest.version);
    let none = Patterns::default();
    let mut of_learned = learned.map(|learned| scores(learned, stale, rules, now));
    let scored = stale.iter().enumerate().map(|(row, stale)| {
        let attributes = stale.lead.scored();
        let whole = rules::score(rules, &attributes, &stale.activities, now);
        let fit = rules::score(rules, &attributes, &[], now).points;
        let behaviour = whole.points - fit;
        let seen = learned.filter(|learned| whole.points >= learned.least_points);
        let (whole, fit, patterns, version) = match (seen, &mut of_learned) {
            (Some(learned), Some(scores)) => {
                let whole = std::mem::take(&mut scores[row]);
                let fit = whole.points - behaviour;
                // It has learned what leads that came back have in common.
                (whole, fit, &none, format!("learned {}", learned.version))
            }
            _ => (whole, fit, patterns, by_rules.clone()),
        };
        let known = Known { whole, fit, changed_at: stale.lead.changed_at };
        let score = feedback::adjusted(known, &stale.lead, &stale.returns, patterns, rules, now);
        (stale, score, version)
    });
    scored.collect()
}

fn scores(learned: &Learned, stale: &[Stale], rules: &Scoring, now: Timestamp) -> Vec<Score> {
    let columns: Vec<_> = stale
        .iter()
        .map(|it| learning::columns(rules, &it.lead.scored(), &it.activities, now))
        .collect();
    learned.model.scores(&Table::of_leads(&columns), learned.scale)
}

/// A note says what its lead is worth now, so it is drawn anew when that moves, as long as it is open and
/// for a while after.
async fn show_what_moved(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    scored: &[Scored<'_>],
    now: Timestamp,
) -> Result<()> {
    let moved = scored.iter().filter(|(stale, score, _)| stale.lead.score != *score);
    let ids: Vec<&Lead> = moved.map(|(stale, ..)| &stale.lead).collect();
    for hand_off in store::last_hand_offs(tx, workspace, &ids, now - SHOWN).await? {
        jobs::enqueue(tx, workspace, Job::ShowHandOff { hand_off }).await?;
    }
    Ok(())
}
