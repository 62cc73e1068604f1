//! What tests stand on.

use sqlx::PgPool;

/// A migrated database.
pub async fn pool() -> PgPool {
    #[expect(clippy::disallowed_methods, reason = "tests are told their server by it")]
    let url = std::env::var("DATABASE_URL").expect("DATABASE_URL names a migrated database");
    PgPool::connect(&url).await.unwrap()
}
