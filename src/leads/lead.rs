//! The noun: a lead, how far it has come, and what of it may be shown to many.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::ingest::names;
use super::scoring::{Attributes, Score, Value};
use crate::ids::LeadId;

/// The attributes that more than the rules know, by their names.
pub const EMPLOYEES: &str = "employees";
pub const INDUSTRY: &str = "industry";
pub const JOB_TITLE: &str = "job_title";

/// A person who may buy, as they stand in the database.
#[derive(Clone, PartialEq, Debug)]
pub struct Lead {
    pub id: LeadId,
    pub contact: Contact,
    pub company: Option<String>,
    pub territory: Option<String>,
    /// Where it came from: `paid search`, `webinar`.
    pub source: Option<String>,
    pub campaign: Option<String>,
    pub attributes: Attributes,
    /// As of when each field is known, in milliseconds.
    pub known_as_of: BTreeMap<String, i64>,
    /// None where nobody said.
    pub consent: Option<bool>,
    pub do_not_contact: bool,
    pub stage: Stage,
    pub score: Score,
    /// What scored it; none until it was.
    pub score_version: Option<String>,
    pub added_at: Timestamp,
    pub changed_at: Timestamp,
    pub erased_at: Option<Timestamp>,
    pub merged_into: Option<LeadId>,
}

/// By what a person is reached: read by the person who has claimed them, and by nobody else.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Contact {
    /// In small letters.
    pub email: Option<String>,
    pub name: Option<String>,
    pub phone: Option<String>,
}

/// How far a lead has come.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Stage {
    New,
    /// Marketing finds it worth a call.
    Mql,
    /// Sales took it.
    Sal,
    /// Sales finds it worth an offer.
    Sql,
    Customer,
    Returned,
    Lost,
}

impl Stage {
    pub const ALL: [Self; 7] =
        [Self::New, Self::Mql, Self::Sal, Self::Sql, Self::Customer, Self::Returned, Self::Lost];

    pub const fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Mql => "mql",
            Self::Sal => "sal",
            Self::Sql => "sql",
            Self::Customer => "customer",
            Self::Returned => "returned",
            Self::Lost => "lost",
        }
    }

    /// As people read it.
    pub const fn words(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Mql => "MQL",
            Self::Sal => "SAL",
            Self::Sql => "SQL",
            Self::Customer => "customer",
            Self::Returned => "returned",
            Self::Lost => "lost",
        }
    }

    pub fn read(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }
}

impl Lead {
    /// A lead of whom nothing is known but by what it is reached, if that.
    pub fn new(id: LeadId, email: Option<String>, at: Timestamp) -> Self {
        Self {
            id,
            contact: Contact { email, ..Contact::default() },
            company: None,
            territory: None,
            source: None,
            campaign: None,
            attributes: Attributes::new(),
            known_as_of: BTreeMap::new(),
            consent: None,
            do_not_contact: false,
            stage: Stage::New,
            score: Score::default(),
            score_version: None,
            added_at: at,
            changed_at: at,
            erased_at: None,
            merged_into: None,
        }
    }

    /// Whether somebody may call: nobody said that they may not.
    pub fn may_be_contacted(&self) -> bool {
        !self.do_not_contact && self.consent != Some(false)
    }

    /// Who it is, where many read it: initials, and the company in full.
    pub fn masked(&self) -> String {
        let initials = self.contact.initials();
        match (&self.company, initials) {
            (Some(company), Some(initials)) => format!("{initials} at {company}"),
            (Some(company), None) => format!("somebody at {company}"),
            (None, Some(initials)) => initials,
            (None, None) => format!("lead {}", self.id),
        }
    }

    /// Whether what is said as of then is news of a field, and if so notes that it was said.
    pub fn is_newer(&mut self, field: &str, at_ms: i64) -> bool {
        let known = self.known_as_of.entry(field.to_owned()).or_insert(at_ms);
        let is_newer = at_ms >= *known;
        *known = at_ms.max(*known);
        is_newer
    }

    /// Sets a field by its name, or empties it.
    pub fn put(&mut self, field: &str, value: Option<Value>) {
        let column = match field {
            names::EMAIL => &mut self.contact.email,
            names::NAME => &mut self.contact.name,
            names::PHONE => &mut self.contact.phone,
            names::COMPANY => &mut self.company,
            names::TERRITORY => &mut self.territory,
            names::SOURCE => &mut self.source,
            names::CAMPAIGN => &mut self.campaign,
            name => {
                match value {
                    Some(value) => self.attributes.insert(name.to_owned(), value),
                    None => self.attributes.remove(name),
                };
                return;
            }
        };
        *column = value.map(|value| value.to_string());
    }

    /// What scores are made of: the attributes, and what has a column of its own and names nobody.
    pub fn scored(&self) -> Attributes {
        let mut scored = self.attributes.clone();
        let columns = [
            (names::COMPANY, &self.company),
            (names::TERRITORY, &self.territory),
            (names::SOURCE, &self.source),
            (names::CAMPAIGN, &self.campaign),
        ];
        for (name, value) in columns {
            if let Some(value) = value {
                scored.insert(name.to_owned(), Value::Text(value.clone()));
            }
        }
        scored
    }

    pub fn text(&self, attribute: &str) -> Option<String> {
        self.attributes.get(attribute).map(ToString::to_string)
    }

    /// How many people work there.
    pub fn size(&self) -> Option<f64> {
        self.attributes.get(EMPLOYEES)?.number()
    }
}

impl Contact {
    /// `A. K.`, of Anna Köhler; of an address its first letter.
    fn initials(&self) -> Option<String> {
        let name = self.name.as_deref().or(self.email.as_deref())?;
        let words = name.split('@').next().unwrap_or_default();
        let letters = words.split([' ', '.', '_', '-']).filter_map(|word| word.chars().next());
        let initials: Vec<String> = letters
            .filter(|it| it.is_alphabetic())
            .take(3)
            .map(|it| format!("{}.", it.to_uppercase()))
            .collect();
        (!initials.is_empty()).then(|| initials.join(" "))
    }

    pub fn is_empty(&self) -> bool {
        self.email.is_none() && self.name.is_none() && self.phone.is_none()
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// A lead of whom nothing is known.
    pub fn lead() -> Lead {
        Lead::new(LeadId(1), None, Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn many_read_initials() {
        let check = |name: Option<&str>, email: Option<&str>, expected: Option<&str>| {
            let (name, email) = (name.map(str::to_owned), email.map(str::to_owned));
            let contact = Contact { name, email, phone: None };
            assert_eq!(contact.initials().as_deref(), expected);
        };
        check(Some("Anna Köhler"), Some("anna@acme.example"), Some("A. K."));
        check(None, Some("öz.demir@acme.example"), Some("Ö. D."));
        check(None, Some("4711@acme.example"), None);
        check(None, None, None);
    }
}
