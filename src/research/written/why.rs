//! Why something of an answer was cut.

use serde::{Deserialize, Serialize};

/// What was cut.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    Summary,
    Claim,
    Quote,
    Unanswered,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// It is not of the shape that was asked for.
    Malformed,
    Empty,
    TooLong,
    NotInAnyPassage,
    QuoteTooShort,
    WithoutQuote,
    NoSuchPassage,
    PassageByNumber,
    NumberNotInPassage,
    DateNotInPassage,
    MiscountedDocuments,
    SpeaksForAll,
    LinkNotInPassage,
    Mention,
    Markup,
    Disguised,
    Fence,
    Prompt,
    TellsWhatToDo,
    SpeaksOfItself,
    NothingInCommon,
    NothingLeftToSumUp,
    BeyondTheClaims,
    LeavesNothingOpen,
    Repeated,
    TooMany,
}

impl Why {
    /// For the reader, after "Cut:".
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Malformed => "It did not have the form of an answer.",
            Self::Empty => "It said nothing.",
            Self::TooLong => "It was too long to be one claim.",
            Self::NotInAnyPassage => "What it quoted stands in no passage.",
            Self::QuoteTooShort => "It quoted too few words to bear anything out.",
            Self::WithoutQuote => "No quote bears it out.",
            Self::NoSuchPassage => "It named a passage that was not given.",
            Self::PassageByNumber => "It spoke of passages by number instead of quoting them.",
            Self::NumberNotInPassage => "It has a number that no passage quoted with it has.",
            Self::DateNotInPassage => "It has a date that no passage quoted with it has.",
            Self::MiscountedDocuments => "It counted other than the documents quoted with it.",
            Self::SpeaksForAll => "It spoke for all or most, of whom only a selection was read.",
            Self::LinkNotInPassage => "It has an address that no passage quoted with it has.",
            Self::Mention => "It called on a person, a group or a channel.",
            Self::Markup => "It had markup in it instead of plain words.",
            Self::Disguised => "It had letters in it that pass for others, or unreadable text.",
            Self::Fence => "It repeated marks that only keep material apart.",
            Self::Prompt => "It repeated what the model was told instead of what documents say.",
            Self::TellsWhatToDo => "It told the reader what to do instead of what documents say.",
            Self::SpeaksOfItself => {
                "It spoke of this answer or its approval, which no document knows."
            }
            Self::NothingInCommon => "It has nothing in common with the passages quoted with it.",
            Self::NothingLeftToSumUp => "No claim was left for it to sum up.",
            Self::BeyondTheClaims => "It said more than the claims that it sums up.",
            Self::LeavesNothingOpen => "It said something else than what is left open.",
            Self::Repeated => "It repeated an earlier one.",
            Self::TooMany => "There were more than an answer may have.",
        }
    }
}
