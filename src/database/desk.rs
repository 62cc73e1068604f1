//! Connections kept ready for what a person waits for.
//!
//! The pool asks each connection for a sign of life when it comes back, a round trip that is a third
//! of what a short act costs. A connection here comes back only from work that came to its end, and
//! is used again as it is. There are few of them, and nothing else uses them: an act does not wait
//! behind jobs, and a flood of acts leaves the jobs their own.

use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use sqlx::postgres::{PgConnection, PgPool};
use sqlx::{ConnectOptions, Connection};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout};

use super::{ACQUIRE_TIMEOUT, TRUSTED_REST};

/// When a connection makes room for a new one: what Postgres remembers for it only grows.
const LIFETIME: Duration = Duration::from_secs(1800);

#[derive(Debug)]
pub struct Desk {
    pool: PgPool,
    places: Semaphore,
    free: Mutex<Vec<Kept>>,
}

#[derive(Debug)]
struct Kept {
    connection: PgConnection,
    made_at: Instant,
    rests_since: Instant,
}

/// A connection in use. Closed when dropped: only who is done with it can tell that it is in order.
pub struct Taken<'a> {
    kept: Kept,
    free: &'a Mutex<Vec<Kept>>,
    _place: SemaphorePermit<'a>,
}

impl Desk {
    /// To the same server and in the same role as the connections of `pool`, and half as many.
    pub fn beside(pool: &PgPool) -> Self {
        let most = pool.options().get_max_connections().div_ceil(2) as usize;
        Self { pool: pool.clone(), places: Semaphore::new(most), free: Mutex::default() }
    }

    pub async fn take(&self) -> sqlx::Result<Taken<'_>> {
        let taken = async {
            // It is never closed.
            let place = self.places.acquire().await.map_err(|_| sqlx::Error::PoolClosed)?;
            let kept = match self.rested().await {
                Some(kept) => kept,
                None => Kept::connect(&self.pool).await?,
            };
            Ok(Taken { kept, free: &self.free, _place: place })
        };
        timeout(ACQUIRE_TIMEOUT, taken).await.map_err(|_| sqlx::Error::PoolTimedOut)?
    }

    async fn rested(&self) -> Option<Kept> {
        let mut kept = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop()?;
        if kept.made_at.elapsed() > LIFETIME {
            return None;
        }
        if kept.rests_since.elapsed() > TRUSTED_REST && kept.connection.ping().await.is_err() {
            return None;
        }
        Some(kept)
    }
}

impl Kept {
    async fn connect(pool: &PgPool) -> sqlx::Result<Self> {
        let connection = pool.connect_options().connect().await?;
        let now = Instant::now();
        Ok(Self { connection, made_at: now, rests_since: now })
    }
}

impl Taken<'_> {
    /// Keeps the connection for the next: its last statement was answered, and no transaction is open.
    pub fn keep(mut self) {
        self.kept.rests_since = Instant::now();
        self.free.lock().unwrap_or_else(PoisonError::into_inner).push(self.kept);
    }
}

impl Deref for Taken<'_> {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.kept.connection
    }
}

impl DerefMut for Taken<'_> {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.kept.connection
    }
}
