//! What people read about agents.

mod goals;
mod versions;

use jiff::Timestamp;

use super::{Calls, Engine, Member, Ratio, Reviewed, Scorecard, Share};
use crate::agents::Cost;
use crate::config::{Need, Rule, SubjectKind};
use crate::slack::{Card, Post, cut, date, escape, plain_text};
use crate::words::{count, grouped, listed};

/// How much of what the manifest says of an agent a list repeats.
const LINE: usize = 300;

/// How much a message on one agent repeats of each part.
const PART: usize = 2_500;

/// How many rules of alerts are told.
const RULES: usize = 12;

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
    let goals: Vec<String> = card.goals.iter().map(goals::told).collect();
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

/// What was counted.
fn counted(card: &Scorecard) -> Vec<(&'static str, String)> {
    let measured = &card.measured;
    let decisions = [
        (measured.decisions.approved, "approved"),
        (measured.decisions.changes_requested, "sent back for changes"),
        (measured.decisions.rejected, "rejected"),
    ];
    let opinions = [(card.useful, "useful"), (card.not_useful, "not useful")];
    let disputes = [(card.disputed, "standing"), (card.disputes_withdrawn, "withdrawn")];
    let mut counted = vec![
        ("Work", runs(card)),
        ("Models", or_none(models(&card.models))),
        ("Put up for a decision", measured.put_up.to_string()),
        ("Decisions", or_none(parts(&decisions))),
        ("First-pass approval", share(measured.first_pass).unwrap_or_else(none)),
        ("Median time to a decision", measured.waits.median_s().map_or_else(none, duration)),
        ("Editing effort", editing(card).unwrap_or_else(none)),
        ("People called it", or_none(parts(&opinions))),
        ("Disputes", or_none(parts(&disputes))),
    ];
    if let [only] = card.versions.as_slice() {
        counted.push(("Version", versions::name(&only.version)));
    }
    let brand = ratio(&measured.brand, "draft");
    counted.extend(brand.map(|it| ("Brand rules kept at first", it)));
    let unsupported = ratio(&measured.unsupported, "answer");
    counted.extend(unsupported.map(|it| ("Claims cut as unsupported", it)));
    let costs = versions::costs(measured);
    counted.extend((!costs.is_empty()).then(|| ("Cost", listed(&costs))));
    counted.extend(share(measured.calls_failed).map(|it| ("Calls of models that failed", it)));
    if !card.alerts.is_empty() {
        counted.push(("Alerts", alerts(card)));
        let useful = share(measured.alert_precision).unwrap_or_else(none);
        counted.push(("Useful, of those that people judged", useful));
    }
    if let Some(sales) = &card.hand_offs {
        let accepted = share(measured.acceptance).unwrap_or_else(none);
        counted.push(("Hand-offs that sales kept", accepted));
        counted.push(("Won", sales.won.to_string()));
    }
    if let Some(tests) = card.tests.filter(|_| card.last.is_some()) {
        counted.push(("Tests decided", format!("{} of {}", tests.decided, tests.started)));
    }
    counted
}

