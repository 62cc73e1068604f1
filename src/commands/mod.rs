//! Typing: slash commands and mentions become verbs.
//!
//! [`grammar`] is the table of what may be typed; here each of its commands is carried out.

mod audit;
mod check;
pub mod grammar;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::app::App;
use crate::drafts::{self, Brief, Request};
use crate::error::{Refusal, Result};
use crate::experiments::{self, Filled};
use crate::ids::{ChannelId, MessageTs, PersonId, ReviewId, RunId};
use crate::inbox::{Answer, check_workspace};
use crate::jobs::{self, Job};
use crate::leads;
use crate::proposals;
use crate::research::{self, Question};
use crate::reviews::{self, Delegation};
use crate::scorecards;
use crate::slack::inbound::{AppMention, Event, EventEnvelope, Message, SlashCommand};
use crate::slack::{self, Place, Post, date, mention};
use crate::summaries;

pub use audit::record;
pub use check::as_typed;
use grammar::{CardName, Command, Delegate, SummaryWish, Until};

/// Carries out a slash command.
pub async fn take(app: &App, command: SlashCommand) -> Result<Answer> {
    check_workspace(app, &command.tenant)?;
    let asked = match grammar::parse(&command.command, &command.text) {
        Ok(asked) => asked,
        Err(answer) => return Ok(Answer::private(answer)),
    };
    match asked {
        Command::Help(form) => Ok(help(form)),
        Command::Queue => {
            let queue = reviews::queue_of(app, &command.actor.id).await?;
            Ok(Answer::Private(Box::new(reviews::queue(&queue))))
        }
        Command::Agents(name) => {
            let (now, tokens) = (app.now(), &app.agent_tokens);
            let workspace = app.workspace.id;
            let roster = scorecards::roster(&app.db, workspace, &app.manifest, tokens, now).await?;
            let post = match name {
                Some(name) => scorecards::one(scorecards::named(&roster, &name)?),
                None => scorecards::list(&roster),
            };
            Ok(Answer::Private(Box::new(post)))
        }
        Command::Reviewers => {
            let post = scorecards::reviewers::for_person(app, &command.actor.id).await?;
            Ok(Answer::Private(Box::new(post)))
        }
        Command::Leads(named) => {
            let post = match named {
                Some(named) => leads::one(app, &command.actor.id, &check::as_typed(&named)).await?,
                None => leads::list(app, &command.actor.id).await?,
            };
            Ok(Answer::Private(Box::new(post)))
        }
        Command::Summary(wish) => summary(app, &command, wish).await,
        Command::Policy(card) => {
            let review = review_named(app, card, &command.channel).await?;
            let explained = reviews::explain(app, review, Some(&command.actor.id)).await?;
            Ok(Answer::private(explained))
        }
        Command::Propose => {
            let trigger = command.trigger_id.as_deref().ok_or(Refusal::UnknownAction)?;
            let place = Place { channel: command.channel, thread: command.thread };
            let form = proposals::propose_form(&app.manifest, &place, None)?;
            app.slack.open_view(trigger, &form).await?;
            Ok(Answer::Nothing)
        }
        Command::Test(short) => {
            let trigger = command.trigger_id.as_deref().ok_or(Refusal::UnknownAction)?;
            let place = Place { channel: command.channel, thread: command.thread };
            let form = experiments::plan_form(&Filled::of_short(&short), &place, None);
            app.slack.open_view(trigger, &form).await?;
            Ok(Answer::Nothing)
        }
        Command::Draft { brief } if brief.is_empty() => {
            let trigger = command.trigger_id.as_deref().ok_or(Refusal::UnknownAction)?;
            let place = Some(Place { channel: command.channel, thread: command.thread });
            let start = drafts::Start { place, ..drafts::Start::default() };
            app.slack.open_view(trigger, &drafts::new_form(&app.brand, &start)).await?;
            Ok(Answer::Nothing)
        }
        Command::Draft { brief } => draft(app, command, &brief).await,
        Command::Check { channel, text } => {
            let post = check::report(app, channel.as_deref(), &text);
            Ok(Answer::Private(Box::new(post)))
        }
        Command::Delegate(what) => delegate(app, &command, what).await,
        Command::Audit(card) => {
            Ok(Answer::Private(Box::new(record(app, &card, &command.actor.id).await?)))
        }
        Command::Research { question } => {
            let delivery = command.dedupe_key();
            let question = Question {
                text: question,
                person: command.actor.id,
                channel: command.channel,
                thread: command.thread,
                follows: None,
            };
            Ok(match research::request(app, delivery.as_deref(), &question).await? {
                Some(run) => Answer::Private(Box::new(research::on_it(run, &question))),
                None => Answer::Nothing,
            })
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
                let AppMention { text, channel, thread, ts, .. } = mention;
                let written = Written { text, person, channel, thread, ts };
                answer_mention(app, &delivery, written).await?;
            }
        }
        Event::Message(message) if message.is_written_by_a_person() => {
            let is_direct = message.is_direct();
            if let Some(person) = message.user
                && person != app.workspace.bot
            {
                let Message { text, channel, thread, ts, .. } = message;
                let written = Written { text, person, channel, thread, ts };
                overhear(app, &delivery, written, is_direct).await?;
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

/// The review of the card that somebody named; the newest of the channel when they named none.
async fn review_named(app: &App, card: Option<CardName>, channel: &ChannelId) -> Result<ReviewId> {
    let workspace = app.workspace.id;
    match card {
        Some(CardName::Review(review)) => Ok(review),
        Some(CardName::Message(channel, ts)) => {
            let subject = slack::subject_of(&app.db, workspace, &channel, &ts).await?;
            let review = match subject.as_deref().and_then(reviews::subject_named) {
                Some((kind, id)) => reviews::of_subject(&app.db, workspace, kind, id).await?,
                None => None,
            };
            Ok(review.ok_or(Refusal::NoCardThere)?)
        }
        None => {
            let newest = reviews::newest_in(&app.db, workspace, channel).await?;
            Ok(newest.ok_or(Refusal::NoCardThere)?)
        }
    }
}

/// Has what was typed in short written.
async fn draft(app: &App, command: SlashCommand, brief: &str) -> Result<Answer> {
    let brief = match Brief::from_short(&check::as_typed(brief), &app.brand) {
        Ok(brief) => brief,
        Err(sentence) => return Ok(Answer::private(sentence)),
    };
    let delivery = command.dedupe_key();
    let place = Place { channel: command.channel, thread: command.thread };
    let request = Request { brief, versions: 1, person: command.actor.id, place };
    Ok(match drafts::request(app, delivery.as_deref(), &request).await? {
        Some(campaign) => Answer::Private(Box::new(drafts::on_it(campaign, &request, &app.brand))),
        None => Answer::Nothing,
    })
}

/// Makes a summary, or says or changes whether one comes.
async fn summary(app: &App, command: &SlashCommand, wish: SummaryWish) -> Result<Answer> {
    let (channel, person) = (&command.channel, &command.actor.id);
    let delivery = command.dedupe_key();
    let delivery = delivery.as_deref();
    Ok(match wish {
        SummaryWish::Now(edition) => {
            match summaries::now(app, delivery, channel, person, edition).await? {
                Some(post) => Answer::Private(Box::new(post)),
                None => Answer::Nothing,
            }
        }
        SummaryWish::Schedule => Answer::private(summaries::schedule(app, channel).await?),
        SummaryWish::Off | SummaryWish::On => {
            let on = wish == SummaryWish::On;
            Answer::private(summaries::turn(app, delivery, channel, person, on).await?)
        }
    })
}

/// Hands a person's place over, takes it back, or says where it is.
async fn delegate(app: &App, command: &SlashCommand, what: Delegate) -> Result<Answer> {
    let person = &command.actor.id;
    let delivery = command.dedupe_key();
    let sentence = match what {
        Delegate::To(to, until) => {
            let (until, zone) = end_of(app, person, until).await?;
            let delegation = Delegation { from: person.clone(), to: to.clone(), until };
            reviews::delegate(app, delivery.as_deref(), &delegation).await?;
            format!(
                "{} decides for you until {}, except on what you asked for. Cards and the record say so. `/countersign delegate back` takes your place back.",
                mention(&to),
                date(until, &until.to_zoned(zone).strftime("%A, %-d %B %Y, %H:%M").to_string())
            )
        }
        Delegate::Back => match reviews::end_delegation(app, delivery.as_deref(), person).await? {
            Some(ended) => format!("Your place is yours again; {} had it.", mention(&ended.to)),
            None => "Nobody has your place.".to_owned(),
        },
        Delegate::Show => {
            let all = reviews::delegations(app).await?;
            let has = |one: &Delegation| {
                let until =
                    date(one.until, &one.until.strftime("%-d %b %Y, %H:%M UTC").to_string());
                if one.from == *person {
                    Some(format!("{} decides for you until {until}.", mention(&one.to)))
                } else if one.to == *person {
                    Some(format!("You decide for {} until {until}.", mention(&one.from)))
                } else {
                    None
                }
            };
            let lines: Vec<String> = all.iter().filter_map(has).collect();
            if lines.is_empty() {
                "Nobody has your place, and you have nobody's. To hand yours over: `/countersign delegate @dana until friday`".to_owned()
            } else {
                lines.join("\n")
            }
        }
    };
    Ok(Answer::private(sentence))
}

/// The end of a day where a person lives.
async fn end_of(app: &App, person: &PersonId, until: Until) -> Result<(Timestamp, TimeZone)> {
    let profile = app.slack.person(person).await.ok();
    let zone = profile
        .and_then(|profile| TimeZone::get(&profile.zone?).ok())
        .unwrap_or_else(|| app.manifest.zone.clone());
    let today = app.now().to_zoned(zone.clone()).date();
    let next = until.day(today).tomorrow()?;
    let end = next.to_zoned(zone.clone())?.timestamp();
    if end <= app.now() {
        return Err(Refusal::DayIsOver.into());
    }
    Ok((end, zone))
}

/// Says in a channel what can be asked for.
pub async fn show_help(app: &App, channel: ChannelId, thread: Option<String>) -> Result<()> {
    let place = Place { channel, thread: thread.clone().map(MessageTs) };
    let subject = format!("help:{}", thread.unwrap_or_default());
    let post = Post::sentence(grammar::overview());
    slack::show(&app.db, &app.slack, &app.clock, app.workspace.id, &subject, &place, &post).await?;
    Ok(())
}

fn help(form: Option<&'static grammar::Form>) -> Answer {
    Answer::private(form.map_or_else(grammar::overview, grammar::Form::help))
}

/// A question by mention, or help where there is none.
async fn answer_mention(app: &App, delivery: &str, message: Written) -> Result<()> {
    let text = message.text.replace(&format!("<@{}>", app.workspace.bot), " ");
    if let Ok(Command::Research { question }) = grammar::parse_mention(&text) {
        return ask(app, delivery, Written { text: question, ..message }).await;
    }
    let mut tx = app.db.begin().await?;
    if slack::first_delivery(&mut tx, app.workspace.id, Some(delivery), app.now()).await? {
        let thread = Some(message.thread.unwrap_or(message.ts).0);
        let job = Job::ShowHelp { channel: message.channel, thread };
        jobs::enqueue(&mut tx, app.workspace.id, job).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// What somebody wrote without a mention: a question where it is a direct message, or a question in a
/// thread that is about an answer of ours. Anything else is people talking to each other.
async fn overhear(app: &App, delivery: &str, message: Written, is_direct: bool) -> Result<()> {
    if message.text.contains(&format!("<@{}>", app.workspace.bot)) && !is_direct {
        // It arrives as a mention, too.
        return Ok(());
    }
    if is_direct {
        return answer_mention(app, delivery, message).await;
    }
    let Some(thread) = &message.thread else { return Ok(()) };
    if !grammar::is_question(&message.text)
        || research::run_in(app, &message.channel, thread).await?.is_none()
    {
        return Ok(());
    }
    ask(app, delivery, message).await
}

/// Sets the research agent to work on what somebody wrote, in its thread. Who asked is told at once.
async fn ask(app: &App, delivery: &str, message: Written) -> Result<()> {
    let follows = match &message.thread {
        Some(thread) => research::run_in(app, &message.channel, thread).await?,
        None => None,
    };
    let question = Question {
        text: message.text,
        person: message.person,
        channel: message.channel,
        thread: Some(message.thread.unwrap_or(message.ts)),
        follows,
    };
    if let Some(run) = research::request(app, Some(delivery), &question).await? {
        say_on_it(app, run, question);
    }
    Ok(())
}

/// Tells whoever asked, once their message was acknowledged; the answer comes all the same if that
/// fails.
fn say_on_it(app: &App, run: RunId, question: Question) {
    let app = app.clone();
    app.clone().background.spawn(async move {
        let Question { channel, thread, person, .. } = &question;
        let post = research::on_it(run, &question);
        if let Err(error) = app.slack.post_ephemeral(channel, thread.as_ref(), person, &post).await
        {
            tracing::warn!("a person could not be told that their question was taken: {error}");
        }
    });
}

/// A message of a person.
struct Written {
    text: String,
    person: PersonId,
    channel: ChannelId,
    thread: Option<MessageTs>,
    ts: MessageTs,
}
