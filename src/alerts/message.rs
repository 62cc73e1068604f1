//! What people read about alerts.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::alert::{Alert, Cause, Line, State};
use super::store::{self, Happened, RuleCard};
use super::{AGENT, chart};
use crate::app::App;
use crate::config::{Severity, SubjectKind, Verbosity};
use crate::detectors::{Kind, Shown, amount, day_of};
use crate::error::Result;
use crate::ids::{AlertId, FileId};
use crate::readings::{Derived, Metric};
use crate::reviews::{self, REASON};
use crate::slack::{
    self, Button, Card, Choice, Element, Input, Modal, Place, Post, Select, SlackError, Upload,
    cut, date, escape, mention,
};
use crate::words::{capitalised, count, listed};

/// The form that asks why an alert was not useful.
pub const NOT_USEFUL: &str = "alert.not_useful";

/// The window that lists all lines of an alert.
const LINES_SHOWN: &str = "alert.lines";

/// Bytes of lines that a window holds: a hundred blocks of three thousand letters are Slack's limit.
const WINDOW: usize = 140_000;

/// How far back a rule is judged by what people said of its alerts.
const JUDGED: SignedDuration = SignedDuration::from_hours(90 * 24);

/// Lines that a card shows; a storm has many more.
const LINES: usize = 12;

/// Readings that are told in words.
const WEEK: usize = 7;

/// How many characters of a reason are taken, and how many a card shows.
const REASON_LIMIT: usize = 2_000;
const REASON_SHOWN: usize = 400;

/// What the message of an alert is known by.
pub(super) fn subject(id: AlertId) -> String {
    format!("alert:{id}")
}

/// Makes Slack show an alert as it now stands: its card, and in the thread what calls somebody.
pub async fn show(app: &App, id: AlertId) -> Result<()> {
    let Some(alert) = store::find(&app.db, app.workspace.id, id).await? else { return Ok(()) };
    let mut db = app.db.acquire().await?;
    let happened = store::happened(&mut db, app.workspace.id, id).await?;
    drop(db);
    let channel = match app.slack.channel_to_post_in(&alert.route.channel).await {
        Ok(channel) => channel.id,
        Err(error) => {
            tracing::error!(
                alert.id = id.0,
                "an alert cannot be shown in {}: {}; name another channel under [[alert]] in the manifest, or invite the bot there",
                alert.route.channel,
                error.remedy().unwrap_or_else(|| error.to_string())
            );
            tell_owners(app, &alert, &error).await?;
            return Err(anyhow::Error::new(error).context("finding the channel of alerts").into());
        }
    };
    let owner = match &alert.route.owner {
        Some(owner) => Some(reviews::called(app, std::slice::from_ref(owner)).await?),
        None => None,
    };
    let is_planned =
        app.manifest.rules.iter().any(|rule| rule.on.contains(&SubjectKind::BudgetChange));
    let (db, workspace) = (&app.db, app.workspace.id);
    let opened = app.now() - JUDGED..Timestamp::MAX;
    let rules = store::rule_cards(db, workspace, opened).await?;
    let rule = alert.picture.lines.first().map(|line| line.rule.as_str());
    let rule = rules.into_iter().find(|card| Some(card.rule.as_str()) == rule);
    let chart = match chart::chart(&alert) {
        Some(chart) => {
            let upload = Upload {
                name: &format!("alert-{id}.png"),
                title: &headline(&alert),
                alt: Some(&chart.alt),
                content_type: "image/png",
                bytes: &chart.png,
            };
            let file = slack::picture(db, &app.slack, &app.clock, workspace, upload).await?;
            file.map(|file| (file, chart.alt))
        }
        None => None,
    };
    let shown = Beside { owner: owner.as_deref(), is_planned, rule, chart: chart.as_ref() };
    let card = card(&alert, &happened, &shown).finish();
    let place = Place::channel(channel);
    let ts = slack::show_card(db, &app.slack, &app.clock, workspace, &subject(id), &place, &card)
        .await?;

    let thread = Place { thread: Some(ts), ..place };
    for (name, sentence) in told(app, &alert, &happened, owner.as_deref()).await? {
        let (name, post) = (format!("{}/{name}", subject(id)), Post::sentence(sentence));
        slack::show(db, &app.slack, &app.clock, workspace, &name, &thread, &post).await?;
    }
    Ok(())
}

