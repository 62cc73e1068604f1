//! One turn: some records become leads, in one transaction.
//!
//! What the records may be about is [looked up](Known) at once, with a lock on each lead; what they say
//! changes it in memory, one after the other; what came of all of them is written at once. Where a lead
//! is merged or erased, what was said until then is written first.

mod known;
mod store;

use sqlx::PgConnection;

use super::super::handoffs::Gone;
use super::super::lead::{Lead, Stage};
use super::record::{Fields, Record, What};
use super::{Summary, Taker, merging, remove};
use crate::error::Result;
use crate::ids::LeadId;
use jiff::Timestamp;
use known::Known;

struct Turn<'a> {
    taker: &'a Taker<'a>,
    tx: &'a mut PgConnection,
    known: Known,
    summary: &'a mut Summary,
}

/// Takes records, of which each finds what those before it said. The caller has its turn.
pub async fn take(
    taker: &Taker<'_>,
    tx: &mut PgConnection,
    records: &[Record],
    summary: &mut Summary,
) -> Result<()> {
    let known = Known::look_up(taker, tx, records).await?;
    let mut turn = Turn { taker, tx, known, summary };
    for record in records {
        turn.take_one(record).await?;
    }
    turn.write().await
}

impl Turn<'_> {
    async fn take_one(&mut self, record: &Record) -> Result<()> {
        let now = self.taker.clock.now();
        let Some((lead, is_new)) = self.whose(record).await? else {
            self.summary.left_out += 1;
            return Ok(());
        };
        match &record.what {
            What::Did(activity) => {
                self.known.did(lead.id, activity.clone());
                self.summary.new += u64::from(is_new);
            }
            What::Is(fields) => self.says(lead, is_new, fields, now).await?,
            What::Deleted => {
                self.write().await?;
                remove(self.tx, self.taker.workspace, &lead, &self.taker.by, now).await?;
                self.known.erased(lead, now);
                self.summary.deleted += 1;
            }
            What::SameAs(others) => self.same_as(lead, others).await?,
        }
        Ok(())
    }

    /// The lead that a record is about, which is made where there is none; nothing where it was erased,
    /// or where nobody is there to delete.
    async fn whose(&mut self, record: &Record) -> Result<Option<(Lead, bool)>> {
        let by_key = record.external_id.as_deref().and_then(|id| self.known.by_key(id));
        let by_email = record.email.as_deref().and_then(|email| self.known.by_email(email));
        let found = match (by_key, by_email) {
            (Some(one), Some(other)) if one.id != other.id && one.erased_at.is_none() => {
                let (kept, merged) = if one.id < other.id { (one, other) } else { (other, one) };
                let (kept, merged) = (kept.clone(), merged.clone());
                Some(self.merge(kept, merged, "email").await?)
            }
            (Some(one), _) | (None, Some(one)) => Some(one.clone()),
            (None, None) => None,
        };
        let is_new = found.is_none();
        let lead = match found {
            Some(lead) if lead.erased_at.is_some() => return Ok(None),
            Some(lead) => lead,
            None if record.what == What::Deleted => return Ok(None),
            None => {
                let id = self.known.next_id(self.tx).await?;
                let lead = Lead::new(id, record.email.clone(), self.taker.clock.now());
                self.known.put(lead.clone());
                lead
            }
        };
        if let Some(id) = &record.external_id {
            self.known.add_key(id, lead.id);
        }
        Ok(Some((lead, is_new)))
    }

    async fn says(
        &mut self,
        mut lead: Lead,
        is_new: bool,
        fields: &Fields,
        now: Timestamp,
    ) -> Result<()> {
        let is_changed = apply(&mut lead, fields, now);
        if is_changed || is_new {
            lead.changed_at = now;
            lead = self.make_way_for_email(lead).await?;
            if let Some(why) = may_not_go_on(&lead) {
                self.known.close(lead.id, why);
            }
            if self.known.put(lead) {
                // Whoever takes the address that was given up finds it free.
                self.write().await?;
            }
        }
        match (is_new, is_changed) {
            (true, _) => self.summary.new += 1,
            (false, true) => self.summary.changed += 1,
            (false, false) => self.summary.unchanged += 1,
        }
        Ok(())
    }

    /// Merges those into a lead that the other system takes for the same.
    async fn same_as(&mut self, mut lead: Lead, others: &[String]) -> Result<()> {
        for other in others {
            let found = self.known.by_key(other).cloned();
            match found.filter(|it| it.id != lead.id && it.erased_at.is_none()) {
                Some(merged) => lead = self.merge(lead, merged, "crm").await?,
                None => self.known.add_key(other, lead.id),
            }
        }
        Ok(())
    }

    /// Before a lead takes an address that another has: they are one.
    async fn make_way_for_email(&mut self, lead: Lead) -> Result<Lead> {
        let other = lead.contact.email.as_deref().and_then(|email| self.known.by_email(email));
        match other.filter(|it| it.id != lead.id).cloned() {
            Some(other) => self.merge(lead, other, "email").await,
            None => Ok(lead),
        }
    }

    async fn merge(&mut self, kept: Lead, merged: Lead, because: &'static str) -> Result<Lead> {
        self.write().await?;
        let gone: LeadId = merged.id;
        let both = merging::merge(self.taker, self.tx, kept, merged, because, self.summary).await?;
        self.known.merged(gone, both.clone());
        Ok(both)
    }

    async fn write(&mut self) -> Result<()> {
        self.known.write(self.taker, self.tx, self.summary).await
    }
}

/// Why nobody is to call a lead any more, if so.
fn may_not_go_on(lead: &Lead) -> Option<Gone> {
    match lead {
        lead if !lead.may_be_contacted() => Some(Gone::DoNotContact),
        lead if lead.stage == Stage::Customer => Some(Gone::Customer),
        _ => None,
    }
}

/// What a record says, unless something newer is known. Whether anything changed by it.
fn apply(lead: &mut Lead, fields: &Fields, now: Timestamp) -> bool {
    let at = fields.at.unwrap_or(now).as_millisecond();
    let before = lead.clone();
    for (name, value) in &fields.values {
        if lead.is_newer(name, at) {
            lead.put(name, value.clone());
        }
    }
    if let Some(consent) = fields.consent
        && lead.is_newer("consent", at)
    {
        lead.consent = Some(consent);
    }
    if let Some(no) = fields.do_not_contact
        && lead.is_newer("do_not_contact", at)
    {
        lead.do_not_contact = no;
    }
    if let Some(since) = fields.since {
        lead.added_at = since.min(lead.added_at);
    }
    if let Some(stage) = fields.stage
        && lead.is_newer("stage", at)
        // What sales said here is not taken back by a CRM that does not know it yet.
        && (stage == Stage::Customer || lead.stage == Stage::New)
    {
        lead.stage = stage;
    }
    let known_as_of = lead.known_as_of.clone();
    let is_changed = Lead { known_as_of: before.known_as_of.clone(), ..lead.clone() } != before;
    lead.known_as_of = known_as_of;
    is_changed
}
