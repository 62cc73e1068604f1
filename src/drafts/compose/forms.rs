//! How a channel's form is filled: its labelled lines, and the blocks of its body.

use std::collections::BTreeSet;

use super::choose::{Chosen, may_say};
use super::shape::{Role, Shape};
use super::text::{says, sentence, sentences};
use super::words::{Words, words};
use super::{Aim, Part};

/// A paragraph, a section or a scene.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Block {
    pub heading: Option<String>,
    pub text: String,
    /// 0 for what must stay; of the others the one with the highest goes first.
    pub rank: u8,
}

/// The rank of what comes in only where a text is too short.
pub const FILLER: u8 = u8::MAX;

impl Block {
    fn needed(text: impl Into<String>) -> Self {
        Self { heading: None, text: text.into(), rank: 0 }
    }

    fn optional(rank: u8, text: impl Into<String>) -> Self {
        Self { heading: None, text: text.into(), rank }
    }

    fn under(mut self, heading: &str) -> Self {
        self.heading = Some(heading.to_owned());
        self
    }
}

/// The body's blocks, in the order in which they are read.
pub fn blocks(aim: &Aim<'_>, shape: Shape, chosen: &Chosen<'_>) -> Vec<Block> {
    let own = words(aim.kit.language);
    let mut blocks = match shape {
        Shape::Ads => Vec::new(),
        Shape::Sms => sms(aim, chosen),
        Shape::Page | Shape::Article => sections(chosen, own),
        Shape::Post | Shape::Email | Shape::Letter | Shape::Script => paragraphs(aim, chosen),
    };
    if matches!(shape, Shape::Email | Shape::Letter) {
        blocks.insert(0, Block::needed(greeting(aim, own)));
    }
    if shape == Shape::Article {
        blocks.extend(fillers(chosen, own));
    }
    let takes_links = aim.channel.limits.links_max != Some(0);
    let link = chosen.product.and_then(|one| one.link.as_deref()).filter(|it| may_say(aim, it));
    if let (true, Some(link), false) =
        (takes_links, link, matches!(shape, Shape::Ads | Shape::Script))
    {
        let text = match shape {
            Shape::Sms => link.to_owned(),
            _ => format!("{}: {link}", own.more),
        };
        blocks.push(Block::optional(1, text));
    }
    if matches!(shape, Shape::Email | Shape::Letter) {
        blocks.push(Block::needed(sign_off(aim, own)));
    }
    blocks
}

/// The body of the blocks that stay.
pub fn body(aim: &Aim<'_>, shape: Shape, chosen: &Chosen<'_>, blocks: &[Block]) -> String {
    let own = words(aim.kit.language);
    let subject = chosen.product.map_or(aim.kit.company.as_str(), |one| one.name.as_str());
    let mut texts: Vec<String> = Vec::new();
    if shape == Shape::Article {
        let headings: Vec<String> =
            blocks.iter().filter_map(|one| Some(format!("- {}", one.heading.as_ref()?))).collect();
        if headings.len() > 1 {
            texts.push(format!("{}:\n{}", own.outline, headings.join("\n")));
        }
    }
    for (number, block) in (1..).zip(blocks) {
        texts.push(match (shape, &block.heading) {
            // Numbers of scenes are read as numbers of scenes in English alone.
            (Shape::Script, _) if aim.kit.language == crate::brand::Language::English => {
                format!("Scene {number}: ({}: {subject})\n{}", own.picture, block.text)
            }
            (Shape::Script, _) => format!("({}: {subject})\n{}", own.picture, block.text),
            (Shape::Page | Shape::Article, Some(heading)) => {
                format!("## {heading}\n{}", block.text)
            }
            _ => block.text.clone(),
        });
    }
    texts.join(if shape == Shape::Sms { " " } else { "\n\n" })
}

