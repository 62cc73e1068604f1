//! Whoever asks hangs up before the answer, because the database is slow.

use std::time::Duration;

use countersign::clock::Clock;
use futures_util::future::join_all;
use rustix::process::{Pid, Signal, kill_process};

use crate::harness::process::PATIENCE;
use crate::harness::{Deployment, Process};

/// As many as the bot has connections.
const TIMES: u8 = 8;

impl Deployment {
    /// Stops the bot's connections in their tracks, or lets them go on.
    async fn signal_connections(&self, signal: Signal) {
        let connections: Vec<i32> = sqlx::query_scalar(
            "SELECT pid FROM pg_stat_activity
             WHERE datname = current_database() AND application_name = 'countersign'",
        )
        .fetch_all(&self.db)
        .await
        .unwrap();
        for pid in connections {
            kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
        }
    }

    /// The last command many times at once, each a delivery that was there already, given up after a
    /// moment.
    async fn asks_impatiently(&self, bot: &Process, moment: Duration) {
        let sent = self.sandbox.sent();
        let sent = sent.into_iter().rfind(|sent| sent.kind == "slash_commands");
        let request = sent.and_then(|sent| sent.request).unwrap();
        let client = reqwest::Client::builder().timeout(moment).build().unwrap();
        let signed = self.sandbox.sign(&request.body, Clock::default().now());
        let times = (0..TIMES).map(|_| {
            let post = client.post(bot.url.join("slack/commands").unwrap());
            let post = post.body(request.body.clone());
            signed.iter().fold(post, |post, (name, value)| post.header(*name, value)).send()
        });
        join_all(times).await;
    }
}

#[tokio::test]
async fn what_was_begun_comes_to_its_end_and_leaves_no_transaction_open() {
    let mut team = Deployment::start().await;
    // What looks after dead replicas has transactions, too, which would end a forgotten one.
    team.set("COUNTERSIGN_RECOVERY_S", "600");
    let bot = team.bot().await;
    team.sandbox.command("maya", "#research", "/research why?").await.unwrap();
    // A connection is tested before it is used, unless it was used just now.
    team.asks_impatiently(&bot, PATIENCE).await;
    team.settles().await;
    team.asks_impatiently(&bot, PATIENCE).await;
    let deliveries = async || bot.metric("countersign_slack_deliveries_total").await.unwrap();
    let before = deliveries().await;

    team.signal_connections(Signal::STOP).await;
    team.asks_impatiently(&bot, Duration::from_secs(1)).await;
    team.signal_connections(Signal::CONT).await;

    team.until("all that was asked is done", async || {
        (deliveries().await >= before + f64::from(TIMES)).then_some(())
    })
    .await;
    team.until("no transaction is open", async || {
        let open = team.count(
            "SELECT count(*) FROM pg_stat_activity
             WHERE datname = current_database() AND application_name = 'countersign'
               AND xact_start < now() - interval '100 ms'",
        );
        (open.await == 0).then_some(())
    })
    .await;
    team.done(bot).await;
}