/// `unusual Spend: 12 opened (2 open), 5 useful, 1 not useful`, a line a rule.
fn alerts(card: &Scorecard) -> String {
    let lines = card.alerts.iter().take(RULES).map(|rule| {
        let judged = parts(&[(rule.useful, "useful"), (rule.not_useful, "not useful")]);
        let judged = if judged.is_empty() { "nobody judged it".to_owned() } else { judged };
        let open = if rule.open > 0 { format!(" ({} open)", rule.open) } else { String::new() };
        format!("{}: {} opened{open}, {judged}", escape(&rule.rule), rule.opened)
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// `Last run …: answered. 12 runs (3 today): 10 answered, 1 found nothing, 1 failed`
fn runs(card: &Scorecard) -> String {
    let Some(last) = &card.last else {
        let handed_over = card.hand_offs.map_or(0, |it| it.handed_over);
        if let Some(tests) = card.tests {
            let started = count(tests.started, "test");
            return format!("{started} started, {} of them decided", tests.decided);
        }
        return match (card.alerts.iter().map(|rule| rule.opened).sum(), handed_over) {
            (0, 0) => "Nothing done yet".to_owned(),
            (0, leads) => format!("{} handed over", count(leads, "lead")),
            (opened, _) => format!("{} opened", count::<u64>(opened, "alert")),
        };
    };
    let all = card.runs;
    let last_at = at(last.at);
    if all.total == 0 {
        return format!(
            "Last put something up {last_at}: {}; {} in all",
            outcome(&last.outcome),
            card.measured.put_up
        );
    }
    let by_outcome = parts(&[
        (all.answered, "done"),
        (all.found_nothing, "found nothing"),
        (all.failed, "failed"),
        (all.stopped, "stopped"),
        (all.under_way, "under way"),
    ]);
    let fell_back = match all.fell_back {
        0 => String::new(),
        some => format!("; {some} without the model that they were to use"),
    };
    format!(
        "Last run {last_at}: {}; {} ({} today): {by_outcome}{fell_back}",
        outcome(&last.outcome),
        count(all.total, "run"),
        all.today
    )
}

/// What people made of it, as far as they did.
fn judged(card: &Scorecard) -> Vec<String> {
    let mut said = Vec::new();
    said.extend(
        share(card.measured.first_pass).map(|share| format!("first-pass approval {share}")),
    );
    said.extend(cost(&card.models.costs).map(|cost| format!("models cost {cost}")));
    said.extend(
        card.measured
            .waits
            .median_s()
            .map(|s| format!("median time to a decision {}", duration(s))),
    );
    said.extend(editing(card).map(|editing| format!("editing effort {editing}")));
    if card.useful + card.not_useful > 0 {
        said.push(format!("useful to {}, not useful to {}", card.useful, card.not_useful));
    }
    if card.disputed > 0 {
        said.push(count(card.disputed, "dispute"));
    }
    if let Some(useful) = share(card.measured.alert_precision) {
        said.push(format!("alerts that people judged useful {useful}"));
    }
    if let Some(kept) = share(card.measured.acceptance) {
        said.push(format!("hand-offs that sales kept {kept}"));
    }
    said
}

/// `4 of 120 words changed, 3 % (95 % interval 1–6 %), over 5 approved drafts`
fn editing(card: &Scorecard) -> Option<String> {
    let editing = &card.measured.editing;
    let (changed, words) = (editing.part as u64, editing.whole as u64);
    let rate = ratio(editing, "approved draft")?;
    Some(format!("{} of {} words changed, {rate}", grouped(changed), grouped(words)))
}

/// `3 % (95 % interval 1–6 %), over 5 drafts`
fn ratio(ratio: &Ratio, piece: &str) -> Option<String> {
    // That it could be more than all of it is an accident of few drafts.
    let most = ratio.rate()?.max(1.0);
    let interval = ratio.interval().map(|(low, high)| {
        format!(" (95 % interval {}–{} %)", percent(low), percent(high.min(most)))
    });
    let (rate, interval) = (percent(ratio.rate()?), interval.unwrap_or_default());
    Some(format!("{rate} %{interval}, over {}", count(ratio.pieces, piece)))
}

/// `50 % (95 % interval 9–91 %), 1 of 2`
fn share(share: Share) -> Option<String> {
    let (rate, (low, high)) = (share.rate()?, share.interval()?);
    Some(format!(
        "{} % (95 % interval {}–{} %), {} of {}",
        percent(rate),
        percent(low),
        percent(high),
        share.hits,
        share.of
    ))
}

/// In whole points of a hundred.
fn points(share: f64) -> i64 {
    (share * 100.0).round() as i64
}

/// As [`points`], with a digit more below one: a rate that is not zero is not called so.
fn percent(share: f64) -> String {
    match share * 100.0 {
        below if below > 0.0 && below < 1.0 => format!("{below:.1}"),
        other => format!("{:.0}", other.round()),
    }
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

/// `12 calls, 10 answered; 42,000 tokens in, 3,100 out; 0.17 EUR`
fn models(calls: &Calls) -> String {
    if calls.total == 0 {
        return String::new();
    }
    let cost = cost(&calls.costs).map(|cost| format!("; {cost}")).unwrap_or_default();
    format!(
        "{}, {} answered; {} tokens in, {} out{cost}",
        count(calls.total, "call"),
        calls.answered,
        grouped(calls.input_tokens),
        grouped(calls.output_tokens)
    )
}

fn cost(costs: &[Cost]) -> Option<String> {
    let costs: Vec<String> = costs.iter().map(ToString::to_string).collect();
    (!costs.is_empty()).then(|| escape(&listed(&costs)))
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

/// The states of runs and reviews, as people call them.
fn outcome(state: &str) -> &str {
    match state {
        "empty" => "found nothing",
        "queued" | "running" | "writing" => "under way",
        "open" => "waits for a decision",
        "changes_requested" => "sent back for changes",
        other => other,
    }
}

/// The counts that are not nothing, each with its word.
fn parts(counts: &[(u64, &str)]) -> String {
    let there = counts.iter().filter(|(count, _)| *count > 0);
    there.map(|(count, word)| format!("{count} {word}")).collect::<Vec<_>>().join(", ")
}

fn or_none(text: String) -> String {
    if text.is_empty() { none() } else { text }
}

fn none() -> String {
    "none yet".to_owned()
}

fn lines(pairs: &[(&str, String)]) -> String {
    let lines: Vec<String> =
        pairs.iter().map(|(name, value)| format!("*{name}:* {value}")).collect();
    lines.join("\n")
}

/// In the two units that say most.
pub(super) fn duration(seconds: f64) -> String {
    let minutes = (seconds / 60.0).round() as u64;
    match (minutes / (24 * 60), minutes / 60 % 24, minutes % 60) {
        (0, 0, 0) => format!("{} s", seconds.round()),
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, hours, _) => format!("{} {hours} h", count(days, "day")),
    }
}

fn at(when: Timestamp) -> String {
    date(when, &when.strftime("%-d %b %Y, %H:%M UTC").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_said_in_the_units_that_matter() {
        let check = |seconds: f64, expected: &str| assert_eq!(duration(seconds), expected);
        check(0.0, "0 s");
        check(29.4, "29 s");
        check(45.0, "1 min");
        check(3_599.0, "1 h 0 min");
        check(7_800.0, "2 h 10 min");
        check(200_000.0, "2 days 7 h");
    }
}
