//! What happens to a review of itself, when its time has come.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use sqlx::PgConnection;

use super::deciding::{about, event};
use super::review::{Due, State};
use super::{act, store};
use crate::app::App;
use crate::audit::{self, Actor, Value};
use crate::error::Result;
use crate::ids::{ReviewId, WorkspaceId};
use crate::jobs::{self, Job};

/// When a review is looked at again, should nothing have come of it.
const AGAIN: SignedDuration = SignedDuration::from_mins(10);

/// How many reviews are taken up at once.
const AT_ONCE: i64 = 200;

/// Has those reviews attended to whose time has come.
pub async fn due(tx: &mut PgConnection, workspace: WorkspaceId, now: Timestamp) -> Result<()> {
    for review in store::take_due(tx, workspace, now, now + AGAIN, AT_ONCE).await? {
        jobs::enqueue(tx, workspace, Job::Attend { review }).await?;
    }
    Ok(())
}

/// Does what is due: reminds, escalates, lets expire, releases what was held back. Whatever is due
/// later is noted down.
pub async fn attend(app: &App, review: ReviewId) -> Result<()> {
    let now = app.now();

    let mut tx = app.db.begin().await?;
    let Some(mut review) = store::lock_alone(&mut tx, app.workspace.id, review).await? else {
        return Ok(());
    };
    let due = review.due(now);
    let (act, more): (_, Vec<(&'static str, Value)>) = match due {
        Due::Nothing | Due::Release => (None, Vec::new()),
        Due::Remind => {
            // Of those that were missed, one is enough.
            let each = review.terms.remind_after().map_or(1, |each| each.as_secs().max(1));
            let passed = now.duration_since(review.asked_at).as_secs() / each;
            review.reminders = i32::try_from(passed).unwrap_or(i32::MAX).max(review.reminders + 1);
            (Some("review.reminded"), vec![("number", i64::from(review.reminders).into())])
        }
        Due::Escalate => {
            review.escalated_at = Some(now);
            let to = Value::list(review.terms.escalate_to.iter().map(Value::name));
            (Some("review.escalated"), vec![("to", to)])
        }
        Due::Expire => {
            review.state = State::Expired { at: now };
            (Some(act!(review.subject, "expired")), Vec::new())
        }
    };
    if due == Due::Release {
        jobs::enqueue(&mut tx, app.workspace.id, Job::Release { review: review.id }).await?;
    }
    store::attended(&mut tx, &review, review.next_at(now)).await?;
    if let Some(act) = act {
        let details: BTreeMap<_, _> = about(&review).into_iter().chain(more).collect();
        audit::append(&mut tx, event(&review, now, Actor::Bot, act, details)).await?;
    }
    jobs::enqueue(&mut tx, app.workspace.id, Job::ShowReview { review: review.id }).await?;
    tx.commit().await?;

    tracing::info!(review.id = review.id.0, due = ?due, "a review was attended to");
    Ok(())
}
