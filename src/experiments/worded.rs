//! Hypothesis and variants of a plan, worded by the campaign agent's model and checked under the brand kit.

use serde::Deserialize;
use serde_json::{Value, json};

use super::planning::Prepared;
use super::{AGENT, TestPlan, form};
use crate::agents::{self, Answered, Asking, Model, object_of};
use crate::app::App;
use crate::brand::{self, Context, Severity};
use crate::config::{Agent, SubjectKind};
use crate::error::Result;
use crate::privacy;
use crate::reviews::{self, Author, Review, State};

const PROMPT: &str = "campaign.plan";

/// The longest text of a variant.
const TEXT_LIMIT: usize = 1_000;

const NO_MODEL: &str = "The campaign agent works without a language model, so the plan stays as people worded it. Whoever runs Countersign declares a model for it in the team manifest.";

/// What a model made of a plan, and how.
pub(super) struct Worded {
    pub plan: TestPlan,
    pub provenance: Value,
}

/// Whether the agent may still word a plan: while nobody has decided on it.
pub(super) fn may_be_worded(review: &Review) -> bool {
    review.state == State::Open && review.decisions.is_empty()
}

/// Has the agent word a plan, and puts that up as another revision; where it cannot, the card says why.
pub async fn word(app: &App, review: &Review) -> Result<()> {
    if !may_be_worded(review) {
        return Ok(());
    }
    let content = reviews::content(&app.db, app.workspace.id, review.revision).await?;
    let plan = TestPlan::from_bytes(&content.bytes)?;
    let agent = app.manifest.agent(AGENT);
    let model = agent.and_then(|agent| Some((agent, app.models.of(agent)?)));
    let Some((agent, model)) = model else {
        return reviews::remark(app, review.id, NO_MODEL).await;
    };
    let worded = match worded(app, review, agent, model, &plan).await? {
        Ok(worded) => worded,
        Err(sentence) => return reviews::remark(app, review.id, &sentence).await,
    };
    let prepared = Prepared::new(app, &worded.plan).await?.made(worded.provenance);
    let mut tx = app.db.begin().await?;
    let locked = reviews::to_revise(&mut tx, app.workspace.id, review.id).await?;
    // Somebody was faster: what they saw and did stays.
    if locked.revision != review.revision || !may_be_worded(&locked) {
        return Ok(());
    }
    reviews::revise(app, &mut tx, &locked, &prepared.written(Author::Agent(AGENT))).await?;
    tx.commit().await?;
    Ok(())
}

/// What the kit finds in the texts of a plan, a sentence each; errors only, or all of it.
pub(super) fn found(app: &App, plan: &TestPlan, severity: Option<Severity>) -> Vec<String> {
    let given = plan.in_full();
    let today = app.now().to_zoned(app.manifest.zone.clone()).date();
    let context = Context { given: &[&given], ..Context::on(today) };
    let mut sentences = Vec::new();
    for (name, text) in plan.texts() {
        let report = brand::check(&app.brand, text, &context);
        let findings = report.findings.iter();
        for one in findings.filter(|it| severity.is_none_or(|wanted| it.severity == wanted)) {
            let suggestion = one.suggestion.as_deref().unwrap_or_default();
            sentences.push(
                format!("{name}: “{}”: {} {suggestion}", one.quote, one.reason)
                    .replace("“”: ", "")
                    .trim_end()
                    .to_owned(),
            );
        }
    }
    sentences
}

