//! What people read about drafts and campaigns.

use super::campaign::{Campaign, State};
use super::compose::{ASSEMBLED, Basis, Piece};
use super::draft::{self, Draft};
use super::{Brief, Evidence, Request};
use crate::brand::Kit;
use crate::ids::CampaignId;
use crate::reviews::Review;
use crate::slack::{Button, Card, Post, channel_link, cut, escape, mention, quote};
use crate::words::{count, listed};

/// How much of a brief's longest part its message repeats.
const PART: usize = 600;

/// How many quotes of a brief a card names that its text does not quote.
const SHOWN: usize = 5;

/// A line of a campaign's list.
pub(super) struct Line {
    pub whereto: String,
    /// How its review stands; none as long as it is not written.
    pub state: Option<String>,
    pub passes: bool,
}

/// A draft that is put up for a decision: its text, what it rests on, and the versions there are besides.
pub(super) fn card(draft: &Draft, brief: &Brief, versions: &[Piece], review: &Review) -> Card {
    let piece = &draft.piece;
    let mut card = Card::new(format!("A draft waits for a decision: {}", draft.title))
        .header(&draft.title)
        .context(format!("{} asked. {}", mention(&review.requested_by), made(piece)));
    if let Some(why) = &piece.fell_back {
        card = card.section(format!(":warning: {}", escape(why)));
    }
    card = card.section(quote(&draft.text));
    for open in &piece.open {
        card = card.context(format!(":warning: {}", escape(open)));
    }
    let rests_on: Vec<String> = piece.rests_on.iter().map(basis).collect();
    if !rests_on.is_empty() {
        card = card.context(format!("*Rests on*\n{}", rests_on.join("\n")));
    }
    card = with_evidence(card, brief, piece);
    let goal = brief.goal.as_deref().map(|goal| format!("Goal: {}", escape(goal)));
    let due = brief.due.map(|due| format!("Due {}", due.strftime("%-d %b %Y")));
    let wanted: Vec<String> = goal.into_iter().chain(due).collect();
    if !wanted.is_empty() {
        card = card.context(wanted.join(" · "));
    }
    if super::revising::can_write_anew(review, draft) {
        let again = Button::new("Try again", "draft.again").value(review.id);
        card = card.actions([again.spoken("Have the model write this draft")]);
    }
    with_versions(card, draft, versions, review)
}

/// What the brief carried along and the text does not quote.
fn with_evidence(card: Card, brief: &Brief, piece: &Piece) -> Card {
    let is_quoted = |quoted: &str| {
        piece
            .rests_on
            .iter()
            .any(|one| matches!(one, Basis::Evidence { quote, .. } if quote == quoted))
    };
    let others: Vec<&Evidence> =
        brief.evidence.iter().filter(|one| !is_quoted(&one.quote)).collect();
    if others.is_empty() {
        return card;
    }
    let line = |one: &&Evidence| {
        let line =
            format!("“{}” ({} {})", escape(&one.quote), escape(&one.source), escape(&one.document));
        format!("• {}", cut::cut_markup(&line, PART))
    };
    let mut lines: Vec<String> = others.iter().take(SHOWN).map(line).collect();
    if others.len() > SHOWN {
        lines.push(format!("• and {} more", others.len() - SHOWN));
    }
    card.context(format!("*Evidence of the brief that it does not quote*\n{}", lines.join("\n")))
}

/// The versions that nobody chose yet, each with its button, as long as nobody changed the text.
fn with_versions(mut card: Card, draft: &Draft, versions: &[Piece], review: &Review) -> Card {
    let is_one_of_them = versions.iter().any(|one| one.text() == draft.text);
    if versions.len() < 2 || !is_one_of_them || review.check_changeable().is_err() {
        return card;
    }
    let shown = draft.piece.variant;
    card = card.divider().context(format!(
        "Above is version {shown}. Whoever asked, and those who decide, can choose another one in its place."
    ));
    for other in versions.iter().filter(|one| one.variant != shown) {
        let value = format!("{}.{}.{}", review.id, review.revision, other.variant);
        let choose = Button::new(&format!("Choose {}", other.variant), "draft.choose").value(value);
        card = card
            .section(format!("*Version {}*\n{}", other.variant, quote(&other.text())))
            .actions([choose]);
    }
    let plan = Button::new("Plan a test", "draft.plan_test").value(review.id);
    card.actions([plan.spoken("Plan a test of these versions against each other")])
}

