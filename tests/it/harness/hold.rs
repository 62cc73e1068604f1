//! Steps at which the bot is made to wait, from outside, until the test has done something to it.
//!
//! In the database a trigger waits for a lock that the test has: before a row is written, or at the
//! end of the transaction, when the server goes through with the commit whatever becomes of the
//! client. At the wire Slack waits: before it acts on a call, or with its answer.

use countersign::sandbox::{Fault, FaultKind};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};

use super::{Deployment, Process};

#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// Before a row is written, as in `UPDATE ON posts WHEN old.ts IS NOT NULL`: nothing of the
    /// transaction has happened. A statement on its own is yet to be carried out, unless it is
    /// [interrupted](Held::interrupt).
    Before(&'static str),
    /// Within COMMIT after such a row was written: it will have happened, and nobody knows yet.
    Committing(&'static str),
    /// Slack has a call of this method, and has not acted on it.
    Calling(&'static str),
    /// Slack has acted on a call of this method, and does not answer.
    Unanswered(&'static str),
}

/// The first who comes to the step waits there until it is released.
pub struct Held<'a> {
    team: &'a Deployment,
    step: Step,
    trap: Option<Trap>,
    calls_before: usize,
}

/// A trigger, and the connection that has the lock it waits for.
struct Trap {
    key: i32,
    connection: PgConnection,
}

impl Deployment {
    pub async fn hold(&self, step: Step) -> Held<'_> {
        let mut trap = None;
        let mut calls_before = 0;
        match step {
            Step::Before(event) => trap = Some(self.set_trap(event, BEFORE).await),
            Step::Committing(event) => trap = Some(self.set_trap(event, COMMITTING).await),
            Step::Calling(method) => {
                calls_before = self.calls(method);
                self.sandbox.fault(Fault::new(FaultKind::Hold).on(method));
            }
            Step::Unanswered(method) => {
                calls_before = self.calls(method);
                self.sandbox.fault(Fault::new(FaultKind::TimeoutAfter).on(method));
            }
        }
        Held { team: self, step, trap, calls_before }
    }

    /// How often the bot has called a method.
    pub fn calls(&self, method: &str) -> usize {
        self.sandbox.calls().iter().filter(|call| call.method == method).count()
    }

    async fn set_trap(&self, event: &str, trigger: &str) -> Trap {
        let key = rand::random_range(1..=i32::MAX);
        let mut connection = self.db.connect_options().connect().await.unwrap();
        let (event, when) = event.split_once(" WHEN ").unwrap_or((event, "true"));
        let trigger = trigger.replace("KEY", &key.to_string());
        let trigger = trigger.replace("EVENT", event).replace("CONDITION", when);
        let sql = format!("SELECT pg_advisory_lock({key}); {FUNCTION} {trigger}");
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
        Trap { key, connection }
    }
}

impl Held<'_> {
    /// Waits until somebody waits at the step.
    pub async fn reached(&self) {
        self.team
            .until(&format!("the bot comes to {:?}", self.step), async || {
                let reached = match self.step {
                    Step::Before(_) | Step::Committing(_) => self.waiting().await > 0,
                    Step::Calling(method) | Step::Unanswered(method) => {
                        self.team.calls(method) > self.calls_before
                    }
                };
                reached.then_some(())
            })
            .await;
    }

    /// Kills the bot at the step, and starts another when nothing of it is left.
    pub async fn kills(&mut self, bot: Process) -> Process {
        self.reached().await;
        bot.kill().await;
        self.interrupt().await;
        self.release().await;
        self.team.is_left_alone().await;
        self.team.bot().await
    }

    /// Takes the connections from those who wait before a statement, as their machine's end would:
    /// the server on its own would carry out what a dead client has asked for.
    async fn interrupt(&self) {
        if let (Step::Before(_), Some(trap)) = (self.step, &self.trap) {
            sqlx::query(
                "SELECT pg_terminate_backend(pid) FROM pg_locks
                 WHERE locktype = 'advisory' AND objid = $1::int8::oid AND NOT granted
                   AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
            )
            .bind(i64::from(trap.key))
            .execute(&self.team.db)
            .await
            .unwrap();
        }
    }

    /// Lets everybody pass, now and from now on.
    pub async fn release(&mut self) {
        match self.step {
            Step::Before(_) | Step::Committing(_) => {
                if let Some(trap) = self.trap.take() {
                    let _server_may_be_gone = trap.connection.close().await;
                }
            }
            Step::Calling(_) => self.team.sandbox.fault(Fault::new(FaultKind::Release)),
            Step::Unanswered(_) => self.team.sandbox.clear_faults(),
        }
    }

    async fn waiting(&self) -> i64 {
        let Some(trap) = &self.trap else { return 0 };
        sqlx::query_scalar(
            "SELECT count(*) FROM pg_locks
             WHERE locktype = 'advisory' AND objid = $1::int8::oid AND NOT granted
               AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
        )
        .bind(i64::from(trap.key))
        .fetch_one(&self.team.db)
        .await
        .unwrap()
    }
}

/// Waits for the lock without keeping others from it.
const FUNCTION: &str = "
    CREATE OR REPLACE FUNCTION wait_for_the_test() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM pg_advisory_xact_lock_shared(TG_ARGV[0]::bigint);
        RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
    END
    $$;";

const BEFORE: &str = "
    CREATE TRIGGER waits_KEY BEFORE EVENT
        FOR EACH ROW WHEN (CONDITION) EXECUTE FUNCTION wait_for_the_test(KEY);";

const COMMITTING: &str = "
    CREATE CONSTRAINT TRIGGER waits_KEY AFTER EVENT DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW WHEN (CONDITION) EXECUTE FUNCTION wait_for_the_test(KEY);";
