//! What people read about proposals: the card, and the forms that put one up or change it.

use super::Proposal;
use super::form::PUBLIC_YES;
use super::proposal::{AUDIENCE, BUDGET, KIND, KINDS, PUBLIC, TEXT, TITLE, TITLE_LIMIT};
use crate::config::{Facts, Label, Manifest, Rule, SubjectKind, Terms};
use crate::error::Refusal;
use crate::ids::PersonId;
use crate::reviews::Review;
use crate::slack::{
    Card, Choice, Input, Modal, Place, Post, escape, limits, long_parts, mention, quote,
};
use crate::words::{capitalised, grouped};

/// The forms, as their submissions are known.
pub const PROPOSE: &str = "proposal.new";
pub const REWRITE: &str = "review.rewrite";

/// A proposal: what it is, its text, and what it would spend and whom it would reach.
pub fn card(proposal: &Proposal, agent: Option<&str>, requested_by: &PersonId) -> Card {
    let kind = proposal.subject;
    let who = match agent {
        Some(agent) => {
            format!("A {kind} by the {} agent, for {}.", escape(agent), mention(requested_by))
        }
        None => format!("A {kind} by {}.", mention(requested_by)),
    };
    let mut facts = Vec::new();
    if let Some(budget) = proposal.budget {
        facts.push(("Budget", grouped(budget)));
    }
    if let Some(audience) = proposal.audience {
        facts.push(("Reaches", format!("{} people", grouped(audience))));
    }
    facts.push(("Goes to the public", if proposal.public { "Yes" } else { "No" }.to_owned()));
    let card = Card::new(format!("A {kind} waits for a decision: {}", proposal.title))
        .header(&proposal.title)
        .context(who)
        .section(quote(&proposal.text))
        .fields(facts.iter().map(|(name, value)| (*name, value.as_str())));
    match kind {
        SubjectKind::TestPlan => card.context(
            "A plan in words: it is decided on, and nothing is counted by it. `/test` plans a test that is counted and read out.",
        ),
        _ => card,
    }
}

/// The answer to whoever put something up.
pub fn is_up(proposal: &Proposal) -> Post {
    Post::sentence(format!(
        "Your {} “{}” is up for a decision in this channel. Until then, *Change the text* and *Withdraw my request* are behind the three dots of its card.",
        proposal.subject,
        escape(&proposal.title)
    ))
}

/// The form that puts something up, with what it begins with. Its hints say what each answer decides, by
/// the manifest.
pub fn propose_form(
    manifest: &Manifest,
    place: &Place,
    start: Option<&Proposal>,
) -> Result<Modal, Refusal> {
    let kinds: Vec<SubjectKind> = KINDS
        .into_iter()
        .filter(|kind| manifest.rules.iter().any(|rule| rule.on.contains(kind)))
        .collect();
    if kinds.is_empty() {
        return Err(Refusal::NoPolicy { kind: SubjectKind::Draft });
    }
    let choices = kinds.iter().map(|kind| {
        let choice = Choice::new(&capitalised(kind.words()), kind.name());
        match manifest.terms(*kind, None, &Facts::default()) {
            Some(terms) => choice.describe(&capitalised(&needs(&terms))),
            None => choice,
        }
    });
    let what = Input::select(KIND, "What is it?", choices)
        .hint("Decides which policies apply, and with them who is asked.");
    let what = match start {
        Some(start) => what.chosen(&[start.subject.name()]),
        None => what,
    };
    let modal = Modal::new(PROPOSE, "Ask for a decision")
        .submit("Put it up")
        .private_metadata(place.to_metadata())
        .block(what);
    Ok(with_inputs(modal, manifest, &kinds, start))
}

/// The form in which whoever asked changes what they put up.
pub fn rewrite_form(manifest: &Manifest, review: &Review, proposal: &Proposal) -> Modal {
    let modal = Modal::new(REWRITE, "Change the text")
        .submit("Put it up again")
        .section("The card shows what you changed, and those who decide are asked anew.");
    with_inputs(modal, manifest, &[review.subject], Some(proposal))
}

/// The form in which somebody who decides words it anew.
pub fn edit_form(manifest: &Manifest, review: &Review, proposal: &Proposal) -> Modal {
    let after = match (review.terms.editor_may_approve, review.terms.questions.is_empty()) {
        (false, _) => "By the policy, somebody else then approves it.",
        (true, true) => "Saving it is your approval, too.",
        (true, false) => "The policy lets you approve it, too: tick what it asks below.",
    };
    let modal = Modal::new("review.edit", "Edit & approve")
        .submit("Save")
        .section(format!("Your wording takes the place of this one, under your name. {after}"));
    with_inputs(modal, manifest, &[review.subject], Some(proposal))
}

