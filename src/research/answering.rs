//! What a run does: search what those who will read the answer may see, quote it, conclude.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::json;

use super::audience::{self, Audience};
use super::extract::{self, Asked, Extract};
use super::finding::{Read, Reading};
use super::prepared::Prepared;
use super::progress::{self, Steps};
use super::run::end_without_finding;
use super::store::Earlier;
use super::streaming;
use super::writing::{self, Task};
use super::{AGENT, Finding, Run, State, event, message, sharing, store};
use crate::app::App;
use crate::audit::{self, Actor, Value};
use crate::config::{Agent, SubjectKind};
use crate::error::Result;
use crate::evidence::{self, Rights, Searched, Source};
use crate::ids::{FindingId, RunId};
use crate::reviews::{self, Author, Opening};
use crate::slack;

/// How many earlier questions of a thread a question is read together with.
const EARLIER: usize = 5;

/// What a run came to.
struct Outcome {
    /// None where nothing relevant was found.
    finding: Option<Finding>,
    /// Only the asker may read it.
    is_private: bool,
    documents: usize,
    /// All that was searched, also what the answer then could not rest on.
    read: Vec<Read>,
}

/// Lets the research agent answer a run's question.
pub async fn answer(app: &App, run: RunId) -> Result<()> {
    let Some(run) = store::start(&app.db, app.workspace.id, run, app.now()).await? else {
        return Ok(());
    };
    let agent = app
        .manifest
        .agent(AGENT)
        .ok_or_else(|| anyhow::anyhow!("the manifest declares no agent named {AGENT:?}"))?;
    // An attempt before this one may have died while it wrote.
    streaming::end_all(app, &run).await?;
    let work = |steps| work(app, &run, agent, steps);
    let Some(outcome) = progress::shown_while(app, &run, work).await? else {
        return Ok(());
    };
    match outcome.finding {
        Some(finding) if outcome.is_private => {
            conclude(app, &run, &finding, &outcome.read, Ending::Private).await
        }
        Some(finding) => conclude(app, &run, &finding, &outcome.read, Ending::Review).await,
        None => {
            let remark = message::nothing_found(outcome.documents as u64, &outcome.read);
            let read: Vec<&str> = outcome.read.iter().map(|source| source.name.as_str()).collect();
            end_without_finding(app, &run, State::Empty(remark), "run.found_nothing", &read).await
        }
    }
}

/// What was searched, and what it says.
struct Found {
    searched: Searched,
    extract: Extract,
}

async fn work(app: &App, run: &Run, agent: &Agent, steps: Steps) -> Result<Outcome> {
    let question = &run.question;
    let sources = evidence::sources(&app.db, app.workspace.id).await?;
    let documents: i64 = sources.iter().map(|source| source.documents).sum();
    steps.say(format!("searching {documents} documents"));

    let earlier = store::followed(&app.db, app.workspace.id, run.id, EARLIER).await?;
    let (asked, follows) = together(&question.text, &earlier);
    let audience = audience::of(app, &question.channel).await?;
    let search = async |rights: Rights| -> Result<Found> {
        let rights = audience::for_agent(agent, rights);
        let (searched, extract) =
            extract::answer(&app.db, app.workspace.id, &rights, &asked).await?;
        Ok(Found { searched, extract })
    };
    let hidden = sources.iter().any(|source| !audience.may_see(source));
    let mut read = BTreeSet::new();
    let mut found = None;
    if hidden || audience.is_one() {
        let rights = audience::rights_of(app, &question.person, &sources).await?;
        let personal = search(rights).await?;
        read.extend(personal.searched.sources.iter().cloned());
        if audience.is_one() || !personal.may_be_seen_by(&audience, &sources) {
            found = Some((personal, true));
        }
    }
    let (found, is_private) = match found {
        Some(found) => found,
        None => (search(audience.rights()).await?, false),
    };
    read.extend(found.searched.sources.iter().cloned());
    let reading = found.reading(&sources, app.now());
    let mut finding = Finding::new(&question.text, &reading);
    if let Some(finding) = &mut finding {
        finding.follows = follows;
        if let Some(model) = app.models.of(agent) {
            let task =
                Task { run, agent, model, searched: &found.searched, finding, earlier: &earlier };
            match writing::write(app, &task, &steps).await? {
                Ok((engine, answer)) => finding.answered(&engine, answer),
                Err(why) => finding.fell_back = Some(why),
            }
        }
    }
    let read = reading_of(&sources, read, app.now());
    Ok(Outcome { finding, is_private, documents: found.searched.documents, read })
}

