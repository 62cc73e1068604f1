//! What a run does: search what those who will read the answer may see, quote it, conclude.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::json;

use super::audience::{self, Audience};
use super::extract::{self, Asked, Extract};
use super::finding::Reading;
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
    ending: Ending,
    /// Names of all sources that were searched, also of those that the answer then could not rest on.
    read: BTreeSet<String>,
}

enum Ending {
    Found {
        finding: Box<Finding>,
        /// Only the asker may read it, who may share it; else it is put up where it was asked for.
        is_private: bool,
    },
    /// Nothing relevant; the sentence says what was searched.
    Nothing(String),
}

/// Lets the research agent answer a run's question.
pub async fn answer(app: &App, run: RunId) -> Result<()> {
    let Some(run) = store::start(&app.db, app.workspace.id, run, app.now()).await? else {
        return Ok(());
    };
    let agent = super::agent(app)?;
    // An attempt before this one may have died while it wrote.
    streaming::end_all(app, &run).await?;
    let work = |steps| work(app, &run, agent, steps);
    let Some(Outcome { ending, read }) = progress::shown_while(app, &run, work).await? else {
        return Ok(());
    };
    match ending {
        Ending::Found { finding, is_private } => {
            conclude(app, &run, &finding, &read, is_private).await
        }
        Ending::Nothing(remark) => {
            let state = State::Empty(remark);
            end_without_finding(app, &run, state, "run.found_nothing", &read).await
        }
    }
}

/// What was searched, and what it says.
struct Found {
    searched: Searched,
    extract: Extract,
}

async fn work(app: &App, run: &Run, agent: &Agent, steps: Steps) -> Result<Outcome> {
    steps.say("searching the documents");
    let question = &run.question;
    let sources = evidence::sources(&app.db, app.workspace.id).await?;
    let earlier = store::followed(&app.db, app.workspace.id, run.id, EARLIER).await?;
    let (asked, follows) = together(&question.text, &earlier);
    let audience = audience::of(app, &question.channel).await?;
    let search = async |rights: Rights| -> Result<Found> {
        let rights = audience::for_agent(agent, rights);
        let (searched, extract) =
            extract::answer(&app.db, app.workspace.id, &rights, &asked).await?;
        Ok(Found { searched, extract })
    };
    let mut read = BTreeSet::new();
    let mut personal = None;
    if sources.iter().any(|source| !audience.may_see(source)) || audience.is_one() {
        let rights = audience::rights_of(app, &question.person, &sources).await?;
        let sees_more = |source: &Source| rights.include(source) && !audience.may_see(source);
        if audience.is_one() || sources.iter().any(sees_more) {
            let found = search(rights).await?;
            read.extend(found.searched.sources.iter().cloned());
            let is_private = audience.is_one() || !found.may_be_seen_by(&audience, &sources);
            personal = is_private.then_some(found);
        }
    }
    let is_private = personal.is_some();
    let found = match personal {
        Some(found) => found,
        None => search(audience.rights()).await?,
    };
    read.extend(found.searched.sources.iter().cloned());
    let reading = found.reading(&sources, app.now());
    let Some(mut finding) = Finding::new(&question.text, &reading) else {
        let documents = found.searched.documents as u64;
        let remark = message::nothing_found(&audience, documents, &reading.read());
        return Ok(Outcome { ending: Ending::Nothing(remark), read });
    };
    finding.follows = follows;
    if let Some(model) = app.models.of(agent) {
        let task = Task {
            run,
            agent,
            model,
            searched: &found.searched,
            finding: &finding,
            earlier: &earlier,
            is_private,
            shows: !is_private || audience == Audience::One,
        };
        match writing::write(app, &task, &steps).await? {
            Ok((engine, answer)) => finding.answered(&engine, answer),
            Err(why) => finding.fell_back = Some(why),
        }
    }
    Ok(Outcome { ending: Ending::Found { finding: finding.into(), is_private }, read })
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

/// Records the finding, what was read for it, and what becomes of it: all or nothing.
async fn conclude(
    app: &App,
    run: &Run,
    finding: &Finding,
    read: &BTreeSet<String>,
    is_private: bool,
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
        ("sources", Value::list(read.iter().map(Value::name))),
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
    if is_private {
        sharing::keep(app, &mut tx, run, id, finding).await?;
    } else {
        let subject = reviews::subject(SubjectKind::Finding, id.0);
        slack::pass_on(&mut tx, app.workspace.id, &run.subject(), &subject).await?;
        open_review(app, &mut tx, run, id, &prepared).await?;
    }
    tx.commit().await?;

    tracing::info!(run.id = run.id.0, finding.id = id.0, "a finding was made");
    Ok(())
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
