//! Extracts of small sets of reviews.

use std::collections::HashMap;

use jiff::Timestamp;

use super::*;
use crate::evidence::{Language, SearchedWord};
use crate::ids::SourceId;

/// Hits as a search would bring them: each text its own document, dated month by month.
fn found(question: &str, texts: &[&str]) -> (Asked, Searched) {
    let asked = Asked::of(question);
    let hit = |(position, text): (usize, &&str)| {
        let number = i64::try_from(position).unwrap();
        let month = position % 3 + 1;
        let written_at: Timestamp = format!("2026-0{month}-15T12:00:00Z").parse().unwrap();
        Hit {
            passage: PassageId(100 + number),
            document: DocumentId(number),
            external_id: format!("R-{number}"),
            source: SourceId(1),
            source_name: "reviews".to_owned(),
            score: 1.0,
            passage_score: 1.0,
            text: (*text).to_owned(),
            language: Language::ENGLISH,
            chars: (10, 10 + text.chars().count()),
            title: String::new(),
            url: None,
            author: None,
            written_at: Some(written_at),
        }
    };
    let hits: Vec<Hit> = texts.iter().enumerate().map(hit).collect();
    let holding =
        |word: &String| texts.iter().filter(|it| it.to_lowercase().contains(word)).count();
    let words = asked.subject.iter();
    let words = words.map(|it| SearchedWord { text: it.clone(), documents: holding(it) }).collect();
    let searched =
        Searched { matching: hits.len(), documents: 1_000, hits, words, ..Searched::default() };
    (asked, searched)
}

/// Themes and quotes as text. Every word stands in as many passages as there are hits with it.
fn extracted(question: &str, texts: &[&str]) -> String {
    let (asked, searched) = found(question, texts);
    let reading = read(&asked, &searched);
    let holding = |word: &str| texts.iter().filter(|it| it.to_lowercase().contains(word)).count();
    let vocabulary = reading.vocabulary();
    let frequencies: HashMap<String, usize> =
        vocabulary.into_iter().map(|it| (it.clone(), holding(&it))).collect();
    let extract = reading.extract(&frequencies);
    for quote in extract.themes.iter().flat_map(|it| &it.quotes).chain(&extract.others) {
        let hit = searched.hits.iter().find(|it| it.passage == quote.passage).unwrap();
        assert!(hit.text.contains(&quote.text));
        let there: String =
            hit.text.chars().skip(quote.chars.0 - 10).take(quote.text.chars().count()).collect();
        assert_eq!(there, quote.text);
    }
    assert_eq!(extract, reading.extract(&frequencies));
    if extract.nothing_relevant {
        return format!("nothing; missing {}", extract.missing_words.join(", "));
    }
    let said = |it: &Quote| match it.also.len() {
        0 => format!("  {}\n", it.text),
        n => format!("  {} (+{n})\n", it.text),
    };
    let mut text = String::new();
    for theme in &extract.themes {
        text += &format!("{} ({})\n", theme.title, theme.documents.len());
        text.extend(theme.quotes.iter().map(said));
    }
    text + &extract.others.iter().map(said).collect::<String>()
}

const SPEAKER: &[&str] = &[
    "The sound is tinny. I love the colour.",
    "Great sound for the price, and easy to set up.",
    "Sound quality is poor when the volume is high.",
    "The sound quality is worse than on my old radio.",
    "I bought it for my kitchen. The sound is a little too low there.",
    "Sound quality is poor when volume is high!",
    "It was late, but the sound is great.",
];

