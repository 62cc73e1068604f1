//! The forms: a brief, and a text to word anew.

use jiff::civil::Date;

use super::{Brief, Draft, Evidence, Request, TEXT};
use crate::brand::Kit;
use crate::error::Refusal;
use crate::ids::{ChannelId, MessageTs, PersonId, ReviewId};
use crate::reviews::Review;
use crate::slack::inbound::Values;
use crate::slack::{Choice, Input, Modal, Place, escape, long_parts};
use crate::words::count;

/// The form of a brief, as its submission is known.
pub const NEW: &str = "draft.new";

/// The inputs; those of a brief are called as in [`Brief`].
pub const TITLE: &str = "title";
const WHAT: &str = "what";
const CHANNELS: &str = "channels";
const AUDIENCES: &str = "audiences";
const STAGE: &str = "stage";
const OFFER: &str = "offer";
const GOAL: &str = "goal";
const TONE: &str = "tone";
const MUST_SAY: &str = "must_say";
const MUST_NOT_SAY: &str = "must_not_say";
const DUE: &str = "due";
const VERSIONS: &str = "versions";
const PLACE: &str = "place";

/// What a form of a brief begins with.
#[derive(Clone, Default, Debug)]
pub struct Start {
    /// Where it was asked for; none where the form asks.
    pub place: Option<Place>,
    pub title: String,
    pub what: String,
    /// The review of the finding whose evidence comes along.
    pub finding: Option<ReviewId>,
    /// How many quotes that is.
    pub quotes: usize,
}

/// The form in which somebody gives a brief.
pub fn new_form(kit: &Kit, start: &Start) -> Modal {
    let mut modal =
        Modal::new(NEW, "New draft").submit("Write it").private_metadata(metadata(start));
    if start.finding.is_some() {
        modal = modal.section(format!(
            "{} of the finding come along as evidence: a draft may quote them, word for word, and names their source on its card.",
            count(start.quotes, "quote")
        ));
    }
    if start.place.is_none() {
        let hint = "The drafts are put up there for a decision.";
        modal = modal.block(Input::channel(PLACE, "Where do they belong?").hint(hint));
    }
    let channels = kit.channels.iter().map(|one| Choice::new(&one.title, &one.name));
    let audiences = kit.audiences.iter().map(|one| {
        let choice = Choice::new(&one.title, &one.name);
        match &one.cares_about {
            Some(about) => choice.describe(about),
            None => choice,
        }
    });
    let title = Input::text(TITLE, "Title").hint("By this people find it; it is not said outside.");
    let what = Input::paragraph(WHAT, "What is it about?")
        .hint("In your own words. It is the brief, not the copy.")
        .optional();
    let several = "One draft is written for each channel and audience.";
    modal = modal
        .block(title.initial(&start.title).at_most(120))
        .block(what.initial(&start.what))
        .block(Input::several(CHANNELS, "Channels", channels).hint(several))
        .block(Input::several(AUDIENCES, "Audiences", audiences));
    if !kit.stages.is_empty() {
        let stages = kit.stages.iter().map(|one| Choice::new(&one.title, &one.name));
        modal = modal.block(Input::select(STAGE, "Buyer stage", stages).optional());
    }
    let line = |name, label| Input::text(name, label).at_most(300).optional();
    let lines = |name, label| Input::paragraph(name, label).optional();
    let versions = ["One", "Two, A and B", "Three, A, B and C"];
    let versions = (1..).zip(versions).map(|(number, label)| Choice::new(label, number));
    modal
        .block(line(OFFER, "Offer").hint("Said as it stands here; it needs no other proof."))
        .block(line(GOAL, "Goal").hint("What it is to bring about."))
        .block(line(TONE, "Tone").hint("Within the voice of the brand kit."))
        .block(lines(MUST_SAY, "Must say").hint("A sentence a line, said word for word."))
        .block(
            lines(MUST_NOT_SAY, "Must not say")
                .hint("A word or phrase a line; a star at its end takes any ending."),
        )
        .block(Input::date(DUE, "Due").optional())
        .block(Input::select(VERSIONS, "Versions to choose from", versions).chosen(&["1"]))
}

/// The review of the finding whose evidence a submitted form asks for.
pub fn finding(metadata: &str) -> Option<ReviewId> {
    metadata.split(' ').nth(2)?.parse().ok().map(ReviewId)
}