fn with_inputs(
    modal: Modal,
    manifest: &Manifest,
    kinds: &[SubjectKind],
    before: Option<&Proposal>,
) -> Modal {
    let title = Input::text(TITLE, "Title")
        .hint("What lists call it.")
        .at_most(TITLE_LIMIT)
        .initial(before.map_or("", |proposal| &proposal.title));
    let mut modal = modal.block(title);
    let text = before.map_or("", |proposal| &proposal.text);
    for (index, part) in long_parts(TEXT, text).iter().enumerate() {
        let input =
            Input::paragraph(&part.name, if index == 0 { "Text" } else { "More of the text" })
                .initial(&part.shown);
        modal = modal.block(if index == 0 {
            let most = grouped(limits::INPUT_TEXT as u64);
            input.hint(&format!(
                "What people decide on, word for word; up to {most} characters. Prices, promises and personal data are looked for in it, and may ask for further groups."
            ))
        } else {
            input.optional()
        });
    }
    let amount = |amount: Option<u64>| amount.map(grouped).unwrap_or_default();
    let budget = Input::text(BUDGET, "Budget")
        .placeholder("12000")
        .hint(&over(manifest, kinds, "What it spends, in whole units of your currency.", |rule| {
            rule.budget_over
        }))
        .initial(&amount(before.and_then(|proposal| proposal.budget)))
        .at_most(40)
        .optional();
    let audience = Input::text(AUDIENCE, "How many people it reaches")
        .placeholder("50000")
        .hint(&over(manifest, kinds, "A whole number, as well as it is known.", |rule| {
            rule.audience_over
        }))
        .initial(&amount(before.and_then(|proposal| proposal.audience)))
        .at_most(40)
        .optional();
    let public = Input::checkboxes(
        PUBLIC,
        "Who will see it?",
        [Choice::new("It goes to the public", PUBLIC_YES)],
    )
    .hint(&on_public(manifest, kinds))
    .chosen(if before.is_some_and(|proposal| proposal.public) { &[PUBLIC_YES] } else { &[] })
    .optional();
    modal.block(budget).block(audience).block(public)
}

/// What an amount decides: the policies that begin somewhere.
fn over(
    manifest: &Manifest,
    kinds: &[SubjectKind],
    what: &str,
    limit: impl Fn(&Rule) -> Option<u64>,
) -> String {
    let rules: Vec<String> = rules(manifest, kinds)
        .filter_map(|rule| {
            Some(format!(
                "“{}” applies to a {} over {} ({})",
                rule.name,
                listed(&rule.on, kinds),
                grouped(limit(rule)?),
                needs(&rule.asks)
            ))
        })
        .collect();
    if rules.is_empty() { what.to_owned() } else { format!("{what} {}.", rules.join("; ")) }
}

fn on_public(manifest: &Manifest, kinds: &[SubjectKind]) -> String {
    let rules: Vec<String> = rules(manifest, kinds)
        .filter(|rule| rule.labels.contains(&Label::Public))
        .map(|rule| format!("“{}” applies to it then ({})", rule.name, needs(&rule.asks)))
        .collect();
    if rules.is_empty() {
        "It stands on the card. No policy of your team depends on it.".to_owned()
    } else {
        format!("{}.", rules.join("; "))
    }
}

fn rules<'a>(manifest: &'a Manifest, kinds: &'a [SubjectKind]) -> impl Iterator<Item = &'a Rule> {
    manifest.rules.iter().filter(|rule| rule.on.iter().any(|kind| kinds.contains(kind)))
}

fn listed(on: &[SubjectKind], kinds: &[SubjectKind]) -> String {
    let words: Vec<&str> =
        on.iter().filter(|kind| kinds.contains(kind)).map(|kind| kind.words()).collect();
    words.join(" or ")
}

/// Who is asked, shortly: `asks brand, 2 of marketing-leads`.
fn needs(terms: &Terms) -> String {
    let groups: Vec<String> = terms
        .needs
        .iter()
        .map(|need| match need.count {
            1 => need.group.clone(),
            count => format!("{count} of {}", need.group),
        })
        .collect();
    format!("asks {}", groups.join(", "))
}
