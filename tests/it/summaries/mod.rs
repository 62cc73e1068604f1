//! What leaders read in the morning: once a day, of everything that they may see, and no more.

pub mod told;

use countersign::app::App;
use countersign::schedule;
use insta::{assert_json_snapshot, assert_snapshot};
use jiff::{SignedDuration, Timestamp, ToSpan};
use tokio::task::JoinSet;

use crate::harness::Team;
use crate::schedule::{with_manifest, with_manifest_on};

const PLACE: &str = "#leadership";

/// A summary every day of the week, so that no test depends on the day it runs.
pub fn manifest(summaries: &str) -> String {
    let example = include_str!("../../../manifests/team.toml");
    let (before, rest) = example.split_once("[[summary]]").unwrap();
    let (_, after) = rest.split_once("\n\n").unwrap();
    format!("{before}{summaries}\n\n{after}")
}

pub fn daily(channel: &str, at: &str, zone: &str) -> String {
    format!(
        "[[summary]]\nchannel = \"{channel}\"\nat = \"{at}\"\nzone = \"{zone}\"\nweekdays = [\"mon\", \"tue\", \"wed\", \"thu\", \"fri\", \"sat\", \"sun\"]\neditions = []\n"
    )
}

/// The same, with a longer look back on the first of each week and month.
fn with_editions(channel: &str, at: &str, zone: &str) -> String {
    daily(channel, at, zone).replace("editions = []", "editions = [\"weekly\", \"monthly\"]")
}

impl Team {
    async fn with_summary() -> Self {
        Self::start_with_manifest(&manifest(&daily(PLACE, "08:00", "Etc/UTC"))).await
    }

    /// Turns the clock to the next time of day, in UTC.
    async fn turn_to(&self, hour: i8, minute: i8) {
        let now = self.app.now().to_zoned(jiff::tz::TimeZone::UTC);
        let mut then = now.with().hour(hour).minute(minute).second(1).build().unwrap();
        if then <= now {
            then = then.checked_add(1.day()).unwrap();
        }
        self.wait(then.timestamp().duration_since(self.app.now())).await;
    }

    /// What the channel reads, which is not what one person is told alone.
    fn summaries(&self) -> Vec<String> {
        let messages = self.sandbox.messages("dana", PLACE).unwrap();
        let texts = messages.iter().filter_map(|one| one["text"].as_str());
        texts.filter(|text| text.contains("day, ")).map(str::to_owned).collect()
    }
}

/// What changes from day to day, taken out.
fn dayless(text: &str) -> String {
    let day = regex_lite::Regex::new(
        r"(Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day(, \d{1,2} [A-Z][a-z]+ \d{4})?",
    );
    let text = day.unwrap().replace_all(text, "(day)");
    let ts = regex_lite::Regex::new(r"\d{1,2} [A-Z][a-z]+ \d{4}").unwrap();
    let text = ts.replace_all(&text, "(date)").into_owned();
    let age = regex_lite::Regex::new(r"\d+ (minute|hour|day)s?").unwrap();
    age.replace_all(&text, "(age)").into_owned()
}

#[tokio::test]
async fn a_channel_reads_one_summary_a_day() {
    let team = Team::with_summary().await;
    team.settle().await;
    team.turn_to(7, 59).await;
    assert!(team.summaries().is_empty(), "{:?}", team.summaries());

    team.turn_to(8, 0).await;
    assert_eq!(team.summaries().len(), 1);
    team.wait(SignedDuration::from_mins(30)).await;
    team.another_app().await;
    team.settle().await;
    assert_eq!(team.summaries().len(), 1);

    team.turn_to(8, 0).await;
    assert_eq!(team.summaries().len(), 2);
    assert_snapshot!(dayless(&team.summaries()[0]));
    team.done().await;
}

#[tokio::test]
async fn what_waits_and_was_decided_stands_in_it() {
    let team = Team::with_summary().await;
    team.settle().await;
    team.has_documents(
        "reviews",
        "id,date,text\nR-1,2026-03-02,The sound is tinny.\nR-2,2026-04-11,The sound is poor.\n",
    )
    .await;
    let (maya, dana) = (team.member("maya"), team.member("dana"));
    maya.types("#research", "/research what do people say about the sound?").await;
    team.settle().await;
    dana.clicks("#research", "Approve").await;
    team.settle().await;
    maya.types("#research", "/research is the sound poor?").await;
    team.settle().await;

    team.turn_to(8, 0).await;
    assert_snapshot!(dayless(&team.channel(PLACE)));
    assert_snapshot!("whats_mine", team.member("dana").clicks(PLACE, "What waits for me").await);
    team.done().await;
}

