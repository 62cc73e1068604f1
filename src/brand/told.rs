//! What a model is told of the kit.

use jiff::civil::Date;
use serde_json::{Value, json};

use super::{Kit, Language};

/// What prompts tell of the kit on a day, as far as it is for what is named; none named: all of it.
/// Expired proof points are left out.
pub fn told(
    kit: &Kit,
    on: Date,
    channel: Option<&str>,
    audience: Option<&str>,
    stage: Option<&str>,
) -> Value {
    let is_here = |name: &String| channel.is_none_or(|channel| name == channel);
    let voice: Vec<Value> =
        kit.voice.iter().map(|one| json!({"rule": one.rule, "why": one.why})).collect();
    let products: Vec<Value> = kit
        .products
        .iter()
        .map(|one| json!({"name": one.name, "description": one.description, "link": one.link}))
        .collect();
    let messages: Vec<Value> = kit
        .messages_for(channel, audience, stage)
        .map(|one| json!({"name": one.name, "text": one.text}))
        .collect();
    let proofs: Vec<Value> = kit
        .proofs
        .iter()
        .filter(|one| one.is_valid_on(on))
        .map(|one| json!({"name": one.name, "claim": one.claim}))
        .collect();
    let banned: Vec<Value> = kit
        .banned
        .iter()
        .map(|one| {
            json!({"name": one.name, "phrases": one.phrases.join(", "), "reason": one.reason, "instead": one.instead})
        })
        .collect();
    let terms: Vec<Value> = kit
        .terms
        .iter()
        .map(|one| json!({"avoid": one.avoid.join(", "), "instead": one.instead}))
        .collect();
    let disclaimers: Vec<Value> = kit
        .disclaimers
        .iter()
        .filter(|one| one.channels.is_empty() || one.channels.iter().any(is_here))
        .map(|one| json!({"topic": one.topic, "text": one.text}))
        .collect();
    let examples: Vec<Value> = kit
        .examples
        .iter()
        .filter(|one| one.channel.as_ref().is_none_or(is_here))
        .map(|one| json!({"before": one.before, "approved": one.approved}))
        .collect();
    json!({
        "company": kit.company,
        "language": match kit.language {
            Language::English => "English",
            Language::German => "German",
        },
        "voice": voice,
        "products": products,
        "messages": messages,
        "proofs": proofs,
        "banned": banned,
        "terms": terms,
        "disclaimers": disclaimers,
        "examples": examples,
        "domains": kit.domains.join(", "),
        "tone": tone(kit),
    })
}

fn tone(kit: &Kit) -> Vec<String> {
    let tone = &kit.tone;
    let most = |max: Option<u32>, what: &str| {
        max.map(|max| if max == 0 { format!("no {what}") } else { format!("at most {max} {what}") })
    };
    [
        tone.sentence_words_max.map(|max| format!("at most {max} words in a sentence")),
        most(tone.exclamation_marks_max, "exclamation marks"),
        most(tone.capital_words_max, "words in capitals"),
        tone.reading_ease_min.map(|min| format!("a Flesch reading ease of {min:.0} or more")),
    ]
    .into_iter()
    .flatten()
    .collect()
}
