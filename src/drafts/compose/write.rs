//! A piece by a model: written, checked, sent back with what was found, and shown as it then is.

use serde_json::Value;

use super::ask::{self, Answer};
use super::{Aim, Checked, Made, Piece, assemble, check};
use crate::agents::{self, Answered, Asking, Failure, Model};
use crate::app::App;
use crate::config::Agent;
use crate::error::Result;

/// What comes where a model gave nothing.
const INSTEAD: &str = "assembled from approved words";

/// How often a text goes back to its model.
const REPAIRS: u8 = 2;

/// A piece by the agent's model; assembled where it has none, or where the model gives nothing, with
/// a sentence that says so. `subject` is what the calls are for, such as `run:12`.
pub async fn prepare(app: &App, subject: &str, agent: &Agent, aim: &Aim<'_>) -> Result<Piece> {
    let Some(model) = app.models.of(agent) else { return Ok(assemble(aim)) };
    Ok(match write(app, subject, agent, model, aim).await? {
        Ok(piece) => piece,
        Err(why) => Piece { fell_back: Some(why), ..assemble(aim) },
    })
}

/// A piece by a model, or the sentence that says why there is none. What [`check`] still finds in it
/// was found after the last repair.
pub async fn write(
    app: &App,
    subject: &str,
    agent: &Agent,
    model: &Model,
    aim: &Aim<'_>,
) -> Result<Result<Piece, String>> {
    let desk = Desk { app, subject, agent, model, aim };
    let answered = match desk.ask(ask::DRAFT, &ask::inputs(aim)).await? {
        Ok(answered) => answered,
        Err(failure) => return Ok(Err(failure.instead(INSTEAD))),
    };
    let Some(piece) = desk.piece(&answered, 0) else {
        return Ok(Err(format!(
            "The model {} wrote nothing. What follows is {INSTEAD} instead.",
            answered.model
        )));
    };
    desk.repaired(piece, "").await.map(Ok)
}

/// Another text for a piece, as a reviewer asked for it; or the sentence that says why not.
pub(super) async fn rewrite(
    desk: &Desk<'_>,
    piece: &Piece,
    comment: &str,
) -> Result<Result<Piece, String>> {
    let text = piece.text();
    let findings = check(desk.aim, &text).sentences();
    let inputs = ask::again(desk.aim, &text, &findings, comment);
    let answered = match desk.ask(ask::REPAIR, &inputs).await? {
        Ok(answered) => answered,
        Err(failure) => return Ok(Err(failure.to_string())),
    };
    match desk.piece(&answered, 0) {
        Some(piece) => desk.repaired(piece, comment).await.map(Ok),
        None => Ok(Err(format!("The model {} wrote nothing.", answered.model))),
    }
}

/// Where a model works on one piece.
#[derive(Clone, Copy)]
pub(super) struct Desk<'a> {
    pub app: &'a App,
    pub subject: &'a str,
    pub agent: &'a Agent,
    pub model: &'a Model,
    pub aim: &'a Aim<'a>,
}

impl Desk<'_> {
    async fn ask(&self, prompt: &str, inputs: &Value) -> Result<Result<Answered, Failure>> {
        let app = self.app;
        let schema = ask::schema();
        let asking = Asking {
            agent: self.agent,
            subject: self.subject,
            prompt: app.prompts.get(prompt)?,
            inputs,
            schema: &schema,
        };
        let answer = agents::ask(&app.books(), self.model, &asking, |_| {}).await?;
        if let Err(failure) = &answer {
            tracing::warn!(failure = failure.name(), "a model wrote no draft");
        }
        Ok(answer)
    }

    /// The text, sent back until nothing is found in it, though not more often than twice, and for
    /// matters of taste once. Of two texts the one in which less is wrong stays.
    async fn repaired(&self, mut piece: Piece, comment: &str) -> Result<Piece> {
        let mut checked = check(self.aim, &piece.text());
        let began_with = piece.made.as_ref().map(|made| made.prompt.clone());
        for repair in 1..=REPAIRS {
            if checked.is_clean() || checked.passes() && repair > 1 {
                break;
            }
            let inputs = ask::again(self.aim, &piece.text(), &checked.sentences(), comment);
            let answered = match self.ask(ask::REPAIR, &inputs).await? {
                Ok(answered) => answered,
                Err(failure) => {
                    piece.open.push(format!("{failure} So what was found in it was not repaired."));
                    break;
                }
            };
            let Some(mut next) = self.piece(&answered, repair) else { break };
            if let Some(made) = next.made.as_mut() {
                made.began_with.clone_from(&began_with);
            }
            let found = check(self.aim, &next.text());
            let weight = |checked: &Checked| (checked.errors(), checked.report.findings.len());
            if weight(&found) <= weight(&checked) {
                (piece, checked) = (next, found);
            }
        }
        Ok(piece)
    }

    fn piece(&self, answered: &Answered, repairs: u8) -> Option<Piece> {
        let answer = Answer::read(self.aim, &answered.json)?;
        Some(Piece {
            channel: self.aim.channel.name.clone(),
            audience: self.aim.audience.name.clone(),
            variant: self.aim.variant,
            parts: super::piece::parts_of(self.aim.channel, &answer.text),
            rests_on: answer.rests_on,
            open: answer.open.into_iter().collect(),
            engine: answered.model.clone(),
            made: Some(Made {
                prompt: answered.prompt.clone(),
                began_with: None,
                prompt_sha256: answered.prompt_hash.clone(),
                sent_sha256: answered.rendered_hash.clone(),
                repairs,
            }),
            fell_back: None,
            kit: self.aim.kit.version.clone(),
        })
    }
}
