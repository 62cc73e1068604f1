//! The message of a campaign: the brief, how far its drafts are, and what can be done with all of them.

use super::campaign::{self, Campaign, State};
use super::store::{self, Listed};
use super::{draft, message};
use crate::app::App;
use crate::config::Tell;
use crate::error::Result;
use crate::ids::{CampaignId, MessageTs};
use crate::reviews::{self, Sent};
use crate::slack::{self, Card, Place, Post, escape};
use crate::words::count;

/// Shows that a campaign is being written, and says in which thread its drafts belong. None if its
/// channel cannot be reached, of which whoever asked is told.
pub(super) async fn begin(app: &App, campaign: &Campaign) -> Result<Option<Option<MessageTs>>> {
    if !campaign.is_single() {
        let Some(ts) = post(app, campaign).await? else { return Ok(None) };
        return Ok(Some(campaign.place.thread.clone().or(Some(ts))));
    }
    // Without a model it is written before anybody could read that it is.
    let is_there = !store::drafts_of(&app.db, app.workspace.id, campaign.id).await?.is_empty();
    if is_there || app.models.of(campaign::agent(app)?).is_none() {
        return Ok(Some(campaign.place.thread.clone()));
    }
    Ok(post(app, campaign).await?.map(|_| campaign.place.thread.clone()))
}

/// Says in the thread which draft is being written, so that cards stand in the order of the brief.
pub(super) async fn announce(
    app: &App,
    campaign: &Campaign,
    place: &Place,
    channel: &str,
    audience: &str,
) -> Result<()> {
    if campaign.is_single() {
        return Ok(());
    }
    let whereto = draft::whereto(&app.brand, channel, audience);
    let post = Post::sentence(format!(":hourglass_flowing_sand: {}", escape(&whereto)));
    let subject = campaign.announced(channel, audience);
    let (db, workspace) = (&app.db, app.workspace.id);
    slack::show(db, &app.slack, &app.clock, workspace, &subject, place, &post).await?;
    Ok(())
}

/// Makes Slack show a campaign as it stands now.
pub async fn show(app: &App, id: CampaignId) -> Result<()> {
    let Some(campaign) = store::campaign(&app.db, app.workspace.id, id).await? else {
        return Ok(());
    };
    if campaign.is_single() {
        let drafts = store::drafts_of(&app.db, app.workspace.id, id).await?;
        let is_nothing = matches!(campaign.state, State::Stopped(_))
            && slack::places(&app.db, app.workspace.id, &campaign.subject()).await?.is_empty();
        // The card says all; and where nothing was shown yet, there is nothing to take back.
        if !drafts.is_empty() || campaign.is_under_way() || is_nothing {
            return Ok(());
        }
    }
    let ts = post(app, &campaign).await?;
    if !campaign.is_under_way() {
        take_back(app, &campaign).await?;
    }
    if let (State::Done, Some(ts), false) = (&campaign.state, ts, campaign.is_single()) {
        call(app, &campaign, campaign.place.thread.clone().unwrap_or(ts)).await?;
    }
    Ok(())
}

/// What was announced and will not be written.
async fn take_back(app: &App, campaign: &Campaign) -> Result<()> {
    let (db, workspace) = (&app.db, app.workspace.id);
    for (channel, audience) in campaign.brief.wanted().filter(|_| !campaign.is_single()) {
        let subject = campaign.announced(channel, audience);
        for shown in slack::places(db, workspace, &subject).await? {
            slack::remove(db, &app.slack, workspace, &subject, &shown.place).await?;
        }
    }
    Ok(())
}

/// Calls those who decide, once for all drafts. An edited message calls nobody a second time.
async fn call(app: &App, campaign: &Campaign, thread: MessageTs) -> Result<()> {
    let workspace = app.workspace.id;
    let mut groups: Vec<String> = Vec::new();
    let drafts = store::drafts_of(&app.db, workspace, campaign.id).await?;
    let waiting: Vec<&Listed> = drafts.iter().filter(|one| one.state == "open").collect();
    for draft in &waiting {
        let Some(review) = reviews::find(&app.db, workspace, draft.review).await? else { continue };
        if review.terms.tell.contains(&Tell::Deciders) {
            for need in review.missing() {
                if !groups.contains(&need.group) {
                    groups.push(need.group);
                }
            }
        }
    }
    let subject = format!("{}/asked", campaign.subject());
    let sentence = match waiting.len() {
        _ if !groups.is_empty() => {
            let who = reviews::called(app, &groups).await?;
            let waits = if waiting.len() == 1 { "waits" } else { "wait" };
            let drafts = count(waiting.len(), "draft");
            format!("{who}: {drafts} of this campaign {waits} for your decision.")
        }
        0 if !slack::places(&app.db, workspace, &subject).await?.is_empty() => {
            "No draft of this campaign waits for a decision.".to_owned()
        }
        _ => return Ok(()),
    };
    let place = Place { channel: campaign.place.channel.clone(), thread: Some(thread) };
    let post = Post::sentence(sentence);
    slack::show(&app.db, &app.slack, &app.clock, workspace, &subject, &place, &post).await?;
    Ok(())
}

async fn post(app: &App, campaign: &Campaign) -> Result<Option<MessageTs>> {
    let drafts = store::drafts_of(&app.db, app.workspace.id, campaign.id).await?;
    let card = card(app, campaign, &drafts);
    let sent = Sent {
        subject: &campaign.subject(),
        place: campaign.place.clone(),
        title: &campaign.brief.title,
        requested_by: &campaign.requested_by,
        review: None,
    };
    reviews::post(app, &sent, &card.finish()).await
}

fn card(app: &App, campaign: &Campaign, drafts: &[Listed]) -> Card {
    let rows: Vec<message::Line> = campaign
        .brief
        .wanted()
        .map(|(channel, audience)| {
            let there =
                drafts.iter().find(|one| one.channel == channel && one.audience == audience);
            message::Line {
                whereto: draft::whereto(&app.brand, channel, audience),
                state: there.map(|one| one.state.clone()),
                passes: there.is_some_and(|one| one.passes),
            }
        })
        .collect();
    message::overview(campaign, &rows, &app.brand)
}
