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

/// A campaign of the sample company: what a day costs, what it brings, and which share of the leads
/// sales accept.
struct Campaign {
    name: &'static str,
    cost: f64,
    clicks: f64,
    conversions: f64,
    accepted: f64,
}

/// Brand DE spends twice as much since yesterday, which also breaks the month's budget. The tag of
/// Headphones DE broke five days ago. Sales do not want the leads of Speakers DE.
const CAMPAIGNS: [Campaign; 4] = [
    Campaign {
        name: "Brand DE",
        cost: 2_000.0,
        clicks: 1_400.0,
        conversions: 84.0,
        accepted: 0.36,
    },
    Campaign { name: "Brand AT", cost: 640.0, clicks: 410.0, conversions: 26.0, accepted: 0.34 },
    Campaign {
        name: "Headphones DE",
        cost: 3_100.0,
        clicks: 1_900.0,
        conversions: 61.0,
        accepted: 0.33,
    },
    Campaign {
        name: "Speakers DE",
        cost: 1_450.0,
        clicks: 900.0,
        conversions: 33.0,
        accepted: 0.09,
    },
];

/// Days since the shop's last step began to lose.
const SHOP_BROKE: i32 = 11;

/// The last days' numbers, with what a team would want to know of them. A second start finds them there,
/// and says what did not come since.
async fn bring_in_readings(app: &App) -> crate::error::Result<()> {
    let workspace = app.workspace.id;
    if !readings::series(&app.db, workspace, &readings::Filter::default()).await?.is_empty() {
        return Ok(());
    }
    let today = app.now().to_zoned(app.manifest.zone.clone()).date();
    let columns = [("accepted", "Accepted leads")];
    let layout = readings::Layout::GoogleAds;
    take(app, "campaigns.csv", None, layout, campaign_days(today)?, &columns).await?;
    let columns = ["sessions", "carts", "purchases"].map(|name| (name, name));
    let (name, layout) = (Some("shop".to_owned()), readings::Layout::Csv);
    take(app, "shop.csv", name, layout, shop_days(today)?, &columns).await
}

async fn take(
    app: &App,
    name: &str,
    source: Option<String>,
    layout: readings::Layout,
    csv: String,
    columns: &[(&str, &str)],
) -> crate::error::Result<()> {
    let input = readings::Input::Bytes { name: name.to_owned(), bytes: csv.into() };
    let own = |(metric, column): &(&str, &str)| ((*metric).to_owned(), (*column).to_owned());
    let mapping = readings::Mapping {
        zone: app.manifest.zone.iana_name().map(str::to_owned),
        metrics: columns.iter().map(own).collect(),
        ..readings::Mapping::default()
    };
    let file = readings::File { source, mapping, ..readings::File::table(input, layout) };
    readings::ingest(&app.db, &app.clock, app.workspace.id, &Actor::Bot, &file, |_| {}).await?;
    Ok(())
}

fn campaign_days(today: Date) -> Result<String, jiff::Error> {
    let mut csv = "Day,Campaign,Currency code,Cost,Clicks,Conversions,Accepted leads\n".to_owned();
    for ago in (1..=DAYS).rev() {
        let day = today.checked_sub(ago.days())?;
        for (number, it) in (0..).zip(&CAMPAIGNS) {
            let wobble = wobble(ago, number);
            let doubled = if it.name == "Brand DE" && ago == 1 { 2.06 } else { 1.0 };
            let (cost, clicks) =
                (it.cost * wobble * doubled, (it.clicks * wobble * doubled).round());
            let conversions = (it.conversions * wobble).round();
            let accepted = (conversions * it.accepted * self::wobble(ago, number + 7)).round();
            let is_broken = it.name == "Headphones DE" && ago <= 5;
            let results =
                if is_broken { ",".to_owned() } else { format!("{conversions},{accepted}") };
            csv += &format!("{day},{},EUR,{cost:.2},{clicks},{results}\n", it.name);
        }
    }
    Ok(csv)
}

fn shop_days(today: Date) -> Result<String, jiff::Error> {
    let mut csv = "date,sessions,carts,purchases\n".to_owned();
    for ago in (1..=DAYS).rev() {
        let day = today.checked_sub(ago.days())?;
        let sessions = (9_400.0 * wobble(ago, 3)).round();
        let carts = (sessions * 0.081 * wobble(ago, 5)).round();
        let rate = if ago <= SHOP_BROKE { 0.24 } else { 0.37 };
        let purchases = (carts * rate * wobble(ago, 8)).round();
        csv += &format!("{day},{sessions},{carts},{purchases}\n");
    }
    Ok(csv)
}

/// Days differ by up to five percent.
fn wobble(ago: i32, number: i32) -> f64 {
    1.0 + f64::from((ago * 37 + number * 5) % 11 - 5) / 100.0
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
