//! A piece, as it is kept and as people read it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Aim, Basis, grounds};
use crate::brand::Channel;

/// What made a piece where no model did.
pub const ASSEMBLED: &str = "assembled";

/// One text for one channel and one audience.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Piece {
    pub channel: String,
    pub audience: String,
    pub variant: Variant,
    /// Labelled lines in their order, and the body, whose name is empty.
    pub parts: Vec<Part>,
    /// What it rests on, with where that comes from.
    pub rests_on: Vec<Basis>,
    /// What could not be filled or done, a sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub open: Vec<String>,
    /// `assembled`, or the model as its provider names it.
    pub engine: String,
    /// How a model made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made: Option<Made>,
    /// Why it is assembled although the agent has a model, as a sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fell_back: Option<String>,
    /// The version of the kit that it was written under.
    pub kit: String,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Part {
    /// The kit's label, such as `Subject`; empty for the body.
    pub name: String,
    pub text: String,
}

/// Which approved message leads.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Variant {
    A,
    B,
    C,
}

/// The call that a text came from: the last one, where it was repaired.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Made {
    /// With its version.
    pub prompt: String,
    /// The prompt that it began with, where it was repaired by another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub began_with: Option<String>,
    pub prompt_sha256: String,
    pub sent_sha256: String,
    /// How often it was sent back with what was found.
    pub repairs: u8,
}

impl Variant {
    pub const ALL: [Self; 3] = [Self::A, Self::B, Self::C];

    pub const fn name(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
            Self::C => "C",
        }
    }

    pub fn named(letter: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == letter)
    }

    pub(super) const fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for Variant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Piece {
    /// As people read it, and as it is checked and released.
    pub fn text(&self) -> String {
        text_of(&self.parts)
    }

    /// What is no labelled line.
    pub fn body(&self) -> &str {
        self.parts.iter().find(|part| part.name.is_empty()).map_or("", |part| part.text.as_str())
    }

    /// The same piece with the words of whoever edited it, kept as they are.
    pub fn reworded(&self, aim: &Aim<'_>, text: &str) -> Self {
        let parts = parts_of(aim.channel, text);
        let mut rests_on = grounds::of(aim, text);
        let still_said = |one: &&Basis| !one.is_word_for_word() && !rests_on.contains(one);
        let kept: Vec<Basis> = self.rests_on.iter().filter(still_said).cloned().collect();
        rests_on.extend(kept);
        Self { parts, rests_on, ..self.clone() }
    }
}

/// Labelled lines, and the body after an empty one.
pub(super) fn text_of(parts: &[Part]) -> String {
    let mut text = String::new();
    for part in parts {
        if part.name.is_empty() {
            text.push_str(if text.is_empty() { "" } else { "\n\n" });
            text.push_str(&part.text);
        } else {
            text.push_str(if text.is_empty() { "" } else { "\n" });
            text.push_str(&format!("{}: {}", part.name, part.text));
        }
    }
    text
}

/// A text's parts, so that they make up the same text again; one that is laid out in another way
/// is a body as a whole.
pub(super) fn parts_of(channel: &Channel, text: &str) -> Vec<Part> {
    let (labelled, body) = channel.split(text);
    let part = |(name, text): (&str, &str)| Part { name: name.to_owned(), text: text.to_owned() };
    let mut parts: Vec<Part> = labelled.into_iter().map(part).collect();
    if !body.is_empty() {
        parts.push(Part { name: String::new(), text: body });
    }
    if text_of(&parts) == text {
        return parts;
    }
    vec![Part { name: String::new(), text: text.to_owned() }]
}
