//! The week's digest: what was handed over, what sales made of it, and what scores learned from that.

mod store;

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{SignedDuration, ToSpan};

use super::handoffs::Code;
use super::rating::feedback::{self, REMEMBERED};
use super::scoring::segments::Segment;
use super::{learning, rating};
use crate::app::App;
use crate::error::Result;
use crate::slack::{self, Card, Place, escape};
use crate::words::{count, listed, percent};

pub use store::{sources, week as between};

/// How many sources or campaigns are told apart.
const LINES: usize = 8;

/// What a week came to.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Week {
    pub handed_over: i64,
    pub claimed: i64,
    pub claimed_in_time: i64,
    pub won: i64,
    pub lost: i64,
    pub returns: Vec<Returned>,
}

/// How many leads of a source and campaign came back for a reason.
#[derive(Clone, PartialEq, Debug)]
pub struct Returned {
    pub code: Code,
    pub source: Option<String>,
    pub campaign: Option<String>,
    pub leads: i64,
}

impl Week {
    /// How many came back, and the commonest reason.
    pub fn came_back(&self) -> Option<(i64, &'static str)> {
        let mut by_code: BTreeMap<Code, i64> = BTreeMap::new();
        for one in &self.returns {
            *by_code.entry(one.code).or_default() += one.leads;
        }
        let (code, _) = by_code.iter().max_by_key(|(_, leads)| **leads)?;
        Some((by_code.values().sum(), code.words()))
    }
}

/// Posts the digest of the week that ended on the day before, once.
pub async fn post(app: &App, day: Date) -> Result<()> {
    let Some(sales) = &app.manifest.sales else { return Ok(()) };
    let zone = app.manifest.zone.clone();
    let first = day.checked_sub(7.days())?;
    let start = first.to_zoned(zone.clone())?.timestamp();
    let end = day.to_zoned(zone)?.timestamp();
    let week = store::week(&app.db, app.workspace.id, start, end).await?;
    let mut db = app.db.acquire().await?;
    let since = end - SignedDuration::from_hours(REMEMBERED.as_hours());
    let patterns = rating::store::patterns(&mut db, app.workspace.id, since).await?;
    drop(db);
    let rules = &app.manifest.scoring;
    let standing = learning::standing(&app.db, app.workspace.id, rules, app.now()).await?;
    // What was learned has taken the place of what leads that came back have in common.
    let mut learned = match &standing.counts {
        Some(_) => Vec::new(),
        None => feedback::in_words(&patterns),
    };
    learned.push(learning::in_short(&standing));
    let sources = store::sources(&app.db, app.workspace.id, end).await?;

    let card = card(&week, &learned, &sources, first, day).finish();
    let channel = app.slack.channel_to_post_in(&sales.channel).await;
    let channel = channel
        .map_err(|error| anyhow::Error::new(error).context("finding the channel of sales"))?;
    let place = Place::channel(channel.id);
    let subject = format!("leads_digest:{day}");
    let (db, workspace) = (&app.db, app.workspace.id);
    slack::show_card(db, &app.slack, &app.clock, workspace, &subject, &place, &card).await?;
    Ok(())
}

fn card(week: &Week, learned: &[String], sources: &[Segment], first: Date, day: Date) -> Card {
    let last = day.yesterday().unwrap_or(day);
    let span = format!("{} to {}", first.strftime("%-d %B"), last.strftime("%-d %B"));
    let headline = format!("Leads from {span}: {} handed over", week.handed_over);
    let mut card = Card::new(&headline).section(format!("*{headline}*"));
    if week.handed_over == 0 && week.returns.is_empty() {
        card = card.section("No lead crossed the threshold. Nothing came back either.");
        return found(card, sources);
    }
    let claimed = match (week.claimed, week.handed_over) {
        (0, _) => "nobody has claimed any of them yet".to_owned(),
        (claimed, all) => format!(
            "{claimed} of {all} claimed, {} in time ({})",
            week.claimed_in_time,
            percent(week.claimed_in_time as f64 / all.max(1) as f64)
        ),
    };
    card = card.section(format!(
        "{} handed over: {claimed}. {} won, {} lost.",
        count(week.handed_over, "lead"),
        week.won,
        week.lost
    ));
    let returned: i64 = week.returns.iter().map(|one| one.leads).sum();
    if returned > 0 {
        let lines = came_back(&week.returns);
        card =
            card.section(format!("*{} came back*\n{}", count(returned, "lead"), lines.join("\n")));
    }
    if !learned.is_empty() {
        let lines: Vec<String> =
            learned.iter().take(LINES).map(|line| format!("• {}", escape(line))).collect();
        card = card.section(format!("*Scores*\n{}", lines.join("\n")));
    }
    found(card, sources)
}

/// Sources whose leads are won provably more seldom, or more often, than the others.
fn found(card: Card, sources: &[Segment]) -> Card {
    let differing: Vec<&Segment> = sources.iter().filter(|it| it.differs).collect();
    if differing.is_empty() {
        return card;
    }
    let line = |it: &&Segment| format!("• {}", escape(&it.in_words()));
    let lines: Vec<String> = differing.iter().take(LINES).map(line).collect();
    card.section(format!("*Where leads come from*\n{}", lines.join("\n")))
}

/// By source and campaign, why leads came back.
fn came_back(returns: &[Returned]) -> Vec<String> {
    let mut by_place: BTreeMap<String, (i64, Vec<String>)> = BTreeMap::new();
    for one in returns {
        let place = match (&one.source, &one.campaign) {
            (Some(source), Some(campaign)) => format!("{source}, {campaign}"),
            (Some(one), None) | (None, Some(one)) => one.clone(),
            (None, None) => "source not known".to_owned(),
        };
        let (leads, codes) = by_place.entry(place).or_default();
        *leads += one.leads;
        codes.push(format!("{} {}", one.leads, one.code.words()));
    }
    let mut places: Vec<(String, (i64, Vec<String>))> = by_place.into_iter().collect();
    places.sort_by_key(|(_, (leads, _))| -leads);
    let more = places.len().saturating_sub(LINES);
    let line = |(place, (_, codes)): (String, (i64, Vec<String>))| {
        format!("• {}: {}", escape(&place), listed(&codes))
    };
    let mut lines: Vec<String> = places.into_iter().take(LINES).map(line).collect();
    if more > 0 {
        lines.push(format!("… and {more} more"));
    }
    lines
}
