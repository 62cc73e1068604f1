//! The bot is killed while a summary is due; and started again.

use crate::harness::Deployment;
use crate::harness::hold::Step::{self, Before, Calling, Committing, Unanswered};
use crate::summaries::{daily, manifest};

killed! {
    before_a_summary_is_begun: Before("INSERT ON summaries");
    after_a_summary_was_begun: Committing("INSERT ON summaries");
    before_a_summary_is_posted: Calling("chat.postMessage");
    when_a_summary_was_posted_and_nobody_knows: Unanswered("chat.postMessage");
}

/// One summary of the day, in one message, wherever the bot was killed on its way; with a replica beside.
async fn survives(step: Step) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("team.toml");
    std::fs::write(&file, manifest(&daily("#campaigns", "00:00", "Etc/UTC"))).unwrap();
    let mut team = Deployment::start().await;
    team.set("COUNTERSIGN_MANIFEST", file.to_str().unwrap());
    let bot = team.bot().await;
    let is_met = "SELECT count(*) FROM summary_channels";
    team.until("the channel is known", async || (team.count(is_met).await == 1).then_some(()))
        .await;
    let mut held = team.hold(step).await;
    // As if it had been in the manifest for days.
    sqlx::query("UPDATE summary_channels SET since = since - interval '2 days'")
        .execute(&team.db)
        .await
        .unwrap();
    let bot = held.kills(bot).await;
    drop(held);
    let beside = team.replica().await;
    team.until("the summary is in the channel", async || {
        team.hurry().await;
        team.channel("#campaigns").contains("day, ").then_some(())
    })
    .await;
    team.settles().await;
    let channel = team.channel("#campaigns");
    assert_eq!(team.count("SELECT count(*) FROM summaries").await, 1);
    assert_eq!(team.posted("#campaigns"), 1, "{channel}");
    beside.stop().await;
    team.done(bot).await;
}
