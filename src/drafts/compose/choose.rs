//! Which approved messages, which product and which proof points a piece is made of.

use std::collections::BTreeSet;

use super::Aim;
use super::text::{line, says, sentences, stems, unsayable};
use crate::brand::{Message, Product, Proof};

/// What there is to say, in the order in which it matters.
pub struct Chosen<'a> {
    /// The first one leads.
    pub messages: Vec<&'a Message>,
    pub product: Option<&'a Product>,
    /// Sentences of its description that may be said.
    pub description: Vec<String>,
    pub proofs: Vec<&'a Proof>,
    pub other_products: Vec<&'a Product>,
    /// The offer and what must be said, on one line each.
    pub offer: Option<String>,
    pub must_say: Vec<String>,
    pub open: Vec<String>,
}

/// By how much a message is nearer that names the audience, the stage or the channel, or shares a
/// word with the brief.
const NAMES_IT: usize = 8;
const SHARES_A_WORD: usize = 10;

/// The share of a proof point's words that tell that a message says it already.
const SAID_ALREADY: f64 = 0.7;

impl<'a> Chosen<'a> {
    pub fn of(aim: &Aim<'a>) -> Self {
        let mut open = Vec::new();
        let asked = stems(aim.kit, &all_words(aim));
        let named = named_products(aim);
        let mut messages = ranked(aim, &asked, &named, &mut open);
        let product = match named.first() {
            Some(named) => Some(*named),
            None => of_the_first(aim, &messages, &mut open),
        };
        if let Some(product) = product {
            messages.retain(|one| one.products.is_empty() || one.products.contains(&product.name));
        }
        lead(aim, &mut messages, &mut open);
        let description = product.map_or_else(Vec::new, |product| {
            let mut all = sentences(aim.kit, &product.description);
            all.retain(|sentence| may_say(aim, sentence));
            all
        });
        let proofs = proofs(aim, product, &messages, &asked);
        let other_products = other_products(aim, product, &named);
        let (offer, must_say) = given(aim, &mut open);
        note_what_is_not_used(aim, &mut open);
        Self { messages, product, description, proofs, other_products, offer, must_say, open }
    }

    pub fn lead(&self) -> Option<&'a Message> {
        self.messages.first().copied()
    }
}

/// Whether nothing in a text is forbidden, by the kit or by the brief.
pub fn may_say(aim: &Aim<'_>, text: &str) -> bool {
    let is_forbidden = |phrase: &String| says(aim.kit, text, phrase);
    let is_unfit = |phrase: &String| says(aim.kit, text, phrase);
    !aim.brief.must_not_say.iter().any(is_forbidden)
        && !aim.audience.avoid.iter().any(is_unfit)
        && unsayable(aim.kit, text, aim.on).is_empty()
}

/// All that tells what a brief is about, evidence included.
fn all_words(aim: &Aim<'_>) -> String {
    let brief = aim.brief;
    let lines = [Some(&brief.title), Some(&brief.what), brief.offer.as_ref(), brief.goal.as_ref()];
    let mut all: Vec<&str> = lines.into_iter().flatten().map(String::as_str).collect();
    all.extend(brief.must_say.iter().map(String::as_str));
    all.extend(brief.evidence.iter().map(|one| one.quote.as_str()));
    all.join("\n")
}

/// The products that the brief names, those first that it speaks of most.
fn named_products<'a>(aim: &Aim<'a>) -> Vec<&'a Product> {
    let brief = aim.brief;
    let texts = [Some(&brief.title), Some(&brief.what), brief.offer.as_ref()];
    let texts: Vec<&String> = texts.into_iter().flatten().chain(&brief.must_say).collect();
    let count = |product: &Product| {
        let names = || product.also.iter().chain([&product.name]);
        texts.iter().filter(|text| names().any(|name| says(aim.kit, text, name))).count()
    };
    let mut named: Vec<(usize, &Product)> = aim
        .kit
        .products
        .iter()
        .map(|one| (count(one), one))
        .filter(|(times, _)| *times > 0)
        .collect();
    named.sort_by_key(|(times, _)| std::cmp::Reverse(*times));
    named.into_iter().map(|(_, product)| product).collect()
}

/// Messages that are approved for it, the nearest first.
fn ranked<'a>(
    aim: &Aim<'a>,
    asked: &BTreeSet<String>,
    named: &[&Product],
    open: &mut Vec<String>,
) -> Vec<&'a Message> {
    let (channel, audience) = (Some(aim.channel.name.as_str()), Some(aim.audience.name.as_str()));
    let stage = aim.brief.stage.as_deref();
    let mut fitting: Vec<&Message> = aim.kit.messages_for(channel, audience, stage).collect();
    let is_about = |one: &&Message| {
        named.is_empty()
            || one.products.is_empty()
            || one.products.iter().any(|name| named.iter().any(|it| it.name == *name))
    };
    fitting.retain(is_about);
    if fitting.is_empty() && stage.is_some() {
        fitting = aim.kit.messages_for(channel, audience, None).filter(is_about).collect();
        if !fitting.is_empty() {
            open.push(format!(
                "No message is approved for {} at the stage “{}”, so one for other stages leads.",
                aim.audience.title,
                stage.unwrap_or_default()
            ));
        }
    }
    fitting.retain(|one| may_say(aim, &one.text));
    let names = |list: &[String], name: Option<&str>| {
        usize::from(name.is_some_and(|name| list.iter().any(|one| one == name))) * NAMES_IT
    };
    let score = |one: &&Message| {
        let about = format!("{} {} {}", one.name, one.text, one.products.join(" "));
        let shared = stems(aim.kit, &about).intersection(asked).count();
        shared * SHARES_A_WORD
            + names(&one.audiences, audience)
            + names(&one.stages, stage)
            + names(&one.channels, channel)
    };
    fitting.sort_by_cached_key(|one| std::cmp::Reverse(score(one)));
    fitting
}

