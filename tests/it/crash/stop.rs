//! The bot is asked to stop, as at every deployment.

use std::time::{Duration, Instant};

use super::people::{Journey, is_taken};
use crate::harness::cluster::OwnServer;
use crate::harness::hold::Step;
use crate::harness::{Deployment, Door, Process};

impl Deployment {
    /// Waits until the bot lets nobody in any more.
    async fn has_closed(&self, bot: &Process) {
        let what = "the bot takes nothing new";
        self.until(what, async || bot.get("health").await.is_none().then_some(())).await;
    }
}

#[tokio::test]
async fn it_finishes_what_it_has_begun() {
    let team = Deployment::start().await;
    let bot = team.bot().await;
    team.has_reviews().await;
    let mut research = team.hold(Step::Before("INSERT ON findings")).await;
    let mut command =
        team.hold(Step::Before("INSERT ON runs WHEN new.channel_id = 'C0GENERAL0'")).await;
    team.asks().await;
    research.reached().await;

    let asks = team.sandbox.command("dana", "#general", "/research who likes the fabric?");
    let stops = async {
        command.reached().await;
        bot.ask_to_stop();
        team.has_closed(&bot).await;
        command.release().await;
        research.release().await;
    };
    let (answer, ()) = tokio::join!(asks, stops);
    assert!(is_taken(&answer.unwrap()), "what was under way is acknowledged");
    assert!(bot.ended().await.success());
    assert_eq!(team.count("SELECT count(*) FROM findings").await, 1, "the job came to its end");
    assert_eq!(team.count("SELECT count(*) FROM runs").await, 2);
    drop((research, command));

    let bot = team.bot().await;
    team.comes_to_show("[Approve]").await;
    let what = "the other question is answered too";
    team.until(what, async || (team.posted("#general") == 1).then_some(())).await;
    assert_eq!(team.posted("#research"), 1);
    team.done(bot).await;
}

#[tokio::test]
async fn by_socket_too_what_is_under_way_is_acknowledged() {
    let team = Deployment::start_with(Door::Socket).await;
    let bot = team.bot().await;
    team.has_reviews().await;
    team.asks().await;
    team.comes_to_show("[Approve]").await;

    let mut held = team.hold(Step::Before("INSERT ON decisions")).await;
    let stops = async {
        held.reached().await;
        bot.ask_to_stop();
        team.has_closed(&bot).await;
        held.release().await;
    };
    let (taken, ()) = tokio::join!(team.presses("Approve"), stops);
    assert!(taken, "the click is acknowledged");
    assert!(bot.ended().await.success());
    drop(held);

    let bot = team.bot().await;
    team.comes_to_show("*Approved*").await;
    team.has_gone_through(Journey::Approved, bot).await;
}

#[tokio::test]
async fn a_slack_that_does_not_answer_does_not_keep_it() {
    let team = Deployment::start().await;
    let bot = team.bot().await;
    team.has_reviews().await;
    let mut held = team.hold(Step::Calling("chat.postMessage")).await;
    team.asks().await;
    held.reached().await;

    let asked = Instant::now();
    bot.ask_to_stop();
    assert!(bot.ended().await.success());
    assert!(asked.elapsed() < Duration::from_secs(30), "{:?}", asked.elapsed());

    held.release().await;
    drop(held);
    let bot = team.bot().await;
    team.comes_to_show("[Approve]").await;
    team.approves().await;
    team.comes_to_show("*Approved*").await;
    team.has_gone_through(Journey::Approved, bot).await;
}

#[tokio::test]
async fn a_database_that_is_away_does_not_keep_it() {
    let mut server = OwnServer::start().await;
    let team = Deployment::on(server.url(), Door::Http).await;
    let bot = team.bot().await;
    team.has_reviews().await;
    let mut held = team.hold(Step::Before("INSERT ON findings")).await;
    team.asks().await;
    held.reached().await;
    server.down().await;
    held.release().await;
    drop(held);

    bot.ask_to_stop();
    assert!(bot.ended().await.success());

    server.up().await;
    let bot = team.bot().await;
    team.comes_to_show("[Approve]").await;
    team.approves().await;
    team.comes_to_show("*Approved*").await;
    team.has_gone_through(Journey::Approved, bot).await;
    server.down().await;
}
