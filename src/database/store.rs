//! What the server says about itself.

use jiff::Timestamp;
use sqlx::PgConnection;

pub async fn version_number(connection: &mut PgConnection) -> sqlx::Result<i32> {
    sqlx::query_scalar!(r#"SELECT current_setting('server_version_num')::int AS "number!""#)
        .fetch_one(connection)
        .await
}

/// Whether there is this role and the connection may take it on.
pub async fn may_act_as(connection: &mut PgConnection, role: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"
        SELECT EXISTS (
            SELECT FROM pg_roles
            WHERE rolname = $1 AND pg_has_role(oid, 'MEMBER')
        ) AS "may!"
        "#,
        role,
    )
    .fetch_one(connection)
    .await
}

pub struct Server {
    pub version: String,
    pub version_number: i32,
    pub encoding: String,
    pub login: String,
    pub now: jiff_sqlx::Timestamp,
}

pub async fn server(connection: &mut PgConnection) -> sqlx::Result<Server> {
    sqlx::query_as!(
        Server,
        r#"
        SELECT
            current_setting('server_version') AS "version!",
            current_setting('server_version_num')::int AS "version_number!",
            current_setting('server_encoding') AS "encoding!",
            current_user::text AS "login!",
            clock_timestamp() AS "now!: jiff_sqlx::Timestamp"
        "#,
    )
    .fetch_one(connection)
    .await
}

/// The version and checksum of each migration that the database has taken, in order.
pub async fn applied(connection: &mut PgConnection) -> sqlx::Result<Vec<(i64, Vec<u8>)>> {
    let kept =
        sqlx::query_scalar!(r#"SELECT to_regclass('_sqlx_migrations') IS NOT NULL AS "kept!""#)
            .fetch_one(&mut *connection)
            .await?;
    if !kept {
        return Ok(Vec::new());
    }
    let rows = sqlx::query!("SELECT version, checksum FROM _sqlx_migrations ORDER BY version")
        .fetch_all(connection)
        .await?;
    Ok(rows.into_iter().map(|row| (row.version, row.checksum)).collect())
}

impl Server {
    pub fn now(&self) -> Timestamp {
        self.now.to_jiff()
    }
}