/// What the messages speak of, where the brief names no product.
fn of_the_first<'a>(
    aim: &Aim<'a>,
    messages: &[&Message],
    open: &mut Vec<String>,
) -> Option<&'a Product> {
    let found = messages.iter().find_map(|message| {
        let product = message.products.iter().find_map(|name| aim.kit.product(name))?;
        Some((message, product))
    });
    match found {
        Some((message, product)) => {
            open.push(format!(
                "The brief names no product; this takes {}, which the approved message “{}” is about.",
                product.name, message.name
            ));
            Some(product)
        }
        None => {
            if !aim.kit.products.is_empty() {
                open.push("The brief names no product of the brand kit, and no message that is approved for this does, so none is described.".to_owned());
            }
            None
        }
    }
}

/// Puts the message first that this variant leads with.
fn lead(aim: &Aim<'_>, messages: &mut Vec<&Message>, open: &mut Vec<String>) {
    if messages.is_empty() {
        open.push(format!(
            "No message is approved for {} on {}, so none leads.",
            aim.audience.title, aim.channel.title
        ));
        return;
    }
    let index = aim.variant.index();
    if index >= messages.len() {
        open.push(format!(
            "{} are approved for this, so {} leads with the same message as {}.",
            match messages.len() {
                1 => "No further messages".to_owned(),
                count => format!("Only {count} messages"),
            },
            aim.variant,
            super::Variant::ALL[index % messages.len()]
        ));
    }
    let chosen = messages.remove(index % messages.len());
    messages.insert(0, chosen);
}

/// Proof points that are valid, speak of the product or of none, and say what no message says.
fn proofs<'a>(
    aim: &Aim<'a>,
    product: Option<&Product>,
    messages: &[&Message],
    asked: &BTreeSet<String>,
) -> Vec<&'a Proof> {
    let names = |text: &str, product: &Product| {
        product.also.iter().chain([&product.name]).any(|name| says(aim.kit, text, name))
    };
    let said: BTreeSet<String> =
        messages.iter().flat_map(|one| stems(aim.kit, &one.text)).collect();
    let mut fitting: Vec<(bool, usize, &Proof)> = Vec::new();
    for proof in aim.kit.proofs.iter().filter(|one| one.is_valid_on(aim.on)) {
        let is_own = product.is_some_and(|product| names(&proof.claim, product));
        let is_of_another =
            !is_own && aim.kit.products.iter().any(|other| names(&proof.claim, other));
        let words = stems(aim.kit, &proof.claim);
        let known = words.intersection(&said).count() as f64;
        let is_said = !words.is_empty() && known / words.len() as f64 >= SAID_ALREADY;
        if !is_of_another && !is_said && may_say(aim, &proof.claim) {
            fitting.push((is_own, words.intersection(asked).count(), proof));
        }
    }
    fitting.sort_by_key(|(is_own, shared, _)| std::cmp::Reverse((*is_own, *shared)));
    fitting.into_iter().map(|(_, _, proof)| proof).collect()
}

/// What may stand beside the product: what the brief names besides, then the rest of the kit.
fn other_products<'a>(
    aim: &Aim<'a>,
    product: Option<&Product>,
    named: &[&'a Product],
) -> Vec<&'a Product> {
    let mut others: Vec<&Product> = named.to_vec();
    for one in &aim.kit.products {
        if !others.contains(&one) {
            others.push(one);
        }
    }
    others.retain(|one| Some(*one) != product && may_say(aim, &one.description));
    others
}

/// The offer and what must be said, but for what may not be; a sentence says why.
fn given(aim: &Aim<'_>, open: &mut Vec<String>) -> (Option<String>, Vec<String>) {
    let mut take = |what: &str, text: &str| {
        let text = line(text);
        if text.is_empty() {
            return None;
        }
        if let Some(finding) = unsayable(aim.kit, &text, aim.on).into_iter().next() {
            open.push(format!("{what} was left out: {}", finding.reason));
            return None;
        }
        if let Some(not) = aim.brief.must_not_say.iter().find(|not| says(aim.kit, &text, not)) {
            open.push(format!(
                "{what} was left out: it says “{}”, which must not be said.",
                line(not)
            ));
            return None;
        }
        if !aim.channel.split(&text).0.is_empty() {
            open.push(format!("{what} was left out: it begins like a line of the channel's own."));
            return None;
        }
        Some(text)
    };
    let offer = aim.brief.offer.as_deref().and_then(|text| take("The offer", text));
    let must_say =
        aim.brief.must_say.iter().filter_map(|text| take("A sentence that must be said", text));
    (offer, must_say.collect())
}

/// What only a person or a model can follow.
fn note_what_is_not_used(aim: &Aim<'_>, open: &mut Vec<String>) {
    if aim.brief.tone.as_deref().is_some_and(|tone| !tone.trim().is_empty()) {
        open.push(
            "The tone that the brief asks for was not followed: these are approved words."
                .to_owned(),
        );
    }
    if !aim.brief.evidence.is_empty() {
        open.push("The evidence helped to choose and is not quoted: nothing here can tell whether a quote speaks for the text.".to_owned());
    }
}
