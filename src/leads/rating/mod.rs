//! Scores of the leads there are: whenever something changed, and once a day, because acts fade.
//!
//! [`score`] takes what is stale, scores it by the rules of the manifest and by what sales said, and
//! hands over what crossed the threshold. [`feedback`] is how the word of sales moves a score.

pub mod feedback;
pub(super) mod store;

use jiff::Timestamp;
use sqlx::PgConnection;

use super::handoffs;
use super::lead::Lead;
use super::scoring::{Score, rules};
use crate::app::App;
use crate::error::Result;
use crate::ids::WorkspaceId;
use crate::jobs::{self, Job};
use feedback::{Known, Patterns};
use store::Stale;

/// Leads of one transaction.
const AT_ONCE: i64 = 500;

/// Scores what changed, and hands over what crossed the threshold.
pub async fn score(app: &App) -> Result<()> {
    let mut scored = 0;
    loop {
        let some = score_some(app).await?;
        scored += some;
        if some == 0 {
            break;
        }
    }
    if scored > 0 {
        tracing::info!(leads = scored, "leads were scored");
    }
    handoffs::open(app).await
}

/// Scores all of them anew, and sees to it that no lead is with somebody who left.
pub async fn refresh(app: &App) -> Result<()> {
    handoffs::pass_on_what_was_left(app).await?;
    store::set_all_stale(&app.db, app.workspace.id).await?;
    score(app).await
}

async fn score_some(app: &App) -> Result<usize> {
    let now = app.now();
    let workspace = app.workspace.id;
    let mut tx = app.db.begin().await?;
    let stale = store::stale(&mut tx, workspace, AT_ONCE).await?;
    if stale.is_empty() {
        return Ok(0);
    }
    let patterns = store::patterns(&mut tx, workspace, now - feedback::REMEMBERED).await?;
    let version = format!("rules {}", app.manifest.version);
    let scored: Vec<(&Stale, Score)> =
        stale.iter().map(|one| (one, worth(app, one, &patterns, now))).collect();
    store::save(&mut tx, workspace, &scored, &version, now).await?;
    show_what_moved(&mut tx, workspace, &scored).await?;
    tx.commit().await?;
    Ok(stale.len())
}

fn worth(app: &App, stale: &Stale, patterns: &Patterns, now: Timestamp) -> Score {
    let rules = &app.manifest.scoring;
    let attributes = stale.lead.scored();
    let known = Known {
        whole: rules::score(rules, &attributes, &stale.activities, now),
        fit: rules::score(rules, &attributes, &[], now).points,
        changed_at: stale.lead.changed_at,
    };
    feedback::adjusted(known, &stale.lead, &stale.returns, patterns, rules, now)
}

/// A note says what its lead is worth now, so it is drawn anew when that moves.
async fn show_what_moved(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    scored: &[(&Stale, Score)],
) -> Result<()> {
    let moved = scored.iter().filter(|(stale, score)| stale.lead.score != *score);
    let ids: Vec<&Lead> = moved.map(|(stale, _)| &stale.lead).collect();
    for hand_off in store::last_hand_offs(tx, workspace, &ids).await? {
        jobs::enqueue(tx, workspace, Job::ShowHandOff { hand_off }).await?;
    }
    Ok(())
}
