//! Two kinds of errors, because there are two things to do about them.

use std::fmt;

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
    /// What was asked for does not exist, or not yet.
    Missing(String),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(sentence) | Self::Missing(sentence) => f.write_str(sentence),
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
