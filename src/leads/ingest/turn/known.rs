//! The leads that a turn's records are about: as they are, and what is still to be written of them.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use jiff::Timestamp;
use sqlx::PgConnection;

use super::super::super::handoffs::{self, Gone};
use super::super::super::lead::{Contact, Lead};
use super::super::super::scoring::Activity;
use super::super::record::{Record, What};
use super::super::{Summary, Taker};
use super::store;
use crate::error::Result;
use crate::ids::{LeadId, WorkspaceId};

/// How many ids are taken where those that were foreseen did not suffice.
const MORE: i32 = 10;

#[derive(Default)]
pub struct Known {
    leads: HashMap<LeadId, Lead>,
    /// What the other system calls them.
    keys: HashMap<String, LeadId>,
    emails: HashMap<String, LeadId>,
    /// Ids for leads that are new, the next one last.
    ids: Vec<LeadId>,

    // What is to be written.
    changed: BTreeSet<LeadId>,
    new_keys: Vec<(String, LeadId)>,
    activities: Vec<(LeadId, Activity)>,
    closing: BTreeMap<LeadId, Gone>,
}

impl Known {
    /// Finds and locks all leads that the records name, by the other system's ids and by addresses.
    pub async fn look_up(
        taker: &Taker<'_>,
        tx: &mut PgConnection,
        records: &[Record],
    ) -> Result<Self> {
        let keys: BTreeSet<&str> = records.iter().flat_map(Record::keys).collect();
        let addresses = records.iter().flat_map(Record::addresses);
        let emails: BTreeSet<String> = addresses.map(str::to_owned).collect();
        let keys: Vec<String> = keys.into_iter().map(str::to_owned).collect();
        let emails: Vec<String> = emails.into_iter().collect();

        let mut known = Self {
            keys: store::keyed(tx, taker.workspace, taker.system, &keys).await?,
            ..Self::default()
        };
        let ids: Vec<LeadId> = known.keys.values().copied().collect();
        for lead in store::lock(tx, taker.workspace, &ids, &emails).await? {
            if let Some(email) = &lead.contact.email {
                known.emails.insert(email.clone(), lead.id);
            }
            known.leads.insert(lead.id, lead);
        }
        known.take_ids(tx, known.foresee(records)).await?;
        Ok(known)
    }

    pub fn by_key(&self, key: &str) -> Option<&Lead> {
        self.leads.get(self.keys.get(key)?)
    }

    pub fn by_email(&self, email: &str) -> Option<&Lead> {
        self.leads.get(self.emails.get(email)?)
    }

    pub async fn next_id(&mut self, tx: &mut PgConnection) -> Result<LeadId> {
        if self.ids.is_empty() {
            self.take_ids(tx, MORE).await?;
        }
        let id = self.ids.pop();
        Ok(id.ok_or_else(|| anyhow::anyhow!("the database gave no id for a lead"))?)
    }

    /// A lead as it is from now on. True where it gave up an address, which has to be written before
    /// another may take it.
    pub fn put(&mut self, lead: Lead) -> bool {
        let (id, email) = (lead.id, lead.contact.email.clone());
        let before = self.leads.insert(id, lead).and_then(|it| it.contact.email);
        self.changed.insert(id);
        let given_up = before.filter(|before| Some(before) != email.as_ref());
        if let Some(email) = &given_up {
            self.emails.remove(email);
        }
        if let Some(email) = email {
            self.emails.insert(email, id);
        }
        given_up.is_some()
    }

    /// What the other system calls a lead, unless it calls another one so.
    pub fn add_key(&mut self, key: &str, id: LeadId) {
        if !self.keys.contains_key(key) {
            self.keys.insert(key.to_owned(), id);
            self.new_keys.push((key.to_owned(), id));
        }
    }

    pub fn did(&mut self, id: LeadId, activity: Activity) {
        self.activities.push((id, activity));
    }

