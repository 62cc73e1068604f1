//! Alerts: what moved in the numbers, said once, in one card that stays true.
//!
//! After each import of readings, and every hour, [`inspect`] looks at all series by the code of
//! `detectors`, with which a backtest looks at the past. What it finds is gathered by campaign and
//! cause (`grouping`), so that one broken tag is one card with all the lines that it bent, and held
//! against the alerts that are open: it opens, updates or ends them.
//!
//! - [`Alert`] is the noun; its [`State`] says what people did about it, and its rules are pure.
//! - [`act`] is what a button does, [`attend`] what the clock does: calls, escalations, ended snoozes.
//! - [`show`] keeps the card in Slack as the alert is; [`investigate`] sets the research agent to it.
//! - The manifest's routes say to which channel an alert goes, and who is called when.
//!
//! **Invariant:** of a source, campaign and cause one alert is open at a time: a constraint.
//!
//! **Invariant:** what was told once and is over, by itself or by somebody's hand, is not told again.
//!
//! **Invariant:** every change of an alert is recorded with its audit entry in one transaction.

mod acting;
mod alert;
mod attending;
mod chart;
mod grouping;
mod inspection;
mod message;
mod store;

use std::collections::BTreeMap;

use crate::app::App;
use crate::audit::{Actor, Event, Subject, Value};
use crate::ids::AlertId;

pub use acting::{Act, Snooze, act, change_form, check, investigate, lines_form};
pub use alert::{Alert, State};
pub use attending::{attend, due};
pub use inspection::{inspect, look};
pub use message::{NOT_USEFUL, not_useful_modal, show};
pub use store::{RuleCard, rule_cards};

/// The agent of the manifest that watches the numbers.
pub const AGENT: &str = "performance";

fn event(
    app: &App,
    actor: Actor,
    act: &'static str,
    alert: AlertId,
    details: BTreeMap<&'static str, Value>,
) -> Event {
    Event {
        workspace: app.workspace.id,
        at: app.now(),
        actor,
        act,
        subject: Subject::new("alert", alert),
        details,
    }
}
