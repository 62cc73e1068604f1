//! The kit that a file declares, once it was checked.

use toml::Spanned;

use super::places::language;
use super::{Raw, RawBanned, RawChannel, RawMessage, RawProduct, RawProof, Text};
use crate::brand::claims::Language;
use crate::brand::kit::{
    Audience, Banned, Channel, Compiled, Disclaimer, Example, Kit, Limits, Message, Part, Product,
    Proof, Stage, Term, Tone, Topic, Voice,
};

impl Raw {
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

impl RawChannel {
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
