//! What was counted of an agent, as people read it.

use super::figures::{at, duration, ratio, share};
use super::versions;
use crate::agents::Cost;
use crate::scorecards::{Calls, Scorecard};
use crate::slack::escape;
use crate::words::{count, grouped, listed};

/// How many rules of alerts are told.
const RULES: usize = 12;

/// What was counted.
pub(super) fn counted(card: &Scorecard) -> Vec<(&'static str, String)> {
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
pub(super) fn runs(card: &Scorecard) -> String {
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
pub(super) fn judged(card: &Scorecard) -> Vec<String> {
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
pub(super) fn parts(counts: &[(u64, &str)]) -> String {
    let there = counts.iter().filter(|(count, _)| *count > 0);
    there.map(|(count, word)| format!("{count} {word}")).collect::<Vec<_>>().join(", ")
}

fn or_none(text: String) -> String {
    if text.is_empty() { none() } else { text }
}

fn none() -> String {
    "none yet".to_owned()
}
