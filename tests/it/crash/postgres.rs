//! Postgres stops, or is killed, in the middle of the journey, and comes back.

use super::people::{Journey, is_taken};
use crate::harness::cluster::OwnServer;
use crate::harness::hold::Step::{self, Before, Calling, Committing};
use crate::harness::{Deployment, Door};

/// How the server goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Way {
    Stopped,
    Killed,
}

#[tokio::test]
async fn during_a_command() {
    goes_on(Way::Stopped, Before("INSERT ON runs")).await;
}

#[tokio::test]
async fn at_the_end_of_a_command() {
    goes_on(Way::Killed, Committing("INSERT ON runs")).await;
}

#[tokio::test]
async fn during_the_research() {
    goes_on(Way::Stopped, Before("INSERT ON findings")).await;
}

#[tokio::test]
async fn at_the_end_of_the_research() {
    goes_on(Way::Killed, Committing("INSERT ON findings")).await;
}

#[tokio::test]
async fn while_slack_posts() {
    goes_on(Way::Stopped, Calling("chat.postMessage")).await;
}

#[tokio::test]
async fn during_a_click() {
    goes_on(Way::Stopped, Before("INSERT ON decisions")).await;
}

#[tokio::test]
async fn while_entries_get_their_place() {
    goes_on(Way::Killed, Before("INSERT ON audit.checkpoints")).await;
}

async fn goes_on(way: Way, step: Step) {
    let mut server = OwnServer::start().await;
    let team = Deployment::on(server.url(), Door::Http).await;
    let bot = team.bot().await;
    team.has_reviews().await;
    let mut held = team.hold(step).await;

    let fate = async {
        held.reached().await;
        if way == Way::Killed {
            server.crash();
            held.release().await;
        } else {
            server.down().await;
            held.release().await;
            let other =
                team.sandbox.command("dana", "#research", "/research why do they return it?");
            let (alive, ready, other) = tokio::join!(bot.get("health"), bot.get("ready"), other);
            assert_eq!(alive.unwrap().0, 200, "the process lives");
            assert_eq!(ready.unwrap().0, 503, "and says that it cannot work");
            let outcome = other.unwrap();
            assert!(!is_taken(&outcome), "{}", outcome.text());
            server.up().await;
        }
        team.until("the bot is ready again", async || bot.is_ready().await.then_some(())).await;
    };
    tokio::join!(team.goes_through(Journey::Approved), fate);
    drop(held);

    team.has_gone_through(Journey::Approved, bot).await;
    server.down().await;
}

/// Slack waits three seconds for an answer; whoever asks during an outage is told in that time.
#[tokio::test]
async fn who_asks_during_an_outage_is_told_in_time() {
    let mut server = OwnServer::start().await;
    let team = Deployment::on(server.url(), Door::Http).await;
    let bot = team.bot().await;
    server.down().await;

    let asked = team.sandbox.command("maya", "#research", "/research why?").await.unwrap();
    assert_eq!(asked.status, 200, "{:?}", asked.error);
    assert!(asked.text().starts_with("Something broke on our side, and nothing was recorded."));

    server.up().await;
    team.until("the bot is ready again", async || bot.is_ready().await.then_some(())).await;
    assert_eq!(team.count("SELECT count(*) FROM runs").await, 0);
    team.done(bot).await;
    server.down().await;
}
