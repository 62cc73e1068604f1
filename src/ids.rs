//! One type for every kind of id, so that none is taken for another.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! numbered {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, sqlx::Type)]
        #[serde(transparent)]
        #[sqlx(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

macro_rules! named {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, sqlx::Type)]
        #[serde(transparent)]
        #[sqlx(transparent)]
        pub struct $name(pub String);

        impl $name {
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(id: &str) -> Self {
                Self(id.to_owned())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

numbered! {
    /// A Slack workspace (or an organisation's one installation) that this bot serves.
    WorkspaceId
    /// A place that documents come from.
    SourceId
    /// One import of documents into a source.
    IngestId
    /// One text as it was ingested.
    DocumentId
    /// A stretch of a document, cut at sentence borders, that can be quoted.
    PassageId
    /// A part of the inverted index over passages.
    SegmentId
    /// One execution of an agent.
    RunId
    /// A summary that came to a channel, or that somebody asked for.
    SummaryId
    /// What a research run found.
    FindingId
    /// A text that a person, or an agent that runs elsewhere, put up for a decision.
    ProposalId
    /// A test of one thing against another, from its plan on.
    ExperimentId
    /// A decision about a test that somebody put up.
    TestDecisionId
    /// A brief, and the drafts that are written from it.
    CampaignId
    /// One text of a campaign, for a channel and an audience.
    DraftId
    /// One state of a text that people decide on.
    RevisionId
    /// A request for decisions on one revision.
    ReviewId
    /// One person's recorded verdict.
    DecisionId
    /// The handing over of what was approved.
    ReleaseId
    /// One message about a release to one receiver.
    DispatchId
    /// What moved in the numbers and is worth a card.
    AlertId
    /// Something that happened to an alert.
    AlertEventId
    /// A prospect: a person who may buy.
    LeadId
    /// A lead that was given to sales.
    HandOffId
    /// Something that happened to a hand-off.
    HandOffEventId
    /// An entry of the audit trail.
    EntryId
}

named! {
    /// Slack's id of a person, `U…` or `W…`.
    PersonId
    /// Slack's id of a channel, `C…`, `G…` or `D…`.
    ChannelId
    /// Slack's id of a message within its channel: seconds, a dot, six digits.
    MessageTs
    /// Slack's id of a user group, `S…`.
    GroupId
    /// Slack's id of a workspace, `T…`, or of an organisation, `E…`.
    TeamId
    /// Slack's id of an open modal or a Home tab, `V…`.
    ViewId
    /// Slack's id of an uploaded file, `F…`.
    FileId
}
