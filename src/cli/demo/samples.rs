//! The sample company's documents and numbers, which the demo starts with.

use bytes::Bytes;
use jiff::ToSpan;
use jiff::civil::{Date, date};

use crate::app::App;
use crate::audit::Actor;
use crate::evidence::{self, DocumentFile, Format, Input, Mapping, SourceSpec, Visibility};
use crate::readings;

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

/// Days of numbers that the demo starts with.
const DAYS: i32 = 90;

/// The campaigns of the sample company: what a day costs, its clicks and its conversions.
const CAMPAIGNS: [(&str, f64, f64, f64); 4] = [
    ("Brand DE", 2_000.0, 1_400.0, 84.0),
    ("Brand AT", 640.0, 410.0, 26.0),
    ("Headphones DE", 3_100.0, 1_900.0, 61.0),
    ("Speakers DE", 1_450.0, 900.0, 33.0),
];

/// The last days' numbers, with a budget that was doubled by mistake yesterday and a tag that broke
/// five days ago. A second start finds them there, and says what did not come since.
async fn bring_in_readings(app: &App) -> crate::error::Result<()> {
    let workspace = app.workspace.id;
    if !readings::series(&app.db, workspace, &readings::Filter::default()).await?.is_empty() {
        return Ok(());
    }
    let today = app.now().to_zoned(app.manifest.zone.clone()).date();
    let mut csv = "Day,Campaign,Currency code,Cost,Clicks,Conversions\n".to_owned();
    for ago in (1..=DAYS).rev() {
        let day = today.checked_sub(ago.days())?;
        for (number, (name, cost, clicks, conversions)) in (0..).zip(CAMPAIGNS) {
            let wobble = 1.0 + f64::from((ago * 37 + number * 5) % 11 - 5) / 100.0;
            let doubled = if name == "Brand DE" && ago == 1 { 2.06 } else { 1.0 };
            let (cost, clicks) = (cost * wobble * doubled, (clicks * wobble * doubled).round());
            let is_broken = name == "Headphones DE" && ago <= 5;
            let conversions = (!is_broken).then(|| (conversions * wobble).round().to_string());
            let conversions = conversions.unwrap_or_default();
            csv += &format!("{day},{name},EUR,{cost:.2},{clicks},{conversions}\n");
        }
    }
    let input = readings::Input::Bytes { name: "campaigns.csv".to_owned(), bytes: csv.into() };
    let zone = app.manifest.zone.iana_name().map(str::to_owned);
    let mapping = readings::Mapping { zone, ..readings::Mapping::default() };
    let file = readings::File {
        input,
        form: readings::Form::Table,
        layout: readings::Layout::GoogleAds,
        source: None,
        mapping,
        if_busy: readings::IfBusy::Wait,
    };
    readings::ingest(&app.db, &app.clock, workspace, &Actor::Bot, &file, |_| {}).await?;
    Ok(())
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
    bring_in_readings(app).await.map_err(super::super::into_anyhow)?;
    Ok(())
}
