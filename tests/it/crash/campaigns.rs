//! The bot is killed while it writes a campaign, and started again.

use crate::harness::Deployment;
use crate::harness::hold::Step::{self, Before, Calling, Committing};

const PLACE: &str = "#campaigns";

killed! {
    when_a_campaign_has_begun: Before("INSERT ON drafts");
    after_a_draft_commits: Committing("INSERT ON drafts");
    before_a_draft_is_announced: Calling("chat.postMessage");
    before_a_card_takes_its_place: Calling("chat.update");
    before_a_campaign_is_done: Before("UPDATE ON campaigns WHEN new.state = 'done'");
}

/// Two drafts, each once and in its place, wherever the bot was killed on its way.
async fn survives(step: Step) {
    let team = Deployment::start().await;
    let bot = team.bot().await;
    let mut held = team.hold(step).await;
    let asked = team.sandbox.command("maya", PLACE, "/draft sms,linkedin Heron").await.unwrap();
    assert!(asked.text().starts_with("On it"), "{}", asked.text());
    let bot = held.kills(bot).await;
    drop(held);
    team.until("both drafts are up, under their campaign", async || {
        team.hurry().await;
        let channel = team.channel(PLACE);
        let is_whole = channel.contains("*2 drafts written*")
            && channel.matches("[Approve] [Request changes]").count() == 2
            && channel.contains("2 drafts of this campaign wait for your decision");
        is_whole.then_some(())
    })
    .await;
    team.settles().await;
    let channel = team.channel(PLACE);
    assert_eq!(team.count("SELECT count(*) FROM drafts").await, 2);
    assert_eq!(team.count("SELECT count(*) FROM reviews").await, 2);
    assert_eq!(channel.matches("[Approve] [Request changes]").count(), 2, "{channel}");
    assert_eq!(channel.matches("*2 drafts written*").count(), 1, "{channel}");
    assert!(
        !channel.contains(":hourglass_flowing_sand: SMS"),
        "nothing is still announced: {channel}"
    );
    let card = |title: &str| channel.find(&format!("countersign: {title}")).unwrap();
    assert!(card("SMS for") < card("LinkedIn post for"), "in the order of the brief: {channel}");
    team.done(bot).await;
}
