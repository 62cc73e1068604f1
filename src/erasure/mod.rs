//! Erasure: what a person wrote goes, and the trail still verifies.
//!
//! The audit trail never held it: it has salted commitments, and the texts stand beside it with their
//! salts. [`erase`] deletes both, and the same words wherever the product keeps them to work with: the
//! comments of decisions, the reasons of disputes, the questions of runs, briefs, the titles made of those, and
//! the answers that only the person reads. In each place it stays
//! known that something stood there, because the rules of the database (a rejection says why) go on to
//! hold: a column beside it says when it was erased.
//!
//! What people decided on is not erased: a revision's content is what signatures and content hashes
//! are about, and for a finding that includes the question that it answers. Neither are Slack's ids,
//! the documents that were brought in, nor what Slack itself keeps (the cards are drawn anew there).
//!
//! **Invariant:** it happens completely or not at all, with an entry in the trail.
//!
//! **Invariant:** a question that is erased is not researched any more.

mod store;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use sqlx::PgPool;

use crate::audit::{self, Actor, Event, Subject, Value};
use crate::error::Result;
use crate::ids::{PersonId, WorkspaceId};
use crate::jobs::{self, Job};

/// How much there is of what a person wrote, by where it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Erased {
    /// Beside the trail: questions, comments and reasons that entries commit to.
    pub texts: u64,
    /// Comments of decisions, and reasons of disputes.
    pub comments: u64,
    /// Questions of runs, and briefs of campaigns.
    pub questions: u64,
    /// Titles of reviews that were made of a question.
    pub titles: u64,
    /// Contents that people decided on and that answer a question of the person. They stay.
    pub kept_contents: u64,
}

impl Erased {
    pub fn is_nothing(&self) -> bool {
        self.texts + self.comments + self.questions + self.titles == 0
    }
}

/// What [`erase`] would do.
pub async fn preview(db: &PgPool, workspace: WorkspaceId, person: &PersonId) -> Result<Erased> {
    store::count(db, workspace, person).await
}

/// Erases what a person wrote, in one transaction, and has the cards that showed it drawn anew.
pub async fn erase(
    db: &PgPool,
    workspace: WorkspaceId,
    person: &PersonId,
    reason: &str,
    by: Actor,
    now: Timestamp,
) -> Result<Erased> {
    let mut tx = db.begin().await?;
    let concerned = store::concerned(&mut tx, workspace, person).await?;
    let erased = Erased {
        texts: audit::erase_texts(&mut tx, workspace, person).await?,
        comments: store::erase_comments(&mut tx, workspace, person, now).await?,
        questions: store::erase_questions(&mut tx, workspace, person, now).await?
            + store::erase_briefs(&mut tx, workspace, person, now).await?,
        titles: store::erase_titles(&mut tx, workspace, person, now).await?,
        kept_contents: store::kept_contents(&mut tx, workspace, person).await?,
    };

    store::erase_answers(&mut tx, workspace, &concerned.answers).await?;

    // Why somebody's data was erased may say something about them, and goes with the next erasure.
    let reason = audit::keep_text(&mut tx, workspace, Some(person), reason).await?;
    let number = |number: u64| i64::try_from(number).map(Value::from);
    let details = BTreeMap::from([
        ("reason", reason.into()),
        ("texts", number(erased.texts)?),
        ("comments", number(erased.comments)?),
        ("questions", number(erased.questions)?),
        ("titles", number(erased.titles)?),
    ]);
    let subject = Subject::new("person", person);
    let event = Event { workspace, at: now, actor: by, act: "person.erased", subject, details };
    audit::append(&mut tx, event).await?;

    for review in concerned.reviews {
        jobs::enqueue(&mut tx, workspace, Job::ShowReview { review }).await?;
    }
    for run in concerned.runs {
        jobs::enqueue(&mut tx, workspace, Job::ShowRun { run }).await?;
    }
    for alert in concerned.alerts {
        jobs::enqueue(&mut tx, workspace, Job::ShowAlert { alert }).await?;
    }
    for hand_off in concerned.hand_offs {
        jobs::enqueue(&mut tx, workspace, Job::ShowHandOff { hand_off }).await?;
    }
    for campaign in concerned.campaigns {
        jobs::enqueue(&mut tx, workspace, Job::ShowCampaign { campaign }).await?;
    }
    for finding in concerned.answers {
        jobs::enqueue(&mut tx, workspace, Job::ShowAnswer { finding }).await?;
    }
    tx.commit().await?;
    tracing::info!(erased.texts, erased.comments, erased.questions, "a person's texts were erased");
    Ok(erased)
}
