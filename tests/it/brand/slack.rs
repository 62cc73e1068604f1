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
    assert_snapshot!(said, @"");
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
    assert_snapshot!(said, @"");
    // What is no channel of the kit is part of the text.
    let said = sam.types("#campaigns", "/countersign check note: linen is back.").await;
    assert_snapshot!(said, @"");
    team.done().await;
}

#[tokio::test]
async fn what_others_wrote_does_nothing_in_the_answer() {
    let team = Team::start().await;
    let text = "/countersign check &lt;!channel&gt; `code` *bold* {{name}} <https://bit.ly/x|see>";
    let said = team.member("giulia").types("#campaigns", text).await;
    assert_snapshot!(said, @"");
    team.done().await;
}

#[tokio::test]
async fn help_and_an_empty_text_say_how_it_is_asked_for() {
    let team = Team::start().await;
    let maya = team.member("maya");
    assert_snapshot!(maya.types("#campaigns", "/countersign check").await, @"");
    assert_snapshot!(maya.types("#campaigns", "/countersign help check").await, @"");
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