/// Where the channel cannot be reached, those who answer for it read the alert from us directly.
async fn tell_owners(app: &App, alert: &Alert, error: &SlackError) -> Result<()> {
    let (Some(remedy), Some(owner)) = (error.remedy(), &alert.route.owner) else { return Ok(()) };
    let sentence = format!(
        "{}\nYou read this here because {} cannot be reached. {remedy} The card follows there by itself. Or name another channel under [[alert]] in the manifest.",
        escape(&headline(alert)),
        escape(&alert.route.channel)
    );
    for person in reviews::members(app, owner).await?.0 {
        let direct = app.slack.direct(&person).await.map_err(anyhow::Error::new)?;
        let (name, place) = (format!("{}/homeless", subject(alert.id)), Place::channel(direct));
        let (db, post) = (&app.db, Post::sentence(&sentence));
        slack::show(db, &app.slack, &app.clock, app.workspace.id, &name, &place, &post).await?;
    }
    Ok(())
}

/// What the thread tells, by a name of its own: an edited card calls nobody.
async fn told(
    app: &App,
    alert: &Alert,
    happened: &[Happened],
    owner: Option<&str>,
) -> Result<Vec<(String, String)>> {
    let mut told = Vec::new();
    let called = owner.map(|owner| format!("{owner}: ")).unwrap_or_default();
    if alert.called_at.is_some() && alert.escalated_at.is_none() {
        let sentence = format!("{called}this began in the quiet hours and still stands.");
        told.push(("called".to_owned(), sentence));
    }
    for woken in happened.iter().filter(|one| one.what == "woken") {
        let sentence = format!("{called}the snooze is over, and this still stands.");
        told.push((format!("woken/{}", woken.id), sentence));
    }
    if let (Some(_), Some((_, group))) = (alert.escalated_at, &alert.route.escalate) {
        let group = reviews::called(app, std::slice::from_ref(group)).await?;
        let sentence = format!("{group}: nobody has acknowledged this alert. Please look at it.");
        told.push(("escalated".to_owned(), sentence));
    }
    if matches!(alert.state, State::Ended { .. }) && alert.route.verbosity == Verbosity::Changes {
        let sentence = match alert.state {
            State::Ended { unseen: true, .. } => format!(
                "{called}this is closed. No more numbers came that could show whether it is over."
            ),
            _ => format!("{called}this is over. The numbers are as expected again."),
        };
        told.push(("over".to_owned(), sentence));
    }
    told.reverse();
    told.sort_by_key(|(name, _)| name == "over");
    Ok(told)
}

/// What a card says besides what the alert itself is.
struct Beside<'a> {
    owner: Option<&'a str>,
    /// Whether a policy says who decides on changes of money.
    is_planned: bool,
    /// What people made of other alerts of the same rule.
    rule: Option<RuleCard>,
    /// The picture, and what it shows in words.
    chart: Option<&'a (FileId, String)>,
}

