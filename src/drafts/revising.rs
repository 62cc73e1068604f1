//! Changing a draft: by its agent as people asked, by choosing another version, or by hand.

use std::collections::BTreeMap;

use super::campaign::{self, Campaign};
use super::compose::{self, Aim, Effort, Piece, Variant, editing_effort};
use super::draft::{Draft, Prepared, Versions};
use super::{AGENT, store, writing};
use crate::app::App;
use crate::audit::{self, Actor, Event, Subject, Value};
use crate::brand::Sent;
use crate::config::SubjectKind;
use crate::error::{Refusal, Result};
use crate::ids::{DraftId, PersonId, ReviewId, RevisionId};
use crate::reviews::{self, Author, Edit, Review, State};
use crate::slack::inbound::Values;
use crate::slack::{self, long_text};

/// The input of the forms that word a draft anew.
pub const TEXT: &str = "text";

const TEXT_LIMIT: usize = 12_000;

/// A draft under review, with what its checks need.
pub(super) struct Desk {
    pub row: store::Row,
    pub campaign: Campaign,
    pub draft: Draft,
    sent: Vec<Sent>,
}

impl Desk {
    pub async fn open(app: &App, review: &Review, revision: RevisionId) -> Result<Self> {
        let id = DraftId(review.subject_id);
        let row = store::draft(&app.db, app.workspace.id, id).await?;
        let row = row.ok_or(Refusal::NoSuchReview)?;
        let campaign = campaign::find(app, row.campaign).await?;
        let content = reviews::content(&app.db, app.workspace.id, revision).await?;
        let draft = Draft::from_bytes(&content.bytes)?;
        let sent = writing::sent_lately(app).await?;
        Ok(Self { row, campaign, draft, sent })
    }

    /// What the draft is to be. A refusal says what the kit has no more.
    pub fn aim<'a>(&'a self, app: &'a App) -> Result<Aim<'a>> {
        let aim = super::aim(app, &self.campaign, &self.draft.piece);
        let aim = aim.map_err(Refusal::Missing)?;
        Ok(Aim { sent: &self.sent, ..aim })
    }

    pub fn prepared(&self, app: &App, piece: Piece) -> Result<Prepared> {
        let draft = self.draft.with(piece);
        Prepared::new(&self.aim(app)?, self.campaign.id, draft)
    }
}

/// Has the content agent change a draft as people asked. What cannot be done it says on the draft.
pub async fn rework(app: &App, review: &Review) -> Result<()> {
    let desk = Desk::open(app, review, review.revision).await?;
    let requests = reviews::requests(&app.db, app.workspace.id, review.id).await?;
    let comments: Vec<&str> = requests
        .iter()
        .filter(|request| request.number == review.number)
        .map(|request| request.comment.as_str())
        .collect();
    let aim = match desk.aim(app) {
        Ok(aim) => aim,
        Err(crate::error::Error::Refused(refusal)) => {
            return reviews::remark(app, review.id, &refusal.to_string()).await;
        }
        Err(fault) => return Err(fault),
    };
    let agent = campaign::agent(app)?;
    let subject = reviews::subject(SubjectKind::Draft, review.subject_id);
    let comment = comments.join("\n");
    let piece = compose::rework(app, &subject, agent, &aim, &desk.draft.piece, &comment).await?;
    let prepared = desk.prepared(app, piece)?;

    let mut tx = app.db.begin().await?;
    let Some(locked) = reviews::to_rework(&mut tx, app.workspace.id, review.id).await? else {
        return Ok(());
    };
    if locked.revision != review.revision {
        return Ok(());
    }
    reviews::revise(app, &mut tx, &locked, &prepared.written(Author::Agent(AGENT))).await?;
    tx.commit().await?;
    tracing::info!(draft.id = review.subject_id, "a draft was changed as people asked");
    Ok(())
}

/// Has the content agent write a draft anew, where a model was to write it and did not.
pub async fn write_anew(app: &App, review: &Review) -> Result<()> {
    let desk = Desk::open(app, review, review.revision).await?;
    if !can_write_anew(review, &desk.draft) {
        return Ok(());
    }
    let agent = campaign::agent(app)?;
    let subject = reviews::subject(SubjectKind::Draft, review.subject_id);
    let piece = compose::prepare(app, &subject, agent, &desk.aim(app)?).await?;
    let still = piece.fell_back.clone();
    if let Some(why) = still {
        return reviews::remark(app, review.id, &why).await;
    }
    let prepared = desk.prepared(app, piece.clone())?;
    let mut tx = app.db.begin().await?;
    let locked = reviews::to_revise(&mut tx, app.workspace.id, review.id).await?;
    if locked.revision != review.revision {
        return Ok(());
    }
    reviews::revise(app, &mut tx, &locked, &prepared.written(Author::Agent(AGENT))).await?;
    let mut versions = desk.row.versions.clone();
    versions.retain(|other| other.variant != piece.variant);
    versions.insert(0, piece);
    versions.sort_by_key(|one| one.variant);
    store::set_versions(&mut tx, app.workspace.id, desk.row.id, &versions).await?;
    tx.commit().await?;
    Ok(())
}

/// Whether a draft waits that a model was to write. Once people asked for something else, it is written
/// by what they ask.
pub(super) fn can_write_anew(review: &Review, draft: &Draft) -> bool {
    review.state == State::Open && review.number == 1 && draft.piece.fell_back.is_some()
}