#[tokio::test]
async fn what_stands_in_a_private_channel_is_counted_elsewhere() {
    let summary = daily("#campaigns", "08:00", "Etc/UTC");
    let team = Team::start_with_manifest(&manifest(&summary)).await;
    team.settle().await;
    team.has_documents("reviews", "id,date,text\nR-1,2026-03-02,The sound is tinny.\n").await;
    team.member("lena").types(PLACE, "/research is the secret sound tinny?").await;
    team.settle().await;
    assert!(team.channel(PLACE).contains("sound"));

    team.turn_to(8, 0).await;
    let read = team.channel("#campaigns");
    assert!(!read.contains("secret"), "{read}");
    assert!(read.contains("1 more waits in private channels"), "{read}");
    team.done().await;
}

#[tokio::test]
async fn whoever_asks_reads_it_first_and_may_share_it() {
    let team = Team::with_summary().await;
    team.settle().await;
    let lena = team.member("lena");

    assert_snapshot!("asked", dayless(&lena.types(PLACE, "/summary now").await));
    team.settle().await;
    assert!(team.summaries().is_empty(), "nobody else reads it");
    let guest = team.member("giulia").types("#campaigns", "/summary").await;
    assert_snapshot!("guest", guest);

    assert_eq!(lena.clicks(PLACE, "Share in this channel").await, "");
    team.settle().await;
    assert_eq!(team.summaries().len(), 1);
    assert!(team.trail().await.ends_with("lena summary.shared summary"));
    team.done().await;
}

#[tokio::test]
async fn it_can_be_turned_off_and_on() {
    let team = Team::with_summary().await;
    team.settle().await;
    let lena = team.member("lena");
    let elsewhere = lena.types("#research", "/summary schedule").await;
    let off = lena.types(PLACE, "/summary off").await;
    let said = lena.types(PLACE, "/summary schedule").await;
    team.turn_to(8, 0).await;
    assert!(team.summaries().is_empty());
    let on = lena.types(PLACE, "/summary on").await;
    let next = lena.types(PLACE, "/summary schedule").await;
    let wrong = lena.types(PLACE, "/summary tomorrow").await;
    let all = [elsewhere, off, said, on, next, wrong].join("\n");
    assert_snapshot!(dayless(&all));
    team.turn_to(8, 0).await;
    assert_eq!(team.summaries().len(), 1);
    team.done().await;
}

#[tokio::test]
async fn one_that_is_late_says_so() {
    let team = Team::with_summary().await;
    team.settle().await;
    // Nothing runs from before eight until after one.
    team.turn_to(7, 0).await;
    team.app.clock.turn(SignedDuration::from_hours(6));
    team.settle().await;
    assert_eq!(team.summaries().len(), 1);
    assert_snapshot!(dayless(&team.channel(PLACE)));
    team.done().await;
}