/// The plan in the model's words, sent back once with what the kit found in them; or the sentence that
/// says why there are none.
async fn worded(
    app: &App,
    review: &Review,
    agent: &Agent,
    model: &Model,
    plan: &TestPlan,
) -> Result<Result<Worded, String>> {
    let mut first: Option<(Worded, usize)> = None;
    for repairs in 0..=1 {
        let before = first.as_ref().map(|(worded, _)| found(app, &worded.plan, None));
        let inputs = inputs(app, plan, &before.unwrap_or_default());
        let schema = schema();
        let asking = Asking {
            agent,
            subject: &reviews::subject(SubjectKind::TestPlan, review.subject_id),
            prompt: app.prompts.get(PROMPT)?,
            inputs: &inputs,
            schema: &schema,
        };
        let answered = match agents::ask(&app.books(), model, &asking, |_| {}).await? {
            Ok(answered) => answered,
            // The first words stay, with what was found in them.
            Err(failure) => match first {
                Some((worded, _)) => return Ok(Ok(worded)),
                None => return Ok(Err(format!("{failure} The plan stays as it was."))),
            },
        };
        let next = match read(plan, &answered) {
            Ok(plan) => Worded { provenance: provenance(&answered, repairs), plan },
            Err(sentence) if first.is_none() => return Ok(Err(sentence)),
            Err(_) => break,
        };
        let errors = found(app, &next.plan, Some(Severity::Error)).len();
        if first.as_ref().is_none_or(|(_, before)| errors < *before) {
            first = Some((next, errors));
        }
        if errors == 0 {
            break;
        }
    }
    Ok(first.map(|(worded, _)| worded).ok_or_else(|| "The model wrote nothing.".to_owned()))
}

#[derive(Deserialize)]
struct Words {
    hypothesis: String,
    texts: Vec<VariantText>,
}

#[derive(Deserialize)]
struct VariantText {
    variant: String,
    text: String,
}

fn schema() -> Value {
    let text = json!({"type": "string"});
    object_of(json!({
        "hypothesis": text,
        "texts": {"type": "array", "items": object_of(json!({"variant": text, "text": text}))},
        "open": text,
    }))
}

/// The plan with the words of an answer, or the sentence that says what is wrong with them.
fn read(plan: &TestPlan, answered: &Answered) -> Result<TestPlan, String> {
    let model = &answered.model;
    let words: Words = serde_json::from_value(answered.json.clone())
        .map_err(|_| format!("The model {model} did not answer in the form that it was asked for. The plan stays as it was."))?;
    let hypothesis = words.hypothesis.trim();
    if hypothesis.is_empty() || hypothesis.chars().count() > form::HYPOTHESIS_LIMIT {
        return Err(format!(
            "The model {model} wrote no hypothesis that fits. The plan stays as it was."
        ));
    }
    let mut next = plan.clone();
    hypothesis.clone_into(&mut next.hypothesis);
    // Texts that came from a draft were decided on as they are.
    if plan.texts().next().is_none() {
        for one in &words.texts {
            let text = one.text.trim();
            let is_planned = plan.arms.iter().any(|it| it.name == one.variant);
            if !is_planned || text.is_empty() || text.chars().count() > TEXT_LIMIT {
                return Err(format!(
                    "The model {model} wrote a text for none of the variants. The plan stays as it was."
                ));
            }
            next = next.with_texts([(one.variant.as_str(), text)].into_iter());
        }
        let written = next.texts().count();
        if written != 0 && written != plan.arms.len() {
            return Err(format!(
                "The model {model} wrote texts for some of the variants only. The plan stays as it was."
            ));
        }
    }
    if next == *plan {
        return Err(format!("The model {model} would word it as it is."));
    }
    Ok(next)
}

/// As cards name what made a text.
fn provenance(answered: &Answered, repairs: u8) -> Value {
    let again = match repairs {
        0 => "",
        _ => ", which was sent back what the brand kit found once",
    };
    json!({
        "agent": AGENT,
        "engine": format!("sized by statistics, worded with a model{again}"),
        "model": answered.model,
        "prompt": agents::prompt_in_record(&answered.prompt, &answered.prompt_hash),
        "sent_sha256": answered.rendered_hash,
    })
}

/// What the prompt knows. Personal data is masked in what people wrote.
fn inputs(app: &App, plan: &TestPlan, found: &[String]) -> Value {
    let mask = |text: &str| privacy::mask(text).text;
    let names: Vec<String> = plan.arms.iter().map(|it| mask(&it.name)).collect();
    let today = app.now().to_zoned(app.manifest.zone.clone()).date();
    json!({
        "kit": brand::told(&app.brand, today, None, None, None),
        "variants": names,
        "texts": plan.texts().next().is_none(),
        "plan": mask(&plan.in_full()),
        "found": found.iter().map(|it| mask(it)).collect::<Vec<_>>(),
        "today": today.to_string(),
    })
}