/// Puts another of the versions up that were written to choose from: for whoever asked, and those who
/// decide.
pub async fn choose(
    app: &App,
    delivery: Option<&str>,
    (review, saw): (ReviewId, RevisionId),
    variant: Variant,
    person: &PersonId,
) -> Result<()> {
    reviews::check_concerned(app, review, person).await?;
    let found = reviews::find(&app.db, app.workspace.id, review).await?;
    let found = found.ok_or(Refusal::NoSuchReview)?;
    found.check_changeable()?;
    let desk = Desk::open(app, &found, saw).await?;
    let chosen = desk.row.versions.iter().find(|one| one.variant == variant);
    let chosen = chosen.ok_or(Refusal::UnknownAction)?.clone();
    let prepared = desk.prepared(app, chosen)?.chosen_by(person);

    let mut tx = app.db.begin().await?;
    if !slack::first_delivery(&mut tx, app.workspace.id, delivery, app.now()).await? {
        return Ok(());
    }
    let locked = reviews::to_revise(&mut tx, app.workspace.id, review).await?;
    if locked.revision != saw {
        return Err(Refusal::Outdated.into());
    }
    let details = BTreeMap::from([
        ("review", Value::id(review)),
        ("instead_of", Value::id(saw)),
        ("version", Value::name(variant.name())),
    ]);
    let event = Event {
        workspace: app.workspace.id,
        at: app.now(),
        actor: Actor::Person(person.clone()),
        act: "draft.chosen",
        subject: Subject::new(SubjectKind::Draft.name(), desk.row.id),
        details,
    };
    audit::append(&mut tx, event).await?;
    reviews::revise(app, &mut tx, &locked, &prepared.written(Author::Agent(AGENT))).await?;
    tx.commit().await?;
    Ok(())
}

/// What a draft can be tested with: its goal, and each of its versions by its name, the one that is up
/// first.
pub async fn versions(app: &App, review: &Review, draft: &Draft) -> Result<Versions> {
    let desk = Desk::open(app, review, review.revision).await?;
    let name = |variant: Variant| format!("Version {variant}");
    let others = desk.row.versions.iter().filter(|one| one.variant != draft.piece.variant);
    let others = others.map(|one| (name(one.variant), one.text()));
    let texts = std::iter::once((name(draft.piece.variant), draft.text.clone())).chain(others);
    Ok(Versions { goal: desk.campaign.brief.goal.clone(), texts: texts.collect() })
}

/// Puts up what somebody who decides made of the text they saw, kept word for word.
pub async fn edited(app: &App, edit: &Edit<'_>, values: &Values) -> Result<Review> {
    let found = reviews::find(&app.db, app.workspace.id, edit.review).await?;
    let found = found.ok_or(Refusal::NoSuchReview)?;
    let prepared = reworded(app, &found, edit.saw, values).await?;
    reviews::edit(app, edit, &prepared.written(Author::Person(edit.person))).await
}

/// Puts up what whoever asked made of the text they saw.
pub async fn rewrite(
    app: &App,
    delivery: Option<&str>,
    (review, saw): (ReviewId, RevisionId),
    person: &PersonId,
    values: &Values,
) -> Result<()> {
    let found = reviews::find(&app.db, app.workspace.id, review).await?;
    let found = found.ok_or(Refusal::NoSuchReview)?;
    let prepared = reworded(app, &found, saw, values).await?;
    let written = prepared.written(Author::Person(person));
    reviews::rewrite(app, delivery, review, saw, person, &written).await
}

async fn reworded(
    app: &App,
    review: &Review,
    saw: RevisionId,
    values: &Values,
) -> Result<Prepared> {
    let desk = Desk::open(app, review, saw).await?;
    let text = long_text(values, TEXT, &desk.draft.text).replace("\r\n", "\n");
    let text = text.trim();
    let refuse = |sentence: String| Err(Refusal::Inputs(vec![(TEXT, sentence)]).into());
    let length = text.chars().count();
    if !text.chars().any(char::is_alphanumeric) {
        return refuse("Write the text that people are to decide on.".to_owned());
    }
    if length > TEXT_LIMIT {
        return refuse(format!(
            "The text has {length} characters, and at most {TEXT_LIMIT} are taken. Shorten it."
        ));
    }
    if text == desk.draft.text {
        return refuse(Refusal::NothingChanged.to_string());
    }
    let piece = desk.draft.piece.reworded(&desk.aim(app)?, text);
    // What the agent could not do is the person's now.
    let piece = Piece { open: Vec::new(), fell_back: None, ..piece };
    desk.prepared(app, piece)
}

/// Records how much people changed of what the agent wrote, as far as it is approved.
pub async fn note_effort(app: &App, review: &Review) -> Result<()> {
    let (workspace, id) = (app.workspace.id, DraftId(review.subject_id));
    let is_approved = matches!(
        review.state,
        State::Approved { .. } | State::Released { .. } | State::Revoked { .. }
    );
    let effort: Option<Effort> = if is_approved {
        let words = store::words_of(&app.db, workspace, id, review.revision).await?;
        words.map(|(written, decided)| editing_effort(&written, &decided))
    } else {
        None
    };
    store::set_effort(&app.db, workspace, id, effort).await
}
