//! Two kinds of errors, because there are two things to do about them.

use std::fmt;

use crate::config::SubjectKind;
use crate::ids::PersonId;

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug)]
pub enum Error {
    /// A correct "no": shown to the person, never retried.
    Refused(Refusal),
    /// Ours: logged in full once, apologised for; a job is retried.
    Fault(anyhow::Error),
}

/// A sentence for the person who asked: what cannot be done, and what to do next.
///
/// Deliberately no `std::error::Error`: a refusal must never turn into a fault by a `?`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// A text file or payload that does not have the form it must have.
    Unreadable(String),
    /// A click or command from a workspace that this installation does not serve.
    ForeignWorkspace,
    /// A button, form or shortcut that is not ours, or not any more.
    UnknownAction,
    NothingToResearch,
    /// Only whoever asked a question stops its run, and shares what came of it.
    NotTheAsker {
        asker: PersonId,
        /// How to ask for the same.
        command: &'static str,
    },
    RunIsOver,
    StillRunning,
    QuestionErased,
    /// All that a finding quotes is hidden from those who would read it.
    NothingToShare,
    /// The conversation is read by another organisation, or is no channel.
    ReadByOthers,
    AlreadyShared,
    /// No draft of a campaign is left that passes and waits.
    NothingPasses,
    /// What a finding says was turned down.
    FindingIsOver {
        state: &'static str,
    },
    NoSuchReview,
    ReviewClosed {
        state: &'static str,
        by: Option<PersonId>,
    },
    /// The text is not the one that the person saw.
    Outdated,
    OnlyMembersDecide,
    OwnRequest {
        groups: Vec<String>,
    },
    NotInGroup {
        subject: &'static str,
        groups: Vec<String>,
    },
    /// Whoever worded a text does not decide on it.
    OwnEdit {
        groups: Vec<String>,
    },
    /// The person handed their place to somebody else.
    HandedOver {
        to: PersonId,
    },
    AlreadyDecided {
        verdict: &'static str,
    },
    /// Not every question of the policy was ticked.
    QuestionsOpen,
    NotTheRequester {
        requester: PersonId,
    },
    NothingToUndo,
    TooLateToUndo,
    NotReleased,
    /// The bytes are not those that people decided on.
    NotWhatWasApproved,
    /// What agents made is judged by the members of the workspace.
    OnlyMembersJudge,
    /// On alerts.
    OnlyMembersAct,
    OnlyMembersReadSummaries,
    AlertIsOver {
        /// None where it ended by itself.
        by: Option<PersonId>,
    },
    AlertAcknowledged {
        by: PersonId,
    },
    AlertCameBack,
    NoActToUndo,
    /// The manifest has no `[sales]`.
    NoSalesTeam,
    NotInSales {
        groups: Vec<String>,
    },
    LeadIsClaimed {
        by: PersonId,
    },
    /// Only whoever has claimed it answers for it.
    LeadIsAnothers {
        by: PersonId,
    },
    LeadIsUnclaimed,
    LeadIsAnswered {
        by: PersonId,
        state: &'static str,
    },
    LeadIsGone {
        why: &'static str,
    },
    /// Leads are given to those whom the manifest names.
    NotASeller {
        person: PersonId,
    },
    NothingOfLeadToUndo,
    NotYoursToUndo {
        by: PersonId,
    },
    TooLateToUndoLead,
    LeadCameBack,
    NoSuchLead {
        named: String,
    },
    AlreadyDisputed,
    NoDisputeOfYours,
    /// The text cannot be worded anew by a person.
    NotEditable {
        subject: &'static str,
    },
    NothingChanged,
    /// A finding rests on what it quotes.
    NoQuotesLeft,
    /// No policy of the manifest says who decides.
    NoPolicy {
        kind: SubjectKind,
    },
    /// No review was found by what somebody named.
    NoCardThere,
    /// A day that lies in the past.
    DayIsOver,
    DelegateIsSelf,
    DelegateCannotDecide {
        to: PersonId,
    },
    ReasonMissing,
    /// What is to be put right in a form or a request, each under the name of what is wrong.
    Inputs(Vec<(&'static str, String)>),
    /// Only whoever put a text up words it anew at will.
    NotTheProposer {
        requester: PersonId,
    },
    /// An agent puts up something else under a key that it used before.
    KeyReused,
    /// An agent's proposals wait for people in such numbers that it is to wait as well.
    TooManyWait {
        count: i64,
    },
    /// An agent changes a text that is not the newest.
    Superseded {
        number: i32,
    },
    /// Only what was given up is sent again.
    NotGivenUp {
        state: &'static str,
    },
    /// Slack could not say who is in a group.
    MembershipUnknown,
    UnknownUserGroup {
        handle: String,
    },
    /// What was asked for does not exist, or not yet.
    Missing(String),
    /// Documents of one source come in from one import at a time.
    ImportUnderWay {
        source: String,
    },
    /// An import that is said to be the whole source lacks most of it.
    RetiresMost {
        source: String,
        retired: u64,
        documents: u64,
    },
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(sentence) | Self::Missing(sentence) => f.write_str(sentence),
            Self::ImportUnderWay { source } => write!(
                f,
                "Another import into “{source}” is under way; try again when it is done."
            ),
            Self::RetiresMost { source, retired, documents } => write!(
                f,
                "This would retire {retired} of the {documents} documents of “{source}”, so nothing was changed. If it is the whole source now, import it again with --retire-most."
            ),
            Self::ForeignWorkspace => f.write_str(
                "This Countersign serves another workspace, so nothing was recorded. Ask whoever runs it in yours to connect it there.",
            ),
            Self::UnknownAction => f.write_str(
                "This button is not one that this version knows, so nothing was recorded. Type /countersign help to see what works.",
            ),
            Self::NothingToResearch => f.write_str(
                "There is no question in that message. Choose a message with words in it, or type /research and your question.",
            ),
            Self::NotTheAsker { asker, command } => write!(
                f,
                "<@{asker}> asked for this, so only they can do that. Ask for it yourself with {command}."
            ),
            Self::RunIsOver => f.write_str(
                "This was finished or stopped already, so there was nothing to stop.",
            ),
            Self::StillRunning => {
                f.write_str("This is being worked on right now. Wait a moment, or stop it first.")
            }
            Self::QuestionErased => f.write_str(
                "What was asked for was erased, so it cannot be done again. Ask anew with /research or /draft.",
            ),
            Self::NothingToShare => f.write_str(
                "Nothing of this may be shown in that channel: all of it rests on sources that not everybody there may see. Whoever owns a source can let more people see it.",
            ),
            Self::ReadByOthers => f.write_str(
                "Nothing from your documents is shown where people of other organisations read, nor in direct messages. Choose a channel of your own workspace.",
            ),
            Self::AlreadyShared => f.write_str("You shared this already; the answer says where."),
            Self::NothingPasses => f.write_str(
                "No draft of this campaign passes its checks and waits for a decision. The cards below say what must change.",
            ),
            Self::FindingIsOver { state } => write!(
                f,
                "This finding was {state}, so nothing is drafted from it. Ask anew with /research, or type /draft for a brief without it."
            ),
            Self::NoSuchReview => f.write_str(
                "This review does not exist any more, so nothing was recorded. Ask again with /research to get a new one.",
            ),
            Self::ReviewClosed { state, by } => {
                match by {
                    Some(person) => write!(f, "This was already {state} by <@{person}>, so your click changed nothing."),
                    None => write!(f, "This was already {state}, so your click changed nothing."),
                }
            }
            Self::Outdated => f.write_str(
                "The text has changed since you saw it, so nothing was recorded. Read the card as it is now, and decide on that.",
            ),
            Self::OnlyMembersDecide => f.write_str(
                "Guests and bots do not decide here, so nothing was recorded. Ask a member of the team.",
            ),
            Self::OwnRequest { groups } => write!(
                f,
                "You asked for this, so somebody else decides: a member of {}.",
                listed(groups)
            ),
            Self::NotInGroup { subject, groups } => write!(
                f,
                "This {subject} needs a decision from {}; you are not in that group.",
                listed(groups)
            ),
            Self::AlreadyDecided { verdict } => {
                write!(f, "You {verdict} this already; your first decision stands.")
            }
            Self::OwnEdit { groups } => write!(
                f,
                "You wrote this version, so somebody else decides on it: a member of {}.",
                listed(groups)
            ),
            Self::HandedOver { to } => write!(
                f,
                "You handed your place to <@{to}>, who decides for you. Type /countersign delegate back to take it back."
            ),
            Self::QuestionsOpen => f.write_str(
                "Tick every question, or close this and request changes instead: an approval says that all of it is true.",
            ),
            Self::NotTheRequester { requester } => write!(
                f,
                "Only <@{requester}>, who asked for this, can withdraw it. To stop it, reject it."
            ),
            Self::NothingToUndo => f.write_str(
                "You have no decision on this text to take back, so nothing changed.",
            ),
            Self::TooLateToUndo => f.write_str(
                "A decision can be taken back for five minutes, and yours is older, so it stands. What was released can be revoked.",
            ),
            Self::NotReleased => f.write_str(
                "This is not released, so there is nothing to revoke. As long as it is open, reject it.",
            ),
            Self::NotWhatWasApproved => f.write_str(
                "The stored text is not the one that was approved, so it was not released. Whoever runs Countersign must look at the database: countersign audit verify says whether the trail is whole.",
            ),
            Self::OnlyMembersJudge => f.write_str(
                "Guests and bots do not judge what agents made, so nothing was recorded. Tell a member of the team what you think.",
            ),
            Self::OnlyMembersAct => f.write_str(
                "Guests and bots do not act on alerts, so nothing was recorded. Tell a member of the team what you see.",
            ),
            Self::OnlyMembersReadSummaries => f.write_str(
                "Guests and bots do not read summaries, because they tell of channels that guests are not in. Ask a member of the team.",
            ),
            Self::AlertIsOver { by: Some(by) } => write!(
                f,
                "<@{by}> closed this alert already, so nothing was recorded. Press Undo on the card to open it again."
            ),
            Self::AlertIsOver { by: None } => f.write_str(
                "This alert is over: the numbers are as expected again. There was nothing left to do.",
            ),
            Self::AlertAcknowledged { by } => write!(
                f,
                "<@{by}> acknowledged this alert already and looks at it. Write in its thread if you know more."
            ),
            Self::AlertCameBack => f.write_str(
                "The same came back meanwhile and has a card of its own, so this one stays closed. Act on the newer card.",
            ),
            Self::NoActToUndo => f.write_str(
                "There is nothing of a person's to undo on this alert. Look at the card as it is now.",
            ),
            Self::NoSalesTeam => f.write_str(
                "Nobody gets leads here yet. Whoever keeps the team manifest can add [sales], with a channel and a group.",
            ),
            Self::NotInSales { groups } => write!(
                f,
                "Leads are for {}, and you are not in that group, so nothing was done. Ask somebody there.",
                listed(groups)
            ),
            Self::LeadIsClaimed { by } => write!(
                f,
                "<@{by}> was faster and has claimed this lead. Say so in its thread if you know them."
            ),
            Self::LeadIsAnothers { by } => write!(
                f,
                "<@{by}> has claimed this lead and answers for it. Ask them, or their manager, to reassign it."
            ),
            Self::LeadIsUnclaimed => f.write_str(
                "Nobody has claimed this lead yet. Claim it, and you read how to reach them.",
            ),
            Self::LeadIsAnswered { by, state } => write!(
                f,
                "<@{by}> has answered for this lead: it was {state}. Nothing was changed."
            ),
            Self::LeadIsGone { why } => f.write_str(match *why {
                "deleted" => "This lead was deleted, so there is nobody to call. Nothing was changed.",
                "do_not_contact" => {
                    "They asked not to be contacted, so nobody calls. Nothing was changed."
                }
                "customer" => "They are a customer by now, says the CRM. Nothing was changed.",
                _ => "This lead turned out to be another one; see its note. Nothing was changed.",
            }),
            Self::NotASeller { person } => write!(
                f,
                "<@{person}> is not among those who get leads. Choose somebody of [[sales.person]] in the team manifest."
            ),
            Self::NothingOfLeadToUndo => f.write_str(
                "There is nothing of a person's to undo on this lead. Look at the note as it is now.",
            ),
            Self::NotYoursToUndo { by } => write!(
                f,
                "<@{by}> did that, so only they, or their manager, can undo it. Ask them."
            ),
            Self::TooLateToUndoLead => f.write_str(
                "That can be undone for five minutes, which are over. Reassign the lead, or wait until it is handed over again.",
            ),
            Self::LeadCameBack => f.write_str(
                "This lead was handed over again meanwhile and has a note of its own. Act on the newer note.",
            ),
            Self::NoSuchLead { named } => write!(
                f,
                "No lead goes by “{}”. Try the company, part of the name or address, or the number on a note; `/leads` alone lists those that are open.",
                escape(named)
            ),
            Self::AlreadyDisputed => f.write_str(
                "You dispute this already, and your reason stands on the card. To say something else, withdraw it first.",
            ),
            Self::NoDisputeOfYours => f.write_str(
                "You do not dispute this, so there is nothing of yours to withdraw. Whoever disputes it can.",
            ),
            Self::NotEditable { subject } => write!(
                f,
                "A {subject} cannot be worded anew here. Request changes instead, and say what should be different."
            ),
            Self::NothingChanged => f.write_str(
                "You changed nothing. Change the text, or close this and approve it as it is.",
            ),
            Self::NoQuotesLeft => f.write_str(
                "Keep at least one quote: without any, nothing is found. To say that it is not needed, reject it.",
            ),
            Self::NoPolicy { kind } => write!(
                f,
                "No policy says who decides on a {kind}, so it cannot be put up. Whoever keeps the team manifest can add a [[policy]] with on = \"{}\".",
                kind.name()
            ),
            Self::NoCardThere => f.write_str(
                "There is no card of mine there. Give the number of a review, which stands in small letters under its card, or a link to the card's message.",
            ),
            Self::DayIsOver => f.write_str(
                "That day is over. Name one that is still to come, such as friday or 2026-12-24.",
            ),
            Self::DelegateIsSelf => f.write_str(
                "Your place is yours already. Name somebody else: /countersign delegate @dana until friday",
            ),
            Self::DelegateCannotDecide { to } => write!(
                f,
                "<@{to}> is a guest, a bot or not active here, and does not decide. Name a member of the team."
            ),
            Self::ReasonMissing => {
                f.write_str("Write a sentence that says why; the person who asked will read it.")
            }
            Self::Inputs(problems) => {
                let sentences: Vec<&str> =
                    problems.iter().map(|(_, sentence)| sentence.as_str()).collect();
                f.write_str(&sentences.join(" "))
            }
            Self::KeyReused => f.write_str(
                "Something else was put up under this Idempotency-Key. Send a new key with a new proposal; to change a text, PUT it.",
            ),
            Self::TooManyWait { count } => write!(
                f,
                "{count} of your proposals wait for a decision, so no more are taken. Wait until people have decided on some."
            ),
            Self::Superseded { number } => write!(
                f,
                "The text is at revision {number} by now. GET it, and change what stands there."
            ),
            Self::NotTheProposer { requester } => write!(
                f,
                "Only <@{requester}>, who asked for this, can change the text at will. Request changes instead, and say what should be different."
            ),
            Self::NotGivenUp { state } => write!(
                f,
                "This is {state}, so nothing was sent again. The card shows where it stands."
            ),
            Self::MembershipUnknown => f.write_str(
                "Slack did not say who is in the group that decides, so nothing was recorded. Press the button again in a minute.",
            ),
            Self::UnknownUserGroup { handle } => write!(
                f,
                "The user group @{handle} does not exist in this workspace, so nobody can decide. Ask an admin to create it, or to name another one in the team manifest."
            ),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusal) => refusal.fmt(f),
            Self::Fault(fault) => write!(f, "{fault:#}"),
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl<E: Into<anyhow::Error>> From<E> for Error {
    fn from(fault: E) -> Self {
        Self::Fault(fault.into())
    }
}

/// What somebody typed, where Slack reads it.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('`', "'")
}

fn listed(groups: &[String]) -> String {
    groups.join(" or ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_what_to_do_next() {
        let refusal = Refusal::NotInGroup {
            subject: "finding",
            groups: vec!["brand".to_owned(), "legal".to_owned()],
        };
        assert_eq!(
            refusal.to_string(),
            "This finding needs a decision from brand or legal; you are not in that group."
        );
        let refusal =
            Refusal::ReviewClosed { state: "sent back for changes", by: Some("UDANA".into()) };
        assert_eq!(
            refusal.to_string(),
            "This was already sent back for changes by <@UDANA>, so your click changed nothing."
        );
    }
}