    /// Notes that nobody is to call a lead any more.
    pub fn close(&mut self, id: LeadId, why: Gone) {
        self.closing.entry(id).or_insert(why);
    }

    /// A lead was erased. What the other system calls it stays, so that it stays away.
    pub fn erased(&mut self, mut lead: Lead, now: Timestamp) {
        self.emails.retain(|_, id| *id != lead.id);
        lead.contact = Contact::default();
        lead.erased_at = Some(now);
        self.leads.insert(lead.id, lead);
    }

    /// A lead was merged into another.
    pub fn merged(&mut self, merged: LeadId, kept: Lead) {
        self.leads.remove(&merged);
        for id in self.keys.values_mut().filter(|id| **id == merged) {
            *id = kept.id;
        }
        self.emails.retain(|_, id| ![merged, kept.id].contains(id));
        if let Some(email) = &kept.contact.email {
            self.emails.insert(email.clone(), kept.id);
        }
        self.leads.insert(kept.id, kept);
    }

    /// Writes what was not written yet.
    pub async fn write(
        &mut self,
        taker: &Taker<'_>,
        tx: &mut PgConnection,
        summary: &mut Summary,
    ) -> Result<()> {
        let workspace = taker.workspace;
        let changed = std::mem::take(&mut self.changed);
        let leads: Vec<&Lead> = changed.iter().filter_map(|id| self.leads.get(id)).collect();
        store::save(tx, workspace, &leads).await?;
        let keys = std::mem::take(&mut self.new_keys);
        store::add_keys(tx, workspace, taker.system, &keys).await?;
        let activities = std::mem::take(&mut self.activities);
        let active = store::insert_activities(tx, workspace, &activities).await?;
        summary.activities += active.len() as u64;
        summary.repeated += (activities.len() - active.len()) as u64;
        store::set_stale(tx, workspace, &active).await?;
        self.close_hand_offs(taker, tx, workspace).await
    }

    async fn close_hand_offs(
        &mut self,
        taker: &Taker<'_>,
        tx: &mut PgConnection,
        workspace: WorkspaceId,
    ) -> Result<()> {
        let closing = std::mem::take(&mut self.closing);
        let leads: Vec<LeadId> = closing.keys().copied().collect();
        for lead in handoffs::open_of(tx, workspace, &leads).await? {
            let now = taker.clock.now();
            handoffs::take_back(tx, workspace, lead, closing[&lead], &taker.by, now).await?;
        }
        Ok(())
    }

    /// How many leads will be new, as far as that can be seen beforehand.
    fn foresee(&self, records: &[Record]) -> i32 {
        let (mut keys, mut emails) = (HashSet::new(), HashSet::new());
        let mut new = 0;
        for record in records {
            let (key, email) = (record.external_id.as_deref(), record.email.as_deref());
            let is_known = key.is_some_and(|it| self.keys.contains_key(it) || keys.contains(it))
                || email.is_some_and(|it| self.emails.contains_key(it) || emails.contains(it));
            new += i32::from(!is_known && record.what != What::Deleted);
            keys.extend(key);
            emails.extend(email);
        }
        new
    }

    async fn take_ids(&mut self, tx: &mut PgConnection, count: i32) -> Result<()> {
        if count > 0 {
            self.ids = store::next_ids(tx, count).await?;
            self.ids.sort_unstable_by(|one, other| other.cmp(one));
        }
        Ok(())
    }
}

impl Record {
    /// All that the other system calls leads by here.
    fn keys(&self) -> impl Iterator<Item = &str> {
        let others: &[String] = match &self.what {
            What::SameAs(others) => others,
            _ => &[],
        };
        self.external_id.as_deref().into_iter().chain(others.iter().map(String::as_str))
    }

    /// The addresses that it names.
    fn addresses(&self) -> impl Iterator<Item = &str> {
        let said = match &self.what {
            What::Is(fields) => fields.email(),
            _ => None,
        };
        self.email.as_deref().into_iter().chain(said)
    }
}
