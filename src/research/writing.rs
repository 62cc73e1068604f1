//! What a model writes from the passages that the search found, once it was checked.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::tz::TimeZone;
use tokio::sync::mpsc;

use super::finding::{Answer, Claim, Cut, Quote};
use super::progress::Steps;
use super::streaming::Stream;
use super::written::{self, Checked, Checker, Earlier, Part, Partial, Passage};
use super::{Finding, Run, sharing, store};
use crate::agents::{self, Asking, Model};
use crate::app::App;
use crate::config::Agent;
use crate::error::Result;
use crate::evidence::{Hit, Searched};
use crate::ids::PassageId;
use crate::privacy;

/// How much a model is given to read.
const PASSAGES: usize = 24;
const CHARACTERS: usize = 24_000;

/// Characters of an earlier answer that tell what a question refers to.
const EARLIER_ANSWER: usize = 600;

/// What is written on, and for whom.
pub struct Task<'a> {
    pub run: &'a Run,
    pub agent: &'a Agent,
    pub model: &'a Model,
    pub searched: &'a Searched,
    /// The extract, whose quotes are the first that the model reads.
    pub finding: &'a Finding,
    /// Questions asked before in the thread, the last one first.
    pub earlier: &'a [store::Earlier],
    /// Only the asker may read the answer.
    pub is_private: bool,
    /// Whether those who read where it was asked may read it while it is written.
    pub shows: bool,
}

/// An answer, or why there is none, as a sentence.
pub async fn write(
    app: &App,
    task: &Task<'_>,
    steps: &Steps,
) -> Result<Result<(String, Answer), String>> {
    let passages = passages(task.finding, task.searched);
    let sources: HashSet<&str> = passages.iter().map(|passage| passage.source.as_str()).collect();
    steps.say(format!(
        "reading {} passages from {}",
        passages.len(),
        if sources.len() == 1 {
            "one source".to_owned()
        } else {
            format!("{} sources", sources.len())
        }
    ));
    let question = privacy::mask(&task.run.question.text).text;
    let today = app.now().to_zoned(app.manifest.zone.clone()).date();
    let earlier = earlier(app, task).await?;
    let inputs = written::inputs(&question, &earlier, &passages, today);
    let schema = written::schema();
    let asking = Asking {
        agent: task.agent,
        subject: &task.run.subject(),
        prompt: app.prompts.get(written::PROMPT)?,
        inputs: &inputs,
        schema: &schema,
    };

    let checker = Checker::new(&question, &passages);
    let (deltas, received) = mpsc::unbounded_channel::<String>();
    let on_delta = move |delta: &str| {
        // Whoever shows it may have given up; the answer comes all the same.
        let _ = deltas.send(delta.to_owned());
    };
    let books = app.books();
    let (answered, ()) = tokio::join!(
        agents::ask(&books, task.model, &asking, on_delta),
        show(app, task, &checker, &passages, received, steps),
    );
    let answered = match answered? {
        Ok(answered) => answered,
        Err(failure) => {
            tracing::warn!(failure = failure.name(), "a model gave no answer");
            return Ok(Err(failure.instead("an extract")));
        }
    };
    steps.say("checking quotes");
    let checked = checker.answer(&answered.json);
    if checked.is_nothing() {
        return Ok(Err(nothing_held(&answered.model, &checked)));
    }
    let answer = Answer {
        claims: claims(&checked, &passages),
        cut: cut(&checked),
        summary: checked.summary,
        unanswered: checked.unanswered,
        prompt: answered.prompt,
        prompt_sha256: answered.prompt_hash,
        sent_sha256: answered.rendered_hash,
    };
    Ok(Ok((answered.model, answer)))
}

/// Shows each claim in the thread, once it is written and stood up to its checks.
async fn show(
    app: &App,
    task: &Task<'_>,
    checker: &Checker<'_>,
    passages: &[Passage],
    mut received: mpsc::UnboundedReceiver<String>,
    steps: &Steps,
) {
    let mut stream = Stream::new(app, task.run);
    let mut partial = Partial::default();
    while let Some(delta) = received.recv().await {
        steps.say("writing");
        if !task.shows {
            continue;
        }
        for claim in partial.feed(&delta) {
            if let Some(claim) = checker.claim(&claim).claim {
                stream.add(&shown(&claim, passages)).await;
            }
        }
    }
    stream.end().await;
}

