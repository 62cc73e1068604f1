//! The kit as TOML has it, with places, so that a mistake is named with its line and its remedy.

use jiff::civil::Date;
use regex::Regex;
use serde::Deserialize;
use toml::Spanned;

use super::{
    Audience, Banned, Channel, Compiled, Disclaimer, Example, Kit, Limits, Message, Part, Product,
    Proof, Stage, Term, Tone, Topic, Voice,
};
use crate::brand::claims::Language;
use crate::brand::fold::fold;
use crate::config::Label;

/// What is wrong, and at which byte.
pub(super) struct Problem {
    pub at: usize,
    pub sentence: String,
}

pub(super) type Checked<T = ()> = Result<T, Problem>;

/// Where the kit's own texts begin.
pub(super) struct Places {
    pub messages: Vec<usize>,
    pub examples: Vec<usize>,
    pub disclaimers: Vec<usize>,
    pub products: Vec<usize>,
}

type Text = Spanned<String>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    brand: RawBrand,
    #[serde(default)]
    voice: Vec<RawVoice>,
    #[serde(default)]
    product: Vec<RawProduct>,
    #[serde(default)]
    message: Vec<RawMessage>,
    #[serde(default)]
    banned: Vec<RawBanned>,
    #[serde(default)]
    term: Vec<Spanned<RawTerm>>,
    #[serde(default)]
    proof: Vec<RawProof>,
    #[serde(default)]
    topic: Vec<RawTopic>,
    #[serde(default)]
    disclaimer: Vec<RawDisclaimer>,
    #[serde(default)]
    tone: RawTone,
    #[serde(default)]
    repetition: RawRepetition,
    #[serde(default)]
    links: RawLinks,
    #[serde(default)]
    channel: Vec<RawChannel>,
    #[serde(default)]
    audience: Vec<RawAudience>,
    #[serde(default)]
    stage: Vec<RawStage>,
    #[serde(default)]
    example: Vec<RawExample>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawBrand {
    company: Text,
    language: Text,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawVoice {
    rule: Text,
    why: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawProduct {
    name: Text,
    #[serde(default)]
    also: Vec<Text>,
    description: Text,
    link: Option<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMessage {
    name: Text,
    text: Text,
    #[serde(default)]
    products: Vec<Text>,
    #[serde(default)]
    audiences: Vec<Text>,
    #[serde(default)]
    stages: Vec<Text>,
    #[serde(default)]
    channels: Vec<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawBanned {
    name: Text,
    #[serde(default)]
    phrases: Vec<Text>,
    #[serde(default)]
    patterns: Vec<Text>,
    reason: Option<Text>,
    instead: Option<String>,
    #[serde(default)]
    legal: bool,
    #[serde(default)]
    even_quoted: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTerm {
    #[serde(default)]
    avoid: Vec<Text>,
    #[serde(rename = "use")]
    instead: Option<String>,
    reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawProof {
    name: Text,
    claim: Option<Text>,
    evidence: Option<Text>,
    source: Option<Text>,
    valid_until: Option<Text>,
    #[serde(default)]
    subject: Vec<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTopic {
    name: Text,
    #[serde(default)]
    words: Vec<Text>,
    #[serde(default)]
    patterns: Vec<Text>,
    label: Option<Label>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDisclaimer {
    topic: Text,
    text: Text,
    #[serde(default)]
    channels: Vec<Text>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct RawTone {
    reading_ease_min: Option<Spanned<f64>>,
    sentence_words_max: Option<Spanned<u32>>,
    exclamation_marks_max: Option<u32>,
    capital_words_max: Option<u32>,
    #[serde(default)]
    capitals_allowed: Vec<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct RawRepetition {
    similarity_max: Option<Spanned<f64>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct RawLinks {
    #[serde(default)]
    domains: Vec<Text>,
    #[serde(default)]
    contacts: Vec<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawChannel {
    name: Text,
    title: Option<String>,
    #[serde(default)]
    public: bool,
    characters_max: Option<Spanned<u32>>,
    words_min: Option<Spanned<u32>>,
    words_max: Option<Spanned<u32>>,
    hashtags_max: Option<u32>,
    links_max: Option<u32>,
    sms_segments_max: Option<Spanned<u32>>,
    seconds_max: Option<Spanned<u32>>,
    #[serde(default)]
    merge_fields: Vec<Text>,
    #[serde(default)]
    part: Vec<RawPart>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPart {
    label: Text,
    characters_max: Spanned<u32>,
    #[serde(default)]
    count_min: u32,
    count_max: Option<Spanned<u32>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAudience {
    name: Text,
    title: Option<String>,
    cares_about: Option<String>,
    #[serde(default)]
    avoid: Vec<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStage {
    name: Text,
    title: Option<String>,
    goal: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawExample {
    channel: Option<Text>,
    before: Text,
    approved: Text,
    why: Option<String>,
}

impl Raw {
    pub fn check(&self) -> Checked {
        said(&self.brand.company, "the company has no name; give one under company")?;
        language(&self.brand.language)?;
        self.check_names()?;
        for voice in &self.voice {
            said(&voice.rule, "this voice rule says nothing; write it, or take it out")?;
        }
        self.products()?;
        self.messages()?;
        self.banned.iter().try_for_each(RawBanned::check)?;
        self.terms()?;
        self.proof.iter().try_for_each(RawProof::check)?;
        self.topics()?;
        self.check_tone()?;
        self.links.check()?;
        if self.channel.is_empty() {
            return at(0, "no channel is declared, so nothing can be written; add a [[channel]] with its limits".to_owned());
        }
        self.channel.iter().try_for_each(RawChannel::check)?;
        for audience in &self.audience {
            audience.avoid.iter().try_for_each(|one| phrase(one, "audience", &audience.name))?;
        }
        self.examples()
    }

    pub fn places(&self) -> Places {
        Places {
            messages: self.message.iter().map(|one| one.text.span().start).collect(),
            examples: self.example.iter().map(|one| one.approved.span().start).collect(),
            disclaimers: self.disclaimer.iter().map(|one| one.text.span().start).collect(),
            products: self.product.iter().map(|one| one.description.span().start).collect(),
        }
    }

    fn check_names(&self) -> Checked {
        unique("product", self.product.iter().map(|one| &one.name))?;
        unique("message", self.message.iter().map(|one| &one.name))?;
        unique("banned claim", self.banned.iter().map(|one| &one.name))?;
        unique("proof point", self.proof.iter().map(|one| &one.name))?;
        unique("topic", self.topic.iter().map(|one| &one.name))?;
        unique("channel", self.channel.iter().map(|one| &one.name))?;
        unique("audience", self.audience.iter().map(|one| &one.name))?;
        unique("stage", self.stage.iter().map(|one| &one.name))?;
        let ids = self.channel.iter().map(|one| &one.name);
        let ids = ids.chain(self.audience.iter().map(|one| &one.name));
        for id in ids.chain(self.stage.iter().map(|one| &one.name)) {
            let name = id.get_ref();
            if !name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
                return problem(
                    id,
                    format!(
                        "{name:?} is typed in commands; write it in small letters, digits and hyphens, such as \"landing-page\", and put what people read under title"
                    ),
                );
            }
        }
        Ok(())
    }

    fn products(&self) -> Checked {
        for product in &self.product {
            let name = product.name.get_ref();
            said(
                &product.description,
                &format!("the product {name:?} has no description; say what it is"),
            )?;
            for also in &product.also {
                phrase(also, "product", &product.name)?;
            }
            if let Some(link) = &product.link
                && !is_web_address(link.get_ref())
            {
                return problem(
                    link,
                    format!(
                        "{:?} is no address; write one that begins with https://",
                        link.get_ref()
                    ),
                );
            }
        }
        Ok(())
    }

    fn messages(&self) -> Checked {
        for message in &self.message {
            let name = message.name.get_ref();
            said(
                &message.text,
                &format!("the message {name:?} has no text; write it, or take it out"),
            )?;
            let owner = format!("the message {name:?}");
            known(&message.products, &owner, "product", self.product.iter().map(|one| &one.name))?;
            known(
                &message.audiences,
                &owner,
                "audience",
                self.audience.iter().map(|one| &one.name),
            )?;
            known(&message.stages, &owner, "stage", self.stage.iter().map(|one| &one.name))?;
            known(&message.channels, &owner, "channel", self.channel.iter().map(|one| &one.name))?;
        }
        Ok(())
    }

    fn terms(&self) -> Checked {
        for term in &self.term {
            let avoid = &term.get_ref().avoid;
            if avoid.is_empty() {
                return problem(
                    term,
                    "this term says nothing to avoid; list words under avoid, or take it out"
                        .to_owned(),
                );
            }
            for word in avoid {
                if squeezed(word.get_ref()).is_empty() {
                    return problem(
                        word,
                        format!("{:?} has no letters to look for; write a word", word.get_ref()),
                    );
                }
            }
        }
        Ok(())
    }

    fn topics(&self) -> Checked {
        for topic in &self.topic {
            let name = topic.name.get_ref();
            if topic.words.is_empty() && topic.patterns.is_empty() {
                return problem(
                    &topic.name,
                    format!(
                        "nothing tells that a text is on the topic {name:?}; list words or patterns"
                    ),
                );
            }
            topic.words.iter().try_for_each(|one| phrase(one, "topic", &topic.name))?;
            topic.patterns.iter().try_for_each(|one| pattern(one, "topic", &topic.name))?;
        }
        for disclaimer in &self.disclaimer {
            let topic = disclaimer.topic.get_ref();
            said(
                &disclaimer.text,
                &format!("the disclaimer on {topic:?} has no text; write what must stand there"),
            )?;
            let owner = "this disclaimer";
            known(
                std::slice::from_ref(&disclaimer.topic),
                owner,
                "topic",
                self.topic.iter().map(|one| &one.name),
            )?;
            known(
                &disclaimer.channels,
                owner,
                "channel",
                self.channel.iter().map(|one| &one.name),
            )?;
        }
        Ok(())
    }

    fn check_tone(&self) -> Checked {
        if let Some(ease) = &self.tone.reading_ease_min
            && !(0.0..=100.0).contains(ease.get_ref())
        {
            return problem(
                ease,
                format!(
                    "a reading ease of {} is asked for; give 0 (hard) to 100 (easy), such as 50",
                    ease.get_ref()
                ),
            );
        }
        if let Some(words) =
            self.tone.sentence_words_max.as_ref().filter(|words| *words.get_ref() < 5)
        {
            return problem(
                words,
                format!(
                    "sentences of at most {} words cannot be written; allow at least 5",
                    words.get_ref()
                ),
            );
        }
        if let Some(alike) = &self.repetition.similarity_max
            && !(0.05..=1.0).contains(alike.get_ref())
        {
            return problem(
                alike,
                format!(
                    "a similarity of {} makes no sense; give 0.05 (hardly alike) to 1 (the same), such as 0.5",
                    alike.get_ref()
                ),
            );
        }
        Ok(())
    }

    fn examples(&self) -> Checked {
        for example in &self.example {
            said(
                &example.before,
                "this example shows nothing before; write the text that was not approved",
            )?;
            said(
                &example.approved,
                "this example has no approved text; write what was approved instead",
            )?;
            if example.before.get_ref() == example.approved.get_ref() {
                return problem(&example.approved, "this example approves what it shows as the text before; write what was approved instead".to_owned());
            }
            known(
                example.channel.as_slice(),
                "this example",
                "channel",
                self.channel.iter().map(|one| &one.name),
            )?;
        }
        Ok(())
    }

    /// The kit, once it was checked.
    pub fn into_kit(self, text: String, version: String) -> Kit {
        let language = language(&self.brand.language).unwrap_or(Language::English);
        let tone = Tone {
            reading_ease_min: self.tone.reading_ease_min.map(Spanned::into_inner),
            sentence_words_max: self.tone.sentence_words_max.map(Spanned::into_inner),
            exclamation_marks_max: self.tone.exclamation_marks_max,
            capital_words_max: self.tone.capital_words_max,
            capitals_allowed: self.tone.capitals_allowed,
        };
        Kit {
            company: self.brand.company.into_inner(),
            language,
            voice: all(self.voice, |one| Voice { rule: one.rule.into_inner(), why: one.why }),
            products: all(self.product, RawProduct::into_product),
            messages: all(self.message, RawMessage::into_message),
            banned: all(self.banned, RawBanned::into_banned),
            terms: all(self.term, |one| {
                let one = one.into_inner();
                Term { avoid: texts(one.avoid), instead: one.instead, reason: one.reason }
            }),
            proofs: all(self.proof, RawProof::into_proof),
            topics: all(self.topic, |one| Topic {
                name: one.name.into_inner(),
                words: texts(one.words),
                patterns: texts(one.patterns),
                label: one.label,
            }),
            disclaimers: all(self.disclaimer, |one| Disclaimer {
                topic: one.topic.into_inner(),
                text: one.text.into_inner(),
                channels: texts(one.channels),
            }),
            tone,
            similarity_max: self.repetition.similarity_max.map_or(0.6, Spanned::into_inner),
            domains: all(self.links.domains, |one| one.into_inner().to_lowercase()),
            contacts: texts(self.links.contacts),
            channels: all(self.channel, RawChannel::into_channel),
            audiences: all(self.audience, |one| Audience {
                title: one.title.unwrap_or_else(|| titled(one.name.get_ref())),
                name: one.name.into_inner(),
                cares_about: one.cares_about,
                avoid: texts(one.avoid),
            }),
            stages: all(self.stage, |one| Stage {
                title: one.title.unwrap_or_else(|| titled(one.name.get_ref())),
                name: one.name.into_inner(),
                goal: one.goal,
            }),
            examples: all(self.example, |one| Example {
                channel: one.channel.map(Spanned::into_inner),
                before: one.before.into_inner(),
                approved: one.approved.into_inner(),
                why: one.why,
            }),
            text,
            version,
            compiled: Compiled::default(),
        }
    }
}

impl RawProduct {
    fn into_product(self) -> Product {
        Product {
            name: self.name.into_inner(),
            also: texts(self.also),
            description: self.description.into_inner(),
            link: self.link.map(Spanned::into_inner),
        }
    }
}

impl RawMessage {
    fn into_message(self) -> Message {
        Message {
            name: self.name.into_inner(),
            text: self.text.into_inner(),
            products: texts(self.products),
            audiences: texts(self.audiences),
            stages: texts(self.stages),
            channels: texts(self.channels),
        }
    }
}

impl RawBanned {
    fn check(&self) -> Checked {
        let name = self.name.get_ref();
        if self.phrases.is_empty() && self.patterns.is_empty() {
            return problem(
                &self.name,
                format!("the banned claim {name:?} bans nothing; list phrases or patterns"),
            );
        }
        match &self.reason {
            Some(reason) if !reason.get_ref().trim().is_empty() => {}
            _ => {
                return problem(
                    &self.name,
                    format!(
                        "the banned claim {name:?} has no reason, which is what people are told; write one under reason"
                    ),
                );
            }
        }
        self.phrases.iter().try_for_each(|one| phrase(one, "banned claim", &self.name))?;
        self.patterns.iter().try_for_each(|one| pattern(one, "banned claim", &self.name))
    }

    fn into_banned(self) -> Banned {
        Banned {
            name: self.name.into_inner(),
            phrases: texts(self.phrases),
            patterns: texts(self.patterns),
            reason: self.reason.map(Spanned::into_inner).unwrap_or_default(),
            instead: self.instead,
            legal: self.legal,
            even_quoted: self.even_quoted,
        }
    }
}

impl RawProof {
    fn check(&self) -> Checked {
        let name = self.name.get_ref();
        let fields = [
            (&self.claim, "claim", "write the sentence that it proves"),
            (&self.evidence, "evidence", "say how it is known"),
            (&self.source, "source", "say where the evidence is kept, as an address or a document"),
        ];
        for (field, key, remedy) in fields {
            if field.as_ref().is_none_or(|text| text.get_ref().trim().is_empty()) {
                return problem(
                    &self.name,
                    format!("the proof point {name:?} has no {key}; {remedy}"),
                );
            }
        }
        if let Some(day) = &self.valid_until
            && day.get_ref().parse::<Date>().is_err()
        {
            return problem(
                day,
                format!(
                    "the proof point {name:?} is valid until {:?}, which is no date; write it as \"2027-06-30\"",
                    day.get_ref()
                ),
            );
        }
        let claim = self.claim.as_ref().map(|claim| fold(claim.get_ref())).unwrap_or_default();
        for word in &self.subject {
            if squeezed(word.get_ref()).is_empty() || word.get_ref().contains(' ') {
                return problem(
                    word,
                    format!(
                        "{:?} is no word to look for; the subject of {name:?} takes single words",
                        word.get_ref()
                    ),
                );
            }
        }
        if squeezed(&claim).len() < 8 {
            return problem(
                &self.name,
                format!(
                    "the claim of the proof point {name:?} is too short to be told from others; write it as a sentence"
                ),
            );
        }
        Ok(())
    }

    fn into_proof(self) -> Proof {
        let text = |text: Option<Text>| text.map(Spanned::into_inner).unwrap_or_default();
        Proof {
            name: self.name.into_inner(),
            claim: text(self.claim),
            evidence: text(self.evidence),
            source: text(self.source),
            valid_until: self.valid_until.and_then(|day| day.get_ref().parse().ok()),
            subject: texts(self.subject),
        }
    }
}

impl RawLinks {
    fn check(&self) -> Checked {
        for domain in &self.domains {
            let name = domain.get_ref();
            let is_domain = name.contains('.')
                && !name.contains(['/', ':', '@', '*', ' '])
                && !name.starts_with('.')
                && url::Url::parse(&format!("https://{name}/")).is_ok();
            if !is_domain {
                return problem(
                    domain,
                    format!(
                        "{name:?} is no domain; write one such as \"example.org\", which stands for what is below it as well"
                    ),
                );
            }
        }
        for contact in &self.contacts {
            let text = contact.get_ref();
            if !text.contains('@') && text.chars().filter(char::is_ascii_digit).count() < 6 {
                return problem(
                    contact,
                    format!(
                        "{text:?} is neither a mail address nor a telephone number; write one of them"
                    ),
                );
            }
        }
        Ok(())
    }
}

impl RawChannel {
    fn check(&self) -> Checked {
        let name = self.name.get_ref();
        let maxima =
            [&self.characters_max, &self.words_max, &self.sms_segments_max, &self.seconds_max];
        let has_limits = maxima.iter().any(|limit| limit.is_some()) || !self.part.is_empty();
        if !has_limits {
            return problem(
                &self.name,
                format!(
                    "the channel {name:?} has no limits; give it characters_max, words_max, sms_segments_max, seconds_max, or parts with theirs"
                ),
            );
        }
        for limit in maxima.into_iter().flatten() {
            if *limit.get_ref() == 0 {
                return problem(
                    limit,
                    format!(
                        "the channel {name:?} has a limit of 0, so nothing fits; give a larger one"
                    ),
                );
            }
        }
        if let (Some(min), Some(max)) = (&self.words_min, &self.words_max)
            && min.get_ref() > max.get_ref()
        {
            return problem(
                min,
                format!(
                    "the channel {name:?} needs at least {} words and takes at most {}; change one of them",
                    min.get_ref(),
                    max.get_ref()
                ),
            );
        }
        for (index, part) in self.part.iter().enumerate() {
            let label = part.label.get_ref();
            if label.trim().is_empty() || label.contains([':', '\n']) {
                return problem(
                    &part.label,
                    format!(
                        "{label:?} is no label; write the word before the colon, such as \"Subject\""
                    ),
                );
            }
            if self.part[..index].iter().any(|other| fold(other.label.get_ref()) == fold(label)) {
                return problem(
                    &part.label,
                    format!(
                        "the channel {name:?} has the part {label:?} twice; rename one of them, or raise count_max"
                    ),
                );
            }
            if *part.characters_max.get_ref() == 0 {
                return problem(
                    &part.characters_max,
                    format!(
                        "the part {label:?} has a limit of 0, so nothing fits; give a larger one"
                    ),
                );
            }
            if let Some(max) =
                part.count_max.as_ref().filter(|max| *max.get_ref() < part.count_min.max(1))
            {
                return problem(
                    max,
                    format!(
                        "the part {label:?} is needed {} times and taken {} times at most; change one of them",
                        part.count_min,
                        max.get_ref()
                    ),
                );
            }
        }
        for field in &self.merge_fields {
            if !field.get_ref().contains(['{', '[', '*', '%']) {
                return problem(
                    field,
                    format!(
                        "{:?} is no merge field; write it as your tool does, such as \"{{{{first_name}}}}\"",
                        field.get_ref()
                    ),
                );
            }
        }
        Ok(())
    }

    fn into_channel(self) -> Channel {
        let number = |limit: Option<Spanned<u32>>| limit.map(Spanned::into_inner);
        Channel {
            title: self.title.unwrap_or_else(|| titled(self.name.get_ref())),
            name: self.name.into_inner(),
            public: self.public,
            limits: Limits {
                characters_max: number(self.characters_max),
                words_min: number(self.words_min),
                words_max: number(self.words_max),
                hashtags_max: self.hashtags_max,
                links_max: self.links_max,
                sms_segments_max: number(self.sms_segments_max),
                seconds_max: number(self.seconds_max),
            },
            parts: all(self.part, |one| Part {
                label: one.label.into_inner(),
                characters_max: one.characters_max.into_inner(),
                count_min: one.count_min,
                count_max: one.count_max.map(Spanned::into_inner),
            }),
            merge_fields: texts(self.merge_fields),
        }
    }
}

fn language(text: &Text) -> Checked<Language> {
    match text.get_ref().as_str() {
        "en" => Ok(Language::English),
        "de" => Ok(Language::German),
        other => Err(Problem {
            at: text.span().start,
            sentence: format!("the language {other:?} is not known; use \"en\" or \"de\""),
        }),
    }
}

fn unique<'a>(what: &str, names: impl Iterator<Item = &'a Text>) -> Checked {
    let mut seen: Vec<String> = Vec::new();
    for name in names {
        let text = name.get_ref();
        if text.trim().is_empty() {
            return problem(name, format!("this {what} has no name; give it one"));
        }
        let folded = fold(text);
        if seen.contains(&folded) {
            return problem(
                name,
                format!("the {what} {text:?} is declared twice; rename one of them"),
            );
        }
        seen.push(folded);
    }
    Ok(())
}

fn known<'a>(
    named: &[Text],
    owner: &str,
    what: &str,
    all: impl Iterator<Item = &'a Text>,
) -> Checked {
    let all: Vec<&str> = all.map(|name| name.get_ref().as_str()).collect();
    match named.iter().find(|name| !all.contains(&name.get_ref().as_str())) {
        None => Ok(()),
        Some(name) => problem(
            name,
            format!(
                "{owner} names the {what} {:?}, which this file does not declare; add it under [[{what}]]",
                name.get_ref()
            ),
        ),
    }
}

fn phrase(text: &Text, what: &str, owner: &Text) -> Checked {
    if !squeezed(text.get_ref()).is_empty() {
        return Ok(());
    }
    problem(
        text,
        format!(
            "{:?} of the {what} {:?} has no letters to look for; write a word",
            text.get_ref(),
            owner.get_ref()
        ),
    )
}

fn pattern(text: &Text, what: &str, owner: &Text) -> Checked {
    let (source, owner_name) = (text.get_ref(), owner.get_ref());
    match Regex::new(source) {
        Err(error) => {
            // The last line says what is wrong; those before show where.
            let error = error.to_string();
            let said = error.lines().last().unwrap_or_default();
            let said = said.trim().trim_start_matches("error: ");
            problem(
                text,
                format!(
                    "the pattern {source:?} of the {what} {owner_name:?} is no regular expression ({said}); correct it, or write a phrase instead"
                ),
            )
        }
        Ok(regex) if regex.is_match("") => problem(
            text,
            format!(
                "the pattern {source:?} of the {what} {owner_name:?} matches an empty text, so every text; make it ask for something"
            ),
        ),
        Ok(_) => Ok(()),
    }
}

fn said(text: &Text, sentence: &str) -> Checked {
    if text.get_ref().trim().is_empty() { problem(text, sentence.to_owned()) } else { Ok(()) }
}

fn is_web_address(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|url| url.scheme() == "https" && url.has_host())
}

fn squeezed(text: &str) -> String {
    fold(text).chars().filter(|c| c.is_alphanumeric()).collect()
}

/// "sales-follow-up" as people read it.
fn titled(name: &str) -> String {
    let words = name.replace('-', " ");
    let mut characters = words.chars();
    characters
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

fn texts(spanned: Vec<Text>) -> Vec<String> {
    all(spanned, Spanned::into_inner)
}

fn all<T, U>(from: Vec<T>, into: impl Fn(T) -> U) -> Vec<U> {
    from.into_iter().map(into).collect()
}

fn problem<T>(place: &Spanned<T>, sentence: String) -> Checked {
    at(place.span().start, sentence)
}

fn at(at: usize, sentence: String) -> Checked {
    Err(Problem { at, sentence })
}
