//! Handing one's place to somebody else, for a while.
//!
//! A place moves whole: while it is handed over, whoever gave it does not decide, and whoever holds
//! it decides once, however many places they hold. It is handed on by nobody but its owner, and in
//! nobody's place does a person decide on what its owner asked for.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::store;
use crate::app::App;
use crate::audit::{self, Actor, Event, Subject, Value};
use crate::error::{Refusal, Result};
use crate::ids::PersonId;
use crate::slack;

/// A place in somebody else's hands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Delegation {
    pub from: PersonId,
    pub to: PersonId,
    pub until: Timestamp,
}

/// Hands the place of `delegation.from` over, instead of what they handed over before.
pub async fn delegate(app: &App, delivery: Option<&str>, delegation: &Delegation) -> Result<()> {
    let now = app.now();
    if delegation.from == delegation.to {
        return Err(Refusal::DelegateIsSelf.into());
    }
    let profile = app.slack.person(&delegation.to).await.map_err(|error| {
        tracing::warn!("a person's profile cannot be read: {error}");
        Refusal::MembershipUnknown
    })?;
    if profile.is_bot || profile.is_guest || profile.is_stranger || profile.is_deactivated {
        return Err(Refusal::DelegateCannotDecide { to: delegation.to.clone() }.into());
    }

    let mut tx = app.db.begin().await?;
    if !slack::first_delivery(&mut tx, app.workspace.id, delivery, now).await? {
        return Ok(());
    }
    store::end_delegation(&mut tx, app.workspace.id, &delegation.from, now).await?;
    store::insert_delegation(&mut tx, app.workspace.id, delegation, now).await?;
    let details = BTreeMap::from([
        ("to", Value::id(&delegation.to)),
        ("until", Value::time(delegation.until)),
    ]);
    audit::append(&mut tx, event(app, "place.handed_over", &delegation.from, details)).await?;
    tx.commit().await?;
    Ok(())
}

/// Takes a place back; none where it was not handed over.
pub async fn end_delegation(
    app: &App,
    delivery: Option<&str>,
    from: &PersonId,
) -> Result<Option<Delegation>> {
    let now = app.now();
    let mut tx = app.db.begin().await?;
    if !slack::first_delivery(&mut tx, app.workspace.id, delivery, now).await? {
        return Ok(None);
    }
    let ended = store::end_delegation(&mut tx, app.workspace.id, from, now).await?;
    if let Some(ended) = &ended {
        let details = BTreeMap::from([("to", Value::id(&ended.to))]);
        audit::append(&mut tx, event(app, "place.taken_back", from, details)).await?;
    }
    tx.commit().await?;
    Ok(ended)
}

/// The places that are in other hands now.
pub async fn delegations(app: &App) -> Result<Vec<Delegation>> {
    store::delegations(&app.db, app.workspace.id, app.now()).await
}

fn event(
    app: &App,
    act: &'static str,
    from: &PersonId,
    details: BTreeMap<&'static str, Value>,
) -> Event {
    Event {
        workspace: app.workspace.id,
        at: app.now(),
        actor: Actor::Person(from.clone()),
        act,
        subject: Subject::new("person", from),
        details,
    }
}
