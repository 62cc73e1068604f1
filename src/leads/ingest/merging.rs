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

/// Merges those into a lead that the other system takes for the same.
pub async fn same_as(
    taker: &Taker<'_>,
    tx: &mut PgConnection,
    lead: &mut Lead,
    others: &[String],
    summary: &mut Summary,
) -> Result<()> {
    for other in others {
        let found = store::by_key(tx, taker.workspace, taker.system, other).await?;
        match found.filter(|it| it.id != lead.id && it.erased_at.is_none()) {
            Some(merged) => *lead = merge(taker, tx, lead.clone(), merged, "crm", summary).await?,
            None => store::add_key(tx, taker.workspace, taker.system, other, lead.id).await?,
        }
    }
    Ok(())
}

/// Before a lead takes an address that another has: they are one.
pub async fn make_way_for_email(
    taker: &Taker<'_>,
    tx: &mut PgConnection,
    lead: &mut Lead,
    summary: &mut Summary,
) -> Result<()> {
    let Some(email) = lead.contact.email.clone() else { return Ok(()) };
    let other = store::by_email(tx, taker.workspace, &email).await?;
    if let Some(other) = other.filter(|it| it.id != lead.id) {
        *lead = merge(taker, tx, lead.clone(), other, "email", summary).await?;
    }
    Ok(())
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
