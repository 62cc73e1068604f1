//! What the clock does to an alert: it ends snoozes, calls after quiet hours, and escalates.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use sqlx::PgConnection;

use super::alert::{Due, State};
use super::{event, store};
use crate::app::App;
use crate::audit::{self, Actor, Value};
use crate::error::Result;
use crate::ids::{AlertId, WorkspaceId};
use crate::jobs::{self, Job};

/// What was taken and came to nothing comes due again after this.
const AGAIN: SignedDuration = SignedDuration::from_mins(10);

/// How many are taken at once.
const AT_ONCE: i64 = 200;

/// Has those alerts attended to whose time has come.
pub async fn due(tx: &mut PgConnection, workspace: WorkspaceId, now: Timestamp) -> Result<()> {
    for alert in store::take_due(tx, workspace, now, now + AGAIN, AT_ONCE).await? {
        jobs::enqueue(tx, workspace, Job::AttendAlert { alert }).await?;
    }
    Ok(())
}

/// Does what is due for an alert, and notes down what is due later.
pub async fn attend(app: &App, id: AlertId) -> Result<()> {
    let now = app.now();
    let mut tx = app.db.begin().await?;
    let mut alert = store::lock(&mut tx, app.workspace.id, id).await?;
    let due = alert.due(now);
    let (what, details) = match due {
        Due::Nothing => {
            store::save(&mut tx, app.workspace.id, &alert).await?;
            tx.commit().await?;
            return Ok(());
        }
        Due::Wake => ("alert.woken", BTreeMap::new()),
        Due::Escalate => {
            alert.escalated_at = Some(now);
            let to = alert.route.escalate.as_ref().map(|(_, group)| Value::name(group));
            ("alert.escalated", to.map(|to| ("to", to)).into_iter().collect())
        }
        Due::Call => ("alert.called", BTreeMap::new()),
    };
    // An escalation tells of the end of the quiet hours, too.
    if due == Due::Call || alert.quiet_until.is_some_and(|until| until <= now) {
        alert.called_at = alert.called_at.or(Some(now));
    }
    let before = (due == Due::Wake).then(|| std::mem::replace(&mut alert.state, State::Open));
    let new = store::New {
        before: before.as_ref(),
        ..store::New::by_itself(what.trim_start_matches("alert."), now)
    };
    store::insert_event(&mut tx, app.workspace.id, id, &new).await?;
    store::save(&mut tx, app.workspace.id, &alert).await?;
    audit::append(&mut tx, event(app, Actor::Bot, what, id, details)).await?;
    jobs::enqueue(&mut tx, app.workspace.id, Job::ShowAlert { alert: id }).await?;
    tx.commit().await?;
    Ok(())
}
