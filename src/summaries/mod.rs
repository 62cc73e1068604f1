//! Summaries: one message a day in a channel, which says where to look.
//!
//! The manifest says which channel reads one, when, and of what. [`due`] asks each second whether a
//! channel's time has come and begins its [`Summary`]; [`now`] begins one for a person, who reads it
//! first and may [`share`] it. What a summary says is read from the other features when it is shown,
//! and not kept, so that nothing that is erased stays in one; a model's opening is, and was told of no
//! person and nothing that one wrote.
//!
//! - `sections` reads what there is to say, a function a section.
//! - [`moved`] tells what numbers came to.
//! - `opening` has a model say the most important in a paragraph, of which every number is checked.
//! - `audience` knows which channels' things may be told in which channel.
//! - `printed` is the same for a terminal and for programs.
//! - `message` says it; [`show`] and [`show_details`] keep it in Slack.
//!
//! **Invariant:** a channel has one summary a day by the clock: a constraint.
//!
//! **Invariant:** what comes from a private channel is told in that channel only; elsewhere it is
//! counted.

mod audience;
mod message;
pub mod moved;
mod opening;
mod printed;
mod scheduling;
mod sections;
mod showing;
mod store;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::app::App;
use crate::config::{Digest, Edition, Length, Section};
use crate::ids::{PersonId, SummaryId};

pub use opening::{Opening, open};
pub use printed::{Printed, print};
pub use scheduling::{due, schedule, turn};
pub use sections::Records;
pub use showing::{begin, details, now, share, show, show_details};

/// A summary that was begun.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Summary {
    pub id: SummaryId,
    /// As the manifest names it, or Slack's id where somebody asked there.
    pub channel: String,
    pub day: Date,
    pub due_at: Timestamp,
    pub made_at: Timestamp,
    pub asked_by: Option<PersonId>,
    pub is_shared: bool,
    pub edition: Edition,
    /// What a model opened it with, where that held.
    pub opening: Option<Opening>,
}

/// How a channel's summaries are: as the manifest says, or as they are built in where it says nothing.
fn digest_of(app: &App, channel: &str) -> Digest {
    let found = app.manifest.digests.iter().find(|digest| digest.channel == channel);
    found.cloned().unwrap_or_else(|| Digest {
        channel: channel.to_owned(),
        at: jiff::civil::Time::midnight(),
        zone: app.manifest.zone.clone(),
        weekdays: Vec::new(),
        holidays: Vec::new(),
        sections: Section::ALL.to_vec(),
        verbosity: Length::Full,
        editions: Edition::ALL.to_vec(),
    })
}
