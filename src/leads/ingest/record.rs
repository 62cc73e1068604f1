//! What other systems say of leads, in our words: one record, whatever it was written in.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use serde_json::Value as Json;

use super::super::lead::{EMPLOYEES, INDUSTRY, JOB_TITLE, Stage};
use super::super::scoring::{Activity, Value};
use super::names::{
    ACTIVITY, AT, COLUMNS, CONSENT, DELETED, DETAIL, DO_NOT_CONTACT, EMAIL, FIRST, ID, LAST, NAME,
    SINCE, STAGE, known, plain,
};
use crate::config::protected;
use crate::config::scoring::Scoring;

/// The longest text of one field that is kept, in characters.
const LONGEST: usize = 500;

/// Something that is said of one lead.
#[derive(Clone, PartialEq, Debug)]
pub struct Record {
    /// The line or the place in the file or body, for whoever has to look.
    pub line: u64,
    /// What the other system calls the lead.
    pub external_id: Option<String>,
    pub email: Option<String>,
    pub what: What,
}

#[derive(Clone, PartialEq, Debug)]
pub enum What {
    Is(Fields),
    Did(Activity),
    /// The other system has deleted it.
    Deleted,
    /// The other system takes these for the same lead.
    SameAs(Vec<String>),
}

/// What is known of a lead. What a record does not say stays as it is.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Fields {
    /// Email, name, phone, company, territory, source, campaign and attributes by their names; none
    /// where the field was emptied.
    pub values: BTreeMap<String, Option<Value>>,
    pub consent: Option<bool>,
    pub do_not_contact: Option<bool>,
    pub stage: Option<Stage>,
    /// Since when it is known to the other system.
    pub since: Option<Timestamp>,
    /// As of when; none for now.
    pub at: Option<Timestamp>,
}

impl Record {
    /// Reads one row, or says what is wrong with it.
    pub fn of_row(
        line: u64,
        row: impl IntoIterator<Item = (String, Json)>,
        scoring: &Scoring,
    ) -> Result<Self, String> {
        let mut parts: BTreeMap<&str, Json> = BTreeMap::new();
        let mut others: Vec<(String, Json)> = Vec::new();
        for (name, value) in row {
            let name = plain(&name);
            match known(&name) {
                Some(known) => {
                    // Of two columns for one thing the first that says something counts.
                    let said = parts.entry(known).or_insert(Json::Null);
                    if Value::of_json(said).is_none() {
                        *said = value;
                    }
                }
                None => others.push((name, value)),
            }
        }
        let text = |name: &str| parts.get(name).and_then(text_of);
        let external_id = text(ID);
        let email = text(EMAIL).map(|email| email.to_lowercase());
        if let Some(email) = email.as_ref().filter(|email| !is_email(email)) {
            let shown = email.chars().count();
            return Err(format!("its email, of {shown} characters, is no address"));
        }
        if external_id.is_none() && email.is_none() {
            return Err("it has neither an id nor an email, so nobody knows whose it is".to_owned());
        }
        let what = if truth(parts.get(DELETED)) == Some(true) {
            What::Deleted
        } else if let Some(kind) = text(ACTIVITY) {
            What::Did(Activity {
                kind: plain(&kind),
                at: text(AT).and_then(|at| moment(&at)).ok_or(
                    "it does not say when, as 2026-11-20T09:00:00Z, in a column such as at",
                )?,
                detail: cut(text(DETAIL).unwrap_or_default()),
            })
        } else {
            What::Is(fields(&parts, others, scoring))
        };
        Ok(Self { line, external_id, email, what })
    }
}