fn made(piece: &Piece) -> String {
    if piece.engine == ASSEMBLED {
        return "Put together from what the brand kit approves: complete, correct and dull. No model wrote it.".to_owned();
    }
    let repairs = match piece.made.as_ref().map_or(0, |made| made.repairs) {
        0 => String::new(),
        1 => ", and changed it once after the checks".to_owned(),
        repairs => format!(", and changed it {repairs} times after the checks"),
    };
    format!("The model {} wrote this under the brand kit{repairs}.", escape(&piece.engine))
}

/// What a text rests on, and where that comes from.
fn basis(basis: &Basis) -> String {
    let line = match basis {
        Basis::Message { name, .. } => format!("the approved message {}", escape(name)),
        Basis::Product { name, .. } => format!("the approved description of {}", escape(name)),
        Basis::Proof { claim, evidence, source, valid_until, .. } => {
            let until =
                valid_until.map(|day| format!(", valid until {}", day.strftime("%-d %b %Y")));
            format!(
                "“{}”: {} ({}){}",
                escape(claim),
                escape(evidence),
                escape(source),
                until.unwrap_or_default()
            )
        }
        Basis::Disclaimer { topic, .. } => format!("the disclaimer on {}", escape(topic)),
        Basis::Evidence { quote, source, document } => {
            format!("“{}” ({} {})", escape(quote), escape(source), escape(document))
        }
        Basis::Offer { .. } => "the offer of the brief".to_owned(),
        Basis::MustSay { text } => format!("“{}”, which the brief asks for", escape(text)),
    };
    format!("• {}", cut::cut_markup(&line, PART))
}

/// The campaign as a whole.
pub(super) fn overview(campaign: &Campaign, lines: &[Line], kit: &Kit) -> Card {
    let brief = &campaign.brief;
    let mut card = Card::new(format!("Campaign: {}", brief.title)).header(&brief.title).context(
        format!("{} asked for {}.", mention(&campaign.requested_by), count(lines.len(), "draft")),
    );
    if !brief.what.trim().is_empty() && brief.what != brief.title {
        card = card.section(cut::cut_markup(&escape(&brief.what), PART));
    }
    let facts = facts(brief, kit);
    card = card.fields(facts.iter().map(|(name, value)| (*name, value.as_str())));
    card = card.foot().divider().section(progress(campaign, lines));
    let list: Vec<String> = lines.iter().map(line).collect();
    card = card.section(list.join("\n"));
    let value = campaign.id;
    let mut row = Vec::new();
    if campaign.is_under_way() {
        row.push(Button::new("Stop", "campaign.stop").value(value).spoken("Stop writing drafts"));
    }
    let passing = |one: &&Line| one.passes && one.state.as_deref() == Some("open");
    if lines.iter().filter(passing).count() > 0 {
        row.push(Button::new("Approve all that pass", "campaign.approve").value(value).primary());
    }
    let again = match campaign.state {
        State::Failed(_) => Some("Try again"),
        State::Stopped(_) => Some("Write the rest"),
        _ => None,
    };
    if let Some(label) = again.filter(|_| !campaign.is_erased) {
        row.push(Button::new(label, "campaign.again").value(value));
    }
    card.actions(row)
}

