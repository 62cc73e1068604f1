//! A piece without a model: what is approved, in the form of the channel.

use super::choose::Chosen;
use super::forms::{self, Block, FILLER};
use super::shape::{Role, Shape, body_fits};
use super::text::{line, says, words};
use super::{ASSEMBLED, Aim, Part, Piece, grounds};
use crate::brand::{self, Disclaimer, Rule};

/// Complete, correct and dull. The same aim gives the same piece.
pub fn assemble(aim: &Aim<'_>) -> Piece {
    let shape = Shape::of(aim.channel);
    let chosen = Chosen::of(aim);
    let mut open = chosen.open.clone();
    let mut lines = forms::lines(aim, shape, &chosen, &mut open);
    let all = forms::blocks(aim, shape, &chosen);
    let mut blocks = fitted(aim, shape, &chosen, all, &[]);

    let mut disclaimers: Vec<&Disclaimer> = Vec::new();
    // What a disclaimer says may ask for another one.
    for _ in 0..=aim.kit.disclaimers.len() {
        let parts = parts(lines.clone(), forms::body(aim, shape, &chosen, &blocks));
        let Some(needed) = missing(aim, &parts, &disclaimers) else { break };
        disclaimers.push(needed);
        if shape == Shape::Ads {
            add_line(aim, needed, &mut lines, &mut open);
        } else {
            let all = forms::blocks(aim, shape, &chosen);
            blocks = fitted(aim, shape, &chosen, all, &disclaimers);
        }
    }
    let body = forms::body(aim, shape, &chosen, &blocks);
    note_length(aim, shape, &body, &mut open);
    note_unsaid(aim, &chosen, &lines, &body, &mut open);
    let parts = parts(lines, body);
    let mut piece = Piece {
        channel: aim.channel.name.clone(),
        audience: aim.audience.name.clone(),
        variant: aim.variant,
        parts,
        rests_on: Vec::new(),
        open,
        engine: ASSEMBLED.to_owned(),
        made: None,
        fell_back: None,
        kit: aim.kit.version.clone(),
    };
    piece.rests_on = grounds::of(aim, &piece.text());
    piece
}

/// A text with the disclaimers that it needs and does not have, at its end.
pub(super) fn with_disclaimers(
    aim: &Aim<'_>,
    mut parts: Vec<Part>,
    open: &mut Vec<String>,
) -> Vec<Part> {
    let is_ads = Shape::of(aim.channel) == Shape::Ads;
    let mut there: Vec<&Disclaimer> = Vec::new();
    while let Some(needed) = missing(aim, &parts, &there) {
        there.push(needed);
        if is_ads {
            add_line(aim, needed, &mut parts, open);
            continue;
        }
        match parts.iter_mut().find(|part| part.name.is_empty()) {
            Some(body) => body.text = format!("{}\n\n{}", body.text, needed.text),
            None => parts.push(Part { name: String::new(), text: needed.text.clone() }),
        }
    }
    parts
}

fn parts(mut lines: Vec<Part>, body: String) -> Vec<Part> {
    if !body.is_empty() {
        lines.push(Part { name: String::new(), text: body });
    }
    lines
}

/// As many blocks as the channel takes, with the disclaimers before the last one.
fn fitted(
    aim: &Aim<'_>,
    shape: Shape,
    chosen: &Chosen<'_>,
    all: Vec<Block>,
    disclaimers: &[&Disclaimer],
) -> Vec<Block> {
    let (mut fillers, mut blocks): (Vec<Block>, Vec<Block>) =
        all.into_iter().partition(|block| block.rank == FILLER);
    let signs_off = matches!(shape, Shape::Email | Shape::Letter);
    let at = blocks.len() - usize::from(signs_off && !blocks.is_empty());
    for (offset, one) in disclaimers.iter().enumerate() {
        let block = Block { heading: None, text: one.text.clone(), rank: 0 };
        blocks.insert(at + offset, block);
    }
    let body = |blocks: &[Block]| forms::body(aim, shape, chosen, blocks);
    fillers.reverse();
    while is_short(aim, &body(&blocks)) {
        let Some(filler) = fillers.pop() else { break };
        let at = blocks.iter().rposition(|one| one.heading.is_some()).map_or(0, |at| at + 1);
        blocks.insert(at, filler);
    }
    while !body_fits(aim.kit, aim.channel, &body(&blocks)) {
        let optional = blocks.iter().enumerate().filter(|(_, block)| block.rank > 0);
        let Some((at, _)) = optional.max_by_key(|(at, block)| (block.rank, *at)) else { break };
        blocks.remove(at);
    }
    blocks
}

fn is_short(aim: &Aim<'_>, body: &str) -> bool {
    let least = aim.channel.limits.words_min.unwrap_or(0) as usize;
    words(body).count() < least
}

/// A disclaimer that the text needs and does not have.
fn missing<'a>(aim: &Aim<'a>, parts: &[Part], there: &[&Disclaimer]) -> Option<&'a Disclaimer> {
    let text = super::piece::text_of(parts);
    let missing = |text: &str| {
        let report = brand::check(aim.kit, text, &aim.context(&[]));
        report.of(Rule::Disclaimer).count()
    };
    let before = missing(&text);
    if before == 0 {
        return None;
    }
    aim.kit.disclaimers.iter().filter(|one| !there.contains(one)).find(|one| {
        let with = format!("{text}\n\n{}", one.text);
        missing(&with) < before
    })
}

/// A disclaimer in a set of ads takes the place of the last line in which it fits.
fn add_line(aim: &Aim<'_>, needed: &Disclaimer, lines: &mut Vec<Part>, open: &mut Vec<String>) {
    let length = needed.text.chars().count();
    let part = aim
        .channel
        .parts
        .iter()
        .filter(|part| Role::of(part) == Role::Line && length <= part.characters_max as usize)
        .max_by_key(|part| part.characters_max);
    let Some(part) = part else {
        open.push(format!(
            "The disclaimer “{}” is too long for every line of {}.",
            needed.text, aim.channel.title
        ));
        return;
    };
    let there: Vec<usize> = (0..lines.len()).filter(|at| lines[*at].name == part.label).collect();
    let new = Part { name: part.label.clone(), text: needed.text.clone() };
    match (there.last(), part.count_max) {
        (Some(last), Some(most)) if there.len() >= most as usize => lines[*last] = new,
        (Some(last), _) => lines.insert(last + 1, new),
        (None, _) => lines.push(new),
    }
}

fn note_length(aim: &Aim<'_>, shape: Shape, body: &str, open: &mut Vec<String>) {
    if shape == Shape::Ads {
        return;
    }
    if is_short(aim, body) {
        open.push(format!(
            "It has {} words, and {} needs {}: the brand kit approves no more for this.",
            words(body).count(),
            aim.channel.title,
            aim.channel.limits.words_min.unwrap_or(0)
        ));
    }
    if !body_fits(aim.kit, aim.channel, body) {
        open.push(format!(
            "What must be said is longer than {} takes; shorten it in the brief.",
            aim.channel.title
        ));
    }
}

/// What must be said and found no place.
fn note_unsaid(
    aim: &Aim<'_>,
    chosen: &Chosen<'_>,
    lines: &[Part],
    body: &str,
    open: &mut Vec<String>,
) {
    let mut text: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
    text.push(body);
    let text = text.join("\n");
    for one in chosen.must_say.iter().filter(|one| !says(aim.kit, &text, one)) {
        let said = format!("“{}” must be said, and found no place.", line(one));
        if !open.iter().any(|other| other.contains(one.as_str())) {
            open.push(said);
        }
    }
}
