//! Slack: what we say to it, and how to understand what it says to us.
//!
//! [`Post`] is one message, built by [`Card`]; [`Modal`] and [`Home`] are the windows beside the
//! conversation. [`text`] makes what others wrote safe to show, and [`limits`] says how much fits.
//! [`Slack`] speaks to the Web API: it keeps the pace Slack asks for, waits when told to, repeats
//! what is safe to repeat, and says of everything else whether it happened. [`show()`] owns the
//! messages that live: one for each subject and place, posted once and then kept up to date.
//! [`inbound`] reads commands, clicks, submissions and events, however they came in.
//!
//! **Invariant:** text of any length and content yields blocks that Slack accepts; what does not
//! fit is continued or counted, never lost in silence.
//!
//! **Invariant:** a message is never posted again while it is unknown whether it already was.
//!
//! **Invariant:** tokens, addresses that grant access, and what people wrote appear in no log.

pub mod blocks;
mod call;
mod check;
pub mod cut;
mod deliveries;
mod error;
mod failure;
mod files;
pub mod inbound;
pub mod inputs;
pub mod limits;
mod long;
mod messages;
mod pace;
mod people;
mod post;
mod scopes;
mod show;
mod store;
mod streams;
pub mod text;
mod transport;
mod view;
mod windows;

pub use blocks::{Block, Button, Confirm, Element};
pub use deliveries::{first_delivery, forget_deliveries, remember_delivery};
pub use error::{Kind, SlackError};
pub use files::Upload;
pub use inputs::{Choice, Input, Overflow, Select};
pub use long::{LongPart, long_parts, long_text};
pub use messages::Reply;
pub use people::{Conversation, Group, Identity, Profile};
pub use post::{Card, Post};
pub use show::{Busy, Place, Shown, note, pass_on, places, remove, show, show_card, subject_of};
pub use text::{channel_link, date, escape, link, markdown, mention, plain_text, quote, usergroup};
pub use transport::{Observer, Settings, Slack};
pub use view::{Home, Modal, close_all, submission_errors};
pub use windows::OpenView;

/// Reads `null` as nothing: Slack writes both.
fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: serde::Deserialize<'de> + Default,
{
    <Option<T> as serde::Deserialize>::deserialize(deserializer).map(Option::unwrap_or_default)
}
