//! Where it happens: a private Postgres with fsync on, a local Slack workspace beside it, and one
//! real question and decision from which all requests are made.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use countersign::clock::Clock;
use countersign::database::embedded::{self, Embedded};
use countersign::sandbox::{Delivery, Sandbox, Seed, SignedRequest};
use serde_json::json;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use url::Url;

use super::load::{self, Load, Outcome};
use super::process::{self, Server};
use super::requests::{Case, Kind, Template};
use super::statements::{Log, Statement};

/// This build of the program.
const BINARY: &str = env!("CARGO_BIN_EXE_countersign");

/// Documents to ask about.
const DOCUMENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/cli/demo/survey.tsv");

/// Where ids begin, far from each other, so that each is recognised in a statement.
const RUNS: i64 = 100_000_001;
const REVISIONS: i64 = 200_000_001;
const REVIEWS: i64 = 300_000_001;

/// Decisions of a busy team.
const YEAR: usize = 20_000;

/// How long anything may take that is not measured.
const PATIENCE: Duration = Duration::from_secs(30);

pub struct Place {
    pub data: PathBuf,
    /// Of the login role, with the password in it.
    pub url: Url,
    pub db: PgPool,
    pub sandbox: Sandbox,
    postgres: Embedded,
    postmaster: u32,
    binary: PathBuf,
    acts: Vec<Act>,
}

/// What a person did once: the request, and what the server then sent to Postgres.
pub struct Act {
    pub template: Template,
    pub statements: Vec<Statement>,
}

impl Place {
    pub async fn open(data: &Path, binary: Option<&Path>) -> Result<Self> {
        fs::create_dir_all(data)?;
        let data = fs::canonicalize(data)?;
        let postgres = embedded::start_or_join(&embedded::Options {
            data: data.clone(),
            binaries: None,
            settings: Log::settings(),
        })
        .await?;
        let url = new_database(postgres.url()).await?;
        let db = PgPoolOptions::new().max_connections(2).connect(url.as_str()).await?;
        let postmaster = process::parent_of(backend(&db).await?)
            .context("the process that runs Postgres is not on this machine")?;
        let mut place = Self {
            sandbox: serve_sandbox().await?,
            binary: binary.map_or_else(|| BINARY.into(), Path::to_owned),
            acts: Vec::new(),
            data,
            url,
            db,
            postgres,
            postmaster,
        };
        place.act_once().await?;
        place.grow_old().await?;
        Ok(place)
    }

    pub async fn close(self) {
        self.db.close().await;
        self.postgres.stop().await;
    }

    pub fn act(&self, kind: Kind) -> Result<&Act> {
        let act = self.acts.iter().find(|act| act.template.kind == kind);
        act.context("nobody has acted so yet")
    }

    /// What a reader of the figures must know.
    pub async fn conditions(&self) -> Result<Vec<(String, String)>> {
        let mut conditions = vec![
            ("cores".to_owned(), std::thread::available_parallelism()?.to_string()),
            ("processor".to_owned(), process::processor()),
        ];
        for name in ["server_version", "fsync", "synchronous_commit", "full_page_writes"] {
            let query = "SELECT current_setting($1)";
            let value: String = sqlx::query_scalar(query).bind(name).fetch_one(&self.db).await?;
            conditions.push((name.to_owned(), value));
        }
        for act in &self.acts {
            conditions.push((
                format!("a {}", act.template.kind.name()),
                format!("{} bytes, {} statements", act.template.length(), act.statements.len()),
            ));
        }
        Ok(conditions)
    }

    /// `countersign serve`, with as many connections to Postgres as there are clients, for decisions
    /// as for everything else.
    pub async fn serve(&self, clients: usize) -> Result<Server> {
        let address = free_address()?;
        let mut command = self.countersign();
        command
            .arg("serve")
            .env("COUNTERSIGN_LISTEN", address.to_string())
            .env("COUNTERSIGN_DB_CONNECTIONS", (clients * 2).to_string());
        Server::start(command, address, &self.data.join("serve.log")).await
    }