fn card(alert: &Alert, happened: &[Happened], beside: &Beside<'_>) -> Card {
    let picture = &alert.picture;
    let first = picture.lines.first();
    let sentence = headline(alert);
    let mark = match (&alert.state, picture.severity) {
        (state, _) if state.is_over() => ":white_check_mark:",
        (_, Severity::Severe) => ":rotating_light:",
        (_, Severity::Unusual) => ":warning:",
    };
    let mut card = Card::new(&sentence).section(format!("{mark} {}", named(alert, &sentence)));
    if let Some((file, alt)) = beside.chart {
        card = card.picture(file, alt);
    }
    let others: Vec<String> =
        rest(alert).take(LINES).map(|line| format!("• {}", escape(&line.sentence))).collect();
    if !others.is_empty() {
        card = card.section(others.join("\n"));
    }
    let more = rest(alert).count().saturating_sub(LINES);
    if more > 0 {
        card =
            card.context(format!("… and {}; the costliest stand here.", count(more, "more line")));
    }
    card = card.fields(fields(alert, first).iter().map(|(name, value)| (*name, value.as_str())));
    if !picture.steady.is_empty() {
        card = card.context(format!("Did not move: {}", escape(&listed(&picture.steady))));
    }
    let notes: BTreeSet<&str> =
        picture.lines.iter().flat_map(|line| line.notes.iter().map(String::as_str)).collect();
    for note in notes {
        card = card.context(escape(note));
    }
    card = card.section(standing(alert, happened, beside.owner));
    if let Some(rule) = beside.rule.as_ref().filter(|rule| rule.not_useful > 0) {
        card = card.context(format!(
            "In the last 90 days this rule opened {}: people called {} useful, and {} not.",
            count(rule.opened, "alert"),
            rule.useful,
            rule.not_useful
        ));
    }
    card.context(made_by(alert)).foot().actions(buttons(alert, happened, beside.is_planned))
}

/// The sentence, with what it is about in bold.
fn named(alert: &Alert, sentence: &str) -> String {
    let (sentence, campaign) = (escape(sentence), escape(&alert.key.campaign));
    let is_plain = !campaign.is_empty() && !campaign.contains(['*', '_', '~', '`']);
    if is_plain { sentence.replacen(&campaign, &format!("*{campaign}*"), 1) } else { sentence }
}

/// The lines that the first sentence does not say.
fn rest(alert: &Alert) -> impl Iterator<Item = &Line> {
    let lines = &alert.picture.lines;
    lines.iter().skip(usize::from(!alert.key.is_of_many()))
}

/// The sentence that says it all.
fn headline(alert: &Alert) -> String {
    let lines = &alert.picture.lines;
    if !alert.key.is_of_many() {
        return lines.first().map_or_else(String::new, |line| line.sentence.clone());
    }
    let campaigns: BTreeSet<&str> = lines.iter().map(|line| line.campaign.as_str()).collect();
    let what = match alert.key.cause {
        Cause::Silence => "Data stopped coming",
        Cause::Results => "Results moved",
        Cause::Delivery => "Spend and traffic moved",
        Cause::Quality => "Leads got worse",
        Cause::Budget => "Budgets will be missed",
    };
    let of = match alert.key.source.as_str() {
        "" => String::new(),
        source => format!(" of {source}"),
    };
    format!(
        "{what} in {}{of} at once. That is more likely one cause than many: a tag, an import or the account.",
        count(campaigns.len(), "campaign")
    )
}

fn fields(alert: &Alert, first: Option<&Line>) -> Vec<(&'static str, String)> {
    let mut fields = Vec::new();
    if let Some(line) = first {
        let name = match line.kind {
            Kind::Unusual | Kind::Silence | Kind::DropOff => "Since",
            Kind::Waste | Kind::Expensive => "Compared since",
            Kind::Pacing => "As of",
        };
        fields.push((name, day_of(line.since)));
    }
    let cost: Vec<String> =
        alert.picture.cost.iter().map(|(currency, cost)| amount(*cost, Some(currency))).collect();
    if !cost.is_empty() {
        let name = match alert.key.cause {
            Cause::Budget => "Estimated miss",
            Cause::Quality => "Paid more than the others",
            Cause::Silence | Cause::Results | Cause::Delivery => "Estimated cost so far",
        };
        fields.push((name, listed(&cost)));
    }
    fields
}

