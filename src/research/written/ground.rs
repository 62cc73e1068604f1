//! What claims rest on, and whether it has what they say in figures.

use jiff::civil::Date;

use super::counts::{self, Counted, Quoted};
use super::dates::{self, Dated};
use super::numbers::{self, Kind, Known, Number};
use super::plain::{self, Plain};
use super::quotes::Folded;
use super::words::Language;
use super::{Passage, Why};

/// A passage in the forms in which it is looked into.
#[derive(Debug)]
pub struct Read<'a> {
    pub passage: &'a Passage,
    pub folded: Folded,
    readable: String,
    pub language: Language,
    dates: Vec<Dated>,
}

/// What claims rest on, taken together.
pub struct Ground<'a> {
    pub passages: Vec<&'a Read<'a>>,
    pub numbers: Known,
    /// Quoted by one claim each; a summary may count as any of them, or as all.
    pub quoted: Vec<Quoted>,
}

impl<'a> Read<'a> {
    pub fn of(passage: &'a Passage) -> Self {
        let readable = numbers::readable(&passage.text);
        let dates = dates::of(&readable).into_iter().flat_map(|it| it.readings);
        let dates = dates.chain(passage.written.map(Dated::on)).collect();
        Self {
            passage,
            folded: Folded::new(&passage.text),
            language: Language::of(&passage.text),
            readable,
            dates,
        }
    }

    fn written(&self) -> Option<Date> {
        self.passage.written
    }
}

impl Ground<'_> {
    pub fn bears_out(&self, plain: &Plain) -> Result<(), Why> {
        self.addresses(plain)?;
        self.figures(&plain.text, &[])?;
        self.voices(&plain.text)
    }

    pub fn addresses(&self, plain: &Plain) -> Result<(), Why> {
        let texts = || self.passages.iter().map(|it| it.passage.text.as_str());
        let words = || texts().flat_map(str::split_whitespace);
        let stands = |it: &String| words().any(|word| plain::bare(word).contains(it.as_str()));
        if plain.addresses.iter().all(stands) { Ok(()) } else { Err(Why::LinkNotInPassage) }
    }

    /// Dates, and numbers that are no part of one; `asked` are the dates of the question.
    pub fn figures(&self, text: &str, asked: &[Dated]) -> Result<(), Why> {
        let readable = numbers::readable(text);
        let dates = dates::of(&readable);
        let known = |date: &Dated| {
            let mut here = self
                .passages
                .iter()
                .flat_map(|read| read.dates.iter().map(|it| (*it, read.written())));
            asked.iter().any(|it| date.is_part_of(*it, None))
                || here.any(|(it, written)| date.is_part_of(it, written))
        };
        if !dates.iter().all(|it| it.readings.iter().any(known)) {
            return Err(Why::DateNotInPassage);
        }
        let mut all = numbers::of(&readable, Language::of(text));
        all.retain(|number| {
            let in_date = dates.iter().any(|it| {
                it.place.start <= number.place.start && number.place.start < it.place.end
            });
            !in_date && !counts::is_pronoun(&readable, &number.place)
        });
        for number in all {
            let counted =
                counts::counted(&readable, &number.place).filter(|_| number.kind == Kind::Plain);
            match counted {
                Some(counted) if !self.counts(&number, counted) => {
                    return Err(Why::MiscountedDocuments);
                }
                None if !self.numbers.has(&number) => return Err(Why::NumberNotInPassage),
                _ => {}
            }
        }
        Ok(())
    }

    /// Whether so many are quoted, or a passage counts so many.
    fn counts(&self, number: &Number, counted: Counted) -> bool {
        let true_here = |it: &Quoted| it.of(counted).to_string() == number.value;
        self.quoted.iter().any(true_here)
            || self.passages.iter().any(|read| {
                numbers::of(&read.readable, read.language).iter().any(|it| {
                    it.value == number.value
                        && it.kind == number.kind
                        && counts::counted(&read.readable, &it.place) == Some(counted)
                })
            })
    }

    /// Whether it speaks for nobody but those who are quoted.
    fn voices(&self, text: &str) -> Result<(), Why> {
        let readable = numbers::readable(text);
        let said_there = |words: &str| self.passages.iter().any(|it| it.readable.contains(words));
        if !counts::for_all(&readable).all(said_there) {
            return Err(Why::SpeaksForAll);
        }
        let two = |it: &Quoted| it.documents == 2;
        if counts::says_both(&readable) && !self.quoted.iter().any(two) {
            return Err(Why::MiscountedDocuments);
        }
        Ok(())
    }
}
