//! Drafts: a brief becomes texts for channels and audiences, under the rules of the brand kit, and each
//! goes to review.
//!
//! A [`Brief`] is what somebody wants said, to whom and where; it is held against the kit before
//! anything is written. [`request`] makes a [`Campaign`] of it, and [`write()`] lets the content agent
//! write its drafts, each put up as soon as it is there: from what is approved alone, or with a model
//! that is checked ([`compose`]). A single draft is a card; several hang in one thread, under a
//! message ([`show_campaign`]) that tells how far all of them are.
//!
//! - [`Draft`] is what people decide on: the piece, its versions' letter, what it rests on.
//! - [`rework`] answers what people asked for, [`choose`] puts another version up, [`edited`] and
//!   [`rewrite`] keep what a person wrote word for word; [`note_effort`] records how much that was.
//! - [`approve_form`] and [`approve_all`] decide on all that pass, one by one.
//! - [`new_form`] and [`read_form`] are the form of a brief.
//!
//! **Invariant:** a campaign has at most one draft for a channel and an audience, however often its job
//! runs.
//!
//! **Invariant:** a draft passes by what was found in exactly the text that is decided on.

mod approving;
mod brief;
mod campaign;
pub mod compose;
mod draft;
mod form;
mod message;
mod overview;
mod revising;
mod store;
mod writing;

use jiff::civil::Date;

use crate::app::App;
use crate::brand::Kit;
use crate::error::Result;
use crate::ids::DraftId;
use crate::reviews::Review;
use crate::slack::Card;

pub use approving::{
    APPROVE, approve as approve_all, form as approve_form, read as approved_in_form,
};
pub use brief::{Brief, Evidence, LONGEST_TITLE, LONGEST_WHAT, MOST_EVIDENCE};
pub use campaign::{Campaign, Request, State, again, give_up, request, stop};
pub use draft::{Draft, Versions};
pub use form::{
    NEW, Start, TITLE, edit_form, finding as finding_in_form, new_form, read as read_form,
    rewrite_form,
};
pub use message::on_it;
pub use overview::show as show_campaign;
pub use revising::{TEXT, choose, edited, note_effort, rework, rewrite, versions, write_anew};
pub use writing::write;

/// The agent of the manifest that writes.
pub const AGENT: &str = "content";

/// A draft under review, as its card shows it.
pub async fn card(app: &App, review: &Review, draft: &Draft) -> Result<Card> {
    let desk = revising::Desk::open(app, review, review.revision).await?;
    Ok(message::card(draft, &desk.campaign.brief, &desk.row.versions, review))
}

/// Whether those who decide on a draft are called once for its whole campaign.
pub async fn are_called_together(app: &App, review: &Review) -> Result<bool> {
    let Some(campaign) = campaign_of(app, review).await? else { return Ok(false) };
    Ok(!campaign::find(app, campaign).await?.is_single())
}

/// The campaign that a draft belongs to, which is to be shown anew when the draft changes.
pub async fn campaign_of(app: &App, review: &Review) -> Result<Option<crate::ids::CampaignId>> {
    let row = store::draft(&app.db, app.workspace.id, DraftId(review.subject_id)).await?;
    Ok(row.map(|row| row.campaign))
}

fn today(app: &App) -> Date {
    app.now().to_zoned(app.manifest.zone.clone()).date()
}

/// What a piece of a campaign is to be, today. An error is the sentence that says what is gone.
fn aim<'a>(
    app: &'a App,
    campaign: &'a Campaign,
    piece: &compose::Piece,
) -> Result<compose::Aim<'a>, String> {
    let (kit, brief): (&Kit, &Brief) = (&app.brand, &campaign.brief);
    compose::Aim::new(kit, brief, &piece.channel, &piece.audience, piece.variant, today(app))
}