/// The channel's labelled lines, and what of them could not be filled.
pub fn lines(
    aim: &Aim<'_>,
    shape: Shape,
    chosen: &Chosen<'_>,
    open: &mut Vec<String>,
) -> Vec<Part> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    if shape == Shape::Ads {
        needed_lines(aim, chosen, &mut lines, open);
    }
    let mut used: BTreeSet<String> = lines.iter().map(|(_, text)| text.clone()).collect();
    for (index, part) in aim.channel.parts.iter().enumerate() {
        let there = lines.iter().filter(|(of, _)| *of == index).count();
        let most = part.count_max.unwrap_or(u32::MAX) as usize;
        let wanted = if shape == Shape::Ads { most.min(VARIETY) } else { part.count_min as usize };
        let candidates = candidates(aim, Role::of(part), chosen);
        let fitting = candidates.into_iter().filter(|text| {
            text.chars().count() <= part.characters_max as usize && used.insert(text.clone())
        });
        let new: Vec<String> = fitting.take(wanted.saturating_sub(there)).collect();
        let count = there + new.len();
        lines.extend(new.into_iter().map(|text| (index, text)));
        if count < part.count_min as usize {
            open.push(format!(
                "{}: {count} of {} could be filled with approved words of at most {} characters.",
                part.label, part.count_min, part.characters_max
            ));
        }
    }
    lines.sort_by_key(|(index, _)| *index);
    let name = |index: usize| aim.channel.parts[index].label.clone();
    lines.into_iter().map(|(index, text)| Part { name: name(index), text }).collect()
}

/// So many lines of a kind make a set of ads, where the channel takes as many.
const VARIETY: usize = 5;

/// In a set of ads the offer and what must be said stand in the first lines in which they fit.
fn needed_lines(
    aim: &Aim<'_>,
    chosen: &Chosen<'_>,
    lines: &mut Vec<(usize, String)>,
    open: &mut Vec<String>,
) {
    for text in chosen.must_say.iter().chain(&chosen.offer) {
        let has_room = |(index, part): &(usize, &crate::brand::Part)| {
            let there = lines.iter().filter(|(of, _)| of == index).count();
            text.chars().count() <= part.characters_max as usize
                && part.count_max.is_none_or(|most| there < most as usize)
        };
        let parts = aim.channel.parts.iter().enumerate();
        match parts.filter(has_room).max_by_key(|(_, part)| part.characters_max) {
            Some((index, _)) => lines.push((index, text.clone())),
            None => open.push(format!(
                "“{text}” is too long for every line of {}, so it is not said.",
                aim.channel.title
            )),
        }
    }
}

/// What one of the channel's lines may say besides, the best first.
pub fn further(aim: &Aim<'_>, part: &crate::brand::Part) -> Vec<String> {
    let mut all = candidates(aim, Role::of(part), &Chosen::of(aim));
    all.retain(|text| text.chars().count() <= part.characters_max as usize);
    all
}

/// What a line may say, the best first.
fn candidates(aim: &Aim<'_>, role: Role, chosen: &Chosen<'_>) -> Vec<String> {
    let own = words(aim.kit.language);
    let company = aim.kit.company.clone();
    let name = chosen.product.map(|one| one.name.clone());
    if role == Role::Button {
        let see = |name: &String| format!("{} {name}", own.button);
        let also = chosen.product.and_then(|one| one.also.first());
        let named = name.iter().chain(also).map(see);
        return named.chain([own.button_short.to_owned()]).collect();
    }
    let mut all: Vec<String> = Vec::new();
    let of_messages = chosen.messages.iter().flat_map(|one| sentences(aim.kit, &one.text));
    let said = |all: &mut Vec<String>| {
        all.extend(of_messages.clone());
        all.extend(chosen.description.iter().cloned());
        all.extend(chosen.proofs.iter().map(|one| sentence(&one.claim)));
    };
    let named = |all: &mut Vec<String>| {
        all.extend(name.clone());
        all.extend(name.iter().map(|name| format!("{company}: {name}")));
        all.push(company.clone());
        all.extend(chosen.product.into_iter().flat_map(|one| one.also.iter().cloned()));
    };
    match role {
        Role::Title => {
            named(&mut all);
            said(&mut all);
        }
        _ => {
            said(&mut all);
            named(&mut all);
        }
    }
    // A line stands alone: one that begins with "it" says nothing there.
    all.retain(|text| !begins_with_a_pronoun(text));
    all
}

fn begins_with_a_pronoun(text: &str) -> bool {
    let first = text.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    matches!(
        first,
        "It" | "They"
            | "This"
            | "These"
            | "That"
            | "With"
            | "If"
            | "Es"
            | "Sie"
            | "Er"
            | "Das"
            | "Dies"
    )
}

