//! What Slack delivered, through whichever door, and the answer to it.
//!
//! HTTP and Socket Mode both end here: is it from our workspace, what is asked, and what does the
//! person read. An answer exists only after what it acknowledges was committed.

use std::time::Instant;

use serde_json::{Value, json};
use tracing::Instrument;

use crate::app::App;
use crate::error::{Error, Refusal, Result};
use crate::slack::inbound::{Delivery, IncomingEvent, SlashCommand, Tenant};
use crate::slack::{Post, escape, submission_errors};
use crate::{actions, commands};

/// What Slack is told in the acknowledgement.
#[derive(Clone, PartialEq, Debug)]
pub enum Answer {
    Nothing,
    /// Only the person who acted reads it.
    Private(Box<Post>),
    /// The form stays open, with a sentence at an input.
    Errors(Vec<(String, String)>),
}

impl Answer {
    pub fn private(sentence: impl AsRef<str>) -> Self {
        Self::Private(Box::new(Post::sentence(sentence)))
    }

    /// The body of the acknowledgement; none where an empty one says it.
    pub fn body(&self) -> Option<Value> {
        match self {
            Self::Nothing => None,
            Self::Private(post) => {
                let mut body = json!({"response_type": "ephemeral", "text": post.text()});
                if !post.blocks().is_empty() {
                    body["blocks"] = json!(post.blocks());
                }
                Some(body)
            }
            Self::Errors(errors) => Some(submission_errors(
                errors.iter().map(|(name, sentence)| (name.as_str(), sentence.as_str())),
            )),
        }
    }
}

/// Acts on a delivery. An error means that nothing was recorded, and that Slack may try again.
pub async fn receive(app: &App, delivery: Delivery) -> Result<Answer, anyhow::Error> {
    let key = delivery.dedupe_key();
    let span =
        tracing::info_span!("delivery", delivery.kind = kind_of(&delivery), delivery.key = key);
    act_on(app, delivery).instrument(span).await
}

async fn act_on(app: &App, delivery: Delivery) -> Result<Answer, anyhow::Error> {
    let started = Instant::now();
    let kind = kind_of(&delivery);
    let outcome = match delivery {
        Delivery::Command(command) => take_command(app, *command).await,
        Delivery::Interaction(interaction) => actions::take(app, *interaction).await,
        Delivery::Event(IncomingEvent::Callback(event)) => commands::take_event(app, *event).await,
        // Slack's word on the app itself, such as a limit on events: known once it is logged.
        Delivery::Event(event) => {
            tracing::warn!("Slack sent something other than an event: {event:?}");
            Ok(Answer::Nothing)
        }
    };
    let result = match &outcome {
        Ok(_) => "done",
        Err(Error::Refused(_)) => "refused",
        Err(Error::Fault(_)) => "failed",
    };
    let took = started.elapsed();
    app.metrics.answered(kind, result, took);
    let duration_ms = took.as_secs_f64() * 1000.0;
    match outcome {
        Ok(answer) => {
            tracing::info!(duration_ms, "a delivery was answered");
            Ok(answer)
        }
        Err(Error::Refused(refusal)) => {
            tracing::info!(duration_ms, "a delivery was refused: {refusal}");
            Ok(Answer::Nothing)
        }
        Err(Error::Fault(fault)) => {
            tracing::error!(duration_ms, "a delivery failed: {fault:#}");
            Err(fault)
        }
    }
}

const fn kind_of(delivery: &Delivery) -> &'static str {
    match delivery {
        Delivery::Command(_) => "command",
        Delivery::Interaction(_) => "interaction",
        Delivery::Event(_) => "event",
    }
}

/// A command has one place to answer: its acknowledgement. So whatever happens is said there.
async fn take_command(app: &App, command: SlashCommand) -> Result<Answer> {
    match commands::take(app, command).await {
        Ok(answer) => Ok(answer),
        Err(Error::Refused(refusal)) => Ok(Answer::private(escape(&refusal.to_string()))),
        Err(Error::Fault(fault)) => {
            tracing::error!("a command failed: {fault:#}");
            Ok(Answer::private(APOLOGY))
        }
    }
}

/// What people read when a fault of ours came between.
pub const APOLOGY: &str = "Something broke on our side, and nothing was recorded. Please try again in a minute; if it stays like this, tell whoever runs Countersign, who finds the cause in its log.";

/// Whether a delivery is for the workspace that this process serves.
pub fn check_workspace(app: &App, tenant: &Tenant) -> Result<()> {
    if app.workspace.is_at(tenant) {
        return Ok(());
    }
    tracing::warn!("a delivery for another workspace was refused");
    Err(Refusal::ForeignWorkspace.into())
}
