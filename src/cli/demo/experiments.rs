//! What the sample company tried before the demo began: a test that was decided, and one that runs.
//!
//! Both went the way that every test goes, by the same verbs, under a clock that is turned back: planned,
//! approved, counted, and the one put up and shipped.

use std::fmt::Write as _;

use anyhow::{Context, Result};
use jiff::{SignedDuration, ToSpan};
use sqlx::PgPool;

use super::into_anyhow;
use crate::app::App;
use crate::audit::Actor;
use crate::cli::serve;
use crate::clock::Clock;
use crate::config::{self, Config};
use crate::experiments::{self, Body, Delivery, Filled, Origin, Short, Wish};
use crate::ids::{ChannelId, ExperimentId, PersonId};
use crate::manifests;
use crate::reviews::{self, Ballot, Verdict};
use crate::slack::Place;
use crate::subjects;

const CHANNEL: &str = "C0CAMPAIGN";
const SOURCE: &str = "web-analytics";

/// Three weeks ago the first test began, eleven days ago the other; six days ago the first was decided.
const FIRST: i64 = 21;
const SECOND: i64 = 11;
const DECIDED: i64 = 6;

/// How long Raj takes over a plan.
const READING: SignedDuration = SignedDuration::from_mins(14);

/// The days of which there are counts.
const COUNTED: i64 = 14;

/// Lets both happen, unless the team has been at work in that channel before.
pub async fn happened(config: &Config, settings: &config::Slack, db: &PgPool) -> Result<()> {
    let clock = Clock::default();
    let app = serve::assemble(config, settings, clock.clone(), db.clone()).await?;
    let channel = ChannelId::from(CHANNEL);
    let before = reviews::newest_in(&app.db, app.workspace.id, &channel).await;
    if before.map_err(into_anyhow)?.is_some() {
        return Ok(());
    }
    let pass = |days: i64| clock.turn(SignedDuration::from_hours(24 * days));

    pass(-FIRST);
    manifests::adopt(&app).await.map_err(into_anyhow)?;
    manifests::adopt_brand(&app).await.map_err(into_anyhow)?;
    let first = planned(&app, &subject_line()).await?;
    pass(FIRST - SECOND);
    let second = planned(&app, &checkout()).await?;
    pass(SECOND - DECIDED);
    counted(&app, first, COUNTED, ["urgency", "benefit"], [2_010, 1_992], [120, 134]).await?;
    shipped(&app, first).await?;
    pass(DECIDED);
    counted(&app, second, SECOND - 1, ["two steps", "one page"], [1_480, 1_493], [50, 52]).await?;
    Ok(())
}

fn subject_line() -> Filled {
    Filled {
        hypothesis: "Readers have seen many last chances. A subject line that says what they gain is opened by more of them.".to_owned(),
        audience: "Subscribers of the weekly letter in Germany".to_owned(),
        metric: "open rate".to_owned(),
        guardrails: "unsubscribe rate, conversion rate, up at most 40 %".to_owned(),
        today: "12 %".to_owned(),
        traffic: "4,000".to_owned(),
        ..Filled::of_short(&Short::read("Subject line: urgency v benefit"))
    }
}

fn checkout() -> Filled {
    Filled {
        hypothesis: "On one page nobody has to guess what comes next, so that more of those who begin to pay finish it.".to_owned(),
        audience: "Visitors who put something into the basket".to_owned(),
        metric: "order rate".to_owned(),
        guardrails: "return rate, conversion rate, up at most 40 %".to_owned(),
        today: "5 %".to_owned(),
        traffic: "3,000".to_owned(),
        longest: "56".to_owned(),
        ..Filled::of_short(&Short::read("Checkout: two steps v one page"))
    }
}

/// Maya plans it, and Raj approves.
async fn planned(app: &App, filled: &Filled) -> Result<ExperimentId> {
    let place = Place::channel(ChannelId::from(CHANNEL));
    let maya = PersonId::from("U0MAYA0000");
    experiments::propose(app, None, filled, &maya, &place, &[]).await.map_err(into_anyhow)?;
    approved(app).await.map(ExperimentId)
}

async fn shipped(app: &App, test: ExperimentId) -> Result<()> {
    let reason = "It wins by the rule, and no more readers leave than before. We use it from the next letter on.";
    let wish = Wish { ship: Some(1), reason: reason.to_owned() };
    let maya = PersonId::from("U0MAYA0000");
    experiments::decide(app, None, test, &wish, &maya).await.map_err(into_anyhow)?;
    approved(app).await.map(|_| ())
}

/// Raj approves the newest card of the channel, and what follows from that is done; the number of what
/// it is about.
async fn approved(app: &App) -> Result<i64> {
    let (db, workspace) = (&app.db, app.workspace.id);
    let newest = reviews::newest_in(db, workspace, &ChannelId::from(CHANNEL)).await;
    let review = newest.map_err(into_anyhow)?.context("a sample test was not put up")?;
    let found = reviews::find(db, workspace, review).await.map_err(into_anyhow)?;
    let found = found.context("a sample test has no review")?;
    let ballot = Ballot {
        review,
        saw: found.revision,
        verdict: Verdict::Approve,
        comment: None,
        reason: None,
        answered: true,
    };
    let raj = PersonId::from("U0RAJ00000");
    // He reads it first.
    app.clock.turn(READING);
    reviews::decide(app, None, ballot, &raj).await.map_err(into_anyhow)?;
    subjects::release(app, review).await.map_err(into_anyhow)?;
    app.clock.turn(-READING);
    Ok(found.subject_id)
}

/// Counts of so many days: about so many users a day in each arm, of whom so many in a thousand do it.
/// Days differ a little, in the same way each time.
async fn counted(
    app: &App,
    test: ExperimentId,
    days: i64,
    arms: [&str; 2],
    users: [i64; 2],
    per_mille: [i64; 2],
) -> Result<()> {
    let now = app.now();
    let today = now.to_zoned(app.manifest.zone.clone()).date();
    let guardrail = if arms[0] == "urgency" { "unsubscribe rate" } else { "return rate" };
    let mut csv = format!("date,arm,users,conversions,{guardrail}.conversions\n");
    for day in 0..days {
        let date = today - (days - day).days();
        for (at, arm) in arms.iter().enumerate() {
            let users = users[at] + (day * 37 + at as i64 * 11) % 60;
            let conversions = users * per_mille[at] / 1_000 + (day * 13) % 7;
            writeln!(csv, "{date},{arm},{users},{conversions},{}", users / 40)?;
        }
    }
    let delivery = Delivery {
        workspace: app.workspace.id,
        test,
        origin: Origin::Sender(SOURCE),
        by: Actor::Bot,
        now,
        today,
    };
    let taken = experiments::observe(&app.db, &delivery, Body::Csv(csv.as_bytes())).await;
    taken.map(|_| ()).map_err(into_anyhow)
}
