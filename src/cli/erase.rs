//! `countersign audit erase`: what a person wrote goes, once it was shown what that is.

use std::io::Write;

use clap::Args;
use serde_json::json;
use sqlx::PgPool;

use crate::audit::Actor;
use crate::clock::Clock;
use crate::erasure::{self, Erased};
use crate::error::{Refusal, Result};
use crate::ids::{PersonId, WorkspaceId};
use crate::leads::ingest;

#[derive(Args, Debug)]
pub struct Erase {
    /// The person, by Slack's id (U… or W…, from the profile: ⋮, Copy member ID).
    #[arg(long, value_name = "ID", required_unless_present = "lead")]
    person: Option<String>,
    /// A lead instead, by its email or the number on its note.
    #[arg(long, value_name = "EMAIL", conflicts_with = "person")]
    lead: Option<String>,
    /// Why; it stays in the record.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Do it. Without this, it is only said what would go.
    #[arg(long)]
    yes: bool,
    /// The workspace, by its number in the database; needed only if there are several.
    #[arg(long, value_name = "ID")]
    pub workspace: Option<i64>,
    #[arg(long)]
    json: bool,
}

pub async fn run(
    db: &PgPool,
    workspace: WorkspaceId,
    erase: &Erase,
    out: &mut impl Write,
) -> Result<()> {
    if let Some(lead) = &erase.lead {
        return erase_lead(db, workspace, lead, erase, out).await;
    }
    let person = PersonId::from(erase.person.as_deref().unwrap_or_default().trim());
    if !person.as_str().starts_with(['U', 'W']) {
        let sentence = format!("{person} is no id of a person: Slack's begin with U or W.");
        return Err(Refusal::Unreadable(sentence).into());
    }
    if erase.reason.trim().is_empty() {
        let sentence = "Say why with --reason: it stays in the record.".to_owned();
        return Err(Refusal::Unreadable(sentence).into());
    }

    let found = match erase.yes {
        true => {
            let by = Actor::CommandLine(super::account());
            let now = Clock::default().now();
            erasure::erase(db, workspace, &person, erase.reason.trim(), by, now).await?
        }
        false => erasure::preview(db, workspace, &person).await?,
    };
    if erase.json {
        writeln!(out, "{}", json!({"person": person, "done": erase.yes, "erased": found}))?;
    } else {
        write!(out, "{}", sentences(&person, &found, erase.yes))?;
    }
    Ok(())
}

/// What is known of a lead, what it did and what sales wrote of it. The trail names it by its number.
async fn erase_lead(
    db: &PgPool,
    workspace: WorkspaceId,
    lead: &str,
    erase: &Erase,
    out: &mut impl Write,
) -> Result<()> {
    if !erase.yes {
        writeln!(
            out,
            "This would erase by what the lead is reached, what is known of it, what it did, its scores and what sales wrote of it. Nothing was erased. Add --yes to do it; it cannot be undone."
        )?;
        return Ok(());
    }
    let (by, now) = (Actor::CommandLine(super::account()), Clock::default().now());
    let Some(erased) = ingest::erase(db, workspace, lead, &by, now).await? else {
        let sentence = "No lead has that email or number, or it was erased already.".to_owned();
        return Err(Refusal::Unreadable(sentence).into());
    };
    if erase.json {
        writeln!(out, "{}", json!({"lead": erased, "done": true}))?;
    } else {
        writeln!(
            out,
            "Erased lead {erased}. Its notes are drawn anew, and the trail verifies as before. It does not come back from the systems that told of it."
        )?;
    }
    Ok(())
}

fn sentences(person: &PersonId, found: &Erased, is_done: bool) -> String {
    let Erased { texts, comments, questions, titles, kept_contents } = found;
    if found.is_nothing() && !is_done {
        return format!("There is nothing left that {person} wrote.\n");
    }
    let what = format!(
        "{texts} texts beside the audit trail with their salts, {comments} comments of decisions and disputes, {questions} questions and {titles} titles of reviews"
    );
    let mut told = match is_done {
        true => format!(
            "Erased what {person} wrote: {what}. The cards are drawn anew, and the trail verifies as before.\n"
        ),
        false => format!("This would erase what {person} wrote: {what}.\n"),
    };
    if *kept_contents > 0 {
        told += &format!(
            "{kept_contents} contents that people decided on stay, with the questions in them that {person} asked.\n"
        );
    }
    told += "Messages in Slack itself, documents that were brought in, and Slack's ids stay.\n";
    if !is_done {
        told += "Nothing was erased. Add --yes to do it; it cannot be undone.\n";
    }
    told
}
