//! What a run is doing, shown while it lasts: below its thread where Slack has a place for that, else in
//! a message that later becomes the finding.
//!
//! A run that ends within [`PATIENCE`] shows nothing on its way.

use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::{Run, message, store};
use crate::app::App;
use crate::error::Result;
use crate::reviews::{self, Sent};

/// How often it is looked whether there is something new to show, and whether somebody stopped the run.
const PATIENCE: Duration = Duration::from_secs(1);

/// Where the work says what it is doing.
#[derive(Clone, Debug)]
pub struct Steps(watch::Sender<String>);

impl Steps {
    /// `step` goes on from "The agent is …".
    pub fn say(&self, step: impl Into<String>) {
        self.0.send_replace(step.into());
    }
}

/// Does the work of a run, and shows what it is doing. None if somebody stopped it: then the work was
/// dropped where it stood.
pub async fn shown_while<T, F>(
    app: &App,
    run: &Run,
    work: impl FnOnce(Steps) -> F,
) -> Result<Option<T>>
where
    F: Future<Output = Result<T>>,
{
    let (sender, steps) = watch::channel(String::new());
    let done = CancellationToken::new();
    let mut work = std::pin::pin!(work(Steps(sender)));
    let mut watching = std::pin::pin!(watch_over(app, run, steps, &done));
    tokio::select! {
        outcome = &mut work => {
            // A message that is just going out is waited for: the finding takes its place.
            done.cancel();
            watching.await;
            outcome.map(Some)
        }
        () = &mut watching => Ok(None),
    }
}

/// Returns when somebody stopped the run, or when its work is done.
async fn watch_over(
    app: &App,
    run: &Run,
    steps: watch::Receiver<String>,
    done: &CancellationToken,
) {
    let mut shown = String::new();
    loop {
        tokio::select! {
            () = done.cancelled() => return,
            () = tokio::time::sleep(PATIENCE) => {}
        }
        let step = steps.borrow().clone();
        match store::go_on(&app.db, app.workspace.id, run.id, &step).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => tracing::warn!("it could not be read whether a run was stopped: {error}"),
        }
        if step == shown {
            continue;
        }
        match show(app, run, &step).await {
            Ok(()) => shown = step,
            // What the run does matters more than that it is seen.
            Err(error) => tracing::warn!("the progress of a run could not be shown: {error}"),
        }
    }
}

async fn show(app: &App, run: &Run, step: &str) -> Result<()> {
    if let Some(thread) = &run.question.thread {
        let status = format!("is {step}");
        if app.slack.set_status(&run.question.channel, thread, &status).await? {
            return Ok(());
        }
    }
    let sent = Sent {
        subject: &run.subject(),
        place: run.place(),
        title: &run.question.text,
        requested_by: &run.question.person,
        review: None,
    };
    reviews::post(app, &sent, &message::under_way(run, step).finish()).await?;
    Ok(())
}

/// Takes the line below the thread away, which Slack does by itself only when a message follows.
pub async fn clear_status(app: &App, run: &Run) {
    if let Some(thread) = &run.question.thread
        && let Err(error) = app.slack.set_status(&run.question.channel, thread, "").await
    {
        tracing::warn!("the status of a thread could not be cleared: {error}");
    }
}