/// How it stands, and who is asked.
fn standing(alert: &Alert, happened: &[Happened], owner: Option<&str>) -> String {
    match &alert.state {
        State::Open if alert.quiet_until.is_some() && alert.called_at.is_none() => {
            ":crescent_moon: Nobody is called in the quiet hours.".to_owned()
        }
        State::Open => match owner {
            Some(owner) => format!(":eyes: {owner}: who looks at it?"),
            None => ":eyes: Nobody looks at it yet.".to_owned(),
        },
        State::Acknowledged { by, at } => {
            format!(":eyes: {} looks at it, since {}.", mention(by), moment(*at))
        }
        State::Snoozed { by, until } => {
            format!(":zzz: {} snoozed it until {}.", mention(by), moment(*until))
        }
        State::Resolved { by, at } => {
            format!("{} resolved it on {}.", mention(by), moment(*at))
        }
        State::Ended { at, unseen: false } => {
            format!("The numbers are as expected again, since {}.", moment(*at))
        }
        State::Ended { at, unseen: true } => format!(
            "Closed on {}: no more numbers came that could show whether it is over.",
            moment(*at)
        ),
        State::NotUseful { by, .. } => {
            let reason = happened.iter().find(|one| one.what == "not_useful");
            let reason = reason.and_then(|one| one.reason.as_deref());
            let reason = reason.map_or_else(
                || "(erased)".to_owned(),
                |reason| cut::cut_markup(&escape(reason), REASON_SHOWN),
            );
            format!("{} did not find it useful: {reason}", mention(by))
        }
    }
}

fn made_by(alert: &Alert) -> String {
    let rules: BTreeSet<&str> =
        alert.picture.lines.iter().map(|line| line.rule.as_str()).take(LINES).collect();
    let rules: Vec<&str> = rules.into_iter().collect();
    let source = match alert.key.source.as_str() {
        "" => String::new(),
        source => format!("{} ", escape(source)),
    };
    format!(
        "Found by the {AGENT} agent · rule {} · data {source}until {} · route {} · alert {}",
        escape(&listed(&rules)),
        moment(alert.picture.data_until),
        escape(&alert.route.name),
        alert.id
    )
}

fn buttons(alert: &Alert, happened: &[Happened], is_planned: bool) -> Vec<Element> {
    let id = alert.id;
    let button = |label: &str, action: &str| Button::new(label, action).value(id);
    let mut buttons: Vec<Element> = Vec::new();
    if !alert.state.is_over() {
        if !matches!(alert.state, State::Acknowledged { .. }) {
            buttons.push(button("Acknowledge", "alert.acknowledge").primary().into());
        }
        let choices = [("1 hour", "hour"), ("Until tomorrow 9:00", "morning"), ("A week", "week")];
        let choices = choices.map(|(label, name)| Choice::new(label, format!("{name}.{id}")));
        buttons.push(Select::new("Snooze", "alert.snooze", choices).into());
        buttons.push(button("Resolve", "alert.resolve").into());
        buttons.push(button("Not useful", "alert.not_useful").into());
        buttons.push(button("Investigate", "alert.investigate").into());
        if let Some(label) = proposal(alert).filter(|_| is_planned) {
            buttons.push(button(label, "alert.propose").into());
        }
    }
    if rest(alert).count() > LINES {
        buttons.push(button("Show all", "alert.lines").into());
    }
    let last = happened.iter().find(|one| one.before.is_some());
    if last.is_some_and(|one| one.person.is_some()) {
        buttons.push(button("Undo", "alert.undo").into());
    }
    buttons
}

/// All lines of an alert, as far as a window of Slack's holds them.
pub(super) fn lines_modal(alert: &Alert) -> Modal {
    let mut text = String::new();
    let mut shown = 0;
    for line in &alert.picture.lines {
        let line = format!("• {}\n", escape(&line.sentence));
        if text.len() + line.len() > WINDOW {
            break;
        }
        text += &line;
        shown += 1;
    }
    let mut modal = Modal::new(LINES_SHOWN, "What moved").section(escape(&headline(alert)));
    modal = modal.section(text);
    let more = alert.picture.lines.len() - shown;
    if more > 0 {
        let said = count(more, "more line");
        modal = modal.section(format!("… and {said}. `countersign readings inspect` lists all."));
    }
    modal
}

/// The form that asks why it was not useful.
pub fn not_useful_modal(alert: &Alert) -> Modal {
    let hint = "It counts against the rule, and the alert is closed. You can undo it.";
    Modal::new(NOT_USEFUL, "Not useful")
        .submit("Not useful")
        .private_metadata(alert.id.to_string())
        .section(escape(&headline(alert)))
        .block(Input::paragraph(REASON, "Why was it not useful?").hint(hint).at_most(REASON_LIMIT))
}

