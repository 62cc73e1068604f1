//! A campaign: a brief, and how far its drafts are.

use std::collections::BTreeMap;

use super::{AGENT, Brief, store};
use crate::agents::Day;
use crate::app::App;
use crate::audit::{self, Actor, Event, Subject, Value};
use crate::config::{Agent, Facts, SubjectKind};
use crate::error::{Refusal, Result};
use crate::ids::{CampaignId, PersonId};
use crate::jobs::{self, Job};
use crate::slack::{self, Place};
use crate::words::grouped;

/// How many drafts a channel is asked for in a day, where the manifest says nothing else.
const DRAFTS_A_DAY: u32 = 60;

/// What somebody asks for, and where it belongs.
#[derive(Clone, Debug)]
pub struct Request {
    pub brief: Brief,
    /// How many versions of each draft, to choose from.
    pub versions: u8,
    pub person: PersonId,
    pub place: Place,
}

#[derive(Clone, Debug)]
pub struct Campaign {
    pub id: CampaignId,
    pub brief: Brief,
    pub is_erased: bool,
    pub versions: u8,
    pub requested_by: PersonId,
    /// Where it was asked for.
    pub place: Place,
    pub state: State,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum State {
    Queued,
    Writing,
    Done,
    /// The sentence says what happened and what to do.
    Failed(String),
    Stopped(PersonId),
}

impl Request {
    /// How many drafts it asks for: one for each channel and audience.
    pub fn drafts(&self) -> usize {
        self.brief.wanted().count()
    }
}

impl Campaign {
    /// What its message in Slack is kept under.
    pub fn subject(&self) -> String {
        format!("campaign:{}", self.id)
    }

    /// What the message is kept under that a draft is being written, until the draft takes its place.
    pub(super) fn announced(&self, channel: &str, audience: &str) -> String {
        if self.is_single() {
            return self.subject();
        }
        format!("{}/{channel}/{audience}", self.subject())
    }

    /// Whether it is a single draft, whose card says all there is to say.
    pub fn is_single(&self) -> bool {
        self.brief.wanted().count() == 1
    }

