//! The sample company's documents, which the demo starts with.

use bytes::Bytes;
use jiff::civil::{Date, date};

use crate::app::App;
use crate::audit::Actor;
use crate::evidence::{self, DocumentFile, Format, Input, Mapping, SourceSpec, Visibility};

/// A sample: the source it belongs to, its kind, its format and its text.
const SAMPLES: [(&str, &str, Format, &str); 6] = [
    ("reviews", "reviews", Format::Csv, include_str!("reviews.csv")),
    ("tickets", "tickets", Format::Jsonl, include_str!("tickets.jsonl")),
    ("exit-survey", "survey answers", Format::Tsv, include_str!("survey.tsv")),
    ("competitor", "pages", Format::Markdown, include_str!("competitor.md")),
    ("own-pages", "pages", Format::Markdown, include_str!("own-pages.md")),
    ("interviews", "interview notes", Format::Csv, include_str!("interviews.csv")),
];

/// The day by which somebody was to look at the competitor's pages again, and nobody did.
const COMPETITOR_REVIEW: Date = date(2026, 10, 1);

/// Who may see a source, where not everyone may: buyers spoke to the leadership alone.
fn visibility(source: &str) -> Visibility {
    match source {
        "interviews" => Visibility::Channels(vec!["C0LEADERS0".to_owned()]),
        _ => Visibility::Everyone,
    }
}

/// Brings the samples in. What is there already stays as it is, so a second start is quick.
pub async fn bring_in(app: &App) -> anyhow::Result<()> {
    for (name, kind, format, text) in SAMPLES {
        let spec = SourceSpec {
            name: name.to_owned(),
            kind: Some(kind.to_owned()),
            owner: Some("research-reviewers".to_owned()),
            review_on: (name == "competitor").then_some(COMPETITOR_REVIEW),
            visibility: Some(visibility(name)),
            ..SourceSpec::default()
        };
        let input =
            Input::Bytes { name: name.to_owned(), bytes: Bytes::from_static(text.as_bytes()) };
        // An answer says little without the question it was given to.
        let title = (name == "exit-survey").then(|| "question".to_owned());
        let mapping = Mapping { title, ..Mapping::default() };
        let workspace = app.workspace.id;
        evidence::ingest_documents(
            &app.db,
            &app.clock,
            workspace,
            &Actor::Bot,
            &spec,
            &DocumentFile { format, mapping, ..input.into() },
            |_| {},
        )
        .await
        .map_err(super::super::into_anyhow)?;
    }
    Ok(())
}