fn paragraphs(aim: &Aim<'_>, chosen: &Chosen<'_>) -> Vec<Block> {
    let mut blocks: Vec<Block> =
        chosen.lead().map(|one| Block::needed(one.text.clone())).into_iter().collect();
    if let Some(description) = description(aim, chosen) {
        blocks.push(Block::optional(2, description));
    }
    blocks.extend(given(chosen));
    let more = chosen.messages.iter().skip(1).take(2);
    blocks.extend((4..).zip(more).map(|(rank, one)| Block::optional(rank, one.text.clone())));
    let proofs = chosen.proofs.iter().take(2);
    blocks.extend(
        (3..).zip(proofs).map(|(rank, one)| Block::optional(rank * 2, sentence(&one.claim))),
    );
    blocks
}

/// What the product is, with its name where nothing named it before.
fn description(aim: &Aim<'_>, chosen: &Chosen<'_>) -> Option<String> {
    let product = chosen.product.filter(|_| !chosen.description.is_empty())?;
    let text = chosen.description.join(" ");
    let is_named = product.also.iter().chain([&product.name]).any(|name| {
        says(aim.kit, &text, name)
            || chosen.lead().is_some_and(|lead| says(aim.kit, &lead.text, name))
    });
    Some(if is_named { text } else { format!("{} {text}", sentence(&product.name)) })
}

fn sections(chosen: &Chosen<'_>, own: &Words) -> Vec<Block> {
    let mut blocks: Vec<Block> =
        chosen.lead().map(|one| Block::needed(one.text.clone())).into_iter().collect();
    if let Some(product) = chosen.product.filter(|_| !chosen.description.is_empty()) {
        let text = format!("{}\n{}", sentence(&product.name), chosen.description.join(" "));
        blocks.push(Block::optional(2, text).under(own.what));
    }
    let offered: Vec<String> = given(chosen).into_iter().map(|one| one.text).collect();
    if !offered.is_empty() {
        blocks.push(Block::needed(offered.join("\n")).under(own.offer));
    }
    let facts: Vec<String> = chosen.proofs.iter().map(|one| sentence(&one.claim)).collect();
    if !facts.is_empty() {
        blocks.push(Block::optional(4, facts.join("\n")).under(own.facts));
    }
    let more: Vec<&str> = chosen.messages.iter().skip(1).map(|one| one.text.as_str()).collect();
    if !more.is_empty() {
        blocks.push(Block::optional(3, more.join("\n")).under(own.know));
    }
    blocks
}

/// Further products, for a text that would be too short.
fn fillers(chosen: &Chosen<'_>, own: &Words) -> Vec<Block> {
    let block = |one: &&crate::brand::Product| {
        let heading = format!("{}: {}", own.also, one.name);
        Block { heading: Some(heading), text: one.description.clone(), rank: FILLER }
    };
    chosen.other_products.iter().map(block).collect()
}

/// One after the other: the message's first sentence, what must be said, and the rest as it fits.
fn sms(aim: &Aim<'_>, chosen: &Chosen<'_>) -> Vec<Block> {
    let lead = chosen.lead().map(|one| sentences(aim.kit, &one.text)).unwrap_or_default();
    let company = Block::needed(format!("{}:", aim.kit.company));
    let mut blocks = vec![company];
    blocks.extend(lead.into_iter().enumerate().map(|(at, text)| match at {
        0 => Block::needed(text),
        _ => Block::optional(2, text),
    }));
    blocks.extend(given(chosen));
    blocks
}

fn given(chosen: &Chosen<'_>) -> Vec<Block> {
    let all = chosen.offer.iter().chain(&chosen.must_say);
    all.map(|text| Block::needed(sentence(text))).collect()
}

fn greeting(aim: &Aim<'_>, own: &Words) -> String {
    match field(aim, "first") {
        Some(field) => format!("{} {field},", own.greeting),
        None => format!("{},", own.greeting),
    }
}

fn sign_off(aim: &Aim<'_>, own: &Words) -> String {
    let owner = field(aim, "owner").map(str::to_owned);
    let unsubscribe = field(aim, "unsubscribe").map(|it| format!("{}: {it}", own.unsubscribe));
    let company = Some(aim.kit.company.clone());
    let signed: Vec<String> = owner.into_iter().chain(company).collect();
    let signed = signed.join("\n");
    unsubscribe.map_or(signed.clone(), |it| format!("{signed}\n\n{it}"))
}

/// A field of the channel that its tool fills in.
fn field<'a>(aim: &Aim<'a>, word: &str) -> Option<&'a str> {
    let fields = aim.channel.merge_fields.iter();
    fields.map(String::as_str).find(|one| one.to_lowercase().contains(word))
}
