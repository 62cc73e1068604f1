//! `/countersign check` through the wire: for anybody's own text, and for nobody else's eyes.

use insta::assert_snapshot;

use crate::harness::Team;

#[tokio::test]
async fn a_text_is_held_against_the_kit_for_whoever_asks() {
    let team = Team::start().await;
    let said = team
        .member("maya")
        .types("#campaigns", "/countersign check Our best linen ever, guar-anteed! Now 30% softer.")
        .await;
    assert_snapshot!(said, @"
    *3 things must change, and 1 thing to look at. 10 of 14 rules passed.*
    *Must change: Superlative without proof*, “best” (character 5)
    No proof point says so, and a superlative that nobody can check is a promise.
    _Instead:_ Say what it is instead of how it ranks, or add a proof point.
    *Must change: Banned claim*, “guar-antee” (character 22)
    A guarantee binds us by law, and we give none beyond the statutory one.
    _Instead:_ Name the 30 days in which anything unused can be returned.
    *To look at: Exclamation mark*, “!” (character 33)
    We do not use exclamation marks.
    _Instead:_ End with a full stop.
    *Must change: Number without proof*, “30%” (character 39)
    No proof point holds this number.
    _Instead:_ Give a number that a proof point holds, with what it is about in the same sentence, or leave it out.
    Passed: No proof point has expired · Every disclaimer that it needs is there · No personal data found (names and addresses are not looked for) · Every link goes where it may · Nothing is left to fill in · No Slack control sequences · No hidden characters · Uses our words · Sentences are short enough · No words in capitals.
    Not tested: length (no channel was named) · repetition (nothing was sent lately) · reading ease (the text is too short to tell).
    It is about: legal claim · brand kit of Larch & Loom, 0400895f4546
    ");
    // Nobody else sees it, and nothing is recorded.
    assert_eq!(team.channel("#campaigns"), "");
    assert_eq!(team.trail().await, "");
    team.done().await;
}

#[tokio::test]
async fn a_channel_before_a_colon_brings_its_limits() {
    let team = Team::start().await;
    let sam = team.member("sam");
    let said = sam.types("#campaigns", "/countersign check ad-copy: Headline: Linen").await;
    assert_snapshot!(said, @"
    *2 things must change. 14 of 15 rules passed.*
    *Must change: Length*
    There is 1 Headline, and 3 are needed.
    _Instead:_ Add 2 lines that begin with “Headline:”.
    *Must change: Length*
    Description is missing.
    _Instead:_ Add 2 lines that begin with “Description:”.
    Passed: Says nothing that is banned · Every number has a proof point · Every superlative has a proof point · No proof point has expired · Every disclaimer that it needs is there · No personal data found (names and addresses are not looked for) · Every link goes where it may · Nothing is left to fill in · No Slack control sequences · No hidden characters · Uses our words · Sentences are short enough · No more exclamation marks than we allow · No words in capitals.
    Not tested: repetition (nothing was sent lately) · reading ease (the text is too short to tell).
    It is about: public · brand kit of Larch & Loom, 0400895f4546
    ");
    // What is no channel of the kit is part of the text.
    let said = sam.types("#campaigns", "/countersign check note: linen is back.").await;
    assert_snapshot!(said, @"
    *Nothing to change. 14 of 14 rules passed.*
    Passed: Says nothing that is banned · Every number has a proof point · Every superlative has a proof point · No proof point has expired · Every disclaimer that it needs is there · No personal data found (names and addresses are not looked for) · Every link goes where it may · Nothing is left to fill in · No Slack control sequences · No hidden characters · Uses our words · Sentences are short enough · No more exclamation marks than we allow · No words in capitals.
    Not tested: length (no channel was named) · repetition (nothing was sent lately) · reading ease (the text is too short to tell).
    brand kit of Larch & Loom, 0400895f4546
    ");
    team.done().await;
}

#[tokio::test]
async fn what_others_wrote_does_nothing_in_the_answer() {
    let team = Team::start().await;
    let text = "/countersign check &lt;!channel&gt; `code` *bold* {{name}} <https://bit.ly/x|see>";
    let said = team.member("giulia").types("#campaigns", text).await;
    assert_snapshot!(said, @"
    *2 things must change, and 1 thing to look at. 11 of 14 rules passed.*
    *To look at: Exclamation mark*, “!” (character 5)
    We do not use exclamation marks.
    _Instead:_ End with a full stop.
    *Must change: Placeholder*, “{{name}}” (character 32)
    Nobody filled this in.
    _Instead:_ Write what belongs here.
    *Must change: Link*, “<https://bit.ly/x|see>” (character 41)
    A shortened link hides where it leads.
    _Instead:_ Give the address itself.
    Passed: Says nothing that is banned · Every number has a proof point · Every superlative has a proof point · No proof point has expired · Every disclaimer that it needs is there · No personal data found (names and addresses are not looked for) · No Slack control sequences · No hidden characters · Uses our words · Sentences are short enough · No words in capitals.
    Not tested: length (no channel was named) · repetition (nothing was sent lately) · reading ease (the text is too short to tell).
    brand kit of Larch & Loom, 0400895f4546
    ");
    team.done().await;
}

#[tokio::test]
async fn help_and_an_empty_text_say_how_it_is_asked_for() {
    let team = Team::start().await;
    let maya = team.member("maya");
    assert_snapshot!(maya.types("#campaigns", "/countersign check").await, @"Give the text after `check`; for example: `/countersign check linkedin: Our best linen ever!`");
    assert_snapshot!(maya.types("#campaigns", "/countersign help check").await, @"
    `/countersign check [CHANNEL:] TEXT`
    Holds a text of yours against the brand kit, for your eyes only: what must change, where, why, and what to write instead. Put a channel and a colon before it, as in `linkedin: …`, to check that it fits there.
    For example: `/countersign check linkedin: Our best linen ever!`
    ");
    team.done().await;
}

#[tokio::test]
async fn a_bad_kit_keeps_the_bot_from_starting() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("brand.toml");
    let kit = include_str!("../../../manifests/brand.toml")
        .replace("source = \"Survey S-2025-06\"\n", "");
    std::fs::write(&file, kit).unwrap();
    let error = countersign::brand::Kit::load(Some(&file)).unwrap_err().to_string();
    assert!(error.ends_with(
        "the proof point \"bought again\" has no source; say where the evidence is kept, as an address or a document"
    ), "{error}");
    let absent = folder.path().join("none.toml");
    let error = countersign::brand::Kit::load(Some(&absent)).unwrap_err().to_string();
    assert!(error.ends_with("cannot be read; check COUNTERSIGN_BRAND"), "{error}");
}
