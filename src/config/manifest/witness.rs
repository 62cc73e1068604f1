//! Who keeps the checkpoints of the audit trail.

use std::path::PathBuf;

use jiff::civil::Time;
use serde::Deserialize;
use toml::Spanned;

use super::raw::{Checked, problem};

/// When the day's checkpoint is posted unless the manifest says otherwise.
const MORNING: Time = Time::constant(7, 0, 0, 0);

/// Where the day's checkpoint goes: to people, in a channel, and to a file if one is named.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Witness {
    /// `#name`, or Slack's id of the channel.
    pub channel: String,
    /// When it is posted, in the team's zone.
    pub at: Time,
    /// A file that each of them is added to.
    pub file: Option<PathBuf>,
}

/// The table `[audit]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    channel: Spanned<String>,
    at: Option<Spanned<String>>,
    file: Option<PathBuf>,
}

impl Raw {
    pub fn check(&self) -> Checked {
        if self.channel.get_ref().trim_start_matches('#').trim().is_empty() {
            return problem(
                &self.channel,
                "the audit channel has no name; give one such as \"#audit\"".to_owned(),
            );
        }
        match &self.at {
            Some(at) if time_of_day(at.get_ref()).is_none() => {
                problem(at, format!("{:?} is no time of day; write it as \"07:00\"", at.get_ref()))
            }
            _ => Ok(()),
        }
    }

    /// The table, once it was checked.
    pub fn into_witness(self) -> Witness {
        let at = self.at.and_then(|at| time_of_day(at.get_ref()));
        Witness { channel: self.channel.into_inner(), at: at.unwrap_or(MORNING), file: self.file }
    }
}

fn time_of_day(text: &str) -> Option<Time> {
    Time::strptime("%H:%M", text).ok()
}
