//! What people filled in, as the proposal that it makes.

use super::Proposal;
use super::proposal::{AUDIENCE, BUDGET, KIND, KINDS, PUBLIC, TEXT, TITLE, amount};
use crate::config::SubjectKind;
use crate::error::Refusal;
use crate::slack::inbound::Values;
use crate::slack::long_text;

/// The value of the box to tick.
pub const PUBLIC_YES: &str = "yes";

/// Reads the form that puts something up.
pub fn proposed(values: &Values) -> Result<Proposal, Refusal> {
    let chosen = values.choice(KIND);
    match KINDS.into_iter().find(|kind| Some(kind.name()) == chosen) {
        Some(kind) => read(values, kind, ""),
        None => Err(Refusal::Inputs(vec![(KIND, "Choose what it is.".to_owned())])),
    }
}

/// Reads a form that changes `before`.
pub fn changed(values: &Values, before: &Proposal) -> Result<Proposal, Refusal> {
    let proposal = read(values, before.subject, &before.text)?;
    if proposal == *before {
        let sentence = "You changed nothing. Change something, or close this: it stays as it is.";
        return Err(Refusal::Inputs(vec![(TEXT, sentence.to_owned())]));
    }
    Ok(proposal)
}

/// All problems at once: of the amounts as they were typed, and of the whole.
fn read(values: &Values, kind: SubjectKind, before: &str) -> Result<Proposal, Refusal> {
    let mut problems = Vec::new();
    let mut number = |name: &'static str| {
        amount(values.text(name).unwrap_or_default()).unwrap_or_else(|sentence| {
            problems.push((name, sentence));
            None
        })
    };
    let amounts = (number(BUDGET), number(AUDIENCE));
    let title = values.text(TITLE).unwrap_or_default();
    let public = values.choices(PUBLIC).contains(&PUBLIC_YES);
    let proposal = Proposal::new(kind, title, &long_text(values, TEXT, before), amounts, public);
    match (proposal, problems.is_empty()) {
        (Ok(proposal), true) => Ok(proposal),
        (Err(Refusal::Inputs(more)), _) => {
            problems.extend(more);
            Err(Refusal::Inputs(problems))
        }
        (Err(other), _) => Err(other),
        (Ok(_), false) => Err(Refusal::Inputs(problems)),
    }
}
