//! Where messages go: to a webhook, or into files.

use std::path::Path;

use jiff::Timestamp;

use super::outbox::Outbox;
use super::webhook::Webhook;
use crate::config;

/// The receivers of this installation.
#[derive(Debug)]
pub struct Sinks {
    webhook: Option<Webhook>,
    outbox: Outbox,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SinkKind {
    Webhook,
    Outbox,
}

/// One message, ready to go.
pub(super) struct Parcel {
    pub webhook_id: String,
    /// What it is, in the name of a file; sorts by the time of what happened.
    pub name: String,
    pub body: Vec<u8>,
}

/// What came of an attempt.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Sent {
    /// With the status that the receiver answered, if it is one that answers.
    Arrived { status: Option<u16> },
    /// It may work another time, though not before `not_before`.
    Failed { error: String, status: Option<u16>, not_before: Option<Timestamp> },
    /// It will never work.
    Refused { error: String, status: Option<u16> },
}

impl SinkKind {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Webhook => "webhook",
            Self::Outbox => "outbox",
        }
    }
}

impl Sinks {
    /// `data` is the folder in which files would be kept.
    pub fn new(webhook: Option<&config::Webhook>, data: &Path) -> anyhow::Result<Self> {
        Ok(Self {
            webhook: webhook.map(Webhook::new).transpose()?,
            outbox: Outbox::new(data.join("outbox")),
        })
    }

    /// Which of them a new release goes to: files where nobody else is told.
    pub fn open(&self) -> &'static [SinkKind] {
        if self.webhook.is_some() { &[SinkKind::Webhook] } else { &[SinkKind::Outbox] }
    }

    /// Where a parcel would go now, as people are told of it.
    pub(super) fn address(&self, sink: SinkKind, name: &str) -> Option<String> {
        match sink {
            SinkKind::Webhook => self.webhook.as_ref().map(Webhook::address),
            SinkKind::Outbox => Some(self.outbox.address(name)),
        }
    }

    pub(super) async fn send(&self, sink: SinkKind, parcel: &Parcel, now: Timestamp) -> Sent {
        match (sink, &self.webhook) {
            (SinkKind::Webhook, Some(webhook)) => webhook.send(parcel, now).await,
            (SinkKind::Webhook, None) => Sent::Failed {
                error: "no webhook is configured any more; set COUNTERSIGN_WEBHOOK_URL again"
                    .to_owned(),
                status: None,
                not_before: None,
            },
            (SinkKind::Outbox, _) => self.outbox.keep(parcel).await,
        }
    }
}
