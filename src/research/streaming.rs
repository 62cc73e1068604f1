//! An answer that appears in its thread as it is written: each claim once it stood up to its checks.
//!
//! The message is the run's own; when the answer is whole, the finding takes its place. Where Slack has
//! no such thing, or says no on the way, nothing is lost: the finding comes all the same.

use super::Run;
use super::finding::Claim;
use super::message;
use crate::app::App;
use crate::error::{Error, Result};
use crate::ids::MessageTs;
use crate::slack::{self, Place, Post, SlackError};

/// A message that grows.
pub struct Stream<'a> {
    app: &'a App,
    run: &'a Run,
    state: State,
}

enum State {
    Before,
    Growing(MessageTs),
    /// There is none, or no more of it.
    Over,
}

impl<'a> Stream<'a> {
    pub fn new(app: &'a App, run: &'a Run) -> Self {
        Self { app, run, state: State::Before }
    }

    /// Adds a claim; what cannot be shown now is shown at the end.
    pub async fn add(&mut self, claim: &Claim) {
        if let Err(error) = self.try_to_add(claim).await {
            tracing::warn!("an answer could not be shown while it was written: {error}");
            self.end().await;
        }
    }

    async fn try_to_add(&mut self, claim: &Claim) -> Result<()> {
        let channel = &self.run.question.channel;
        if matches!(self.state, State::Before) {
            self.state = match self.begin().await? {
                Some(ts) => State::Growing(ts),
                None => State::Over,
            };
        }
        if let State::Growing(ts) = &self.state {
            self.app.slack.append_stream(channel, ts, &message::claim_in_markdown(claim)).await?;
        }
        Ok(())
    }

    async fn begin(&self) -> Result<Option<MessageTs>> {
        let (app, workspace) = (self.app, self.app.workspace.id);
        let Some(thread) = &self.run.question.thread else { return Ok(None) };
        let subject = self.run.subject();
        if !slack::places(&app.db, workspace, &subject).await?.is_empty() {
            return Ok(None);
        }
        let question = &self.run.question;
        let recipient = (&question.person, &app.workspace.team);
        let Some(ts) = app.slack.start_stream(&question.channel, thread, recipient).await? else {
            return Ok(None);
        };
        let place = self.run.place();
        slack::note(&app.db, workspace, &subject, &place, &ts, app.now()).await?;
        Ok(Some(ts))
    }

    /// Ends the message, so that another can take its place.
    pub async fn end(&mut self) {
        if let State::Growing(ts) = std::mem::replace(&mut self.state, State::Over) {
            end_one(self.app, self.run, &self.run.place(), &ts).await;
        }
    }
}

/// Ends what a run left growing when it was stopped or died.
pub async fn end_all(app: &App, run: &Run) -> Result<()> {
    if run.question.thread.is_none() {
        return Ok(());
    }
    for shown in slack::places(&app.db, app.workspace.id, &run.subject()).await? {
        end_one(app, run, &shown.place, &shown.ts).await;
    }
    Ok(())
}

async fn end_one(app: &App, run: &Run, place: &Place, ts: &MessageTs) {
    let post = Post::sentence("That is all for now.").about(run.subject());
    let ended = app.slack.stop_stream(&place.channel, ts, &post).await;
    match ended.map_err(Error::from) {
        Ok(()) => {}
        // An ordinary message, or one that ended before.
        Err(Error::Fault(fault))
            if fault.downcast_ref::<SlackError>().is_some_and(|error| !error.is_temporary()) => {}
        Err(error) => tracing::warn!("a growing message could not be ended: {error}"),
    }
}
