//! The table of cases. The benchmark `brand` reads the same file.

#[path = "table.rs"]
mod table;

use countersign::brand::{self, Context, Kit, Rule, Sent};
use jiff::civil::date;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

#[test]
fn the_checks_find_what_they_must_and_nothing_else() {
    let kit = Kit::load(None).unwrap();
    let cases = table::cases();
    assert!(cases.len() >= 120, "there are {} cases", cases.len());
    let wrong: Vec<String> = cases
        .iter()
        .filter(|case| case.known.is_none())
        .filter_map(|case| {
            let (found, expected) = (case.found(&kit), &case.finds);
            (!same(&found, expected))
                .then(|| format!("{:?}\n  expected {expected:?}\n  found    {found:?}", case.text))
        })
        .collect();
    assert!(wrong.is_empty(), "{} cases:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_limit_that_we_know_of_is_one() {
    let kit = Kit::load(None).unwrap();
    for case in table::cases().iter().filter(|case| case.known.is_some()) {
        let found = case.found(&kit);
        assert!(!same(&found, &case.finds), "this works now, so take `known` out: {:?}", case.text);
    }
}

fn same(found: &[String], expected: &[String]) -> bool {
    found.len() == expected.len() && table::right(found, expected) == found.len()
}

/// Whatever is written, every finding has its place in the text.
#[test]
fn any_text_can_be_checked() {
    const PIECES: &[&str] = &[
        "guarantee",
        "Ⅷ",
        "½",
        "ß",
        "İ",
        "ﬁ",
        "𝗴",
        "\u{200b}",
        "\u{ad}",
        "👩‍👩‍👧",
        "1",
        "30%",
        "€",
        "4 of 5",
        "best",
        "most ",
        "\"",
        "“",
        "”",
        "—",
        "Anna",
        " ",
        "\n",
        ".",
        "!",
        "`",
        "```",
        "<",
        ">",
        "|",
        "@",
        "#",
        "[",
        "]",
        "(",
        ")",
        "{{",
        "}}",
        "http://",
        "www.",
        "bit.ly/x",
        ".com",
        "a@b.de",
        "XX",
        "Subject:",
        "Headline:",
        "\\",
        "ä\u{308}",
        "日本",
        "שלום",
        "x",
        "I",
        "l",
        "$",
        "+49 341 555 0142",
        "\u{e0041}",
        "k",
        "million",
        " per cent",
        "Nightfall light",
    ];
    let kit = Kit::load(None).unwrap();
    let mut rng = StdRng::seed_from_u64(5);
    let channels = [None, kit.channel("email"), kit.channel("ad-copy"), kit.channel("sms")];
    for round in 0..3_000 {
        let length = rng.random_range(0..30);
        let text: String = (0..length).map(|_| PIECES[rng.random_range(0..PIECES.len())]).collect();
        let context = Context {
            channel: channels[round % channels.len()],
            sent: &[Sent::new("a text", "Linen is back")],
            ..Context::on(date(2026, 11, 22))
        };
        let report = brand::check(&kit, &text, &context);
        assert_eq!(report.outcomes.len(), Rule::ALL.len());
        for finding in &report.findings {
            let bytes = text.get(finding.bytes.clone());
            let chars: String =
                text.chars().skip(finding.chars.start).take(finding.chars.len()).collect();
            assert_eq!(bytes, Some(chars.as_str()), "{text:?}: {finding:?}");
        }
    }
}
