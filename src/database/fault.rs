//! Says what went wrong with the database in a sentence that names the place and the remedy.

use std::fmt;

use sqlx::migrate::MigrateError;
use sqlx::postgres::PgConnectOptions;

/// Where a database is, without the password.
pub struct Place<'a>(&'a PgConnectOptions);

pub fn place(options: &PgConnectOptions) -> Place<'_> {
    Place(options)
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(options) = self;
        let database = options.get_database().unwrap_or(options.get_username());
        match options.get_socket() {
            Some(socket) => write!(f, "{}, database {database}", socket.display()),
            None => write!(f, "{}:{}, database {database}", options.get_host(), options.get_port()),
        }
    }
}

/// Whether the server is likely to take connections a little later.
pub fn passes(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_) => true,
        // Starting up or shutting down; terminated by that; too many connections.
        sqlx::Error::Database(error) => {
            matches!(error.code().as_deref(), Some("57P03" | "57P01" | "53300"))
        }
        _ => false,
    }
}

pub fn explain(error: sqlx::Error, options: &PgConnectOptions) -> anyhow::Error {
    let place = place(options);
    let user = options.get_username();
    let code = error.as_database_error().and_then(|error| error.code()).unwrap_or_default();
    let sentence = match (&error, code.as_ref()) {
        (sqlx::Error::Io(_), _) => {
            format!(
                "Postgres at {place} does not answer; is it running, and is DATABASE_URL right?"
            )
        }
        (sqlx::Error::Tls(_), _) => {
            format!("no encrypted connection to Postgres at {place}; see sslmode in DATABASE_URL")
        }
        (_, "28P01" | "28000") => {
            format!(
                "Postgres at {place} does not let {user} in; check user and password in DATABASE_URL"
            )
        }
        (_, "3D000") => format!("there is no such database at {place}; create it with createdb"),
        (_, "53300") => {
            format!("Postgres at {place} has no connection left; raise its max_connections")
        }
        (_, "57P03") => format!("Postgres at {place} is still starting or stopping; try again"),
        _ => format!("cannot connect to Postgres at {place}"),
    };
    anyhow::Error::new(error).context(sentence)
}

pub fn of_migration(error: MigrateError, options: &PgConnectOptions) -> anyhow::Error {
    let place = place(options);
    let sentence = match &error {
        MigrateError::VersionMissing(version) => format!(
            "the database at {place} was migrated by a newer version of countersign, with a migration \
             {version} that this one does not know; run that version or a later one"
        ),
        MigrateError::VersionMismatch(version) => format!(
            "migration {version} was changed after the database at {place} had taken it; run the version \
             of countersign that it came with"
        ),
        _ => format!("cannot migrate the database at {place}"),
    };
    anyhow::Error::new(error).context(sentence)
}
