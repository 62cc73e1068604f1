//! What a kit must be, by its mistakes.

use super::*;

/// A small kit without mistakes.
const GOOD: &str = r#"[brand]
company = "Larch & Loom"
language = "en"
[[channel]]
name = "sms"
sms_segments_max = 2
"#;

#[test]
fn the_example_is_valid() {
    let kit = Kit::load(None).unwrap();
    assert_eq!(kit.version.len(), 12);
    assert_eq!(kit.company, "Larch & Loom");
    for channel in [
        "linkedin",
        "blog",
        "email",
        "ad-copy",
        "landing-page",
        "video-script",
        "sms",
        "sales-follow-up",
    ] {
        assert!(kit.channel(channel).is_some(), "{channel}");
    }
    let audiences =
        ["new-visitor", "repeat-buyer", "high-intent-lead", "decision-maker", "inactive-customer"];
    assert!(audiences.iter().all(|name| kit.audience(name).is_some()));
    assert!(!kit.examples.is_empty());
}

#[test]
fn messages_are_found_by_what_they_are_approved_for() {
    let kit = Kit::load(None).unwrap();
    let named = |channel, audience, stage| -> Vec<&str> {
        kit.messages_for(channel, audience, stage).map(|one| one.name.as_str()).collect()
    };
    assert_eq!(
        named(Some("linkedin"), Some("inactive-customer"), Some("retention")),
        ["dark enough", "no plastic", "club rhythm"]
    );
    assert!(named(Some("email"), Some("decision-maker"), None).contains(&"two questions"));
    assert_eq!(named(None, None, None).len(), kit.messages.len());
}

#[test]
fn a_small_kit_is_enough() {
    let kit = Kit::parse(GOOD, "brand.toml").unwrap();
    assert_eq!(kit.channels[0].title, "Sms");
}

/// The kit with these lines after it: the first of them is line 7.
fn said(lines: &str) -> String {
    let text = format!("{GOOD}{lines}\n");
    Kit::parse(&text, "brand.toml").err().map(|error| error.to_string()).unwrap_or_default()
}

fn check(lines: &str, expected: &str) {
    assert_eq!(said(lines), expected, "{lines}");
}

#[test]
fn what_the_file_is_made_of_is_known() {
    check(
        "[colour]",
        "brand.toml, line 7: unknown field `colour`, expected one of `brand`, `voice`, `product`, `message`, `banned`, `term`, `proof`, `topic`, `disclaimer`, `tone`, `repetition`, `links`, `channel`, `audience`, `stage`, `example`",
    );
    check(
        "[tone]\nshouting = true",
        "brand.toml, line 8: unknown field `shouting`, expected one of `reading_ease_min`, `sentence_words_max`, `exclamation_marks_max`, `capital_words_max`, `capitals_allowed`",
    );
    check(
        "[tone]\ncapital_words_max = \"few\"",
        "brand.toml, line 8: invalid type: string \"few\", expected u32",
    );
    check(
        "[[topic]]\nname = \"price\"\nwords = [\"euro\"]\nlabel = \"price\"",
        "brand.toml, line 10: unknown variant `price`, expected one of `pricing`, `legal_claim`, `customer_data`, `public`",
    );
    let missing = Kit::parse("[brand]\ncompany = \"\"\nlanguage = \"en\"\n", "brand.toml");
    assert_eq!(
        missing.unwrap_err().to_string(),
        "brand.toml, line 2: the company has no name; give one under company"
    );
    let french = Kit::parse("[brand]\ncompany = \"L\"\nlanguage = \"fr\"\n", "brand.toml");
    assert_eq!(
        french.unwrap_err().to_string(),
        "brand.toml, line 3: the language \"fr\" is not known; use \"en\" or \"de\""
    );
    let silent = Kit::parse("[brand]\ncompany = \"L\"\nlanguage = \"en\"\n", "brand.toml");
    assert_eq!(
        silent.unwrap_err().to_string(),
        "brand.toml, line 1: no channel is declared, so nothing can be written; add a [[channel]] with its limits"
    );
}

