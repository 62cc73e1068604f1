//! What there is to say, a function a section.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde_json::Value;
use sqlx::PgPool;

use super::audience::Audience;
use super::moved::{self, About};
use super::store;
use crate::alerts;
use crate::charts::Line;
use crate::config::{Digest, Edition, Manifest, Section, Terms};
use crate::error::Result;
use crate::experiments;
use crate::ids::WorkspaceId;
use crate::leads::{digest, handoffs};
use crate::scorecards;
use crate::slack::{escape, mention};
use crate::words::{amount, count, listed};

/// Where a summary is read from.
#[derive(Clone, Copy, Debug)]
pub struct Records<'a> {
    pub db: &'a PgPool,
    pub workspace: WorkspaceId,
    pub manifest: &'a Manifest,
}

/// What a section says.
#[derive(Clone, PartialEq, Debug)]
pub struct Part {
    pub section: Section,
    /// In markup, the most important first.
    pub lines: Vec<String>,
    /// What Details shows, in markup.
    pub in_full: Vec<String>,
    /// A sentence for those who read one line only; none where there is nothing to say.
    pub headline: Option<String>,
    /// Where it comes from, and how old it is.
    pub source: String,
    pub picture: Option<Line>,
    /// The numbers behind it, for programs.
    pub figures: Option<Value>,
}

/// The days that a summary tells of.
#[derive(Clone, PartialEq, Debug)]
pub struct Span {
    pub now: Timestamp,
    /// The summary's own day.
    pub today: Date,
    pub edition: Edition,
    /// In which days end.
    pub zone: TimeZone,
    /// The day of the summary before; what is told happened between that one and now.
    pub from_day: Date,
    pub from: Timestamp,
    pub to: Timestamp,
}

/// Numbers that did not come for so long are late.
const LATE: SignedDuration = SignedDuration::from_hours(36);

impl Span {
    /// What happened since the last summary before `today` would have come; since a week or four before it
    /// in those editions.
    pub fn of(
        digest: &Digest,
        edition: Edition,
        today: Date,
        now: Timestamp,
    ) -> anyhow::Result<Self> {
        let from_day = match edition {
            Edition::Daily => {
                let mut day = today.yesterday()?;
                for _ in 0..6 {
                    if digest.weekdays.is_empty() || digest.comes_on(day) {
                        break;
                    }
                    day = day.yesterday()?;
                }
                day
            }
            Edition::Weekly | Edition::Monthly => today.checked_sub(edition.stretch().0.days())?,
        };
        let (from, zone) = (digest.due_on(from_day)?, digest.zone.clone());
        Ok(Self { now, today, edition, zone, from_day, from, to: now })
    }

    fn since(&self) -> String {
        match self.edition {
            Edition::Daily => self.from_day.strftime("since %A").to_string(),
            Edition::Weekly | Edition::Monthly => {
                self.from_day.strftime("since %A, %-d %B").to_string()
            }
        }
    }
}

impl Part {
    /// Lines in markup, each told in the message as far as there is room.
    fn of(section: Section, lines: Vec<String>, headline: Option<String>, source: String) -> Self {
        let in_full = lines.clone();
        Self { section, lines, in_full, headline, source, picture: None, figures: None }
    }
}

/// What one section says to an audience.
pub async fn read(
    records: &Records<'_>,
    section: Section,
    span: &Span,
    audience: &mut Audience<'_>,
) -> Result<Part> {
    match section {
        Section::Moved => moved(records, span).await,
        Section::Alerts => alerts(records, span, audience).await,
        Section::Waiting => waiting(records, span, audience).await,
        Section::Decided => decided(records, span, audience).await,
        Section::Tests => tests(records, span, audience).await,
        Section::Leads => leads(records, span).await,
        Section::Research => research(records, span, audience).await,
        Section::Data => data(records, span).await,
        Section::Agents => agents(records, span).await,
    }
}

async fn moved(records: &Records<'_>, span: &Span) -> Result<Part> {
    let about = About {
        yesterday: span.today.yesterday()?,
        edition: span.edition,
        zone: span.zone.clone(),
        now: span.now,
    };
    let Records { db, workspace, manifest } = *records;
    let moved = moved::read(db, workspace, manifest, &about).await?;
    let told = moved.told(&about);
    let part = Part::of(Section::Moved, told.lines, told.headline, told.source);
    let figures = Some(serde_json::to_value(moved.figures())?);
    Ok(Part { in_full: told.in_full, picture: told.picture, figures, ..part })
}

