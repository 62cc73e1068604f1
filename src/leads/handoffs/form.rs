//! The forms: why a lead goes back or is lost, and who gets it instead.

use super::hand_off::{Code, HandOff};
use crate::error::Refusal;
use crate::ids::{HandOffId, PersonId};
use crate::slack::inbound::Values;
use crate::slack::{Choice, Input, Modal, escape};

pub const RETURN: &str = "lead.return";
pub const REASSIGN: &str = "lead.reassign";
pub const LOST: &str = "lead.lose";

/// The inputs.
const CODE: &str = "code";
const TEXT: &str = "text";
const TO: &str = "to";

const TEXT_LIMIT: usize = 2_000;

pub fn return_form(hand_off: &HandOff, who: &str) -> Modal {
    let follows = |code: Code| match code {
        Code::NotAFit => "It is not handed over again; its industry counts a little less",
        Code::BadData => "It rests until its data change; its source counts a little less",
        Code::TooEarly => "What it does rests for 30 days",
        Code::Duplicate => "It is not handed over again",
        Code::NoAnswer => "It counts half for 14 days",
        Code::Other => "The score stays as it is",
    };
    let label = |code: Code| match code {
        Code::NotAFit => "Not a fit",
        Code::BadData => "Bad data",
        Code::TooEarly => "Too early",
        Code::Duplicate => "A duplicate",
        Code::NoAnswer => "No answer",
        Code::Other => "Something else",
    };
    let choices =
        Code::ALL.map(|code| Choice::new(label(code), code.name()).describe(follows(code)));
    form(RETURN, "Return the lead", "Return", hand_off.id, who)
        .block(Input::radio(CODE, "Why does it go back?", choices))
        .block(
            Input::paragraph(TEXT, "In your words")
                .hint("It stands on the note. Leave out by what the person is reached.")
                .at_most(TEXT_LIMIT)
                .optional(),
        )
}

pub fn lost_form(hand_off: &HandOff, who: &str) -> Modal {
    form(LOST, "The lead is lost", "Lost", hand_off.id, who).block(
        Input::paragraph(TEXT, "Why?")
            .hint("It stands on the note. You can undo it for five minutes.")
            .at_most(TEXT_LIMIT)
            .optional(),
    )
}

pub fn reassign_form(hand_off: &HandOff, who: &str) -> Modal {
    form(REASSIGN, "Give it to another", "Reassign", hand_off.id, who)
        .block(Input::person(TO, "To whom?").hint("They are told in the note's thread."))
}

fn form(name: &str, title: &str, submit: &str, id: HandOffId, who: &str) -> Modal {
    Modal::new(name, title)
        .submit(submit)
        .private_metadata(id.to_string())
        .section(format!("*{}*", escape(who)))
}

/// Reads why a lead goes back. Something else says what.
pub fn returned(values: &Values) -> Result<(Code, Option<String>), Refusal> {
    let code = values.choice(CODE).and_then(Code::read);
    let code = code.ok_or_else(|| input(CODE, "Choose why it goes back."))?;
    let text = text(values);
    if code == Code::Other && text.is_none() {
        return Err(input(TEXT, "Say in a sentence what it is."));
    }
    Ok((code, text))
}

pub fn text(values: &Values) -> Option<String> {
    let text = values.text(TEXT).unwrap_or_default().trim().to_owned();
    text.chars().any(char::is_alphanumeric).then_some(text)
}

pub fn given_to(values: &Values) -> Result<PersonId, Refusal> {
    values.person(TO).ok_or_else(|| input(TO, "Choose who gets the lead."))
}

/// The input at which a form shows why it was refused.
pub fn input_of(form: &str) -> Option<&'static str> {
    match form {
        RETURN => Some(CODE),
        LOST => Some(TEXT),
        REASSIGN => Some(TO),
        _ => None,
    }
}

fn input(name: &'static str, sentence: &str) -> Refusal {
    Refusal::Inputs(vec![(name, sentence.to_owned())])
}