    /// Memory of a server that has had nothing to do for a while, in bytes.
    pub async fn idle_memory(&self, rest: Duration) -> Result<u64> {
        let mut command = self.countersign();
        let address = free_address()?;
        command.arg("serve").env("COUNTERSIGN_LISTEN", address.to_string());
        let server = Server::start(command, address, &self.data.join("idle.log")).await?;
        tokio::time::sleep(rest).await;
        server.memory()
    }

    /// Forgets what earlier measurements left to be done, so that each starts from the same state.
    pub async fn reset(&self) -> Result<()> {
        for statement in [
            "DELETE FROM graphile_worker._private_jobs WHERE attempts < max_attempts OR key IS NOT NULL",
            "DELETE FROM audit.pending",
        ] {
            sqlx::query(statement).execute(&self.db).await?;
        }
        Ok(())
    }

    /// So that no measurement pays for what was written before it, and Postgres knows its tables.
    pub async fn tidy(&self) -> Result<()> {
        for statement in ["VACUUM ANALYZE", "CHECKPOINT"] {
            sqlx::query(statement).execute(&self.db).await?;
        }
        Ok(())
    }

    /// Lets a server answer a load, and measures it from outside. The server ends with that.
    pub async fn load(&self, server: Server, load: Load) -> Result<Outcome> {
        let template = &self.act(load.kind)?.template;
        let warm_up = load.clients * 25;
        let cases = self.cases(warm_up + load.requests).await?;
        let clock = Clock::default();
        let mut requests = template.make(&self.sandbox, clock.now(), server.address, &cases);
        let measured = requests.split_off(warm_up);
        self.tidy().await?;
        load::send(server.address, load.clients, requests).await.context("while warming up")?;

        let before = (server.cpu()?, self.database_cpu()?, self.recorded(load.kind).await?);
        let outcome = load::send(server.address, load.clients, measured).await?;
        let after = (server.cpu()?, self.database_cpu()?, self.recorded(load.kind).await?);
        ensure!(
            after.2 - before.2 == i64::try_from(load.requests)?,
            "{} requests were acknowledged, and {} recorded",
            load.requests,
            after.2 - before.2
        );
        let each = |duration: Duration| duration / u32::try_from(load.requests).unwrap_or(u32::MAX);
        Ok(Outcome {
            server: Some(each(after.0 - before.0)),
            database: each(after.1 - before.1),
            memory: Some(server.memory()?),
            ..outcome
        })
    }

    /// New reviews that wait for a decision, copies of the one that was decided on.
    pub async fn cases(&self, count: usize) -> Result<Vec<Case>> {
        let made: Vec<(i64, i64)> = sqlx::query_as(
            "
            WITH made AS (
                INSERT INTO revisions (workspace_id, subject_kind, subject_id, number, content,
                                       provenance, created_at, text, words, checks, facts)
                SELECT workspace_id, subject_kind, latest + n, number, content, provenance, created_at,
                       text, words, checks, facts
                FROM revisions,
                     (SELECT max(subject_id) AS latest FROM revisions) AS subjects,
                     generate_series(1, $1) AS n
                WHERE id = $2
                ORDER BY n
                RETURNING id, subject_id
            )
            INSERT INTO reviews (workspace_id, revision_id, subject_kind, subject_id, title, agent, terms,
                                 policy_version, requested_by, channel_id, thread_ts, opened_at, asked_at,
                                 shown_at, next_at)
            SELECT workspace_id, made.id, subject_kind, made.subject_id, title, agent, terms,
                   policy_version, requested_by, channel_id, thread_ts, opened_at, asked_at,
                   shown_at, asked_at + interval '1 day'
            FROM reviews, made
            WHERE reviews.id = $3
            ORDER BY made.id
            RETURNING id, revision_id
            ",
        )
        .bind(i32::try_from(count)?)
        .bind(REVISIONS)
        .bind(REVIEWS)
        .fetch_all(&self.db)
        .await?;
        Ok(made.into_iter().map(|(review, revision)| Case { review, revision }).collect())
    }

