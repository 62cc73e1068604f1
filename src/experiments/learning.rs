//! What a decided test taught, as a document that research can cite: its numbers, how it was decided, and
//! for whom that holds.

use super::running::{self, Ended, EndedBy, Test};
use super::showing::around;
use super::{Choice, TestDecision};
use crate::app::App;
use crate::error::Result;
use crate::evidence::{self, Note};
use crate::ids::ExperimentId;

/// The source that such documents belong to.
const SOURCE: &str = "tests";

/// Brings a decided test in as a document, once; a repeat changes nothing.
pub async fn learn(app: &App, test: ExperimentId) -> Result<()> {
    let Some(test) = running::find(&app.db, app.workspace.id, test).await? else { return Ok(()) };
    let Some(Ended { at, by: EndedBy::Decision(_) }) = test.running.ended else { return Ok(()) };
    let Some((decision, _)) = around(app, &test).await?.decided else { return Ok(()) };
    let day = at.to_zoned(app.manifest.zone.clone()).date();
    let channel = app.slack.conversation(&test.review.channel).await?;
    let note = Note {
        source: SOURCE,
        owner: owner(app),
        private_to: (channel.is_private || channel.is_im).then_some(&test.review.channel),
        id: format!("test-{}", test.running.id),
        title: format!("Test: {}", test.plan.name),
        day,
        text: text(&test, &decision),
    };
    evidence::keep_note(&app.db, &app.clock, app.workspace.id, note).await
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
