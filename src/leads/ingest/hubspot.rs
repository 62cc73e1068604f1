//! HubSpot's webhooks: single changes of contacts, in the order in which they happen to arrive.
//!
//! A body is an array of events (<https://developers.hubspot.com/docs/api-reference/webhooks-webhooks-v3/guide>).
//! Both generations are read: `contact.propertyChange`, and `object.propertyChange` with the object
//! type of contacts, `0-1`. Events of other objects are left out, and counted.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value as Json;

use super::record::{Fields, Record, What};
use super::table::Read;
use crate::config::scoring::Scoring;

/// Contacts, as HubSpot numbers its object types.
const CONTACT: &str = "0-1";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    subscription_type: String,
    object_type_id: Option<String>,
    object_id: Option<i64>,
    /// Milliseconds.
    occurred_at: Option<i64>,
    property_name: Option<String>,
    #[serde(default)]
    property_value: Json,
    primary_object_id: Option<i64>,
    #[serde(default)]
    merged_object_ids: Vec<i64>,
}

/// What the events of a body say, and how many were about something else.
pub fn read(events: &[Json], scoring: &Scoring) -> (Vec<Read>, u64) {
    let (mut read, mut others) = (Vec::new(), 0);
    for (line, event) in (1..).zip(events) {
        match Event::deserialize(event) {
            Ok(event) => match event.record(line, scoring) {
                Some(record) => read.push(Ok(record)),
                None => others += 1,
            },
            Err(error) => read.push(Err((line, format!("it is no event of HubSpot's: {error}")))),
        }
    }
    (read, others)
}

impl Event {
    fn record(self, line: u64, scoring: &Scoring) -> Option<Record> {
        let (object, what) = self.subscription_type.split_once('.')?;
        let is_contact = object == "contact"
            || (object == "object" && self.object_type_id.as_deref() == Some(CONTACT));
        if !is_contact {
            return None;
        }
        let at = self.occurred_at.and_then(|at| Timestamp::from_millisecond(at).ok());
        let what = match what {
            "creation" => What::Is(Fields { at, ..Fields::default() }),
            "propertyChange" => {
                let name = self.property_name.as_deref()?;
                What::Is(Fields::change(name, &self.property_value, at?, scoring)?)
            }
            "deletion" | "privacyDeletion" => What::Deleted,
            "merge" => {
                let others = self.merged_object_ids.iter().map(ToString::to_string).collect();
                let kept = self.primary_object_id.or(self.object_id)?;
                return Some(Record {
                    line,
                    external_id: Some(kept.to_string()),
                    email: None,
                    what: What::SameAs(others),
                });
            }
            _ => return None,
        };
        let email = match &what {
            What::Is(fields) => fields.email().map(str::to_owned),
            _ => None,
        };
        Some(Record { line, external_id: Some(self.object_id?.to_string()), email, what })
    }
}
