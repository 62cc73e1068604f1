//! The way to Postgres: a pool of connections, the migrations, and the facts that `doctor` tells.
//!
//! Postgres is the only store and the only coordination between replicas. It is either a server that
//! someone runs (`DATABASE_URL`) or a private one (`embedded`); nothing above this knows which.
//!
//! Two roles are at work. The *login* role of the URL owns the tables and runs the migrations. The
//! pool's connections act as the *service* role, which the migrations create and which may do what
//! the product does and no more: above all it cannot change the audit trail.
//!
//! **Invariant:** a database that a newer version has migrated is not touched by an older one.
//! **Invariant:** no error or log line from here holds a password.

pub mod embedded;

mod check;
mod desk;
mod fault;
mod store;
mod writes;

use std::str::FromStr;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::{ConnectOptions, Connection};
use tokio::time::{Instant, sleep};

pub use self::check::{Facts, Migrations, Problem, check};
pub use self::desk::{Desk, Taken};
pub use self::writes::Writes;

/// The role that the pool acts as. It cannot log in; the login role is a member of it.
pub const SERVICE_ROLE: &str = "countersign_service";

/// The oldest version whose features we use, as Postgres numbers it.
pub const OLDEST_VERSION: i32 = 15_00_00;

/// Everything that `migrations/` says, embedded.
pub static MIGRATOR: Migrator = sqlx::migrate!();

#[derive(Clone, Debug)]
pub struct Settings {
    /// `postgres://user:password@host:port/database`, the login role's.
    pub url: String,
    pub max_connections: u32,
    /// How long a server that is not up yet is waited for.
    pub patience: Duration,
}

impl Settings {
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), max_connections: 16, patience: Duration::from_secs(15) }
    }
}

/// How long a request waits for a connection before it fails. Slack waits three seconds for an answer,
/// and after that nobody reads the apology.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(2);
/// A connection that rested longer is asked for a sign of life before it is used, since the server
/// may have been restarted; the busy ones are spared the round trip.
const TRUSTED_REST: Duration = Duration::from_secs(1);
const STATEMENT_CACHE: usize = 256;

/// Opens the pool, waiting for a server that is about to come up. Run `migrate` before.
///
/// Its connections act as the service role where the migrations have created it.
pub async fn connect(settings: &Settings) -> Result<PgPool> {
    let login = login(&settings.url)?;
    let mut connection = reach(&login, settings.patience).await?;
    let version = store::version_number(&mut connection).await?;
    let service_role = store::may_act_as(&mut connection, SERVICE_ROLE).await?;
    close(connection).await;
    if version < OLDEST_VERSION {
        bail!(
            "the server at {} is Postgres {}; {} or newer is needed",
            fault::place(&login),
            version / 10_000,
            OLDEST_VERSION / 10_000
        );
    }

    let options = match service_role {
        true => login.options([("role", SERVICE_ROLE)]),
        false => login,
    };
    Ok(PgPoolOptions::new()
        .max_connections(settings.max_connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .test_before_acquire(false)
        .before_acquire(|connection, meta| {
            Box::pin(async move {
                if meta.idle_for > TRUSTED_REST {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .connect_lazy_with(options))
}

/// Brings the database to the state this version needs, as the login role.
///
/// Replicas that start together take turns; all but the first find nothing left to do.
pub async fn migrate(settings: &Settings) -> Result<()> {
    let login = login(&settings.url)?;
    let mut connection = reach(&login, settings.patience).await?;
    let migrated = MIGRATOR.run(&mut connection).await;
    // When it fails it leaves its lock behind, which goes with the connection.
    close(connection).await;

    migrated.map_err(|error| fault::of_migration(error, &login))
}

fn login(url: &str) -> Result<PgConnectOptions> {
    // The parser takes any scheme, and its own words may repeat parts of the URL, password included.
    let options = ["postgres://", "postgresql://"]
        .iter()
        .any(|scheme| url.starts_with(scheme))
        .then(|| PgConnectOptions::from_str(url).ok())
        .flatten();
    let options = options.context(
        "DATABASE_URL is not one of Postgres; it looks like postgres://user:password@host:5432/database",
    )?;
    Ok(options.application_name("countersign").statement_cache_capacity(STATEMENT_CACHE))
}

/// A connection of the login role, once the server takes one.
async fn reach(login: &PgConnectOptions, patience: Duration) -> Result<PgConnection> {
    let deadline = Instant::now() + patience;
    let mut pause = Duration::from_millis(50);
    loop {
        let error = match login.connect().await {
            Ok(connection) => return Ok(connection),
            Err(error) => error,
        };
        if !fault::passes(&error) || Instant::now() + pause > deadline {
            return Err(fault::explain(error, login));
        }
        tracing::debug!(%error, "Postgres does not answer yet");
        sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(1));
    }
}

async fn close(connection: PgConnection) {
    if let Err(error) = connection.close().await {
        tracing::debug!(%error, "a connection was not closed in order");
    }
}