#[test]
fn what_is_banned_can_be_found_and_is_explained() {
    let banned = |lines: &str| format!("[[banned]]\nname = \"health\"\n{lines}");
    check(
        &banned("reason = \"No.\""),
        "brand.toml, line 8: the banned claim \"health\" bans nothing; list phrases or patterns",
    );
    check(
        &banned("phrases = [\"cures\"]"),
        "brand.toml, line 8: the banned claim \"health\" has no reason, which is what people are told; write one under reason",
    );
    check(
        &banned("reason = \"No.\"\nphrases = [\"…\"]"),
        "brand.toml, line 10: \"…\" of the banned claim \"health\" has no letters to look for; write a word",
    );
    check(
        &banned("reason = \"No.\"\npatterns = ['\\b(cure']"),
        "brand.toml, line 10: the pattern \"\\\\b(cure\" of the banned claim \"health\" is no regular expression (unclosed group); correct it, or write a phrase instead",
    );
    check(
        &banned("reason = \"No.\"\npatterns = ['(cure)?']"),
        "brand.toml, line 10: the pattern \"(cure)?\" of the banned claim \"health\" matches an empty text, so every text; make it ask for something",
    );
    check(
        "[[term]]\nuse = \"bed linen\"",
        "brand.toml, line 7: this term says nothing to avoid; list words under avoid, or take it out",
    );
}

#[test]
fn proof_says_where_it_comes_from() {
    let proof = |lines: &str| format!("[[proof]]\nname = \"light\"\n{lines}");
    let all = "claim = \"Lets through 4 % of light\"\nevidence = \"Measured\"\n";
    check(&proof(&format!("{all}source = \"Report 4\"")), "");
    check(
        &proof(all),
        "brand.toml, line 8: the proof point \"light\" has no source; say where the evidence is kept, as an address or a document",
    );
    check(
        &proof(&format!("{all}source = \" \"")),
        "brand.toml, line 8: the proof point \"light\" has no source; say where the evidence is kept, as an address or a document",
    );
    check(
        &proof("claim = \"Lets through 4 % of light\"\nsource = \"Report 4\""),
        "brand.toml, line 8: the proof point \"light\" has no evidence; say how it is known",
    );
    check(
        &proof(&format!("{all}source = \"Report 4\"\nvalid_until = \"next year\"")),
        "brand.toml, line 12: the proof point \"light\" is valid until \"next year\", which is no date; write it as \"2027-06-30\"",
    );
    check(
        &proof(&format!("{all}source = \"Report 4\"\nvalid_until = \"2027-02-30\"")),
        "brand.toml, line 12: the proof point \"light\" is valid until \"2027-02-30\", which is no date; write it as \"2027-06-30\"",
    );
    check(
        &proof(&format!("{all}source = \"Report 4\"\nsubject = [\"the curtain\"]")),
        "brand.toml, line 12: \"the curtain\" is no word to look for; the subject of \"light\" takes single words",
    );
    check(
        &proof("claim = \"4 %\"\nevidence = \"Measured\"\nsource = \"Report 4\""),
        "brand.toml, line 8: the claim of the proof point \"light\" is too short to be told from others; write it as a sentence",
    );
}

#[test]
fn channels_have_limits_that_can_be_kept() {
    let channel = |lines: &str| format!("[[channel]]\nname = \"blog\"\n{lines}");
    check(
        &channel("public = true"),
        "brand.toml, line 8: the channel \"blog\" has no limits; give it characters_max, words_max, sms_segments_max, seconds_max, or parts with theirs",
    );
    check(
        &channel("words_max = 0"),
        "brand.toml, line 9: the channel \"blog\" has a limit of 0, so nothing fits; give a larger one",
    );
    check(
        &channel("words_max = 100\nwords_min = 200"),
        "brand.toml, line 10: the channel \"blog\" needs at least 200 words and takes at most 100; change one of them",
    );
    let part = |lines: &str| {
        channel(&format!("words_max = 9\n[[channel.part]]\nlabel = \"Title\"\n{lines}"))
    };
    check(&part(""), "brand.toml, line 10: missing field `characters_max`");
    check(
        &part("characters_max = 0"),
        "brand.toml, line 12: the part \"Title\" has a limit of 0, so nothing fits; give a larger one",
    );
    check(
        &part("characters_max = 9\ncount_min = 3\ncount_max = 2"),
        "brand.toml, line 14: the part \"Title\" is needed 3 times and taken 2 times at most; change one of them",
    );
    check(
        &part("characters_max = 9\n[[channel.part]]\nlabel = \"title\"\ncharacters_max = 9"),
        "brand.toml, line 14: the channel \"blog\" has the part \"title\" twice; rename one of them, or raise count_max",
    );
    check(
        &channel("words_max = 9\nmerge_fields = [\"first_name\"]"),
        "brand.toml, line 10: \"first_name\" is no merge field; write it as your tool does, such as \"{{first_name}}\"",
    );
    check(
        "[[channel]]\nname = \"Blog Post\"\nwords_max = 9",
        "brand.toml, line 8: \"Blog Post\" is typed in commands; write it in small letters, digits and hyphens, such as \"landing-page\", and put what people read under title",
    );
}