    /// Postgres's number of the version that the row of a review is in.
    pub async fn version_of(&self, review: i64) -> Result<String> {
        let query = "SELECT xmin::text FROM reviews WHERE id = $1";
        Ok(sqlx::query_scalar(query).bind(review).fetch_one(&self.db).await?)
    }

    /// How many acts of a kind are in the database.
    pub async fn recorded(&self, kind: Kind) -> Result<i64> {
        let query = match kind {
            Kind::Command => "SELECT count(*) FROM runs",
            Kind::Click => "SELECT count(*) FROM decisions",
        };
        Ok(sqlx::query_scalar(query).fetch_one(&self.db).await?)
    }

    pub fn database_cpu(&self) -> Result<Duration> {
        process::cpu_of_family(self.postmaster)
    }

    fn countersign(&self) -> Command {
        let app = &self.sandbox.seed().app;
        let mut command = Command::new(&self.binary);
        command
            // Where it is set, it makes every error dear.
            .env_remove("RUST_BACKTRACE")
            .env("DATABASE_URL", self.url.as_str())
            .env("COUNTERSIGN_DATA", &self.data)
            .env("SLACK_API_URL", format!("{}api/", self.sandbox.base()))
            .env("SLACK_BOT_TOKEN", &app.bot_token)
            .env("SLACK_SIGNING_SECRET", &app.signing_secret);
        command
    }

    /// A person asks, another one approves: each request, and what it made the server do.
    async fn act_once(&mut self) -> Result<()> {
        let ingested = self
            .countersign()
            .args(["ingest", "documents", DOCUMENTS, "--source", "survey"])
            .output()?;
        ensure!(
            ingested.status.success(),
            "documents could not be brought in: {}",
            String::from_utf8_lossy(&ingested.stderr)
        );
        for (table, first) in [("runs", RUNS), ("revisions", REVISIONS), ("reviews", REVIEWS)] {
            let restart = format!("ALTER TABLE {table} ALTER COLUMN id RESTART WITH {first}");
            sqlx::query(sqlx::AssertSqlSafe(restart)).execute(&self.db).await?;
        }
        let server = self.serve(8).await?;
        let base: Url = format!("http://{}/", server.address).parse()?;
        self.sandbox.deliver(Delivery::Http {
            commands: base.join("slack/commands")?,
            interactivity: base.join("slack/interactivity")?,
            events: base.join("slack/events")?,
        });

        let mut log = Log::open(&self.db).await?;
        let question = json!({"person": "maya", "channel": "#research", "text": "/research why do people cancel?"});
        let request = self.person(Kind::Command, question).await?;
        let statements = log.act(&[("{n}", RUNS)], "").await?;
        let template = Template::of(Kind::Command, &request, None);
        let template = template.context("the command has no trigger")?;
        self.acts.push(Act { template, statements });

        self.card_is_posted().await?;
        // So that it is known where Raj stands, as it is at nearly every click.
        let hesitation = json!({"person": "raj", "channel": "#research", "button": "Reject"});
        self.person(Kind::Click, hesitation).await?;
        let version = self.version_of(REVIEWS).await?;
        log.skip().await?;
        let case = Case { review: REVIEWS, revision: REVISIONS };
        let approval = json!({"person": "raj", "channel": "#research", "button": "Approve"});
        let request = self.person(Kind::Click, approval).await?;
        let ids = [("{review}", case.review), ("{revision}", case.revision)];
        let statements = log.act(&ids, &version).await?;
        let template = Template::of(Kind::Click, &request, Some(case));
        let template = template.context("the click has no trigger")?;
        self.acts.push(Act { template, statements });
        log.close().await
    }