/// A year of days in three zones, with every change of the clocks in it: in each minute around the time of
/// each, one replica dies and another looks, and there is one row for each channel and day, and one
/// edition for each week and month.
#[tokio::test]
async fn a_year_has_one_summary_for_each_channel_and_day() {
    let team = Team::start().await;
    let zones = [
        ("#leadership", "02:30", "Europe/Berlin"),
        ("#campaigns", "01:30", "America/New_York"),
        ("#research", "02:15", "Australia/Lord_Howe"),
    ];
    let text: Vec<String> =
        zones.iter().map(|(at, time, zone)| with_editions(at, time, zone)).collect();
    let app = with_manifest(&team, &manifest(&text.concat())).await;
    schedule::tick(&app).await.unwrap();
    // What it leaves half done stays in connections of its own.
    let pool = team.another_app().await.db.clone();
    let doomed = with_manifest_on(&team, &manifest(&text.concat()), pool).await;
    let start = app.now();
    let end = start + SignedDuration::from_hours(24 * 366);

    let mut moments: Vec<Timestamp> = Vec::new();
    for digest in &app.manifest.digests {
        let mut at = start;
        while let Some((_, next)) = digest.next_after(at).unwrap().filter(|(_, it)| *it < end) {
            moments.push(next);
            at = next;
        }
    }
    let around = |moment: &Timestamp| {
        (-1..=2).map(|it| *moment + SignedDuration::from_mins(it)).collect::<Vec<_>>()
    };
    moments = moments.iter().flat_map(around).collect();
    moments.sort();
    for moment in moments {
        let forward = moment.duration_since(app.now()) + SignedDuration::from_millis(1);
        if forward.is_positive() {
            app.clock.turn(forward);
        }
        let dying = tokio::spawn(tick(doomed.clone()));
        tokio::task::yield_now().await;
        dying.abort();
        let mut others = JoinSet::new();
        others.spawn(tick(app.clone()));
        others.join_all().await;
        let _ = dying.await;
    }
    let rows: Vec<(String, i64, i64, i64)> = sqlx::query_as(
        "SELECT channel, count(*), count(DISTINCT day), (max(day) - min(day) + 1)::bigint
         FROM summaries GROUP BY channel ORDER BY channel",
    )
    .fetch_all(team.db())
    .await
    .unwrap();
    assert_eq!(rows.len(), 3);
    for (channel, rows, days, span) in rows {
        assert!((365..=367).contains(&rows), "{channel}: {rows}");
        assert_eq!((rows, rows), (days, span), "{channel}");
    }
    // Of the whole weeks and months in between, each has one edition; a Monday that begins a month is the
    // month's.
    let doubled: i64 = sqlx::query_scalar(
        "SELECT count(*)
         FROM (
             SELECT channel, date_trunc(unit, day) AS start
             FROM summaries
             JOIN (VALUES ('weekly', 'week'), ('monthly', 'month')) AS of (edition, unit)
                 USING (edition)
             GROUP BY channel, edition, start
             HAVING count(*) > 1
         ) AS doubled",
    )
    .fetch_one(team.db())
    .await
    .unwrap();
    assert_eq!(doubled, 0);
    let editions: Vec<(String, i64, i64)> = sqlx::query_as(
        "SELECT channel, count(*) FILTER (WHERE edition = 'monthly'),
                count(*) FILTER (WHERE edition <> 'daily' AND extract(isodow FROM day) = 1)
         FROM summaries GROUP BY channel",
    )
    .fetch_all(team.db())
    .await
    .unwrap();
    for (channel, months, mondays) in editions {
        assert!((11..=13).contains(&months), "{channel}: {months}");
        assert!((51..=53).contains(&mondays), "{channel}: {mondays}");
    }
    sqlx::query("DELETE FROM graphile_worker._private_jobs").execute(team.db()).await.unwrap();
    sqlx::query("DELETE FROM schedules").execute(team.db()).await.unwrap();
    team.done().await;
}

/// As a replica looks each second, but for what else is due.
async fn tick(app: App) {
    let mut tx = app.db.begin().await.unwrap();
    countersign::summaries::due(&mut tx, &app).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_section_is_told_in_full_in_the_thread() {
    let team = Team::with_summary().await;
    team.settle().await;
    team.has_documents("reviews", "id,date,text\nR-1,2026-03-02,The sound is tinny.\n").await;
    for number in 0..8 {
        let question = format!("/research is the sound tinny, number {number}?");
        team.member("maya").types("#research", &question).await;
        team.settle().await;
    }
    team.turn_to(8, 0).await;
    let card = team.channel(PLACE);
    assert!(card.contains("… and 2 more; press Details"), "{card}");
    assert_eq!(team.member("lena").clicks(PLACE, "Details").await, "");
    team.settle().await;
    assert_eq!(team.member("lena").clicks(PLACE, "Details").await, "");
    team.settle().await;
    let read = team.channel(PLACE);
    assert!((0..8).all(|number| read.contains(&format!("number {number}"))), "{read}");
    assert_json_snapshot!("overfull", blocks(&team));

    // Slack's limits hold with titles that fill pages: it would have refused the message.
    let longer = "UPDATE reviews SET title = repeat(title || ' ', 60)";
    sqlx::query(longer).execute(team.db()).await.unwrap();
    team.turn_to(8, 0).await;
    assert_eq!(team.summaries().len(), 2);
    let details = team.member("lena").clicks(PLACE, "Details").await;
    assert_eq!(details, "");
    team.settle().await;
    assert!(team.channel(PLACE).contains("It stands here as it was"), "{}", team.channel(PLACE));
    team.done().await;
}

/// The message's blocks by their kinds and lengths: that Slack takes it is checked when it is sent.
fn blocks(team: &Team) -> Vec<String> {
    let messages = team.sandbox.messages("lena", PLACE).unwrap();
    let card = messages.into_iter().find(|one| one.to_string().contains("summary.queue")).unwrap();
    let kinds = card["blocks"].as_array().unwrap().iter();
    kinds.map(|block| block["type"].as_str().unwrap().to_owned()).collect()
}