/// The question taken apart, and the one that it was read together with.
fn together(question: &str, earlier: &[Earlier]) -> (Asked, Option<String>) {
    let alone = Asked::of(question);
    let before = earlier.iter().rev().fold(None, |before: Option<Asked>, one| {
        let asked = Asked::of(&one.question);
        Some(match before {
            Some(before) => asked.after(&one.question, &before),
            None => asked,
        })
    });
    let (Some(before), Some(last)) = (before, earlier.first()) else { return (alone, None) };
    let asked = alone.clone().after(question, &before);
    let follows = (asked != alone).then(|| last.question.clone());
    (asked, follows)
}

impl Found {
    /// Whether all that is quoted may be read by these people.
    fn may_be_seen_by(&self, audience: &Audience, sources: &[Source]) -> bool {
        let themes = self.extract.themes.iter().flat_map(|theme| &theme.quotes);
        let mut quoted = themes.chain(&self.extract.others).map(|quote| &quote.source);
        quoted.all(|name| {
            sources.iter().any(|source| source.name == *name && audience.may_see(source))
        })
    }

    fn reading<'a>(&'a self, sources: &'a [Source], now: Timestamp) -> Reading<'a> {
        Reading { searched: &self.searched, extract: &self.extract, sources, now }
    }
}

fn reading_of(sources: &[Source], names: BTreeSet<String>, now: Timestamp) -> Vec<Read> {
    let searched = Searched { sources: names.into_iter().collect(), ..Searched::default() };
    Reading { searched: &searched, extract: &Extract::default(), sources, now }.read()
}

/// What becomes of a finding.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// It is put up for a decision where it was asked for.
    Review,
    /// The asker reads it, and may share it.
    Private,
}

/// Records the finding, what was read for it, and what becomes of it: all or nothing.
async fn conclude(
    app: &App,
    run: &Run,
    finding: &Finding,
    read: &[Read],
    ending: Ending,
) -> Result<()> {
    let now = app.now();
    let prepared = Prepared::new(app, finding, &json!(run.id)).await?;
    let mut tx = app.db.begin().await?;
    if !store::end(&mut tx, app.workspace.id, run.id, &State::Done, now).await? {
        return Ok(());
    }
    store::made_by(&mut tx, app.workspace.id, run.id, finding).await?;
    let id = store::insert_finding(&mut tx, app.workspace.id, run.id).await?;
    let agent = Actor::Agent(AGENT.to_owned());
    let read = BTreeMap::from([
        ("sources", Value::list(read.iter().map(|source| Value::name(&source.name)))),
        ("passages", Value::list(finding.passages().map(Value::id))),
    ]);
    audit::append(&mut tx, event(app, agent.clone(), "evidence.read", "run", run.id.0, read))
        .await?;
    let mut made =
        BTreeMap::from([("run", Value::id(run.id)), ("engine", Value::name(&finding.engine))]);
    if let Some(answer) = &finding.answer {
        made.insert("prompt", Value::name(&answer.prompt));
        made.insert("prompt_sha256", Value::name(&answer.prompt_sha256));
    }
    audit::append(&mut tx, event(app, agent, "finding.made", "finding", id.0, made)).await?;
    match ending {
        Ending::Review => {
            slack::pass_on(&mut tx, app.workspace.id, &run.subject(), &review_subject(id)).await?;
            open_review(app, &mut tx, run, id, &prepared).await?;
        }
        Ending::Private => sharing::keep(app, &mut tx, run, id, finding).await?,
    }
    tx.commit().await?;

    tracing::info!(run.id = run.id.0, finding.id = id.0, "a finding was made");
    Ok(())
}

pub(super) fn review_subject(finding: FindingId) -> String {
    format!("{}:{finding}", SubjectKind::Finding.name())
}

pub(super) async fn open_review(
    app: &App,
    tx: &mut sqlx::PgConnection,
    run: &Run,
    id: FindingId,
    prepared: &Prepared,
) -> Result<()> {
    let opening = Opening {
        subject: SubjectKind::Finding,
        subject_id: id.0,
        title: &run.question.text,
        agent: Some(AGENT),
        requested_by: &run.question.person,
        channel: &run.question.channel,
        thread: run.question.thread.as_ref(),
    };
    reviews::open(app, tx, &opening, &prepared.written(Author::Agent(AGENT))).await?;
    Ok(())
}
