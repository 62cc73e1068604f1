//! What must hold of a kit as a whole.

use super::places::{
    at, is_web_address, known, language, pattern, phrase, problem, said, squeezed, unique,
};
use super::{Checked, Places, Raw, RawBanned, RawChannel, RawProof};

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
}
