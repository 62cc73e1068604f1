//! What Slack sends: slash commands, interactions and events, over HTTP or Socket Mode alike.
//!
//! Everything is optional but what the product cannot do without: Slack leaves fields out, sends
//! `null` (`"team": null` where an organisation installed the app once for all its workspaces) and
//! adds new ones without notice. Kinds that are unknown are kept as such and never guessed at.
//! Each carries the JSON it was read from.
//!
//! **Invariant:** who acted is read from the signed payload and from nowhere else.

mod command;
mod event;
mod form;
mod interaction;
mod socket;
mod values;

use std::fmt;

use serde::Deserialize;
use serde_json::Value;

use crate::ids::{PersonId, TeamId};

pub use command::SlashCommand;
pub use event::{AppMention, Event, EventEnvelope, HomeOpened, IncomingEvent, Message};
pub use interaction::{Action, Container, Interaction, InteractionKind, Subject, View};
pub use socket::{Delivery, SocketEnvelope, SocketMessage};
pub use values::Values;

/// A payload that is not what it should be; the text says what it lacks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Malformed(String);

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Malformed {}

impl Malformed {
    fn because(what: &str, error: impl fmt::Display) -> Self {
        // Some errors repeat what they found, in quotation marks; that is what people wrote.
        let mut error = error.to_string();
        if let (Some(start), Some(end)) = (error.find('"'), error.rfind('"')) {
            error.replace_range(start..=end, "…");
        }
        Self(format!("this {what} cannot be read: {error}"))
    }
}

/// The installation a payload came from: the workspace, or the organisation for all of its own.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Tenant {
    /// The workspace. Absent where something happens outside of any, in an organisation.
    pub team: Option<TeamId>,
    pub enterprise: Option<TeamId>,
    /// Whether the app was installed once for the whole organisation.
    pub is_enterprise_install: bool,
}

impl Tenant {
    /// The id our workspace is known by: the organisation's where it installed the app, else the
    /// workspace's own. None if the payload names neither.
    pub fn installation(&self) -> Option<&TeamId> {
        let (team, enterprise) = (self.team.as_ref(), self.enterprise.as_ref());
        if self.is_enterprise_install { enterprise.or(team) } else { team.or(enterprise) }
    }
}

/// Who did it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Actor {
    pub id: PersonId,
    /// The handle; for logs of people only, as it changes.
    pub username: Option<String>,
    /// Where the person belongs, which is elsewhere in a channel shared between organisations.
    pub team: Option<TeamId>,
}

impl Actor {
    /// Whether the payload says that the person belongs to another workspace. Within an
    /// organisation that installed the app once, only Slack's `users.info` can tell.
    pub fn is_external(&self, tenant: &Tenant) -> bool {
        match &self.team {
            None => false,
            Some(home) => {
                let is_here = tenant.team.as_ref() == Some(home);
                let is_of_organisation = tenant.enterprise.as_ref() == Some(home);
                let says_nothing = tenant.is_enterprise_install || tenant.team.is_none();
                !is_here && !is_of_organisation && !says_nothing
            }
        }
    }
}

/// `"team": {"id": …}`, `null` or nothing.
#[derive(Deserialize)]
struct Party {
    id: Option<TeamId>,
}

/// Slack writes yes as `true` in JSON and as `"true"` in forms.
fn is_true(value: &Value) -> bool {
    value == true || value == "true"
}

#[cfg(test)]
mod tests;
