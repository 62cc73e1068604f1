//! The next revision of a piece, as a reviewer asked for it.

use super::assemble::with_disclaimers;
use super::choose::{Chosen, may_say};
use super::layout::Layout;
use super::text::{line, says, sentence, sentences, stems};
use super::wish::{Wish, wishes};
use super::write::{self, Desk};
use super::{Aim, Piece, grounds};
use crate::app::App;
use crate::config::Agent;
use crate::error::Result;
use crate::privacy;

/// Answers a comment: with the agent's model, if it has one that answers; else as far as that can be
/// done without guessing. `open` of what comes back says what could not be done.
pub async fn rework(
    app: &App,
    subject: &str,
    agent: &Agent,
    aim: &Aim<'_>,
    piece: &Piece,
    comment: &str,
) -> Result<Piece> {
    let Some(model) = app.models.of(agent) else { return Ok(reworked(aim, piece, comment)) };
    let desk = Desk { app, subject, agent, model, aim };
    Ok(match write::rewrite(&desk, piece, comment).await? {
        Ok(piece) => piece,
        Err(why) => {
            let fell_back = Some(format!("{why} The comment was answered as far as rules can."));
            Piece { fell_back, ..reworked(aim, piece, comment) }
        }
    })
}

/// The same without a model.
pub fn reworked(aim: &Aim<'_>, piece: &Piece, comment: &str) -> Piece {
    let mut work = Work { aim, layout: Layout::of(aim, piece), open: Vec::new() };
    for wish in wishes(comment) {
        match wish {
            Wish::Shorter => work.shorten(),
            Wish::LeaveOut(what) => work.leave_out(&what),
            Wish::Mention(what) => work.mention(&what),
            Wish::Lead(named) => work.lead(named.as_deref()),
            Wish::Else(words) => work.open.push(format!(
                "“{}” was not done: that takes a person or a model. Edit the text, or ask to shorten it, to leave something out, to mention something, or for another opening.",
                line(&words)
            )),
        }
    }
    let mut open = work.open;
    let parts = with_disclaimers(aim, work.layout.parts(), &mut open);
    let text = super::piece::text_of(&parts);
    Piece { parts, open, rests_on: grounds::of(aim, &text), fell_back: None, ..piece.clone() }
}

/// What of the comment's own words says nothing of what is meant.
const SMALL_WORDS: [&str; 8] = ["that", "with", "also", "this", "they", "have", "from", "about"];

struct Work<'a> {
    aim: &'a Aim<'a>,
    layout: Layout<'a>,
    open: Vec<String>,
}

impl Work<'_> {
    /// Drops blocks from the end until a third is gone, then sentences.
    fn shorten(&mut self) {
        let before = self.layout.words();
        while self.layout.words() * 3 > before * 2 && self.layout.drop_last() {}
        if self.layout.words() == before {
            self.open
                .push("It was not shortened: all that is in it leads, or must be said.".to_owned());
        }
    }

    fn leave_out(&mut self, what: &str) {
        let meant = stems(self.aim.kit, what);
        let kit = self.aim.kit;
        let is_meant = |text: &str| {
            says(kit, text, what) || !meant.is_empty() && meant.is_subset(&stems(kit, text))
        };
        let left = self.layout.remove(&is_meant);
        if left.removed == 0 && left.kept.is_empty() {
            self.open.push(format!("“{}” does not stand in the text.", line(what)));
        }
        for kept in left.kept {
            self.open.push(format!(
                "“{}” stays, because it must be said or nothing approved can take its place: “{kept}”.",
                line(what)
            ));
        }
    }

    fn mention(&mut self, what: &str) {
        let Some(said) = self.found(what) else {
            self.open.push(format!(
                "Nothing was added on “{}”: neither the brand kit nor the brief says anything about it.",
                line(what)
            ));
            return;
        };
        if says(self.aim.kit, &self.layout.text(), &said) {
            self.open.push(format!("It says so already: “{said}”"));
        } else if !self.layout.insert(&said) {
            self.open.push(format!("There is no room on {} for “{said}”", self.aim.channel.title));
        }
    }

    /// What the kit, the brief or the evidence says on something: the shortest that has all words of
    /// what is asked for.
    fn found(&self, what: &str) -> Option<String> {
        let (aim, kit) = (self.aim, self.aim.kit);
        let asked: Vec<String> = what
            .split_whitespace()
            .filter(|word| !SMALL_WORDS.contains(&word.to_lowercase().as_str()))
            .map(str::to_owned)
            .collect();
        let asked = stems(kit, &asked.join(" "));
        if asked.is_empty() {
            return None;
        }
        let (channel, audience) =
            (Some(aim.channel.name.as_str()), Some(aim.audience.name.as_str()));
        let messages = kit
            .messages_for(channel, audience, aim.brief.stage.as_deref())
            .map(|one| (format!("{} {}", one.name, one.text), one.text.clone()));
        let proofs = kit
            .proofs
            .iter()
            .filter(|one| one.is_valid_on(aim.on))
            .map(|one| (format!("{} {}", one.name, one.claim), sentence(&one.claim)));
        let products = kit.products.iter().map(|one| {
            (one.description.clone() + &one.name, format!("{}. {}", one.name, one.description))
        });
        let brief = aim.brief.must_say.iter().chain(&aim.brief.offer);
        let brief = brief.map(|one| (one.clone(), sentence(one)));
        let evidence =
            aim.brief.evidence.iter().filter(|one| privacy::mask(&one.quote).total() == 0);
        let evidence = evidence.map(|one| {
            let said = format!("“{}” ({})", line(&one.quote), line(&one.source));
            (one.quote.clone(), said)
        });
        let own = messages.chain(proofs).chain(brief);
        let fits = |(about, said): &(String, String)| {
            asked.is_subset(&stems(kit, about)) && may_say(aim, said)
        };
        let shortest = |all: Vec<(String, String)>| {
            all.into_iter().map(|(_, said)| said).min_by_key(|said| said.chars().count())
        };
        shortest(own.filter(fits).collect())
            .or_else(|| shortest(products.filter(fits).collect()))
            .or_else(|| shortest(evidence.filter(fits).collect()))
    }

    /// Puts another approved message where the leading one stands.
    fn lead(&mut self, named: Option<&str>) {
        let (aim, kit) = (self.aim, self.aim.kit);
        let chosen = Chosen::of(aim);
        let text = self.layout.text();
        let place = |one: &str| text.find(one);
        let leading = kit
            .messages
            .iter()
            .filter_map(|one| Some((place(&one.text)?, one)))
            .min_by_key(|(at, _)| *at);
        let Some((_, leading)) = leading else {
            self.open.push(
                "No approved message leads any more, so none was put in its place.".to_owned(),
            );
            return;
        };
        let asked = named.map(|named| stems(kit, named));
        let is_meant = |one: &&&crate::brand::Message| {
            let about = || stems(kit, &format!("{} {}", one.name, one.text));
            one.name != leading.name
                && asked.as_ref().is_none_or(|asked| !asked.is_empty() && asked.is_subset(&about()))
        };
        let Some(next) = chosen.messages.iter().find(is_meant) else {
            self.open.push(match named {
                Some(named) => format!("No approved message for this speaks of “{}”.", line(named)),
                None => "No other message is approved for this.".to_owned(),
            });
            return;
        };
        let lines = sentences(kit, &next.text);
        if !self.layout.swap(&leading.text, &next.text, &lines) {
            self.open.push(format!("There is no room to lead with “{}”", next.text));
        }
    }
}