/// Reads the form of a brief. `evidence` is what the finding brings along.
///
/// # Errors
///
/// Refuses a form without a place; what else is wrong is found when it is [requested](super::request).
pub fn read(
    metadata: &str,
    values: &Values,
    evidence: Vec<Evidence>,
    person: &PersonId,
) -> Result<Request, Refusal> {
    let place = place(metadata)
        .or_else(|| values.channel(PLACE).map(Place::channel))
        .ok_or_else(|| Refusal::Inputs(vec![(PLACE, "Choose a channel.".to_owned())]))?;
    let text = |name| values.text(name).map(|text| text.trim().to_owned());
    let lines = |name| {
        let text = values.text(name).unwrap_or_default();
        text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
    };
    let names = |name| values.choices(name).into_iter().map(str::to_owned).collect();
    let due: Option<Date> = values.date(DUE);
    let brief = Brief {
        title: text(TITLE).unwrap_or_default(),
        what: text(WHAT).unwrap_or_default(),
        channels: names(CHANNELS),
        audiences: names(AUDIENCES),
        stage: values.choice(STAGE).map(str::to_owned),
        offer: text(OFFER),
        goal: text(GOAL),
        tone: text(TONE),
        must_say: lines(MUST_SAY),
        must_not_say: lines(MUST_NOT_SAY),
        due,
        evidence,
    };
    let versions = values.choice(VERSIONS).and_then(|number| number.parse().ok()).unwrap_or(1);
    Ok(Request { brief, versions, person: person.clone(), place })
}

/// The form in which somebody who decides words a draft anew.
pub fn edit_form(review: &Review, draft: &Draft) -> Modal {
    let after = match (review.terms.editor_may_approve, review.terms.questions.is_empty()) {
        (false, _) => "By the policy, somebody else then approves it.",
        (true, true) => "Saving it is your approval, too.",
        (true, false) => "The policy lets you approve it, too: tick what it asks below.",
    };
    let says = format!(
        "*{}*\nYour wording takes the place of this one, under your name, and is kept word for word. {after}",
        escape(&draft.title)
    );
    with_text(Modal::new("review.edit", "Edit & approve").submit("Save").section(says), draft)
}

/// The form in which whoever asked changes it.
pub fn rewrite_form(draft: &Draft) -> Modal {
    let says = format!(
        "*{}*\nThe card shows what you changed, and those who decide are asked anew.",
        escape(&draft.title)
    );
    let modal = Modal::new("review.rewrite", "Change the text").submit("Put it up again");
    with_text(modal.section(says), draft)
}

fn with_text(mut modal: Modal, draft: &Draft) -> Modal {
    for (index, part) in long_parts(TEXT, &draft.text).iter().enumerate() {
        let label = if index == 0 { "Text" } else { "More of the text" };
        let input = Input::paragraph(&part.name, label).initial(&part.shown);
        modal = modal.block(if index == 0 { input } else { input.optional() });
    }
    modal
}

/// Channel, thread and review, a dash for what there is not.
fn metadata(start: &Start) -> String {
    let (channel, thread) = match &start.place {
        Some(place) => (place.channel.as_str(), place.thread()),
        None => ("-", None),
    };
    let finding = start.finding.map_or_else(|| "-".to_owned(), |review| review.to_string());
    format!("{channel} {} {finding}", thread.unwrap_or("-"))
}

fn place(metadata: &str) -> Option<Place> {
    let mut words = metadata.split(' ');
    let channel = words.next().filter(|word| *word != "-" && !word.is_empty())?;
    let thread = words.next().filter(|word| *word != "-");
    Some(Place { channel: ChannelId::from(channel), thread: thread.map(MessageTs::from) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_it_was_asked_for_is_kept_in_the_form() {
        let check = |start: Start| {
            let kept = metadata(&start);
            assert_eq!((place(&kept), finding(&kept)), (start.place, start.finding), "{kept}");
        };
        let channel = Place::channel(ChannelId::from("C1"));
        check(Start::default());
        check(Start { place: Some(channel.clone()), ..Start::default() });
        let thread = Place { thread: Some(MessageTs::from("1.2")), ..channel };
        check(Start { place: Some(thread), finding: Some(ReviewId(7)), ..Start::default() });
        assert_eq!((place(""), finding("")), (None, None));
    }
}
