//! The facts about the database that decide whether the product can work on it.

use std::time::Duration;

use anyhow::Result;
use jiff::SignedDuration;
use tokio::time::Instant;

use super::{MIGRATOR, OLDEST_VERSION, SERVICE_ROLE, Settings, close, fault, login, reach, store};
use crate::clock::Clock;

#[derive(Clone, Debug)]
pub struct Facts {
    /// Host, port and database; never the password.
    pub place: String,
    /// As the server says it: `15.14 (Debian 15.14-0+deb12u1)`.
    pub version: String,
    /// As the server numbers it: `150014`.
    pub version_number: i32,
    pub encoding: String,
    pub migrations: Migrations,
    /// One round trip on an open connection.
    pub latency: Duration,
    /// How far the server's clock is ahead of ours.
    pub clock_skew: SignedDuration,
    /// The role that logs in and migrates.
    pub login: String,
    /// Whether the role that the pool acts as is there and ours to take.
    pub service_role: bool,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Migrations {
    Current {
        version: i64,
    },
    /// So many are still to be applied; starting the service does it.
    Behind {
        missing: usize,
    },
    /// A newer countersign was here.
    Newer {
        version: i64,
    },
    /// It was applied from another text than ours.
    Changed {
        version: i64,
    },
}

/// Something that is not as it must be, and what to do about it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    pub what: String,
    pub remedy: String,
}

/// Asks the server, as the login role. Fails only when it cannot be asked.
pub async fn check(settings: &Settings, clock: &Clock) -> Result<Facts> {
    let login = login(&settings.url)?;
    let mut connection = reach(&login, settings.patience).await?;

    // The first call prepares the statement; the second is the round trip that counts.
    store::server(&mut connection).await?;
    let (asked, asked_at) = (Instant::now(), clock.now());
    let server = store::server(&mut connection).await?;
    let latency = asked.elapsed();
    let midway = asked_at + SignedDuration::try_from(latency / 2)?;

    let applied = store::applied(&mut connection).await?;
    let service_role = store::may_act_as(&mut connection, SERVICE_ROLE).await?;
    close(connection).await;
    Ok(Facts {
        place: fault::place(&login).to_string(),
        clock_skew: server.now().duration_since(midway),
        version: server.version,
        version_number: server.version_number,
        encoding: server.encoding,
        migrations: Migrations::compare(&known(), &applied),
        latency,
        login: server.login,
        service_role,
    })
}

/// Beyond this the recorded times of people's decisions cannot be compared with the server's.
const MOST_SKEW: SignedDuration = SignedDuration::from_secs(5);
/// Beyond this a click is hardly recorded and acknowledged in the three seconds Slack gives.
const MOST_LATENCY: Duration = Duration::from_millis(200);

impl Facts {
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut unless = |fine: bool, what: String, remedy: &str| {
            if !fine {
                problems.push(Problem { what, remedy: remedy.to_owned() });
            }
        };

        unless(
            self.version_number >= OLDEST_VERSION,
            format!("the server is Postgres {}", self.version),
            "Use Postgres 15 or newer.",
        );
        unless(
            self.encoding == "UTF8",
            format!("the database stores text as {}", self.encoding),
            "Create it anew with ENCODING 'UTF8' TEMPLATE template0.",
        );
        unless(
            self.latency <= MOST_LATENCY,
            format!("a round trip to the server takes {} ms", self.latency.as_millis()),
            "Run the service nearer to its database: a click makes several round trips within three seconds.",
        );
        unless(
            self.clock_skew.abs() <= MOST_SKEW,
            format!("the server's clock is {} s off ours", self.clock_skew.as_secs()),
            "Let both machines keep their time by NTP.",
        );
        match &self.migrations {
            Migrations::Current { .. } => unless(
                self.service_role,
                format!("{} may not act as the role {SERVICE_ROLE}", self.login),
                "Let an administrator grant that role to the user in DATABASE_URL.",
            ),
            Migrations::Behind { missing } => {
                unless(
                    false,
                    format!("{missing} migrations are still to be applied"),
                    "Start the service: it applies them.",
                );
            }
            Migrations::Newer { version } => unless(
                false,
                format!("a newer version was here: migration {version} is not known"),
                "Run that version of countersign, or a later one.",
            ),
            Migrations::Changed { version } => unless(
                false,
                format!("migration {version} was applied from another text"),
                "Run the version of countersign that the database was migrated with.",
            ),
        }
        problems
    }
}

impl Migrations {
    /// Both in order of version.
    fn compare(known: &[(i64, Vec<u8>)], applied: &[(i64, Vec<u8>)]) -> Self {
        let newest = known.last().map_or(0, |(version, _)| *version);
        for (version, checksum) in applied {
            match known.iter().find(|(known, _)| known == version) {
                None => return Self::Newer { version: *version },
                Some((_, ours)) if ours != checksum => return Self::Changed { version: *version },
                Some(_) => {}
            }
        }
        match known.len() - applied.len() {
            0 => Self::Current { version: newest },
            missing => Self::Behind { missing },
        }
    }
}

fn known() -> Vec<(i64, Vec<u8>)> {
    MIGRATOR.iter().map(|migration| (migration.version, migration.checksum.to_vec())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_applied_is_compared_with_what_is_known() {
        fn check(known: &[(i64, u8)], applied: &[(i64, u8)], expected: Migrations) {
            let rows = |rows: &[(i64, u8)]| {
                rows.iter().map(|&(v, sum)| (v, vec![sum])).collect::<Vec<_>>()
            };
            assert_eq!(Migrations::compare(&rows(known), &rows(applied)), expected);
        }

        check(&[(1, 7), (2, 8)], &[(1, 7), (2, 8)], Migrations::Current { version: 2 });
        check(&[(1, 7), (2, 8)], &[(1, 7)], Migrations::Behind { missing: 1 });
        check(&[(1, 7), (2, 8)], &[], Migrations::Behind { missing: 2 });
        check(&[(1, 7)], &[(1, 7), (2, 8)], Migrations::Newer { version: 2 });
        check(&[(1, 7), (2, 8)], &[(1, 7), (2, 9)], Migrations::Changed { version: 2 });
    }
}