    pub const fn is_under_way(&self) -> bool {
        matches!(self.state, State::Queued | State::Writing)
    }
}

/// Records a brief and sets the content agent to work. None if the delivery is a repeat.
///
/// # Errors
///
/// Refuses a brief that cannot be written to, each problem under its field, and one that is more than
/// the channel takes in a day.
pub async fn request(
    app: &App,
    delivery: Option<&str>,
    request: &Request,
) -> Result<Option<CampaignId>> {
    let now = app.now();
    agent(app)?;
    if app.manifest.terms(SubjectKind::Draft, Some(AGENT), &Facts::default()).is_none() {
        return Err(Refusal::NoPolicy { kind: SubjectKind::Draft }.into());
    }
    let problems = request.brief.problems(&app.brand, super::today(app));
    if !problems.is_empty() {
        return Err(Refusal::Inputs(problems).into());
    }

    let mut tx = app.db.begin().await?;
    if !slack::first_delivery(&mut tx, app.workspace.id, delivery, now).await? {
        return Ok(None);
    }
    check_room(app, &mut tx, &request.place, request.drafts()).await?;
    let id = store::insert_campaign(&mut tx, app.workspace.id, request, now).await?;
    let brief = serde_json::to_string(&request.brief)?;
    let brief = audit::keep_text(&mut tx, app.workspace.id, Some(&request.person), &brief).await?;
    let details = BTreeMap::from([
        ("channel", Value::id(&request.place.channel)),
        ("brief", brief.into()),
        ("drafts", i64::try_from(request.drafts())?.into()),
        ("versions", i64::from(request.versions).into()),
    ]);
    let actor = Actor::Person(request.person.clone());
    audit::append(&mut tx, event(app, actor, "campaign.requested", id, details)).await?;
    jobs::enqueue(&mut tx, app.workspace.id, Job::WriteDrafts { campaign: id }).await?;
    tx.commit().await?;

    tracing::info!(campaign.id = id.0, "a brief was taken");
    Ok(Some(id))
}

/// Ends the writing of a campaign; what is up for a decision stays up.
pub async fn stop(
    app: &App,
    delivery: Option<&str>,
    campaign: CampaignId,
    person: &PersonId,
) -> Result<()> {
    let found = find(app, campaign).await?;
    if found.requested_by != *person {
        return Err(Refusal::NotTheAsker { asker: found.requested_by, command: "/draft" }.into());
    }
    let mut tx = app.db.begin().await?;
    if !slack::first_delivery(&mut tx, app.workspace.id, delivery, app.now()).await? {
        return Ok(());
    }
    let stopped = State::Stopped(person.clone());
    if !store::end(&mut tx, app.workspace.id, campaign, &stopped, app.now()).await? {
        return Err(Refusal::RunIsOver.into());
    }
    let actor = Actor::Person(person.clone());
    audit::append(&mut tx, event(app, actor, "campaign.stopped", campaign, BTreeMap::new()))
        .await?;
    jobs::enqueue(&mut tx, app.workspace.id, Job::ShowCampaign { campaign }).await?;
    tx.commit().await?;
    tracing::info!(campaign.id = campaign.0, "the writing of a campaign was stopped");
    Ok(())
}

/// Has what is missing of a campaign written after all.
pub async fn again(
    app: &App,
    delivery: Option<&str>,
    campaign: CampaignId,
    person: &PersonId,
) -> Result<()> {
    let found = find(app, campaign).await?;
    if found.is_under_way() {
        return Err(Refusal::StillRunning.into());
    }
    if found.is_erased {
        return Err(Refusal::QuestionErased.into());
    }
    let mut tx = app.db.begin().await?;
    if !slack::first_delivery(&mut tx, app.workspace.id, delivery, app.now()).await? {
        return Ok(());
    }
    let there = store::drafts_of(&app.db, app.workspace.id, campaign).await?.len();
    let missing = found.brief.wanted().count() - there;
    check_room(app, &mut tx, &found.place, missing).await?;
    if !store::reopen(&mut tx, app.workspace.id, campaign, missing).await? {
        return Err(Refusal::StillRunning.into());
    }
    let actor = Actor::Person(person.clone());
    audit::append(&mut tx, event(app, actor, "campaign.resumed", campaign, BTreeMap::new()))
        .await?;
    jobs::enqueue(&mut tx, app.workspace.id, Job::WriteDrafts { campaign }).await?;
    jobs::enqueue(&mut tx, app.workspace.id, Job::ShowCampaign { campaign }).await?;
    tx.commit().await?;
    Ok(())
}

/// The campaign's job has failed for good: its message says so.
pub async fn give_up(app: &App, campaign: CampaignId) -> Result<()> {
    let remark = "The rest could not be written: something broke on our side each time it was tried. Press Try again in a while; whoever runs Countersign finds the cause in its log.";
    fail(app, campaign, remark).await
}

/// Ends a campaign before all of it is written.
pub(super) async fn fail(app: &App, campaign: CampaignId, remark: &str) -> Result<()> {
    let mut tx = app.db.begin().await?;
    let failed = State::Failed(remark.to_owned());
    if store::end(&mut tx, app.workspace.id, campaign, &failed, app.now()).await? {
        let actor = Actor::Agent(AGENT.to_owned());
        audit::append(&mut tx, event(app, actor, "campaign.failed", campaign, BTreeMap::new()))
            .await?;
        jobs::enqueue(&mut tx, app.workspace.id, Job::ShowCampaign { campaign }).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// The agent as the team declared it.
pub(super) fn agent(app: &App) -> Result<&Agent> {
    let sentence = "The team manifest declares no agent named “content”, so nobody writes drafts. Whoever keeps it adds one under [[agent]].";
    let agent = app.manifest.agent(AGENT);
    Ok(agent.ok_or_else(|| Refusal::Missing(sentence.to_owned()))?)
}

pub(super) async fn find(app: &App, campaign: CampaignId) -> Result<Campaign> {
    let found = store::campaign(&app.db, app.workspace.id, campaign).await?;
    Ok(found.ok_or(Refusal::UnknownAction)?)
}

pub(super) fn event(
    app: &App,
    actor: Actor,
    act: &'static str,
    campaign: CampaignId,
    details: BTreeMap<&'static str, Value>,
) -> Event {
    Event {
        workspace: app.workspace.id,
        at: app.now(),
        actor,
        act,
        subject: Subject::new("campaign", campaign),
        details,
    }
}

/// So that nobody's channel is flooded: a day takes only so many drafts.
async fn check_room(
    app: &App,
    tx: &mut sqlx::PgConnection,
    place: &Place,
    more: usize,
) -> Result<()> {
    let day = Day::of(app.now(), &app.manifest.zone)?;
    let limit = u64::from(agent(app)?.drafts_a_day.unwrap_or(DRAFTS_A_DAY));
    let asked = store::asked_since(tx, app.workspace.id, &place.channel, day.from).await?;
    let left = limit.saturating_sub(asked);
    if more as u64 <= left {
        return Ok(());
    }
    let meanwhile = match left {
        0 => "Ask again".to_owned(),
        1 => "Ask for one, or ask again".to_owned(),
        left => format!("Ask for at most {}, or ask again", grouped(left)),
    };
    let sentence = format!(
        "A day takes {} drafts in this channel; {} were asked for today, and this asks for {more}. {meanwhile} from {} on.",
        grouped(limit),
        grouped(asked),
        day.next_in_words()
    );
    Err(Refusal::Inputs(vec![("channels", sentence)]).into())
}
