//! What people read about agents: in short, in full, and as plain text.
//!
//! `counted` says what was counted of one, `versions` how each is against the one before, `goals` where it
//! stands; `figures` are numbers with their intervals.

mod counted;
mod figures;
mod goals;
mod versions;

use super::{Engine, Member, Reviewed, Scorecard};
use crate::config::{Need, Rule, SubjectKind};
use crate::slack::{Card, Post, cut, escape, plain_text};
use crate::words::{grouped, listed};
use counted::{counted, judged, runs};

pub(super) use figures::duration;

/// How much of what the manifest says of an agent a list repeats.
const LINE: usize = 300;

/// How much a message on one agent repeats of each part.
const PART: usize = 2_500;

/// Every agent in a few lines; where not all of them fit, it says how many more there are and how to
/// read about them.
pub fn list(roster: &[Member<'_>]) -> Post {
    let mut shown = roster.len();
    loop {
        let (post, more) = card(roster, shown).finish();
        if more.is_empty() || shown == 0 {
            return post;
        }
        shown = (shown * 4 / 5).min(shown - 1);
    }
}

/// One agent, in full.
pub fn one(member: &Member<'_>) -> Post {
    let mut card = Card::new(format!("The {} agent", member.name)).header(member.name);
    // All of it together is one message, however much the manifest says.
    let part = |text: &str| cut::cut_markup(text, PART);
    card = card.section(part(&escape(member.job)));
    card = card.section(part(&lines(&about(member))));
    let reviewed = reviewed_in_full(&member.rules);
    card = card.section(format!("*Who decides on it*\n{}", part(&reviewed)));
    card = card.section(part(&lines(&counted(&member.scorecard))));
    for (title, told) in at_length(&member.scorecard) {
        card = card.section(part(&format!("*{title}*\n{}", told.join("\n"))));
    }
    card.context("First pass: of what people decided on, what was approved in the words in which it was put up. Editing: the words that people changed, of those that it wrote. The intervals are for 95 %: the fewer there are, the wider. A text counts for the version that wrote it first.").finish().0
}

/// What is worth a sentence of how an agent does, each with its name.
pub fn worth_reading(agent: &str, card: &Scorecard) -> Vec<String> {
    let name = escape(agent);
    certain(card).into_iter().map(|said| format!("*{name}*: {said}")).collect()
}

/// Each agent that did something in a line, for whoever answers for it, with what is worth a sentence.
pub fn lines_of(roster: &[Member<'_>]) -> Vec<String> {
    let is_idle = |card: &Scorecard| {
        let did_nothing = card.last.is_none() && card.tests.is_none() && card.hand_offs.is_none();
        did_nothing && card.alerts.is_empty() && judged(card).is_empty()
    };
    let busy = roster.iter().filter(|member| !is_idle(&member.scorecard));
    let each = busy.flat_map(|member| {
        let judged = judged(&member.scorecard);
        let judged = if judged.is_empty() { runs(&member.scorecard) } else { judged.join(" · ") };
        let line = format!("*{}*: {judged}", escape(member.name));
        let sentences = certain(&member.scorecard).into_iter().map(|said| format!("• {said}"));
        std::iter::once(line).chain(sentences)
    });
    each.map(|line| cut::cut_markup(&line, 2 * LINE)).collect()
}

fn certain(card: &Scorecard) -> Vec<String> {
    let goals = card.goals.iter().filter_map(goals::certain);
    versions::certain(&card.versions).into_iter().chain(goals).collect()
}

/// What takes more than a line: goals and versions, as far as there are any.
fn at_length(card: &Scorecard) -> Vec<(&'static str, Vec<String>)> {
    let progress = card.progress.iter().map(goals::progress);
    let goals: Vec<String> = card.goals.iter().map(goals::told).chain(progress).collect();
    let all = [("Goals", goals), ("Versions", versions::told(&card.versions))];
    all.into_iter().filter(|(_, told)| !told.is_empty()).collect()
}

/// All of it as plain text, for a terminal.
pub fn plain(roster: &[Member<'_>]) -> String {
    let each = roster.iter().map(|member| {
        let about = lines(&about(member));
        let reviewed = reviewed_in_full(&member.rules);
        let counted = lines(&counted(&member.scorecard));
        let (name, job) = (escape(member.name), escape(member.job));
        let mut text = format!("{name}\n{job}\n{about}\nWho decides on it\n{reviewed}\n{counted}");
        for (title, told) in at_length(&member.scorecard) {
            text.push_str(&format!("\n{title}\n{}", told.join("\n")));
        }
        plain_text(&text)
    });
    each.collect::<Vec<_>>().join("\n\n")
}

fn card(roster: &[Member<'_>], shown: usize) -> Card {
    let count = match roster.len() {
        0 => "No agents".to_owned(),
        1 => "One agent".to_owned(),
        many => format!("{many} agents"),
    };
    let mut card = Card::new(format!("{count} in the team manifest")).header(&count);
    if roster.is_empty() {
        return card.section("The team manifest declares none. Whoever keeps it adds one under [[agent]], with its job, its owner and its goal.");
    }
    for member in &roster[..shown] {
        card = card.section(in_short(member));
    }
    if shown < roster.len() {
        let rest: Vec<String> =
            roster[shown..].iter().map(|one| cut::cut_markup(&escape(one.name), 40)).collect();
        card = card.section(cut::cut_markup(
            &format!("… {} more: {}", rest.len(), rest.join(", ")),
            4 * LINE,
        ));
    }
    card.context("`/countersign agents NAME` tells all of one.")
}

fn in_short(member: &Member<'_>) -> String {
    let short = |text: &str| cut::cut_markup(&escape(text), LINE);
    let policies: Vec<String> = member.rules.iter().map(|one| escape(one.policy)).collect();
    let reviewed = match policies.as_slice() {
        [] => "no policy on what it makes".to_owned(),
        policies => format!("reviewed under {}", listed(policies)),
    };
    let budget = used(member).map(|used| format!(" · {used}")).unwrap_or_default();
    let mut text = format!(
        "*{}* · {} answers for it\n{}\nGoal: {}\nReads {} · {}{} · {}\n{}",
        short(member.name),
        short(member.owner),
        short(member.job),
        short(member.goal),
        cut::cut_markup(&reads(member.sources), LINE),
        engine(member.engine),
        budget,
        cut::cut_markup(&reviewed, LINE),
        runs(&member.scorecard)
    );
    let judged = judged(&member.scorecard).join(" · ");
    let mut letters = judged.chars();
    if let Some(first) = letters.next() {
        text.push('\n');
        text.extend(first.to_uppercase().chain(letters));
    }
    text
}

/// What the manifest says.
fn about(member: &Member<'_>) -> Vec<(&'static str, String)> {
    vec![
        ("Answers for it", escape(member.owner)),
        ("Goal", escape(member.goal)),
        ("May read", reads(member.sources)),
        ("Engine", engine(member.engine)),
        ("Budget", used(member).unwrap_or_else(|| "none".to_owned())),
    ]
}

fn reads(sources: &[String]) -> String {
    if sources.iter().any(|source| source == "*") {
        return "every source".to_owned();
    }
    match sources {
        [] => "no source".to_owned(),
        some => {
            let named: Vec<String> = some.iter().map(|source| escape(source)).collect();
            listed(&named)
        }
    }
}

fn engine(engine: Engine<'_>) -> String {
    match engine {
        Engine::Extract => "quotes and adds nothing, without a model".to_owned(),
        Engine::Assembles => "puts approved words together, without a model".to_owned(),
        Engine::Model(name) => format!("writes with the model {}", escape(name)),
        Engine::Computes => "computes, without a model".to_owned(),
        Engine::Worded(name) => format!("computes; the model {} words it", escape(name)),
        Engine::Elsewhere => "runs elsewhere, and puts its work up over HTTP".to_owned(),
        Engine::Unconnected => "not connected, for it has no token".to_owned(),
    }
}

/// `3 of 20 runs and 12,400 of 1,000,000 tokens used today`; none where there is no limit.
fn used(member: &Member<'_>) -> Option<String> {
    let (limits, calls) = (member.budget?, &member.scorecard.models);
    let of = |used: u64, limit: Option<u64>, noun: &str| {
        limit.map(|limit| format!("{} of {} {noun}", grouped(used), grouped(limit)))
    };
    let runs = of(calls.runs_today, limits.runs, "runs");
    let tokens = of(calls.tokens_today, limits.tokens, "tokens");
    let parts: Vec<String> = runs.into_iter().chain(tokens).collect();
    (!parts.is_empty()).then(|| format!("{} used today", listed(&parts)))
}

fn reviewed_in_full(rules: &[Reviewed<'_>]) -> String {
    if rules.is_empty() {
        return "No policy on what it makes.".to_owned();
    }
    let lines = rules.iter().map(|reviewed| {
        let kinds: Vec<&str> = reviewed.on.iter().copied().map(SubjectKind::words).collect();
        let needs: Vec<String> = reviewed.rule.asks.needs.iter().map(need).collect();
        let (on, when) = (kinds.join(" or "), conditions(reviewed.rule));
        format!("• {}, for a {on}{when}: {}", escape(reviewed.policy), listed(&needs))
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn need(need: &Need) -> String {
    match need.count {
        1 => format!("one approval from {}", escape(&need.group)),
        count => format!("{count} approvals from {}", escape(&need.group)),
    }
}

/// On which of them, where it is not on all.
fn conditions(rule: &Rule) -> String {
    let mut when = Vec::new();
    if !rule.labels.is_empty() {
        let labels: Vec<&str> = rule.labels.iter().map(|label| label.words()).collect();
        when.push(format!("labelled {}", labels.join(" or ")));
    }
    when.extend(rule.budget_over.map(|budget| format!("spending over {budget}")));
    when.extend(rule.audience_over.map(|people| format!("reaching over {people} people")));
    if when.is_empty() { String::new() } else { format!(" {}", when.join(", ")) }
}

fn lines(pairs: &[(&str, String)]) -> String {
    let lines: Vec<String> =
        pairs.iter().map(|(name, value)| format!("*{name}:* {value}")).collect();
    lines.join("\n")
}
