//! What concerns a person: what waits for them, what they asked for, what they decided.

use super::{Queue, standing, store};
use crate::app::App;
use crate::config::Terms;
use crate::error::Result;
use crate::ids::PersonId;

/// What waits for a person's decision, by their own place or one they hold, and what they did.
pub async fn queue_of(app: &App, person: &PersonId) -> Result<Queue> {
    let workspace = app.workspace.id;
    let undecided = store::undecided(&app.db, workspace, person).await?;
    let groups_of = |terms: &Terms| -> Vec<String> {
        terms.needs.iter().map(|need| need.group.clone()).collect()
    };
    let mut names: Vec<String> = undecided.iter().flat_map(|one| groups_of(&one.terms)).collect();
    names.sort();
    names.dedup();
    let places = store::places(&app.db, workspace, person, app.now()).await?;
    let standing = standing::in_groups(app, &names, person, &places).await?;
    let may = !standing.is_guest && !standing.is_bot;
    let waiting = undecided
        .into_iter()
        .filter(|_| may)
        .filter(|one| one.terms.editor_may_approve || one.edited_by.as_ref() != Some(person))
        .filter(|one| groups_of(&one.terms).iter().any(|group| standing.groups.contains(group)))
        .collect();
    Ok(Queue {
        waiting,
        asked: store::asked_by(&app.db, workspace, person).await?,
        decided: store::decided_by(&app.db, workspace, person).await?,
    })
}
