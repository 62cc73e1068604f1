//! The buttons and forms of a note, as they come in.

use super::super::store as leads;
use super::acting::{Act, act};
use super::hand_off::Snooze;
use super::rights::rights;
use super::{form, message, store};
use crate::app::App;
use crate::error::{Refusal, Result};
use crate::ids::{HandOffId, PersonId};
use crate::slack::inbound::View;
use crate::slack::{Modal, Post};

/// What a button means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Press {
    Claim,
    /// Open the form that asks why, or who.
    Return,
    Lose,
    Reassign,
    Snooze(Snooze),
    Qualify,
    Win,
    Reveal,
    Undo,
}

/// What came of a press.
#[derive(Clone, PartialEq, Debug)]
pub enum Pressed {
    Done,
    Form(Box<Modal>),
    /// For the person who pressed, and nobody else.
    Tell(Box<Post>),
}

impl Press {
    pub fn read(id: &str, value: &str) -> Option<(Self, HandOffId)> {
        let (press, value) = match id {
            "lead.claim" => (Self::Claim, value),
            "lead.return" => (Self::Return, value),
            "lead.lose" => (Self::Lose, value),
            "lead.reassign" => (Self::Reassign, value),
            "lead.qualify" => (Self::Qualify, value),
            "lead.win" => (Self::Win, value),
            "lead.reveal" => (Self::Reveal, value),
            "lead.undo" => (Self::Undo, value),
            "lead.snooze" => {
                let (until, value) = value.split_once('.')?;
                let snooze = match until {
                    "hours" => Snooze::Hours,
                    "day" => Snooze::Day,
                    "week" => Snooze::Week,
                    _ => return None,
                };
                (Self::Snooze(snooze), value)
            }
            _ => return None,
        };
        Some((press, HandOffId(value.parse().ok()?)))
    }
}

/// Carries out a press of a note's button.
pub async fn press(
    app: &App,
    delivery: Option<&str>,
    press: Press,
    id: HandOffId,
    person: &PersonId,
) -> Result<Pressed> {
    let done = match press {
        Press::Return | Press::Lose | Press::Reassign => return open(app, press, id, person).await,
        Press::Claim => Act::Claim,
        Press::Snooze(snooze) => Act::Snooze(snooze),
        Press::Qualify => Act::Qualify,
        Press::Win => Act::Win,
        Press::Reveal => Act::Reveal,
        Press::Undo => Act::Undo,
    };
    let is_first = act(app, delivery, id, person, &done).await?;
    if !is_first || done == Act::Undo {
        return Ok(Pressed::Done);
    }
    match done {
        Act::Claim | Act::Reveal => tell_contact(app, id).await,
        _ => Ok(Pressed::Done),
    }
}

/// Whether a form is one of a note's.
pub fn is_form(callback_id: &str) -> bool {
    input_of(callback_id).is_some()
}

pub fn input_of(callback_id: &str) -> Option<&'static str> {
    form::input_of(callback_id)
}

/// Carries out what somebody filled in.
pub async fn submit(
    app: &App,
    delivery: Option<&str>,
    view: &View,
    person: &PersonId,
) -> Result<()> {
    let id = HandOffId(view.private_metadata.parse().map_err(|_| Refusal::UnknownAction)?);
    let done = match view.callback_id.as_str() {
        form::RETURN => {
            let (code, text) = form::returned(&view.values)?;
            Act::Return { code, text }
        }
        form::LOST => Act::Lose { text: form::text(&view.values) },
        form::REASSIGN => Act::Reassign { to: form::given_to(&view.values)? },
        _ => return Err(Refusal::UnknownAction.into()),
    };
    act(app, delivery, id, person, &done).await?;
    Ok(())
}

/// The form that an act takes, if the person may do it.
async fn open(app: &App, press: Press, id: HandOffId, person: &PersonId) -> Result<Pressed> {
    let (_, rights) = rights(app, person).await?;
    let hand_off = store::find(&app.db, app.workspace.id, id).await?;
    let hand_off = hand_off.ok_or(Refusal::UnknownAction)?;
    hand_off.check_answer_by(person, rights.is_manager)?;
    let lead = leads::find(&app.db, app.workspace.id, hand_off.lead).await?;
    let who = lead.masked();
    let form = match press {
        Press::Return => form::return_form(&hand_off, &who),
        Press::Lose => form::lost_form(&hand_off, &who),
        _ => form::reassign_form(&hand_off, &who),
    };
    Ok(Pressed::Form(Box::new(form)))
}

async fn tell_contact(app: &App, id: HandOffId) -> Result<Pressed> {
    let hand_off = store::find(&app.db, app.workspace.id, id).await?;
    let hand_off = hand_off.ok_or(Refusal::UnknownAction)?;
    let lead = leads::find(&app.db, app.workspace.id, hand_off.lead).await?;
    Ok(Pressed::Tell(Box::new(Post::sentence(message::contact(&lead)))))
}