fn fields(parts: &BTreeMap<&str, Json>, others: Vec<(String, Json)>, scoring: &Scoring) -> Fields {
    let text = |name: &str| parts.get(name).and_then(text_of);
    let mut values = BTreeMap::new();
    let names = COLUMNS.into_iter().chain([EMPLOYEES, INDUSTRY, JOB_TITLE]);
    for name in names.filter(|name| parts.contains_key(name)) {
        let value = match name {
            // Digits of these are not numbers.
            EMPLOYEES => Value::of_json(&parts[name]),
            _ => text(name).map(Value::Text),
        };
        values.insert(name.to_owned(), value);
    }
    if let (None | Some(None), Some(name)) = (
        values.get(NAME),
        [text(FIRST), text(LAST)]
            .into_iter()
            .flatten()
            .reduce(|first, last| format!("{first} {last}")),
    ) {
        values.insert(NAME.to_owned(), Some(Value::Text(name)));
    }
    if let Some(Some(Value::Text(email))) = values.get_mut(EMAIL) {
        *email = email.to_lowercase();
    }
    for (name, value) in others {
        if !name.is_empty() && is_kept(&name, scoring) {
            values.insert(name, Value::of_json(&value));
        }
    }
    // An empty cell says nothing; a field is emptied by what tells of single changes.
    values.retain(|_, value| value.is_some());
    Fields {
        values,
        consent: truth(parts.get(CONSENT)),
        do_not_contact: truth(parts.get(DO_NOT_CONTACT)),
        stage: text(STAGE).and_then(|stage| stage_of(&stage)),
        since: text(SINCE).and_then(|since| moment(&since)),
        at: None,
    }
}

impl Fields {
    pub fn email(&self) -> Option<&str> {
        match self.values.get(EMAIL)? {
            Some(Value::Text(email)) => Some(email),
            _ => None,
        }
    }

    /// One field, changed at a moment; an empty value empties it.
    pub fn change(name: &str, value: &Json, at: Timestamp, scoring: &Scoring) -> Option<Self> {
        let name = plain(name);
        let mut fields = Self { at: Some(at), ..Self::default() };
        match known(&name) {
            Some(CONSENT) => fields.consent = truth(Some(value)),
            Some(DO_NOT_CONTACT) => fields.do_not_contact = truth(Some(value)),
            Some(STAGE) => fields.stage = text_of(value).and_then(|stage| stage_of(&stage)),
            // Half a name overwrites none; the next full record has it whole.
            Some(FIRST | LAST | ID | DELETED | ACTIVITY | DETAIL | AT | SINCE) => return None,
            Some(name @ (EMPLOYEES | INDUSTRY | JOB_TITLE)) => {
                fields.values.insert(name.to_owned(), Value::of_json(value));
            }
            Some(EMAIL) => {
                let email = text_of(value).map(|it| it.to_lowercase()).filter(|it| is_email(it));
                fields.values.insert(EMAIL.to_owned(), email.map(Value::Text));
            }
            Some(column) => {
                fields.values.insert(column.to_owned(), text_of(value).map(Value::Text));
            }
            None if is_kept(&name, scoring) => {
                fields.values.insert(name, Value::of_json(value));
            }
            None => return None,
        }
        Some(fields)
    }
}

/// Whether an attribute is kept: what says something protected of a person is not even stored.
fn is_kept(name: &str, scoring: &Scoring) -> bool {
    let is_allowed = scoring.allowed.iter().any(|it| plain(&it.attribute) == name);
    is_allowed || protected::ground(name).is_none()
}

fn text_of(value: &Json) -> Option<String> {
    let text = match value {
        Json::String(text) => text.trim().to_owned(),
        Json::Number(number) => number.to_string(),
        Json::Bool(truth) => truth.to_string(),
        _ => return None,
    };
    (!text.is_empty()).then(|| cut(text))
}

fn cut(text: String) -> String {
    text.chars().take(LONGEST).collect()
}

fn truth(value: Option<&Json>) -> Option<bool> {
    match text_of(value?)?.to_lowercase().as_str() {
        "true" | "yes" | "1" | "y" | "granted" | "given" | "ja" => Some(true),
        "false" | "no" | "0" | "n" | "withdrawn" | "refused" | "denied" | "nein" => Some(false),
        _ => None,
    }
}

