//! What must hold of a single entry.

use jiff::civil::Date;

use super::places::{pattern, phrase, problem, squeezed};
use super::{Checked, RawBanned, RawChannel, RawLinks, RawProof};
use crate::brand::fold::fold;

impl RawBanned {
    pub fn check(&self) -> Checked {
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
}

impl RawProof {
    pub fn check(&self) -> Checked {
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
}

impl RawLinks {
    pub fn check(&self) -> Checked {
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
    pub fn check(&self) -> Checked {
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
}
