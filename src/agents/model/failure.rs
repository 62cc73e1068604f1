//! Why a model gave no answer, as the sentence that people read.

use std::fmt;
use std::time::Duration;

/// What can go wrong with a model although nothing is wrong with us.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Failure {
    /// It does not answer, or says that it cannot.
    Down {
        model: String,
        cause: Cause,
    },
    /// It takes no more requests for now.
    RateLimited {
        model: String,
        retry_after: Option<Duration>,
    },
    /// What its provider lets us spend is spent.
    SpendLimit {
        model: String,
    },
    TimedOut {
        model: String,
        after: Duration,
    },
    /// The agent's own budget of the day.
    BudgetUsedUp {
        agent: String,
        used: String,
        again: String,
    },
    /// No key is configured.
    NotConfigured {
        model: String,
        variable: String,
    },
    KeyRefused {
        model: String,
        variable: Option<String>,
    },
    /// The answer ended before its end.
    CutOff {
        model: String,
        cut: Cut,
    },
    /// The answer is not in the form that was asked for.
    NotAsAsked {
        model: String,
        why: String,
    },
    /// The model, or a filter before it, would not answer.
    Declined {
        model: String,
    },
    /// The provider takes requests, though not this one: an unknown model id, or a text too long.
    Unacceptable {
        model: String,
        status: u16,
        said: String,
    },
}

/// How a model failed to answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Cause {
    Unreachable,
    BrokeOff,
    Status(u16),
}

/// Why an answer is not whole.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cut {
    /// It reached the longest answer that was asked for, or the end of what the model can hold.
    Limit,
    /// The connection ended first.
    Connection,
    /// It stopped for a reason that we have no use for.
    Stopped,
    /// It was longer than any answer that we read.
    Size,
}

impl Failure {
    /// One word for logs and for the record.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Down { .. } => "down",
            Self::RateLimited { .. } => "rate_limited",
            Self::SpendLimit { .. } => "spend_limit",
            Self::TimedOut { .. } => "timed_out",
            Self::BudgetUsedUp { .. } => "budget_used_up",
            Self::NotConfigured { .. } => "not_configured",
            Self::KeyRefused { .. } => "key_refused",
            Self::CutOff { .. } => "cut_off",
            Self::NotAsAsked { .. } => "not_as_asked",
            Self::Declined { .. } => "declined",
            Self::Unacceptable { .. } => "unacceptable",
        }
    }

    /// What people read where something else takes the answer's place: "an extract".
    pub fn instead(&self, what: &str) -> String {
        let hint = if self.may_pass() { " Try again in a while." } else { "" };
        format!("{self} What follows is {what} instead.{hint}")
    }

    /// Whether asking again in a while may help, with nothing else changed.
    pub const fn may_pass(&self) -> bool {
        match self {
            Self::Down { .. }
            | Self::RateLimited { .. }
            | Self::TimedOut { .. }
            | Self::BudgetUsedUp { .. }
            | Self::CutOff { .. }
            | Self::NotAsAsked { .. } => true,
            Self::SpendLimit { .. }
            | Self::NotConfigured { .. }
            | Self::KeyRefused { .. }
            | Self::Declined { .. }
            | Self::Unacceptable { .. } => false,
        }
    }

    /// What the provider or the check said, for whoever runs Countersign: not for channels or logs.
    pub fn detail(&self) -> Option<&str> {
        match self {
            Self::NotAsAsked { why: said, .. } | Self::Unacceptable { said, .. }
                if !said.is_empty() =>
            {
                Some(said)
            }
            _ => None,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Down { model, cause: Cause::Unreachable } => {
                write!(f, "The model {model} cannot be reached.")
            }
            Self::Down { model, cause: Cause::BrokeOff } => {
                write!(f, "The connection to the model {model} broke off.")
            }
            Self::Down { model, cause: Cause::Status(status) } => {
                write!(f, "The model {model} is down: it answered {status}.")
            }
            Self::RateLimited { model, retry_after: Some(wait) } => write!(
                f,
                "The model {model} takes no more requests for now; it asks to wait {}.",
                seconds(*wait)
            ),
            Self::RateLimited { model, retry_after: None } => {
                write!(f, "The model {model} takes no more requests for now.")
            }
            Self::SpendLimit { model } => write!(
                f,
                "What the provider of the model {model} lets us spend is used up; whoever pays for it can raise the limit there."
            ),
            Self::TimedOut { model, after } => {
                write!(f, "The model {model} did not answer within {}.", seconds(*after))
            }
            Self::BudgetUsedUp { agent, used, again } => write!(
                f,
                "Today's budget of the agent {agent} is used up: {used}. It begins anew {again}."
            ),
            Self::NotConfigured { model, variable } => write!(
                f,
                "The model {model} has no key; whoever runs Countersign sets it in {variable}."
            ),
            Self::KeyRefused { model, variable: Some(variable) } => write!(
                f,
                "The model {model} refused our key; whoever runs Countersign corrects it in {variable}."
            ),
            Self::KeyRefused { model, variable: None } => write!(
                f,
                "The model {model} asks for a key; whoever runs Countersign names one under key in the manifest."
            ),
            Self::CutOff { model, cut: Cut::Limit } => write!(
                f,
                "The answer of the model {model} was cut off: it is longer than max_tokens lets it be."
            ),
            Self::CutOff { model, cut: Cut::Connection } => write!(
                f,
                "The answer of the model {model} was cut off: the connection ended before it did."
            ),
            Self::CutOff { model, cut: Cut::Stopped } => {
                write!(f, "The answer of the model {model} was cut off: it stopped half-way.")
            }
            Self::CutOff { model, cut: Cut::Size } => write!(
                f,
                "The answer of the model {model} was cut off: it is longer than any that we read."
            ),
            Self::NotAsAsked { model, .. } => write!(
                f,
                "The answer of the model {model} is not in the form it was asked for, so none of it is used."
            ),
            Self::Declined { model } => write!(f, "The model {model} declined to answer this."),
            Self::Unacceptable { model, status, .. } => write!(
                f,
                "The model {model} does not take this request ({status}); whoever runs Countersign finds out why with `countersign doctor --models`."
            ),
        }
    }
}

fn seconds(duration: Duration) -> String {
    match duration.as_secs_f64().ceil() {
        1.0 => "a second".to_owned(),
        seconds if seconds < 120.0 => format!("{seconds} seconds"),
        seconds => format!("{} minutes", (seconds / 60.0).ceil()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_is_told_in_words() {
        let check = |ms: u64, expected: &str| {
            assert_eq!(seconds(Duration::from_millis(ms)), expected);
        };
        check(300, "a second");
        check(1_000, "a second");
        check(20_000, "20 seconds");
        check(119_000, "119 seconds");
        check(120_000, "2 minutes");
        check(150_000, "3 minutes");
    }
}
