//! The words of a question and the terms they are found by.

use std::collections::HashMap;

pub type Term = String;

/// A word of a question: the terms it has in the languages of the evidence, counted as one.
#[derive(Clone, PartialEq, Debug)]
pub struct Word {
    pub text: String,
    pub terms: Vec<Term>,
    pub weight: f32,
    /// Documents that hold it, once they were counted.
    pub holding: Option<usize>,
}

impl Word {
    pub fn new(text: String, terms: Vec<Term>, weight: f32) -> Self {
        Self { text, terms, weight, holding: None }
    }

    /// Words out of pairs of word and term in the question's order; a repeated word weighs more.
    pub fn group(pairs: Vec<(String, Term)>) -> Vec<Self> {
        let mut words: Vec<Self> = Vec::new();
        let mut by_term: HashMap<Term, usize> = HashMap::new();
        let mut last: Option<(String, usize)> = None;
        for (text, term) in pairs {
            match by_term.get(&term) {
                Some(position) => {
                    let same_word =
                        last.as_ref().is_some_and(|(it, at)| *it == text && at == position);
                    if !same_word {
                        words[*position].weight += 1.0;
                    }
                    last = Some((text, *position));
                }
                None => {
                    let position = match &last {
                        Some((it, position)) if *it == text => *position,
                        _ => {
                            let text = text.clone();
                            words.push(Self::new(text, Vec::new(), 1.0));
                            words.len() - 1
                        }
                    };
                    words[position].terms.push(term.clone());
                    by_term.insert(term, position);
                    last = Some((text, position));
                }
            }
        }
        words
    }
}