/// What a CRM may tell us of a stage. That it finds a lead qualified is ours to say.
fn stage_of(text: &str) -> Option<Stage> {
    match plain(text).as_str() {
        "customer" | "closed_won" | "closed_converted" | "converted" => Some(Stage::Customer),
        "opportunity" | "salesqualifiedlead" | "sales_qualified_lead" | "sql" => Some(Stage::Sql),
        "closed_lost" | "closed_not_converted" | "disqualified" | "unqualified" => {
            Some(Stage::Lost)
        }
        _ => None,
    }
}

/// One sign of an address, which a form or a CRM has checked before: something on both sides of an @.
fn is_email(text: &str) -> bool {
    let parts = text.split_once('@');
    parts.is_some_and(|(name, domain)| {
        !name.is_empty() && domain.contains('.') && !domain.contains('@')
    }) && !text.contains(char::is_whitespace)
}

/// A moment as systems write it; without a zone it is UTC.
fn moment(text: &str) -> Option<Timestamp> {
    if let Ok(number) = text.parse::<i64>() {
        // Milliseconds from 1973 on are more than seconds until 5138.
        return match number {
            100_000_000_000.. => Timestamp::from_millisecond(number).ok(),
            _ => Timestamp::from_second(number).ok(),
        };
    }
    let civil = |at: DateTime| at.to_zoned(TimeZone::UTC).ok().map(|it| it.timestamp());
    text.parse::<Timestamp>()
        .ok()
        .or_else(|| text.parse::<DateTime>().ok().and_then(civil))
        .or_else(|| text.parse::<Date>().ok().and_then(|day| civil(day.at(0, 0, 0, 0))))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(row: Json) -> Result<Record, String> {
        let row = row.as_object().unwrap().clone();
        Record::of_row(2, row, &Scoring::default())
    }

    #[test]
    fn fields_go_by_the_names_that_crms_have_for_them() {
        let record = read(json!({
            "Record ID": "77", "First Name": "Anna", "Last Name": "Köhler",
            "Email": " Anna@Acme.example ", "Number of Employees": "120", "Gender": "f",
            "Unsubscribed from all email": "false", "Lifecycle Stage": "customer", "Plan": "Team",
            "Phone Number": "0049301234567",
        }));
        let record = record.unwrap();
        assert_eq!(record.external_id.as_deref(), Some("77"));
        assert_eq!(record.email.as_deref(), Some("anna@acme.example"));
        let What::Is(fields) = record.what else { panic!("{record:?}") };
        assert_eq!(fields.stage, Some(Stage::Customer));
        assert_eq!(fields.do_not_contact, Some(false));
        let told: Vec<String> = fields
            .values
            .iter()
            .map(|(name, value)| format!("{name}={}", value.as_ref().unwrap()))
            .collect();
        assert_eq!(
            told,
            [
                "email=anna@acme.example",
                "employees=120",
                "name=Anna Köhler",
                "phone=0049301234567",
                "plan=Team"
            ]
        );
    }

    #[test]
    fn what_nobody_can_use_is_refused_in_words() {
        let check = |row: Json, expected: &str| {
            let refused = read(row).unwrap_err();
            assert!(refused.contains(expected), "{refused}");
        };
        check(json!({"name": "Anna"}), "neither an id nor an email");
        check(json!({"email": "anna at acme"}), "is no address");
        check(json!({"id": 1, "activity": "page_view", "at": "soon"}), "does not say when");
    }

    #[test]
    fn what_somebody_did_is_an_activity() {
        let record = read(
            json!({"id": 1, "event": "Page View", "url": "/pricing", "time": "2026-11-20 09:00:00"}),
        );
        let What::Did(activity) = record.unwrap().what else { panic!() };
        assert_eq!((activity.kind.as_str(), activity.detail.as_str()), ("page_view", "/pricing"));
        assert_eq!(activity.at.to_string(), "2026-11-20T09:00:00Z");
    }
}
