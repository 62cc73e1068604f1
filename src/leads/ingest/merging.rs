//! Two leads that turn out to be one.

use std::collections::BTreeMap;

use sqlx::PgConnection;

use super::super::handoffs::{self, Gone};
use super::super::lead::{Lead, Stage};
use super::{Summary, Taker, store};
use crate::audit::{self, Event, Subject, Value};
use crate::error::Result;

/// Merges one lead into another: what only it has said is kept, as is what it did. The kept one is
/// given back as it then stands.
pub async fn merge(
    taker: &Taker<'_>,
    tx: &mut PgConnection,
    kept: Lead,
    merged: Lead,
    because: &'static str,
    summary: &mut Summary,
) -> Result<Lead> {
    let (workspace, now) = (taker.workspace, taker.clock.now());
    let both = joined(kept, &merged);
    handoffs::take_back(tx, workspace, merged.id, Gone::Merged, &taker.by, now).await?;
    store::empty(tx, workspace, merged.id, both.id, now).await?;
    store::save(tx, workspace, &both).await?;
    store::insert_merge(tx, workspace, both.id, merged.id, because, now).await?;
    let details =
        BTreeMap::from([("merged", Value::id(merged.id)), ("because", Value::from(because))]);
    let event = Event {
        workspace,
        at: now,
        actor: taker.by.clone(),
        act: "lead.merged",
        subject: Subject::new("lead", both.id),
        details,
    };
    audit::append(tx, event).await?;
    summary.merged += 1;
    Ok(both)
}

/// The kept lead with what only the other has said. Who must not be contacted in one is not in both.
fn joined(mut kept: Lead, merged: &Lead) -> Lead {
    let take = |to: &mut Option<String>, from: &Option<String>| {
        if to.is_none() {
            to.clone_from(from);
        }
    };
    take(&mut kept.contact.email, &merged.contact.email);
    take(&mut kept.contact.name, &merged.contact.name);
    take(&mut kept.contact.phone, &merged.contact.phone);
    take(&mut kept.company, &merged.company);
    take(&mut kept.territory, &merged.territory);
    take(&mut kept.source, &merged.source);
    take(&mut kept.campaign, &merged.campaign);
    for (name, value) in &merged.attributes {
        kept.attributes.entry(name.clone()).or_insert_with(|| value.clone());
    }
    kept.do_not_contact |= merged.do_not_contact;
    kept.consent = match (kept.consent, merged.consent) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (one, other) => one.or(other),
    };
    if kept.stage == Stage::New {
        kept.stage = merged.stage;
    }
    kept
}
