//! The same documents and the engine that only quotes.

use super::{QUESTION, documents, hidden};
use crate::harness::Team;

/// All of them come in, among reviews that answer; whoever asks gets quotes, and nothing acts.
#[tokio::test]
async fn without_a_model_they_are_quoted_at_most() {
    let team = Team::start().await;
    let mut file = csv::Writer::from_writer(Vec::new());
    file.write_record(["id", "date", "text"]).unwrap();
    for (number, document) in documents().iter().enumerate() {
        let text: String = document.text.chars().filter(|it| *it != '\0').take(20_000).collect();
        file.write_record([&format!("H-{number}"), "2026-03-02", &text]).unwrap();
    }
    team.has_documents("reviews", &String::from_utf8(file.into_inner().unwrap()).unwrap()).await;

    team.member("maya").types("#research", &format!("/research {QUESTION}")).await;
    team.settle().await;

    let card = team.channel("#research");
    assert!(card.contains("Waiting for a decision"), "{card}");
    let blocks = team.newest("#research").to_string();
    for acting in [
        "<!channel",
        "<!here",
        "<!everyone",
        "<!subteam",
        "<@U0123ABCD",
        "<#C0123ABCD",
        "<http",
        "<mailto",
    ] {
        assert!(!blocks.contains(acting), "{acting} in {blocks}");
    }
    assert_eq!(hidden(&card), 0);
    let trail = team.trail().await;
    assert!(!trail.contains("approved") && !trail.contains("released"), "{trail}");
    team.done().await;
}
