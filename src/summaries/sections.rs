//! What there is to say, a function a section.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};

use super::audience::Audience;
use super::store;
use crate::alerts;
use crate::app::App;
use crate::config::{Digest, Section, Terms};
use crate::error::Result;
use crate::experiments;
use crate::leads::{digest, handoffs};
use crate::readings::{self, By, Filter, Metric};
use crate::slack::{escape, mention};
use crate::words::{amount, capitalised, count, listed, percent};

/// What a section says.
#[derive(Clone, PartialEq, Debug)]
pub struct Part {
    pub section: Section,
    /// In markup, the most important first.
    pub lines: Vec<String>,
    /// A sentence for those who read one line only; none where there is nothing to say.
    pub headline: Option<String>,
    /// Where it comes from, and how old it is.
    pub source: String,
}

/// The days that a summary tells of.
#[derive(Clone, PartialEq, Debug)]
pub struct Span {
    pub now: Timestamp,
    /// The summary's own day.
    pub today: Date,
    /// The day of the summary before; what is told happened between that one and now.
    pub from_day: Date,
    pub from: Timestamp,
    pub to: Timestamp,
}

/// What moves by less than this against the same weekday is said in one line with all that did not move.
const STEADY: f64 = 0.05;

/// Numbers that did not come for so long are late.
const LATE: SignedDuration = SignedDuration::from_hours(36);

impl Span {
    /// What happened since the last summary before `today` would have come.
    pub fn of(digest: &Digest, today: Date, now: Timestamp) -> anyhow::Result<Self> {
        let mut from_day = today.yesterday()?;
        for _ in 0..6 {
            if digest.weekdays.is_empty() || digest.comes_on(from_day) {
                break;
            }
            from_day = from_day.yesterday()?;
        }
        Ok(Self { now, today, from_day, from: digest.due_on(from_day)?, to: now })
    }

    fn since(&self) -> String {
        self.from_day.strftime("since %A").to_string()
    }
}

/// What one section says to an audience.
pub async fn read(
    app: &App,
    section: Section,
    span: &Span,
    audience: &mut Audience<'_>,
) -> Result<Part> {
    match section {
        Section::Moved => moved(app, span).await,
        Section::Alerts => alerts(app, span, audience).await,
        Section::Waiting => waiting(app, span, audience).await,
        Section::Decided => decided(app, span, audience).await,
        Section::Tests => tests(app, audience).await,
        Section::Leads => leads(app, span).await,
        Section::Research => research(app, span, audience).await,
        Section::Data => data(app, span).await,
        Section::Agents => agents(app, span).await,
    }
}

async fn waiting(app: &App, span: &Span, audience: &mut Audience<'_>) -> Result<Part> {
    let cards = store::waiting(&app.db, app.workspace.id).await?;
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
    Ok(Part { section: Section::Waiting, lines, headline, source: "reviews, as of now".to_owned() })
}

async fn decided(app: &App, span: &Span, audience: &mut Audience<'_>) -> Result<Part> {
    let all = store::decided(&app.db, app.workspace.id, span.from, span.to).await?;
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
    Ok(Part { section: Section::Decided, lines, headline, source })
}

async fn alerts(app: &App, span: &Span, audience: &mut Audience<'_>) -> Result<Part> {
    let all = store::alerts(&app.db, app.workspace.id, span.from).await?;
    let (mut lines, mut hidden, mut open) = (Vec::new(), 0, 0);
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
        lines.push(format!("*{state}*, opened {since} ago: {}", escape(&alert.sentence)));
    }
    lines.extend(in_private(hidden, "was told", "were told"));
    let is = if open == 1 { "is" } else { "are" };
    let headline = (open > 0).then(|| format!("{} {is} open", count(open, "alert")));
    let source = format!("the {} agent, as of now", alerts::AGENT);
    Ok(Part { section: Section::Alerts, lines, headline, source })
}