#[test]
fn names_are_there_once_and_are_declared() {
    check(
        "[[channel]]\nname = \"sms\"\nwords_max = 9",
        "brand.toml, line 8: the channel \"sms\" is declared twice; rename one of them",
    );
    check(
        "[[audience]]\nname = \"new\"\n[[audience]]\nname = \"new\"",
        "brand.toml, line 10: the audience \"new\" is declared twice; rename one of them",
    );
    let message =
        |line: &str| format!("[[message]]\nname = \"hello\"\ntext = \"Linen is here.\"\n{line}");
    check(
        &message("products = [\"Heron\"]"),
        "brand.toml, line 10: the message \"hello\" names the product \"Heron\", which this file does not declare; add it under [[product]]",
    );
    check(
        &message("audiences = [\"all\"]"),
        "brand.toml, line 10: the message \"hello\" names the audience \"all\", which this file does not declare; add it under [[audience]]",
    );
    check(
        &message("stages = [\"late\"]"),
        "brand.toml, line 10: the message \"hello\" names the stage \"late\", which this file does not declare; add it under [[stage]]",
    );
    check(
        &message("channels = [\"fax\"]"),
        "brand.toml, line 10: the message \"hello\" names the channel \"fax\", which this file does not declare; add it under [[channel]]",
    );
    check(
        "[[disclaimer]]\ntopic = \"price\"\ntext = \"Prices include VAT.\"",
        "brand.toml, line 8: this disclaimer names the topic \"price\", which this file does not declare; add it under [[topic]]",
    );
    check(
        "[[topic]]\nname = \"price\"",
        "brand.toml, line 8: nothing tells that a text is on the topic \"price\"; list words or patterns",
    );
    check(
        "[[topic]]\nname = \"price\"\npatterns = ['[']",
        "brand.toml, line 9: the pattern \"[\" of the topic \"price\" is no regular expression (unclosed character class); correct it, or write a phrase instead",
    );
}

#[test]
fn limits_and_links_make_sense() {
    check(
        "[tone]\nreading_ease_min = 120",
        "brand.toml, line 8: a reading ease of 120 is asked for; give 0 (hard) to 100 (easy), such as 50",
    );
    check(
        "[tone]\nsentence_words_max = 2",
        "brand.toml, line 8: sentences of at most 2 words cannot be written; allow at least 5",
    );
    check(
        "[repetition]\nsimilarity_max = 60.0",
        "brand.toml, line 8: a similarity of 60 makes no sense; give 0.05 (hardly alike) to 1 (the same), such as 0.5",
    );
    check(
        "[links]\ndomains = [\"https://larch.example/\"]",
        "brand.toml, line 8: \"https://larch.example/\" is no domain; write one such as \"example.org\", which stands for what is below it as well",
    );
    check(
        "[links]\ncontacts = [\"Anna\"]",
        "brand.toml, line 8: \"Anna\" is neither a mail address nor a telephone number; write one of them",
    );
    check(
        "[[product]]\nname = \"Heron\"\ndescription = \"Flax linen.\"\nlink = \"heron\"",
        "brand.toml, line 10: \"heron\" is no address; write one that begins with https://",
    );
}

#[test]
fn a_kit_keeps_its_own_rules() {
    let banned = "[[banned]]\nname = \"health\"\nreason = \"No.\"\nphrases = [\"cures\"]\n";
    check(
        &format!("{banned}[[message]]\nname = \"m\"\ntext = \"It cu\u{200b}res all.\""),
        "brand.toml, line 13: this message says \"cu\\u{200b}res\", which the banned claim \"health\" forbids; word one of them otherwise",
    );
    check(
        &format!("{banned}[[product]]\nname = \"m\"\ndescription = \"It cures all.\""),
        "brand.toml, line 13: this description says \"cures\", which the banned claim \"health\" forbids; word one of them otherwise",
    );
    check(
        "[[message]]\nname = \"m\"\ntext = \"It has 200 threads.\"",
        "brand.toml, line 9: this message claims \"200 threads\", which no proof point and no product description covers; add a [[proof]] with its source, or take it out",
    );
    check(
        "[[example]]\nbefore = \"Hm.\"\napproved = \"Our softest sheets.\"",
        "brand.toml, line 9: this approved example claims \"softest\", which no proof point and no product description covers; add a [[proof]] with its source, or take it out",
    );
    check(
        "[[example]]\nbefore = \"Hm.\"\napproved = \"Hm.\"",
        "brand.toml, line 9: this example approves what it shows as the text before; write what was approved instead",
    );
}
