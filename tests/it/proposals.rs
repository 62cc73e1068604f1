//! Texts that people put up for a decision, and the policies that decide on them.

use insta::assert_snapshot;
use serde_json::json;

use crate::harness::Team;

impl Team {
    /// Maya puts a draft up in #campaigns.
    async fn with_a_draft(&self, title: &str, text: &str) {
        let maya = self.member("maya");
        assert_eq!(maya.types("#campaigns", "/countersign propose").await, "");
        let said = maya.fills(json!({"What is it?": "Draft", "Title": title, "Text": text})).await;
        assert!(said.contains("is up for a decision in this channel"), "{said}");
        self.settle().await;
    }
}

#[tokio::test]
async fn a_persons_draft_is_decided_on() {
    let team = Team::start().await;
    team.with_a_draft("Spring launch", "The spring collection is here.\nCome & <see> it.").await;
    assert_snapshot!(team.channel("#campaigns"), @"");
    assert_snapshot!(team.trail().await, @"");
    team.done().await;
}
