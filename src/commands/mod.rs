//! Typing: slash commands and mentions become verbs.
//!
//! [`grammar`] is the table of what may be typed; here each of its commands is carried out.

pub mod grammar;

use std::time::Duration;

use jiff::tz::TimeZone;

use crate::app::App;
use crate::error::Result;
use crate::history;
use crate::ids::{ChannelId, MessageTs, PersonId};
use crate::inbox::{Answer, check_workspace};
use crate::jobs::{self, Job};
use crate::research::{self, Question};
use crate::slack::inbound::{Event, EventEnvelope, SlashCommand};
use crate::slack::{self, Place, Post, escape};

use grammar::Command;

/// Slack waits three seconds for an answer.
const A_MOMENT: Duration = Duration::from_secs(1);

/// Carries out a slash command.
pub async fn take(app: &App, command: SlashCommand) -> Result<Answer> {
    check_workspace(app, &command.tenant)?;
    let asked = match grammar::parse(&command.command, &command.text) {
        Ok(asked) => asked,
        Err(answer) => return Ok(Answer::private(answer)),
    };
    match asked {
        Command::Help(form) => Ok(help(form)),
        Command::Audit { card } => {
            let history = history::find(&app.db, app.workspace.id, &card).await?;
            let zone = zone_of(app, &command.actor.id).await;
            Ok(Answer::Private(Box::new(history::post(&history, &zone))))
        }
        Command::Research { question } => {
            let delivery = command.dedupe_key();
            let question = Question {
                text: question,
                person: command.actor.id,
                channel: command.channel,
                thread: command.thread,
            };
            research::request(app, delivery.as_deref(), &question).await?;
            Ok(Answer::private(format!(
                "On it: “{}”. The finding will be posted in this channel.",
                escape(&question.text)
            )))
        }
    }
}

/// Carries out what an event asks for; most ask for nothing.
pub async fn take_event(app: &App, envelope: EventEnvelope) -> Result<Answer> {
    check_workspace(app, &envelope.tenant)?;
    let delivery = envelope.dedupe_key();
    match envelope.event {
        Event::AppMention(mention) => {
            if let Some(person) = mention.user
                && mention.bot_id.is_none()
                && person != app.workspace.bot
            {
                let thread = Some(mention.thread.unwrap_or(mention.ts));
                let channel = mention.channel;
                answer_mention(app, &delivery, &mention.text, person, channel, thread).await?;
            }
        }
        Event::HomeOpened(opened) => {
            let mut tx = app.db.begin().await?;
            jobs::enqueue(&mut tx, app.workspace.id, Job::ShowHome { person: opened.user }).await?;
            tx.commit().await?;
        }
        _ => {}
    }
    Ok(Answer::Nothing)
}

/// Says in a channel what can be asked for.
pub async fn show_help(app: &App, channel: ChannelId, thread: Option<String>) -> Result<()> {
    let place = Place { channel, thread: thread.clone().map(MessageTs) };
    let subject = format!("help:{}", thread.unwrap_or_default());
    let post = Post::sentence(grammar::overview());
    slack::show(&app.db, &app.slack, &app.clock, app.workspace.id, &subject, &place, &post).await?;
    Ok(())
}

/// A person's zone, as far as Slack says it at once; else the team's.
async fn zone_of(app: &App, person: &PersonId) -> TimeZone {
    let asked = tokio::time::timeout(A_MOMENT, app.slack.person(person)).await;
    let zone = asked.ok().and_then(Result::ok).and_then(|profile| profile.zone);
    let zone = zone.and_then(|zone| TimeZone::get(&zone).ok());
    zone.unwrap_or_else(|| app.manifest.zone.clone())
}

fn help(form: Option<&'static grammar::Form>) -> Answer {
    Answer::private(form.map_or_else(grammar::overview, grammar::Form::help))
}

async fn answer_mention(
    app: &App,
    delivery: &str,
    text: &str,
    person: PersonId,
    channel: ChannelId,
    thread: Option<MessageTs>,
) -> Result<()> {
    let text = text.replace(&format!("<@{}>", app.workspace.bot), " ");
    if let Ok(Command::Research { question }) = grammar::parse_mention(&text) {
        let question = Question { text: question, person, channel, thread };
        return research::request(app, Some(delivery), &question).await;
    }
    let mut tx = app.db.begin().await?;
    if slack::first_delivery(&mut tx, app.workspace.id, Some(delivery), app.now()).await? {
        let thread = thread.map(|ts| ts.0);
        jobs::enqueue(&mut tx, app.workspace.id, Job::ShowHelp { channel, thread }).await?;
    }
    tx.commit().await?;
    Ok(())
}