async fn waiting(records: &Records<'_>, span: &Span, audience: &mut Audience<'_>) -> Result<Part> {
    let cards = store::waiting(records.db, records.workspace, span.now).await?;
    let (mut lines, mut hidden, total) = (Vec::new(), 0, cards.len());
    let oldest = cards.first().map(|card| age(span.now.duration_since(card.at)));
    for card in cards {
        if !audience.may_read(&card.channel).await? {
            hidden += 1;
            continue;
        }
        let terms: Terms = serde_json::from_value(card.terms)?;
        let missing = |need: &&crate::config::Need| {
            let given = card.approved.iter().filter(|group| **group == need.group).count();
            given < need.count as usize
        };
        let groups: Vec<&str> =
            terms.needs.iter().filter(missing).map(|need| need.group.as_str()).collect();
        let expires = terms.expire_after().map(|after| {
            let left = (card.at + after).duration_since(span.now).max(SignedDuration::ZERO);
            format!(", expires in {}", age(left))
        });
        lines.push(format!(
            "*{}* (review {}, {}) has waited for {} for {}{}",
            titled(&card.title),
            card.review,
            kind(&card.kind),
            escape(&listed(&groups)),
            age(span.now.duration_since(card.at)),
            expires.unwrap_or_default()
        ));
    }
    lines.extend(in_private(hidden, "waits", "wait"));
    let headline = oldest.map(|oldest| {
        let verb = if total == 1 { "waits" } else { "wait" };
        format!("{} {verb} for a decision, the oldest for {oldest}", count(total, "card"))
    });
    Ok(Part::of(Section::Waiting, lines, headline, "reviews, as of now".to_owned()))
}

async fn decided(records: &Records<'_>, span: &Span, audience: &mut Audience<'_>) -> Result<Part> {
    let all = store::decided(records.db, records.workspace, span.from, span.to).await?;
    let (mut lines, mut hidden, total) = (Vec::new(), 0, all.len());
    for one in all {
        if !audience.may_read(&one.channel).await? {
            hidden += 1;
            continue;
        }
        let verb = match one.verdict.as_str() {
            "approve" => "approved",
            "reject" => "rejected",
            _ => "asked for changes in",
        };
        let (title, kind) = (titled(&one.title), kind(&one.kind));
        lines.push(format!("{} {verb} *{title}* ({kind})", mention(&one.person)));
    }
    lines.extend(in_private(hidden, "was made", "were made"));
    let headline = (total > 0).then(|| {
        let was = if total == 1 { "was" } else { "were" };
        format!("{} {was} made {}", count(total, "decision"), span.since())
    });
    let source = format!("decisions {}", span.since());
    Ok(Part::of(Section::Decided, lines, headline, source))
}

async fn alerts(records: &Records<'_>, span: &Span, audience: &mut Audience<'_>) -> Result<Part> {
    let all = store::alerts(records.db, records.workspace, span.from, span.now).await?;
    let (mut lines, mut in_full, mut hidden, mut open) = (Vec::new(), Vec::new(), 0, 0);
    for alert in all {
        let is_open = matches!(alert.state.as_str(), "open" | "acknowledged" | "snoozed");
        open += usize::from(is_open);
        if !audience.may_read(&alert.channel).await? {
            hidden += 1;
            continue;
        }
        let state = match (alert.state.as_str(), alert.opened_at >= span.from) {
            ("open", true) => "New",
            ("open", false) => "Open",
            ("acknowledged", _) => "Somebody looks at it",
            ("snoozed", _) => "Snoozed",
            ("resolved", _) => "Resolved",
            ("ended", _) => "Over by itself",
            _ => "Not useful",
        };
        let since = age(span.now.duration_since(alert.opened_at));
        let line = |sentence: &str| format!("*{state}*, opened {since} ago: {}", escape(sentence));
        lines.push(line(in_short(&alert.sentence)));
        in_full.push(line(&alert.sentence));
    }
    let elsewhere = in_private(hidden, "was told", "were told");
    lines.extend(elsewhere.clone());
    in_full.extend(elsewhere);
    let is = if open == 1 { "is" } else { "are" };
    let headline = (open > 0).then(|| format!("{} {is} open", count(open, "alert")));
    let source = format!("the {} agent, as of now", alerts::AGENT);
    Ok(Part { in_full, ..Part::of(Section::Alerts, lines, headline, source) })
}

async fn tests(records: &Records<'_>, span: &Span, audience: &mut Audience<'_>) -> Result<Part> {
    let (mut lines, mut hidden) = (Vec::new(), 0);
    for id in store::tests(records.db, records.workspace, span.now).await? {
        let Some(test) = experiments::find(records.db, records.workspace, id).await? else {
            continue;
        };
        if !audience.may_read(test.review.channel.as_str()).await? {
            hidden += 1;
            continue;
        }
        let said = test.reading.sentences();
        let said = said.first().map_or("Nothing was counted yet.", String::as_str);
        lines.push(format!("*{}*: {}", titled(&test.review.title), escape(said)));
    }
    lines.extend(in_private(hidden, "runs", "run"));
    let source = "counts and the rule of each plan".to_owned();
    Ok(Part::of(Section::Tests, lines, None, source))
}

