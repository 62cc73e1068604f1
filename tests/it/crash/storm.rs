//! Many questions at once, while the bot is killed again and again at any moment.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::sleep;

use super::people::is_taken;
use crate::harness::Deployment;

const PEOPLE: [&str; 3] = ["maya", "lena", "raj"];
const CHANNELS: [&str; 3] = ["#research", "#general", "#alerts"];
const KILLS: usize = 6;

#[tokio::test]
async fn every_question_that_was_taken_is_answered_once() {
    let team = Deployment::start().await;
    let bot = team.bot().await;
    team.has_reviews().await;

    let people = join_all((0..12).map(|number| team.asks_in_the_storm(number)));
    let storm = async {
        let mut bot = bot;
        for _ in 0..KILLS {
            // Any moment will do: there is nothing that this waits for.
            sleep(Duration::from_millis(rand::random_range(0..400))).await;
            bot.kill().await;
            bot = team.bot().await;
        }
        bot
    };
    let (taken, bot) = tokio::join!(people, storm);
    team.settles().await;

    for (number, is_taken) in taken.into_iter().enumerate() {
        let answers = team.channel(CHANNELS[number % 3]).matches(&question(number)).count();
        // What was not acknowledged may have been recorded all the same.
        let expected = if is_taken { 1..=1 } else { 0..=1 };
        assert!(expected.contains(&answers), "{}: {answers} answers", question(number));
    }
    team.done(bot).await;
}

impl Deployment {
    /// Asks a question of its own, once; whether that was acknowledged.
    async fn asks_in_the_storm(&self, number: usize) -> bool {
        let question =
            format!("/research Question {number}: what do people dislike about the sound?");
        sleep(Duration::from_millis(150) * u32::try_from(number).unwrap()).await;
        let (person, channel) = (PEOPLE[number / 3 % 3], CHANNELS[number % 3]);
        is_taken(&self.sandbox.command(person, channel, &question).await.unwrap())
    }
}

fn question(number: usize) -> String {
    format!("Question {number}:")
}
