//! Jobs that take the process down, and processes that do each other's jobs.

use crate::harness::Deployment;
use crate::harness::hold::Step;

use super::people::Journey;

#[tokio::test]
async fn a_question_that_takes_the_bot_down_each_time_is_given_up_and_that_is_said() {
    let team = Deployment::start().await;
    let bot = team.bot().await;
    team.has_reviews().await;
    let mut held = team.hold(Step::Before("INSERT ON findings")).await;
    team.asks().await;
    held.reached().await;
    sqlx::query("UPDATE graphile_worker._private_jobs SET attempts = max_attempts")
        .execute(&team.db)
        .await
        .unwrap();
    bot.kill().await;
    held.release().await;
    team.is_left_alone().await;

    let bot = team.bot().await;
    team.comes_to_show("This question could not be answered").await;
    assert_eq!(team.posted("#research"), 1);
    assert_eq!(team.count("SELECT count(*) FROM runs WHERE state = 'failed'").await, 1);
    // It stays in the queue for whoever looks into it.
    let given_up =
        sqlx::query("DELETE FROM graphile_worker._private_jobs WHERE key LIKE '%research%'");
    assert_eq!(given_up.execute(&team.db).await.unwrap().rows_affected(), 1);
    drop(held);
    team.done(bot).await;
}

#[tokio::test]
async fn two_replicas_share_the_work() {
    let team = Deployment::start().await;
    let replicas = [team.bot().await, team.replica().await];
    let mut people = ["maya", "dana", "sam", "lena", "raj"].into_iter().cycle();
    team.until("both have done a job", async || {
        team.sandbox.home(people.next().unwrap()).await.unwrap();
        let mut shares = Vec::new();
        for replica in &replicas {
            shares.push(replica.metric("countersign_jobs_total").await.unwrap());
        }
        shares.iter().all(|share| *share > 0.0).then_some(())
    })
    .await;
    let [one, other] = replicas;
    assert!(other.stop().await.success());
    team.done(one).await;
}

#[tokio::test]
async fn a_replica_finishes_what_a_killed_one_began() {
    let team = Deployment::start().await;
    let (one, other) = (team.bot().await, team.replica().await);
    team.has_reviews().await;
    let mut held = team.hold(Step::Before("INSERT ON findings")).await;
    team.asks().await;
    held.reached().await;

    let at_work: i32 = sqlx::query_scalar(
        "SELECT (workers.metadata->>'pid')::int
         FROM graphile_worker._private_jobs AS jobs
         JOIN graphile_worker._private_workers AS workers ON workers.id = jobs.locked_by",
    )
    .fetch_one(&team.db)
    .await
    .unwrap();
    let (killed, other) =
        if one.id().cast_signed() == at_work { (one, other) } else { (other, one) };
    killed.kill().await;
    held.release().await;
    team.delivers_to(&other.url);

    team.comes_to_show("[Approve]").await;
    team.approves().await;
    team.comes_to_show("*Approved*").await;
    drop(held);
    team.has_gone_through(Journey::Approved, other).await;
}