/// What the extract quotes first, then what ranks best, as far as it goes.
fn passages(finding: &Finding, searched: &Searched) -> Vec<Passage> {
    let hits: HashMap<PassageId, &Hit> =
        searched.hits.iter().map(|hit| (hit.passage, hit)).collect();
    let quoted = finding.passages().filter_map(|passage| hits.get(&passage).copied());
    let (mut seen, mut characters) = (HashSet::new(), 0);
    let mut chosen = Vec::new();
    for hit in quoted.chain(&searched.hits) {
        if !seen.insert(hit.passage) {
            continue;
        }
        characters += hit.text.chars().count();
        if chosen.len() == PASSAGES || (characters > CHARACTERS && !chosen.is_empty()) {
            break;
        }
        chosen.push(hit);
    }
    (1..).zip(chosen).map(|(number, hit)| passage(number, hit)).collect()
}

fn passage(number: usize, hit: &Hit) -> Passage {
    Passage {
        number,
        id: hit.passage,
        text: hit.text.clone(),
        source: hit.source_name.clone(),
        document: hit.external_id.clone(),
        title: hit.title.clone(),
        written: hit.written_at.map(|at| at.to_zoned(TimeZone::UTC).date()),
    }
}

/// What was asked and answered before, the first one first. Of the answers only those that whoever
/// reads this one may read.
async fn earlier(app: &App, task: &Task<'_>) -> Result<Vec<Earlier>> {
    let mut turns = Vec::new();
    for one in task.earlier.iter().rev() {
        let answer = match one.finding {
            Some(id) => sharing::answered(app, id, &task.run.question, task.is_private).await?,
            None => None,
        };
        let answer = answer.map(|finding| finding.text()).unwrap_or_default();
        let answer: String = answer.chars().take(EARLIER_ANSWER).collect();
        let mask = |text: &str| privacy::mask(text).text;
        turns.push(Earlier { question: mask(&one.question), answer: mask(&answer) });
    }
    Ok(turns)
}

fn claims(checked: &Checked, passages: &[Passage]) -> Vec<Claim> {
    checked.claims.iter().map(|claim| shown(claim, passages)).collect()
}

fn shown(claim: &written::Claim, passages: &[Passage]) -> Claim {
    let quotes = claim.quotes.iter().filter_map(|quote| {
        let passage = passages.iter().find(|passage| passage.id == quote.passage)?;
        Some(Quote {
            text: quote.text.clone(),
            passage: passage.id,
            document: passage.document.clone(),
            source: passage.source.clone(),
            written: passage.written,
            also: 0,
        })
    });
    Claim { text: claim.text.clone(), quotes: quotes.collect() }
}

/// What was cut, by its reason. Quotes are not statements: those without which a claim falls are cut
/// with it.
fn cut(checked: &Checked) -> Vec<Cut> {
    let mut reasons: BTreeMap<&'static str, u64> = BTreeMap::new();
    for cut in checked.cut.iter().filter(|cut| cut.part != Part::Quote) {
        *reasons.entry(cut.why.sentence()).or_default() += 1;
    }
    let cut = |(why, statements): (&str, u64)| Cut { why: why.to_owned(), statements };
    reasons.into_iter().map(cut).collect()
}

fn nothing_held(model: &str, checked: &Checked) -> String {
    match checked.claims_cut() {
        0 => format!(
            "The model {model} found nothing in the documents that answers this. What follows is an extract of what comes nearest."
        ),
        1 => format!(
            "The model {model} made one claim, which the documents do not bear out, so it was cut. What follows is an extract instead."
        ),
        claims => format!(
            "The model {model} made {claims} claims, which the documents do not bear out, so they were cut. What follows is an extract instead."
        ),
    }
}
