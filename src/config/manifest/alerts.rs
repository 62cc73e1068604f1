//! Who is told of which alert, and where.

use jiff::civil::Time;
use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::numbers::Of;
use super::raw::{self, Checked, problem};

/// Where an alert goes that no route of the manifest takes.
const CHANNEL: &str = "#alerts";

/// How bad an alert is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Outside what was expected.
    Unusual,
    /// Twice or half of it, or no data at all.
    Severe,
}

/// How much a channel reads besides the cards.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verbosity {
    /// The cards, which say in their place how things stand.
    Cards,
    /// Also a line in the thread when an alert is over.
    #[default]
    Changes,
}

/// Hours of the team's day in which nobody is called; they may go over midnight.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Quiet {
    pub from: Time,
    pub to: Time,
}

/// Where alerts of a kind go, and who is called.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Route {
    pub name: String,
    /// `#name`, or Slack's id of the channel.
    pub channel: String,
    /// The group that is called; nobody where there is none.
    pub owner: Option<String>,
    pub of: Of,
    pub severity: Severity,
    /// The least estimated cost, in whole units of whatever currency.
    pub cost_over: Option<u64>,
    pub verbosity: Verbosity,
    pub quiet: Option<Quiet>,
    /// When nobody acknowledged it: after how many seconds whom else to call.
    pub escalate: Option<(i64, String)>,
}

/// A table `[[alert]]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    name: Spanned<String>,
    channel: Spanned<String>,
    owner: Option<Spanned<String>>,
    #[serde(default)]
    sources: Vec<String>,
    #[serde(default)]
    campaigns: Vec<String>,
    severity: Option<Severity>,
    cost_over: Option<u64>,
    #[serde(default)]
    verbosity: Verbosity,
    quiet: Option<Spanned<String>>,
    escalate_after: Option<Spanned<String>>,
    escalate_to: Option<Spanned<String>>,
}

impl Quiet {
    /// `22:00-07:00`.
    fn read(text: &str) -> Option<Self> {
        let (from, to) = text.split_once('-')?;
        let time = |text: &str| Time::strptime("%H:%M", text.trim()).ok();
        let quiet = Self { from: time(from)?, to: time(to)? };
        (quiet.from != quiet.to).then_some(quiet)
    }

    pub fn covers(&self, time: Time) -> bool {
        if self.from < self.to {
            (self.from..self.to).contains(&time)
        } else {
            time >= self.from || time < self.to
        }
    }
}

impl Route {
    /// Where everything goes that the manifest has no route for.
    pub fn default_for(owner: Option<&str>) -> Self {
        Self {
            name: "default".to_owned(),
            channel: CHANNEL.to_owned(),
            owner: owner.map(str::to_owned),
            of: Of::default(),
            severity: Severity::Unusual,
            cost_over: None,
            verbosity: Verbosity::default(),
            quiet: None,
            escalate: None,
        }
    }

    /// Whether it takes an alert of these facts. What an alert costs may not be known.
    pub fn takes(&self, source: &str, campaign: &str, severity: Severity, cost: f64) -> bool {
        self.of.takes(source, campaign)
            && severity >= self.severity
            && self.cost_over.is_none_or(|least| cost > least as f64)
    }
}

impl Raw {
    pub fn check(&self, before: &[Self], groups: &[&str]) -> Checked {
        let name = self.name.get_ref();
        if before.iter().any(|other| other.name.get_ref() == name) {
            let sentence =
                format!("the alert route {name:?} is declared twice; rename one of them");
            return problem(&self.name, sentence);
        }
        if self.channel.get_ref().trim_start_matches('#').trim().is_empty() {
            let sentence =
                format!("the alert route {name:?} names no channel; write one such as \"#alerts\"");
            return problem(&self.channel, sentence);
        }
        for group in [&self.owner, &self.escalate_to].into_iter().flatten() {
            let wanted = group.get_ref();
            if !groups.contains(&wanted.as_str()) {
                let sentence = format!(
                    "the alert route {name:?} calls the group {wanted:?}, which this file does not declare; add it under [[group]]"
                );
                return problem(group, sentence);
            }
        }
        if let Some(quiet) = &self.quiet
            && Quiet::read(quiet.get_ref()).is_none()
        {
            let sentence = format!(
                "the alert route {name:?} has the quiet hours {:?}; write them as \"22:00-07:00\"",
                quiet.get_ref()
            );
            return problem(quiet, sentence);
        }
        self.check_escalation()
    }

    fn check_escalation(&self) -> Checked {
        let name = self.name.get_ref();
        match (&self.escalate_after, &self.escalate_to) {
            (Some(after), _) if raw::seconds(after.get_ref()).is_none() => problem(
                after,
                format!(
                    "the alert route {name:?} has the duration {:?}; write one such as \"30m\", \"4h\" or \"2 days\"",
                    after.get_ref()
                ),
            ),
            (Some(after), None) => problem(
                after,
                format!(
                    "the alert route {name:?} says when to escalate, not to whom; add escalate_to with a group"
                ),
            ),
            (None, Some(to)) => problem(
                to,
                format!(
                    "the alert route {name:?} says whom to escalate to, not when; add escalate_after"
                ),
            ),
            _ => Ok(()),
        }
    }

    /// The table, once it was checked.
    pub fn into_route(self) -> Route {
        let after = self.escalate_after.and_then(|after| raw::seconds(after.get_ref()));
        Route {
            name: self.name.into_inner(),
            channel: self.channel.into_inner(),
            owner: self.owner.map(Spanned::into_inner),
            of: Of { sources: self.sources, campaigns: self.campaigns },
            severity: self.severity.unwrap_or(Severity::Unusual),
            cost_over: self.cost_over,
            verbosity: self.verbosity,
            quiet: self.quiet.and_then(|quiet| Quiet::read(quiet.get_ref())),
            escalate: after.zip(self.escalate_to.map(Spanned::into_inner)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quiet_hours_go_over_midnight() {
        let quiet = Quiet::read("22:00-07:00").unwrap();
        let at = |hour| Time::constant(hour, 30, 0, 0);
        assert_eq!([21, 22, 3, 7].map(|hour| quiet.covers(at(hour))), [false, true, true, false]);
        assert_eq!(Quiet::read("07:00-07:00"), None);
    }

    #[test]
    fn a_route_takes_what_it_names() {
        let route = Route {
            of: Of { sources: vec!["google-ads".to_owned()], campaigns: vec!["Brand*".to_owned()] },
            severity: Severity::Severe,
            cost_over: Some(100),
            ..Route::default_for(None)
        };
        let check = |source, campaign, severity, cost, expected| {
            assert_eq!(route.takes(source, campaign, severity, cost), expected, "{campaign}");
        };
        check("google-ads", "Brand DE", Severity::Severe, 101.0, true);
        check("google-ads", "Brand DE", Severity::Severe, 100.0, false);
        check("google-ads", "Brand DE", Severity::Unusual, 101.0, false);
        check("google-ads", "Generic", Severity::Severe, 101.0, false);
        check("meta-ads", "Brand DE", Severity::Severe, 101.0, false);
    }
}