fn facts(brief: &Brief, kit: &Kit) -> Vec<(&'static str, String)> {
    let lines = |all: &[String]| all.iter().map(|one| escape(one)).collect::<Vec<_>>().join("\n");
    let mut facts = Vec::new();
    let stage = brief.stage.as_deref().map(|name| kit.stage(name).map_or(name, |one| &one.title));
    let texts = [
        ("Offer", brief.offer.as_deref()),
        ("Goal", brief.goal.as_deref()),
        ("Tone", brief.tone.as_deref()),
        ("Buyer stage", stage),
    ];
    facts.extend(texts.into_iter().filter_map(|(name, text)| Some((name, escape(text?)))));
    if !brief.must_say.is_empty() {
        facts.push(("Must say", lines(&brief.must_say)));
    }
    if !brief.must_not_say.is_empty() {
        facts.push(("Must not say", lines(&brief.must_not_say)));
    }
    facts.extend(brief.due.map(|due| ("Due", due.strftime("%-d %b %Y").to_string())));
    if !brief.evidence.is_empty() {
        facts.push(("Evidence", count(brief.evidence.len(), "quote")));
    }
    facts
}

/// How far it is: `3 of 6 written · 2 wait for a decision · 1 released`.
fn progress(campaign: &Campaign, lines: &[Line]) -> String {
    let written = lines.iter().filter(|one| one.state.is_some()).count();
    let head = match &campaign.state {
        State::Queued | State::Writing => {
            format!(":hourglass_flowing_sand: *Writing*: {written} of {} done", lines.len())
        }
        State::Done => format!("*{} written*", count(written, "draft")),
        State::Failed(remark) => {
            format!(":warning: *{written} of {} written.* {}", lines.len(), escape(remark))
        }
        State::Stopped(person) => {
            format!("*{written} of {} written*; {} stopped the rest", lines.len(), mention(person))
        }
    };
    let of = |states: &[&str]| {
        let is = |one: &&Line| one.state.as_deref().is_some_and(|state| states.contains(&state));
        lines.iter().filter(is).count()
    };
    let parts = [
        (of(&["open"]), "waiting for a decision"),
        (of(&["changes_requested"]), "sent back for changes"),
        (of(&["approved"]), "approved"),
        (of(&["released"]), "released"),
        (of(&["rejected", "withdrawn", "expired", "revoked"]), "over"),
    ];
    let parts: Vec<String> = parts
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, word)| format!("{number} {word}"))
        .collect();
    if parts.is_empty() { head } else { format!("{head} · {}", parts.join(" · ")) }
}

fn line(line: &Line) -> String {
    let (sign, says) = match line.state.as_deref() {
        None => (":white_small_square:", "not written yet"),
        Some("open") if line.passes => {
            (":ballot_box_with_check:", "passes, and waits for a decision")
        }
        Some("open") => (":warning:", "something in it must change first"),
        Some("changes_requested") => (":memo:", "is being changed"),
        Some("approved") => (":white_check_mark:", "approved, goes out soon"),
        Some("released") => (":white_check_mark:", "approved and released"),
        Some("rejected") => (":no_entry:", "rejected"),
        Some("withdrawn") => (":leftwards_arrow_with_hook:", "withdrawn"),
        Some("expired") => (":alarm_clock:", "expired without a decision"),
        Some(_) => (":rewind:", "revoked"),
    };
    format!("{sign} {}: {says}", escape(&line.whereto))
}

/// What a person is told at once who asked.
pub fn on_it(id: CampaignId, request: &Request, kit: &Kit) -> Post {
    let brief = &request.brief;
    let drafts = request.drafts();
    let whereto: Vec<String> = brief
        .wanted()
        .take(3)
        .map(|(channel, audience)| draft::whereto(kit, channel, audience))
        .collect();
    let (what, they) = match (drafts, whereto.first()) {
        (1, Some(one)) => (one.clone(), "It"),
        (drafts, _) if drafts <= 3 => (listed(&whereto), "They"),
        (drafts, _) => (count(drafts, "draft"), "They"),
    };
    let place = match request.place.thread {
        Some(_) => "this thread".to_owned(),
        None => channel_link(&request.place.channel),
    };
    let sentence = format!(
        "On it: “{}”, {}. {they} will be put up in {place}.",
        escape(&brief.title),
        escape(&what)
    );
    let stop = Button::new("Stop", "campaign.stop").value(id).spoken("Stop writing drafts");
    Card::new(format!("On it: {}", brief.title)).section_with(sentence, stop).finish().0
}