#[test]
fn complaints_are_quoted_and_praise_is_not() {
    insta::assert_snapshot!(extracted("what do people dislike about the sound?", SPEAKER), @"
    sound quality (3)
      Sound quality is poor when the volume is high. (+1)
      The sound quality is worse than on my old radio.
    sound (2)
      The sound is a little too low there.
      The sound is tinny.
    ");
}

#[test]
fn praise_is_quoted_and_complaints_are_not() {
    insta::assert_snapshot!(extracted("what do people like about the sound?", SPEAKER), @"
    sound (2)
      Great sound for the price, and easy to set up.
      It was late, but the sound is great.
    ");
}

#[test]
fn where_nobody_complains_it_says_what_else_is_said() {
    let (asked, searched) = found("complaints about the colour", SPEAKER);
    let extract = read(&asked, &searched).extract(&HashMap::new());
    assert!(extract.without_polarity && extract.polarity.is_none());
    assert_eq!(extract.themes[0].quotes[0].text, "The sound is tinny. I love the colour.");
}

#[test]
fn what_nobody_speaks_of_is_not_answered() {
    let question = "how do I bake sourdough bread with a dutch oven?";
    assert_eq!(
        extracted(question, SPEAKER),
        "nothing; missing bake, sourdough, bread, dutch, oven"
    );
    assert_eq!(extracted(question, &[]), "nothing; missing bake, sourdough, bread, dutch, oven");
    assert_eq!(extracted("", &[]), "nothing; missing ");
}

#[test]
fn a_name_or_a_slip_does_not_hide_the_rest() {
    let question = "what does Zorblax say about the sound quality?";
    let (asked, searched) = found(question, SPEAKER);
    let extract = read(&asked, &searched).extract(&HashMap::new());
    assert_eq!(extract.missing_words, ["zorblax"]);
    assert!(!extract.nothing_relevant && extract.documents > 1);

    // One document has the name; the others still answer.
    let mut texts = SPEAKER.to_vec();
    texts.push("My friend Zorblax never heard it.");
    let (asked, searched) = found("what does Zorblax say about the sound?", &texts);
    let extract = read(&asked, &searched).extract(&HashMap::new());
    assert!(extract.missing_words.is_empty());
    assert!(extract.documents > 3, "{}", extract.documents);
}

#[test]
fn a_theme_is_named_by_the_phrase_that_most_have() {
    let texts = [
        "The hotline kept me waiting and customer service was rude to me.",
        "I called about the hotline and customer service hung up twice.",
        "Their customer service never answered the hotline for hours.",
        "Nobody at the hotline knew the date, and they write nothing down.",
        "The hotline gave me a date and did not write it down for me.",
    ];
    insta::assert_snapshot!(extracted("what is said about the hotline?", &texts), @"
    customer service (3)
      The hotline kept me waiting and customer service was rude to me.
      I called about the hotline and customer service hung up twice.
      Their customer service never answered the hotline for hours.
    hotline (2)
      Nobody at the hotline knew the date, and they write nothing down.
      The hotline gave me a date and did not write it down for me.
    ");
}

#[test]
fn themes_move_over_time_only_where_dates_tell() {
    // The months go round January, February and March; what drivers say, they say in January.
    let fruit = [
        "apple", "banana", "cherry", "damson", "elder", "fig", "grape", "hazel", "iris", "juniper",
    ];
    let texts: Vec<String> = (0..30)
        .map(|at| match (at % 3, fruit[at / 3]) {
            (2, it) => format!("The app lost my playlist of {it} and {it}{it} and {it}pie."),
            (1, it) => format!("In the app {it} of {it}red skips and {it}sky stops while driving."),
            (_, it) => format!("While driving the app skips {it} but {it}green and {it}sun play."),
        })
        .collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let (asked, searched) = found("what happens in the app?", &texts);
    let reading = read(&asked, &searched);
    let frequencies = reading.vocabulary().into_iter().map(|it| (it, 10)).collect();
    let extract = reading.extract(&frequencies);
    let courses: Vec<_> = extract
        .themes
        .iter()
        .filter_map(|it| Some((it.documents.len(), it.trend?.course)))
        .collect();
    assert!(courses.contains(&(10, Course::Shrinking)), "{courses:?}");
    assert_eq!(extract.months.iter().map(|(_, n)| n).sum::<usize>(), extract.documents);
}