/// Counted, so that nothing names a lead.
async fn leads(records: &Records<'_>, span: &Span) -> Result<Part> {
    let Records { db, workspace, .. } = *records;
    let week = digest::between(db, workspace, span.from, span.to).await?;
    let (waiting, overdue) = handoffs::waiting(db, workspace, span.now).await?;
    let mut lines = Vec::new();
    if week.handed_over > 0 {
        let claimed = match week.claimed {
            0 if week.handed_over == 1 => "not claimed yet".to_owned(),
            0 => "none of them claimed yet".to_owned(),
            claimed => format!("{claimed} claimed, {} in time", week.claimed_in_time),
        };
        lines.push(format!("{} handed over, {claimed}", count(week.handed_over, "lead")));
    }
    if let Some((returned, why)) = week.came_back() {
        lines.push(format!("{} came back, most often as {why}", count(returned, "lead")));
    }
    for (number, what) in [(week.won, "won"), (week.lost, "lost")] {
        if number > 0 {
            lines.push(format!("{} {what}", count(number, "lead")));
        }
    }
    if waiting > 0 {
        let overdue = match overdue {
            0 => String::new(),
            overdue => format!(", {overdue} of them for too long"),
        };
        let verb = if waiting == 1 { "waits" } else { "wait" };
        lines.push(format!("{} {verb} for sales{overdue}", count(waiting, "lead")));
    }
    let headline = (overdue > 0).then(|| {
        let verb = if overdue == 1 { "waits" } else { "wait" };
        format!("{} {verb} for sales for too long", count(overdue, "lead"))
    });
    let source = format!("hand-offs and answers of sales {}", span.since());
    Ok(Part::of(Section::Leads, lines, headline, source))
}

async fn research(records: &Records<'_>, span: &Span, audience: &mut Audience<'_>) -> Result<Part> {
    let (mut lines, mut hidden) = (Vec::new(), 0);
    for (title, channel) in
        store::findings(records.db, records.workspace, span.from, span.to).await?
    {
        if audience.may_read(&channel).await? {
            lines.push(format!("*{}*", titled(&title)));
        } else {
            hidden += 1;
        }
    }
    lines.extend(in_private(hidden, "was approved", "were approved"));
    let source = format!("findings approved {}", span.since());
    Ok(Part::of(Section::Research, lines, None, source))
}

async fn data(records: &Records<'_>, span: &Span) -> Result<Part> {
    let mut lines = Vec::new();
    for (source, at) in store::imports(records.db, records.workspace, span.now).await? {
        let since = span.now.duration_since(at);
        if since >= LATE {
            let source = escape(&source);
            lines.push(format!("*{source}* is late: its last numbers came {} ago", age(since)));
        }
    }
    for (name, day) in store::past_review(records.db, records.workspace, span.today).await? {
        let day = day.strftime("%-d %B %Y");
        lines.push(format!("*{}* was to be reviewed by {day}", escape(&name)));
    }
    let source = "imports and review dates, as of now".to_owned();
    Ok(Part::of(Section::Data, lines, None, source))
}

async fn agents(records: &Records<'_>, span: &Span) -> Result<Part> {
    let Records { db, workspace, manifest } = *records;
    let mut lines = Vec::new();
    // Outcomes take weeks to show.
    if span.edition != Edition::Daily {
        lines = scorecards::worth_reading(db, workspace, manifest, span.now).await?;
    }
    for used in store::runs(db, workspace, span.from, span.to).await? {
        let failed = match used.failed {
            0 => String::new(),
            failed => format!(", {failed} of which failed"),
        };
        lines.push(format!("*{}*: {}{failed}", escape(&used.agent), count(used.total, "run")));
    }
    let costs = store::costs(db, workspace, span.from, span.to).await?;
    if !costs.is_empty() {
        let costs: Vec<String> =
            costs.iter().map(|(currency, cost)| amount(*cost, Some(currency))).collect();
        lines.push(format!("Language models cost {}", listed(&costs)));
    }
    let source = format!("runs and calls of models {}", span.since());
    Ok(Part::of(Section::Agents, lines, None, source))
}

/// What may not be told here is counted.
fn in_private(hidden: usize, one: &str, several: &str) -> Option<String> {
    let verb = if hidden == 1 { one } else { several };
    let what = if hidden == 1 { "1 more".to_owned() } else { format!("{hidden} more") };
    (hidden > 0).then(|| format!("{what} {verb} in private channels"))
}

fn titled(title: &str) -> String {
    if title.is_empty() { "(erased)".to_owned() } else { escape(title).replace('*', "") }
}

fn kind(name: &str) -> String {
    name.replace('_', " ")
}

/// What a sentence says first: without what follows in brackets or after a semicolon, or as a second one.
fn in_short(sentence: &str) -> &str {
    let ends = ["; ", " (", ". "].iter().filter_map(|end| sentence.find(end)).min();
    sentence[..ends.unwrap_or(sentence.len())].trim_end_matches('.')
}

/// `3 days`, `5 hours`, `1 minute`, `moments`.
pub fn age(duration: SignedDuration) -> String {
    let (days, hours, minutes) =
        (duration.as_hours() / 24, duration.as_hours(), duration.as_mins());
    match () {
        () if days > 1 => count(days, "day"),
        () if hours > 0 => count(hours, "hour"),
        () if minutes > 0 => count(minutes, "minute"),
        () => "moments".to_owned(),
    }
}
