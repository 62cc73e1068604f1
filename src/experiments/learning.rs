//! What a decided test taught, as a document that research can cite: its numbers, how it was decided, and
//! for whom that holds.

use bytes::Bytes;

use super::running::{self, Ended, EndedBy, Test};
use super::showing::around;
use super::{Choice, TestDecision};
use crate::app::App;
use crate::audit::Actor;
use crate::error::Result;
use crate::evidence::{self, DocumentFile, Format, Input, Mapping, SourceSpec, Visibility};
use crate::ids::ExperimentId;

/// The source that such documents belong to.
const SOURCE: &str = "tests";

/// Brings a decided test in as a document, once; a repeat changes nothing.
pub async fn learn(app: &App, test: ExperimentId) -> Result<()> {
    let Some(test) = running::find(app, test).await? else { return Ok(()) };
    let Some(Ended { at, by: EndedBy::Decision(_) }) = test.running.ended else { return Ok(()) };
    let Some((decision, _)) = around(app, &test).await?.decided else { return Ok(()) };
    let day = at.to_zoned(app.manifest.zone.clone()).date();
    let line = serde_json::json!({
        "id": format!("test-{}", test.running.id),
        "title": format!("Test: {}", test.plan.name),
        "date": day.to_string(),
        "text": text(&test, &decision),
    });
    let spec = source(app, &test).await?;
    let input = Input::Bytes { name: spec.name.clone(), bytes: Bytes::from(format!("{line}\n")) };
    let file = DocumentFile { format: Format::Jsonl, mapping: Mapping::default(), ..input.into() };
    let (db, clock, workspace) = (&app.db, &app.clock, app.workspace.id);
    evidence::ingest_documents(db, clock, workspace, &Actor::Bot, &spec, &file, |_| {}).await?;
    Ok(())
}

/// Whoever may read the test's channel may read what it taught: a private channel has a source of its own.
async fn source(app: &App, test: &Test) -> Result<SourceSpec> {
    let channel = app.slack.conversation(&test.review.channel).await?;
    let (name, visibility) = match channel.is_private || channel.is_im {
        true => {
            let id = test.review.channel.as_str().to_owned();
            (format!("{SOURCE}-{}", id.to_lowercase()), Visibility::Channels(vec![id]))
        }
        false => (SOURCE.to_owned(), Visibility::Everyone),
    };
    // What somebody has said of the source since stays.
    let known = evidence::sources(&app.db, app.workspace.id).await?;
    if known.iter().any(|it| it.name == name) {
        return Ok(SourceSpec::named(&name));
    }
    Ok(SourceSpec {
        name,
        kind: Some("tests".to_owned()),
        owner: owner(app),
        visibility: Some(visibility),
        ..SourceSpec::default()
    })
}

/// The group that answers for the campaign agent answers for what it reads out.
fn owner(app: &App) -> Option<String> {
    let agent = app.manifest.agents.iter().find(|it| it.name == super::AGENT)?;
    Some(agent.owner.clone())
}

fn text(test: &Test, decision: &TestDecision) -> String {
    let (plan, running) = (&test.plan, &test.running);
    let decided = match &decision.choice {
        Choice::Ship { arm } => format!("The team shipped {arm}"),
        Choice::Stop => format!("The team stopped and stayed with {}", plan.control()),
    };
    let against = match decision.against_rule {
        true => ", against the rule that was agreed on",
        false => ", as the rule that was agreed on said",
    };
    let until = test.reading.last_day.map(|it| format!(" to {it}")).unwrap_or_default();
    let mut lines = vec![
        format!("We tested {} on {}.", listed_arms(test), plan.metric.name),
        format!("Hypothesis: {}", plan.hypothesis),
        decision.rule_says.join("\n"),
        format!("{decided}{against}. Reason: {}", decision.reason),
        format!(
            "This holds for {}, from {}{until}, and for {}. It says nothing of other audiences, other times or other metrics.",
            lower_first(&plan.audience),
            running.starts_on,
            plan.metric.name
        ),
        format!("Plan of test {}, SHA-256 {}.", running.id, hex::encode(running.content_hash)),
    ];
    lines.retain(|line| !line.trim().is_empty());
    lines.join("\n\n")
}

fn listed_arms(test: &Test) -> String {
    let names: Vec<&str> = test.plan.arms.iter().map(|it| it.name.as_str()).collect();
    match names.split_first() {
        Some((control, rest)) => format!("{} against {control}", crate::words::listed(rest)),
        None => String::new(),
    }
}

fn lower_first(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(|it| it.to_lowercase().to_string()).unwrap_or_default();
    first + characters.as_str()
}
