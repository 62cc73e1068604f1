//! What is asked of several entries, each answered with the place of the mistake.

use regex::Regex;
use toml::Spanned;

use super::{Checked, Problem, Text};
use crate::brand::claims::Language;
use crate::brand::fold::fold;

pub fn language(text: &Text) -> Checked<Language> {
    match text.get_ref().as_str() {
        "en" => Ok(Language::English),
        "de" => Ok(Language::German),
        other => Err(Problem {
            at: text.span().start,
            sentence: format!("the language {other:?} is not known; use \"en\" or \"de\""),
        }),
    }
}

pub fn unique<'a>(what: &str, names: impl Iterator<Item = &'a Text>) -> Checked {
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

pub fn known<'a>(
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

pub fn phrase(text: &Text, what: &str, owner: &Text) -> Checked {
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

pub fn pattern(text: &Text, what: &str, owner: &Text) -> Checked {
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

pub fn said(text: &Text, sentence: &str) -> Checked {
    if text.get_ref().trim().is_empty() { problem(text, sentence.to_owned()) } else { Ok(()) }
}

pub fn is_web_address(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|url| url.scheme() == "https" && url.has_host())
}

pub fn squeezed(text: &str) -> String {
    fold(text).chars().filter(|c| c.is_alphanumeric()).collect()
}

pub fn problem<T>(place: &Spanned<T>, sentence: String) -> Checked {
    at(place.span().start, sentence)
}

pub fn at(at: usize, sentence: String) -> Checked {
    Err(Problem { at, sentence })
}