async fn tests(app: &App, audience: &mut Audience<'_>) -> Result<Part> {
    let (mut lines, mut hidden) = (Vec::new(), 0);
    for id in store::tests(&app.db, app.workspace.id).await? {
        let Some(test) = experiments::find(app, id).await? else { continue };
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
    Ok(Part { section: Section::Tests, lines, headline: None, source })
}

/// Counted, so that nothing names a lead.
async fn leads(app: &App, span: &Span) -> Result<Part> {
    let (db, workspace) = (&app.db, app.workspace.id);
    let week = digest::between(db, workspace, span.from, span.to).await?;
    let (waiting, overdue) = handoffs::waiting(db, workspace, span.now).await?;
    let mut lines = Vec::new();
    if week.handed_over > 0 {
        let claimed = match week.claimed {
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
    Ok(Part { section: Section::Leads, lines, headline, source })
}

async fn research(app: &App, span: &Span, audience: &mut Audience<'_>) -> Result<Part> {
    let (mut lines, mut hidden) = (Vec::new(), 0);
    for (title, channel) in store::findings(&app.db, app.workspace.id, span.from).await? {
        if audience.may_read(&channel).await? {
            lines.push(format!("*{}*", titled(&title)));
        } else {
            hidden += 1;
        }
    }
    lines.extend(in_private(hidden, "was approved", "were approved"));
    let source = format!("findings approved {}", span.since());
    Ok(Part { section: Section::Research, lines, headline: None, source })
}

async fn data(app: &App, span: &Span) -> Result<Part> {
    let mut lines = Vec::new();
    for (source, at) in store::imports(&app.db, app.workspace.id).await? {
        let since = span.now.duration_since(at);
        if since >= LATE {
            let source = escape(&source);
            lines.push(format!("*{source}* is late: its last numbers came {} ago", age(since)));
        }
    }
    for (name, day) in store::past_review(&app.db, app.workspace.id, span.today).await? {
        let day = day.strftime("%-d %B %Y");
        lines.push(format!("*{}* was to be reviewed by {day}", escape(&name)));
    }
    let source = "imports and review dates, as of now".to_owned();
    Ok(Part { section: Section::Data, lines, headline: None, source })
}

async fn agents(app: &App, span: &Span) -> Result<Part> {
    let (db, workspace) = (&app.db, app.workspace.id);
    let mut lines = Vec::new();
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
    Ok(Part { section: Section::Agents, lines, headline: None, source })
}

/// A number of yesterday beside the same weekday before.
struct Pair {
    label: String,
    currency: String,
    now: f64,
    before: Option<f64>,
}

async fn moved(app: &App, span: &Span) -> Result<Part> {
    let day = span.today.yesterday()?;
    let before = day.checked_sub(7.days())?;
    let mut sources: Vec<String> = Vec::new();
    let mut pairs: Vec<Pair> = Vec::new();
    for metric in ["spend", "leads", "conversions", "accepted"] {
        let mut found: Vec<Pair> = Vec::new();
        for of_day in [before, day] {
            let filter = Filter {
                metric: Some(metric.to_owned()),
                from: Some(of_day),
                to: Some(of_day),
                ..Filter::default()
            };
            let by = [By::Source, By::Currency];
            for group in readings::sums(&app.db, app.workspace.id, &filter, &by).await? {
                let Some(sum) = group.sum(metric).map(readings::Decimal::to_f64) else { continue };
                let currency = group.names[1].clone();
                let at = found.iter().position(|pair| pair.currency == currency);
                let at = at.unwrap_or_else(|| {
                    let label = Metric::from(metric).label();
                    let empty = Pair { label, currency, now: 0.0, before: None };
                    found.push(empty);
                    found.len() - 1
                });
                if of_day == before {
                    *found[at].before.get_or_insert(0.0) += sum;
                } else {
                    found[at].now += sum;
                    sources.push(group.names[0].clone());
                }
            }
        }
        pairs.extend(found);
    }
    sources.sort();
    sources.dedup();
    if sources.is_empty() {
        let source = format!("no numbers of {} have come", day.strftime("%A"));
        return Ok(Part { section: Section::Moved, lines: Vec::new(), headline: None, source });
    }
    pairs.extend(cost_per_accepted(&pairs));
    let (lines, headline) = compared(&pairs, day);
    let source = format!("{}, of {}", escape(&listed(&sources)), day.strftime("%-d %B %Y"));
    Ok(Part { section: Section::Moved, lines, headline, source })
}

/// What a lead that sales accepted cost, where money is of one currency.
fn cost_per_accepted(pairs: &[Pair]) -> Option<Pair> {
    let accepted = pairs.iter().find(|pair| pair.label == Metric::from("accepted").label())?;
    let money: Vec<&Pair> = pairs.iter().filter(|pair| !pair.currency.is_empty()).collect();
    let [spend] = money.as_slice() else { return None };
    let price = |spend: f64, leads: f64| (leads > 0.0).then(|| spend / leads);
    Some(Pair {
        label: "Cost per accepted lead".to_owned(),
        currency: spend.currency.clone(),
        now: price(spend.now, accepted.now)?,
        before: spend.before.zip(accepted.before).and_then(|(spend, leads)| price(spend, leads)),
    })
}

/// What moved, a line each and the furthest first; what did not, in one line.
fn compared(pairs: &[Pair], day: Date) -> (Vec<String>, Option<String>) {
    let weekday = day.strftime("%A").to_string();
    let mut moved: Vec<(f64, String)> = Vec::new();
    let mut steady = Vec::new();
    for pair in pairs {
        let currency = Some(pair.currency.as_str()).filter(|it| !it.is_empty());
        let now = amount(pair.now, currency);
        match pair.before.filter(|before| *before != 0.0) {
            None => moved.push((
                f64::MAX,
                format!("{} {now}, with no {weekday} before to compare", pair.label),
            )),
            Some(before) => {
                let change = pair.now / before - 1.0;
                if change.abs() < STEADY {
                    steady.push(format!("{} ({now})", pair.label.to_lowercase()));
                    continue;
                }
                let how = if change > 0.0 { "more" } else { "less" };
                let share = percent(change.abs());
                let before = amount(before, currency);
                moved.push((
                    change.abs(),
                    format!(
                        "{} {now}, {share} {how} than the {weekday} before ({before})",
                        pair.label
                    ),
                ));
            }
        }
    }
    moved.sort_by(|a, b| b.0.total_cmp(&a.0));
    let headline = moved.first().map(|(_, line)| line.clone());
    let mut lines: Vec<String> = moved.into_iter().map(|(_, line)| line).collect();
    if !steady.is_empty() {
        let within = percent(STEADY);
        let steady = capitalised(&listed(&steady));
        lines.push(format!("{steady} stayed within {within} of the {weekday} before"));
    }
    (lines, headline)
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

/// `3 days`, `5 hours`, `1 minute`.
pub fn age(duration: SignedDuration) -> String {
    let (days, hours, minutes) =
        (duration.as_hours() / 24, duration.as_hours(), duration.as_mins());
    match () {
        () if days > 1 => count(days, "day"),
        () if hours > 0 => count(hours, "hour"),
        () => count(minutes.max(0), "minute"),
    }
}