    /// Fills the tables as a year would. In empty ones Postgres reads everything instead of looking it
    /// up, and stays with that for a while as they grow.
    async fn grow_old(&self) -> Result<()> {
        self.cases(YEAR).await?;
        for statement in [
            "
            INSERT INTO decisions (workspace_id, review_id, revision_id, person_id, verdict, groups,
                                   content_hash, policy_version, decided_at)
            SELECT reviews.workspace_id, reviews.id, revision_id, 'U0RAJ00000', 'approve', '{}',
                   content_hash, policy_version, opened_at
            FROM reviews
            JOIN revisions ON revisions.id = revision_id
            WHERE state = 'open'
            ",
            "
            UPDATE reviews
            SET state = 'released', closed_at = opened_at, next_at = NULL
            WHERE state = 'open'
            ",
            "
            INSERT INTO deliveries (workspace_id, key, received_at)
            SELECT workspace_id, 'trigger:' || md5(id::text), decided_at
            FROM decisions
            ",
            "
            INSERT INTO runs (workspace_id, agent, question, requested_by, channel_id, requested_at,
                              state, finished_at)
            SELECT workspace_id, agent, question, requested_by, channel_id, requested_at, state,
                   finished_at
            FROM runs, generate_series(1, (SELECT count(*) FROM decisions))
            ",
            // Jobs that were given up, since those that are done are gone.
            "
            INSERT INTO graphile_worker._private_jobs (task_id, payload, attempts, max_attempts)
            SELECT tasks.id, '{}', 1, 1
            FROM graphile_worker._private_tasks AS tasks,
                 generate_series(1, (SELECT count(*) FROM decisions))
            WHERE identifier = 'short'
            ",
        ] {
            sqlx::query(statement).execute(&self.db).await?;
        }
        self.tidy().await
    }

    /// Acts as a person; the request that came of it.
    async fn person(&self, kind: Kind, body: serde_json::Value) -> Result<SignedRequest> {
        let (act, kind) = match kind {
            Kind::Command => ("command", "slash_commands"),
            Kind::Click => ("click", "interactive"),
        };
        let url = self.sandbox.base().join(&format!("sandbox/{act}"))?;
        let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build()?;
        let answer: serde_json::Value = client.post(url).json(&body).send().await?.json().await?;
        ensure!(answer["status"] == 200, "the {act} was answered: {answer}");
        // Events of what follows may have gone out since.
        let sent = self.sandbox.sent().into_iter().rev();
        let request = sent.filter(|sent| sent.kind == kind).find_map(|sent| sent.request);
        request.context("nothing was delivered")
    }

    async fn card_is_posted(&self) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        let query =
            "SELECT EXISTS (SELECT FROM posts WHERE ts IS NOT NULL AND subject LIKE 'finding:%')";
        while !sqlx::query_scalar::<_, bool>(query).fetch_one(&self.db).await? {
            if Instant::now() > deadline {
                bail!("no finding was posted; see {}", self.data.join("serve.log").display());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }
}

/// A database that nobody used before, and the address of it. Older ones are dropped.
async fn new_database(server: &str) -> Result<Url> {
    let admin = PgPoolOptions::new().max_connections(1).connect(server).await?;
    for statement in ["DROP DATABASE IF EXISTS bench WITH (FORCE)", "CREATE DATABASE bench"] {
        sqlx::query(statement).execute(&admin).await?;
    }
    admin.close().await;
    let mut url: Url = server.parse()?;
    url.set_path("/bench");
    Ok(url)
}

async fn backend(db: &PgPool) -> Result<u32> {
    let pid: i32 = sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(db).await?;
    Ok(u32::try_from(pid)?)
}

async fn serve_sandbox() -> Result<Sandbox> {
    let sandbox = Sandbox::new(Seed::example(), Clock::default());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    sandbox.at(format!("http://{}/", listener.local_addr()?).parse()?);
    let router = sandbox.router();
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(sandbox)
}

/// An address that nobody listens on at this moment.
pub fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}
