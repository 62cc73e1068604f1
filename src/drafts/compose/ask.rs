//! What a model is given, and the shape of what it must give back.

use serde_json::{Value, json};

use super::choose::Chosen;
use super::text::line;
use super::{Aim, Basis, Part, grounds};
use crate::agents::object_of;
use crate::brand::{self, Channel};
use crate::privacy;

/// The prompt that asks for a text, and the one that asks for it again with what was found.
pub const DRAFT: &str = "content.draft";
pub const REPAIR: &str = "content.repair";

/// How much evidence a model is given to read.
const EVIDENCE: usize = 20;

/// The inputs of the first prompt. Personal data is masked in all that is not the kit's.
pub fn inputs(aim: &Aim<'_>) -> Value {
    let mask = |text: &str| privacy::mask(text).text;
    let masked = |text: &Option<String>| text.as_deref().map(mask);
    let lines = |all: &[String]| all.iter().map(|one| mask(one)).collect::<Vec<_>>();
    let brief = aim.brief;
    let (channel, audience) = (aim.channel.name.as_str(), aim.audience.name.as_str());
    let kit = brand::told(aim.kit, aim.on, Some(channel), Some(audience), brief.stage.as_deref());
    let evidence: Vec<Value> = (1..)
        .zip(brief.evidence.iter().take(EVIDENCE))
        .map(|(number, one)| {
            json!({
                "number": number,
                "claim": masked(&one.claim),
                "quote": mask(&one.quote),
                "from": mask(&one.source),
            })
        })
        .collect();
    json!({
        "kit": kit,
        "aim": target(aim),
        "brief": {
            "title": mask(&brief.title),
            "what": mask(&brief.what),
            "offer": masked(&brief.offer),
            "goal": masked(&brief.goal),
            "tone": masked(&brief.tone),
            "must_say": lines(&brief.must_say),
            "must_not_say": lines(&brief.must_not_say),
        },
        "evidence": evidence,
        "today": aim.on.to_string(),
    })
}

/// The inputs of the second one.
pub fn again(aim: &Aim<'_>, text: &str, findings: &[String], comment: &str) -> Value {
    let mut inputs = inputs(aim);
    let mask = |text: &str| privacy::mask(text).text;
    inputs["text"] = json!(mask(text));
    inputs["findings"] = findings.iter().map(|one| mask(one)).collect();
    inputs["comment"] = json!(mask(comment));
    inputs
}

/// The channel with its limits, the reader, and the message that leads.
fn target(aim: &Aim<'_>) -> Value {
    let stage = aim.brief.stage.as_deref().and_then(|name| aim.kit.stage(name));
    let lead = Chosen::of(aim).lead().map(|one| one.text.clone());
    json!({
        "channel": aim.channel.title,
        "limits": limits(aim.channel),
        "parts": aim.channel.parts.iter().map(|part| {
            json!({
                "label": part.label,
                "characters_max": part.characters_max,
                "count_min": part.count_min,
                "count_max": part.count_max,
            })
        }).collect::<Vec<_>>(),
        "fields": aim.channel.merge_fields.join(", "),
        "audience": aim.audience.title,
        "cares_about": aim.audience.cares_about,
        "avoid": aim.audience.avoid.join(", "),
        "stage": stage.map(|one| one.title.clone()),
        "stage_goal": stage.and_then(|one| one.goal.clone()),
        "lead": lead,
    })
}

fn limits(channel: &Channel) -> Vec<String> {
    let limits = &channel.limits;
    let most = |max: Option<u32>, what: &str| max.map(|max| format!("at most {max} {what}"));
    [
        most(limits.characters_max, "characters"),
        limits.words_min.map(|min| format!("at least {min} words")),
        most(limits.words_max, "words"),
        most(limits.hashtags_max, "hashtags"),
        most(limits.links_max, "links"),
        most(limits.sms_segments_max, "SMS of 153 characters each, without typographic quotes or emoji"),
        most(limits.seconds_max, "seconds when spoken, at 150 words a minute; directions stand in round brackets after “Scene 1:” and the like"),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The JSON schema of an answer: what both protocols take, as for answers of research.
pub fn schema() -> Value {
    let text = |description: &str| json!({"type": "string", "description": description});
    let part = object_of(json!({
        "label": text("A label of the channel's, as it was given."),
        "text": text("One line."),
    }));
    object_of(json!({
        "parts": {"type": "array", "items": part},
        "body": text("All that is no labelled line; empty if the channel has labelled lines alone."),
        "rests_on": {
            "type": "array",
            "items": text("The name of a message, product or proof point, or E and the number of a piece of evidence."),
        },
        "open": text("What of the brief could not be said, in a sentence; empty if nothing."),
    }))
}

/// An answer, read: its text, and what it says it rests on and leaves open.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    pub text: String,
    pub rests_on: Vec<Basis>,
    pub open: Option<String>,
}

impl Answer {
    /// None if it says nothing. Lines with labels that the channel does not have go to the body,
    /// where people see them.
    pub fn read(aim: &Aim<'_>, answer: &Value) -> Option<Self> {
        let text = |value: &Value, name: &str| {
            value.get(name).and_then(Value::as_str).unwrap_or_default().replace('\r', "")
        };
        let list = |name: &str| answer.get(name).and_then(Value::as_array).into_iter().flatten();
        let (mut lines, mut body) = (Vec::new(), text(answer, "body").trim().to_owned());
        for part in list("parts") {
            let (label, line) = (text(part, "label"), line(&text(part, "text")));
            let known = aim.channel.parts.iter().position(|one| is_label(&one.label, &label));
            match known {
                _ if line.is_empty() => {}
                Some(index) => lines.push((index, line)),
                None if body.is_empty() => body = line,
                None => body = format!("{line}\n\n{body}"),
            }
        }
        lines.sort_by_key(|(index, _)| *index);
        let part = |(index, text): (usize, String)| Part {
            name: aim.channel.parts[index].label.clone(),
            text,
        };
        let mut parts: Vec<Part> = lines.into_iter().map(part).collect();
        if !body.is_empty() {
            parts.push(Part { name: String::new(), text: body });
        }
        let whole = super::piece::text_of(&parts);
        if !whole.chars().any(char::is_alphanumeric) {
            return None;
        }
        let mut rests_on = grounds::of(aim, &whole);
        for named in list("rests_on").filter_map(Value::as_str) {
            rests_on.extend(basis(aim, named).filter(|one| !rests_on.contains(one)));
        }
        let open = line(&text(answer, "open"));
        Some(Self { text: whole, rests_on, open: (!open.is_empty()).then_some(open) })
    }
}

/// What a model names, if it is there to be rested on: a message stands word for word or not at all.
fn basis(aim: &Aim<'_>, named: &str) -> Option<Basis> {
    let named = named.trim();
    let proof = aim.kit.proofs.iter().find(|one| one.name == named && one.is_valid_on(aim.on));
    let product = aim
        .kit
        .product(named)
        .map(|one| Basis::Product { name: one.name.clone(), description: one.description.clone() });
    let evidence = || {
        let number: usize = named.strip_prefix('E')?.trim().parse().ok()?;
        aim.brief.evidence.iter().take(EVIDENCE).nth(number.checked_sub(1)?)
    };
    proof.map(grounds::of_proof).or(product).or_else(|| evidence().map(grounds::of_evidence))
}

/// "Headline 2" is a headline.
fn is_label(label: &str, given: &str) -> bool {
    let given = given.trim().trim_end_matches(|c: char| c.is_ascii_digit() || c == ' ' || c == ':');
    label.eq_ignore_ascii_case(given)
}
