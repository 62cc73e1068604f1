//! Readings that are sent in: numbers of campaigns, as rows of an export or as objects.
//!
//! What is sent belongs to the source whose token it is, and corrects what was there before for the
//! same hour or day. A body is taken as a whole or not at all.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use encoding_rs::Encoding;
use serde_json::json;

use super::super::bearer::{Trouble, broken};
use super::{FromSource, Rows, trouble};
use crate::app::App;
use crate::audit::Actor;
use crate::readings::{self, File, Form, IfBusy, Input, Layout, Mapping, Summary};

/// What may stand in the address.
const PARAMETERS: &str = "After the ? this address takes source, as (google-ads, meta-ads, ga4 or csv), currency, zone, year, date, date_column, campaign and ad_set, each once, and metric=NAME=COLUMN as often as needed.";

pub async fn take(
    State(app): State<App>,
    pairs: Result<Query<Vec<(String, String)>>, QueryRejection>,
    sent: FromSource,
) -> Result<Response, Trouble> {
    let wrong = || Trouble::new(StatusCode::BAD_REQUEST, PARAMETERS);
    let Query(pairs) = pairs.map_err(|_| wrong())?;
    let Named { source, layout, mapping } = Named::read(pairs).ok_or_else(wrong)?;
    sent.check_source(source.as_deref())?;
    let (rows, body, encoding) = sent.body()?;
    let (form, bytes) = match rows {
        Rows::Jsonl => (Form::Objects, body),
        Rows::Csv | Rows::Tsv => (Form::Table, decoded(body, encoding)?),
    };
    let name = sent.0.name.clone();
    let input = Input::Bytes { name: "The body".to_owned(), bytes };
    let (source, if_busy) = (Some(name.clone()), IfBusy::Refuse);
    let file = File { input, form, layout, source, mapping, if_busy };

    // Whoever hangs up cuts nothing off: what was begun comes to its end.
    let taken = app.clone().background.spawn(async move {
        let (db, clock, workspace) = (&app.db, &app.clock, app.workspace.id);
        readings::ingest(db, clock, workspace, &Actor::Bot, &file, |_| {}).await
    });
    let summary = taken.await.map_err(|_| broken())?.map_err(|it| trouble(it, here))?;
    Ok(answer(&name, &summary))
}

fn answer(source: &str, summary: &Summary) -> Response {
    let mut notes: Vec<String> = summary.notes.iter().map(|it| here(it)).collect();
    if summary.known {
        notes.push("This was taken before; nothing changed.".to_owned());
    }
    let body = json!({
        "source": source,
        "lines": summary.lines,
        "new": summary.new,
        "changed": summary.changed,
        "unchanged": summary.unchanged,
        "totals": summary.totals,
        "refused": summary.refused,
        "refusals": summary.refusals,
        "known": summary.known,
        "notes": notes,
    });
    Json(body).into_response()
}

/// What to change, as it stands in the address.
fn here(sentence: &str) -> String {
    let sentence = sentence
        .replace(
            "export it as CSV",
            "say so with Content-Type: application/json or application/x-ndjson",
        )
        .replace("The file ", "The body ")
        .replace("--date-column", "?date_column=");
    ["currency", "year", "date"].iter().fold(sentence, |sentence, name| {
        sentence.replace(&format!("--{name} "), &format!("?{name}="))
    })
}

/// What the address says of the body.
struct Named {
    /// The source that the sender means: a token for another one is refused.
    source: Option<String>,
    layout: Layout,
    mapping: Mapping,
}

impl Named {
    fn read(pairs: Vec<(String, String)>) -> Option<Self> {
        let mut named = Self { source: None, layout: Layout::Csv, mapping: Mapping::default() };
        let mut met = Vec::new();
        for (name, value) in pairs {
            if name != "metric" && met.contains(&name) {
                return None;
            }
            let mapping = &mut named.mapping;
            match name.as_str() {
                "source" => named.source = Some(value),
                "as" => named.layout = Layout::named(&value)?,
                "currency" => mapping.currency = Some(value),
                "zone" => mapping.zone = Some(value),
                "year" => mapping.year = Some(value.parse().ok()?),
                "date" => mapping.date = Some(value.parse().ok()?),
                "date_column" => mapping.date_column = Some(value),
                "campaign" => mapping.campaign = Some(value),
                "ad_set" => mapping.ad_set = Some(value),
                "metric" => {
                    let (metric, column) = value.split_once('=')?;
                    let whole = !metric.is_empty() && !column.is_empty();
                    whole.then(|| mapping.metrics.push((metric.to_owned(), column.to_owned())))?;
                }
                _ => return None,
            }
            met.push(name);
        }
        Some(named)
    }
}

/// As UTF-8, where the sender says which encoding it is; else it is told by looking.
fn decoded(body: Bytes, encoding: Option<String>) -> Result<Bytes, Trouble> {
    let Some(label) = encoding else { return Ok(body) };
    let encoding = Encoding::for_label(label.as_bytes()).ok_or_else(|| {
        let sentence = format!("“{label}” is no encoding; name it like utf-8 or windows-1252.");
        Trouble::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, sentence)
    })?;
    Ok(encoding.decode(&body).0.into_owned().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_names_each_once_and_metrics_as_often_as_needed() {
        let read = |query: &str| {
            let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query).unwrap();
            Named::read(pairs).map(|it| format!("{:?} {:?}", it.layout, it.mapping.metrics))
        };
        let two = "as=ga4&metric=accepted=Sales+qualified&metric=leads=Leads&year=2026";
        let expected = r#"Ga4 [("accepted", "Sales qualified"), ("leads", "Leads")]"#;
        assert_eq!(read(two).as_deref(), Some(expected));
        for wrong in ["as=x", "year=soon", "zone=a&zone=b", "metric=a", "metric=a=", "column=x"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn sentences_say_what_stands_in_the_address() {
        let check = |said: &str, expected: &str| assert_eq!(here(said), expected);
        check("Say it with --currency EUR.", "Say it with ?currency=EUR.");
        check(
            "name it with --date-column, or say --date 2026-08-17",
            "name it with ?date_column=, or say ?date=2026-08-17",
        );
    }
}
