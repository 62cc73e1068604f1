//! What people filled in, as the proposal that it makes.

use super::Proposal;
use super::proposal::{AUDIENCE, BUDGET, KIND, KINDS, PUBLIC, TEXT, TITLE, amount};
use crate::config::SubjectKind;
use crate::error::Refusal;
use crate::slack::cut;
use crate::slack::inbound::Values;

/// The value of the box to tick.
pub const PUBLIC_YES: &str = "yes";

/// How much of a long text one input of a form shows; an input takes somewhat more, so that each part
/// may grow.
const PIECE: usize = 2_500;

/// A part of a text, in an input of its own.
#[derive(PartialEq, Eq, Debug)]
pub struct Piece {
    pub name: String,
    pub shown: String,
    /// White space after it, which no input is trusted to keep.
    after: String,
}

/// A text in as many inputs as it needs; one, even if it is empty.
pub fn pieces(text: &str) -> Vec<Piece> {
    cut::split(text, PIECE)
        .into_iter()
        .enumerate()
        .map(|(index, piece)| {
            let shown = piece.trim_end();
            Piece {
                name: if index == 0 { TEXT.to_owned() } else { format!("{TEXT}.{}", index + 1) },
                shown: shown.to_owned(),
                after: piece[shown.len()..].to_owned(),
            }
        })
        .collect()
}

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
    let proposal = Proposal::new(kind, title, &text(values, before), amounts, public);
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

/// The parts of a text put together again: what nobody touched is as it was, to the character.
fn text(values: &Values, before: &str) -> String {
    let mut text = String::new();
    for piece in pieces(before) {
        let typed = values.text(&piece.name).unwrap_or_default();
        if !typed.trim().is_empty() {
            text.push_str(typed.trim_end());
            text.push_str(&piece.after);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_long_text_comes_back_as_it_was() {
        let paragraph = format!("{}\n\n", "Words of a long text. ".repeat(60));
        let text_before = format!("{}end", paragraph.repeat(7));
        let parts = pieces(&text_before);
        assert!(parts.len() > 3 && parts.iter().all(|part| part.shown.chars().count() <= PIECE));
        let mut state = serde_json::Map::new();
        for part in &parts {
            let typed = json!({"value": part.shown});
            state.insert(part.name.clone(), json!({ part.name.clone(): typed }));
        }
        let values =
            |state: &serde_json::Map<String, serde_json::Value>| Values::from_state(json!(state));
        assert_eq!(text(&values(&state), &text_before), text_before);

        state["text.2"]["text.2"]["value"] = "Something else.".into();
        let changed = text(&values(&state), &text_before);
        assert!(changed.contains("\n\nSomething else.") && changed.ends_with("end"), "{changed}");
        assert_eq!(pieces("").len(), 1);
    }
}