/// What the research agent is asked: in the words of documents, for numbers find nothing there.
pub(super) fn question(alert: &Alert) -> String {
    let about = about(alert);
    let Some(line) = alert.picture.lines.first().filter(|_| !alert.key.is_of_many()) else {
        return format!("What could explain this? {}", headline(alert));
    };
    let label = match Derived::named(&line.metric) {
        Some(rate) => rate.label().to_owned(),
        None => Metric::from(line.metric.as_str()).label().to_lowercase(),
    };
    match line.kind {
        Kind::Unusual => format!("Why is the {label} of {about} unusual?"),
        Kind::Silence => format!("Why does no data come for {label} of {about}?"),
        Kind::DropOff => format!("Why do fewer people go on to {label} on {about}?"),
        Kind::Waste | Kind::Expensive => format!("Why are the leads of {about} worse than others?"),
        Kind::Pacing => format!("Why will the budget {about} be missed?"),
    }
}

/// What an alert is about, by its name.
pub(super) fn about(alert: &Alert) -> &str {
    match alert.key.campaign.as_str() {
        campaign if !campaign.is_empty() && !alert.key.is_of_many() => campaign,
        _ => alert.key.source.as_str(),
    }
}

/// The numbers of an alert in sentences, a paragraph each.
pub(super) fn numbers(alert: &Alert) -> String {
    let lines = &alert.picture.lines;
    // A quote is a sentence, and must not be longer than people read.
    let short = |line: &Line| {
        let parts = line.sentence.trim_end_matches('.').split("; ");
        parts.map(|part| format!("{}.", capitalised(part))).collect::<Vec<_>>().join(" ")
    };
    let mut told: Vec<String> = lines.iter().take(LINES).map(short).collect();
    if !alert.picture.steady.is_empty() {
        told.push(format!(
            "Of what was looked at, these did not move: {}.",
            listed(&alert.picture.steady)
        ));
    }
    if let Some(Shown::Readings { currency, readings, .. }) = &alert.picture.shown {
        let newest = readings.iter().rev().take(WEEK).rev();
        let days =
            newest.map(|it| format!("{} {}", day_of(it.at), amount(it.value, currency.as_deref())));
        let days: Vec<String> = days.collect();
        told.push(format!("The newest readings of {} were: {}.", about(alert), days.join("; ")));
    }
    told.join("\n\n")
}

/// What could be proposed about its money. A funnel has none, nor has what several campaigns share.
fn proposal(alert: &Alert) -> Option<&'static str> {
    let key = &alert.key;
    match key.cause {
        _ if key.is_of_many() || key.campaign.is_empty() => None,
        Cause::Quality | Cause::Budget => Some("Propose a change"),
        Cause::Results | Cause::Delivery if !key.source.is_empty() => Some("Propose a pause"),
        Cause::Silence | Cause::Results | Cause::Delivery => None,
    }
}

/// The title and the text of a proposal that changes money, for a person to finish.
pub(super) fn change(alert: &Alert) -> (String, String) {
    let campaign = &alert.key.campaign;
    let named = match alert.key.source.as_str() {
        "" => campaign.clone(),
        source => format!("{campaign} ({source})"),
    };
    let (title, what) = match alert.key.cause {
        Cause::Quality => (
            format!("Shift budget away from {campaign}"),
            format!("Move part of the budget of {named} to campaigns whose leads sales accept."),
        ),
        Cause::Budget => (
            format!("Bring {campaign} back to its budget"),
            format!("Change the daily budgets of {named} so that the amount is met."),
        ),
        Cause::Silence | Cause::Results | Cause::Delivery => {
            (format!("Pause {campaign}"), format!("Pause {named} until the cause is found."))
        }
    };
    let lines: Vec<&str> =
        alert.picture.lines.iter().take(LINES).map(|line| line.sentence.as_str()).collect();
    (title, format!("{what}\n\nWhy (alert {}):\n{}", alert.id, lines.join("\n")))
}

fn moment(at: Timestamp) -> String {
    date(at, &at.strftime("%-d %b %Y, %H:%M UTC").to_string())
}
