//! Charts: the same numbers give the same picture, and a card shows it.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use countersign::charts::{Bar, Bars, Unit};
use countersign::error::Result;
use countersign::ids::{ChannelId, FileId};
use countersign::sandbox::{Fault, FaultKind};
use countersign::slack::{self, Card, Place, Upload};
use insta::assert_snapshot;

use crate::harness::Team;

const SUBJECT: &str = "chart:1";

fn chart(value: f64) -> Bars {
    let bar =
        |name: &str, value, marked| Bar { name: name.to_owned(), value, interval: None, marked };
    Bars {
        title: "Spend of the last 30 days. Marked: twice its siblings".to_owned(),
        unit: Unit::Money("EUR".to_owned()),
        bars: vec![bar("Brand DE", value, true), bar("Generic", 1_030.5, false)],
    }
}

impl Team {
    async fn picture_of(&self, bytes: &[u8]) -> Result<Option<FileId>> {
        let (name, title, content_type) = ("spend.png", "Spend", "image/png");
        let upload = Upload { name, title, alt: Some("Spend"), content_type, bytes };
        let (db, slack, clock) = (self.db(), &self.app.slack, &self.app.clock);
        slack::picture(db, slack, clock, self.app.workspace.id, upload).await
    }

    /// Shows the chart on a card, as a job would.
    async fn draws(&self, chart: &Bars) -> Result<FileId> {
        let file = self.picture_of(&chart.png()).await?.unwrap();
        let card = Card::new("Spend moved.").about(SUBJECT).picture(&file, &chart.alt()).finish();
        let place = Place::channel(ChannelId(self.id_of("#campaigns")));
        let (db, slack, clock) = (self.db(), &self.app.slack, &self.app.clock);
        slack::show_card(db, slack, clock, self.app.workspace.id, SUBJECT, &place, &card).await?;
        Ok(file)
    }

    fn times_called(&self, method: &str) -> usize {
        self.sandbox.calls().iter().filter(|call| call.method == method).count()
    }
}

#[tokio::test]
async fn a_card_shows_its_chart_and_showing_it_again_uploads_nothing() {
    let team = Team::start().await;
    let chart_of_today = chart(4_120.0);
    let first = team.draws(&chart_of_today).await.unwrap();
    assert_snapshot!(team.channel("#campaigns"), @"countersign: (image: Spend of the last 30 days. Marked: twice its siblings. Brand DE 4,120 EUR, which stands out; Generic 1,030 EUR.)");
    let shown = team.newest("#campaigns");
    let address = shown["blocks"][0]["image_url"].as_str().unwrap();
    let seen = reqwest::get(address).await.unwrap();
    assert_eq!(seen.headers()["content-type"], "image/png");
    assert_eq!(seen.bytes().await.unwrap(), chart_of_today.png());

    let again = team.draws(&chart_of_today).await.unwrap();
    assert_eq!(first, again);
    assert_eq!(team.times_called("files.completeUploadExternal"), 1);
    assert_eq!((team.times_called("chat.postMessage"), team.times_called("chat.update")), (1, 0));

    let later = team.draws(&chart(2_050.0)).await.unwrap();
    assert_ne!(first, later);
    assert_eq!((team.times_called("chat.postMessage"), team.times_called("chat.update")), (1, 1));
    team.done().await;
}

#[tokio::test]
async fn replicas_that_upload_one_picture_at_once_show_one_file() {
    let team = Team::start().await;
    let png = chart(1.0).png();
    let files = futures_util::future::join_all((0..4).map(|_| team.picture_of(&png))).await;
    let files: Vec<FileId> = files.into_iter().map(|it| it.unwrap().unwrap()).collect();
    assert!(files.iter().all(|it| *it == files[0]), "{files:?}");
    team.done().await;
}

#[tokio::test]
async fn an_upload_that_slack_refuses_leaves_nothing_and_can_be_tried_again() {
    let team = Team::start().await;
    let png = chart(1.0).png();
    for method in ["files.getUploadURLExternal", "files.completeUploadExternal"] {
        let code = Some("access_denied".to_owned());
        team.sandbox.fault(Fault { code, ..Fault::new(FaultKind::Error) }.on(method));
        assert_eq!(team.picture_of(&png).await.unwrap(), None, "{method}");
        let kept: i64 =
            sqlx::query_scalar("SELECT count(*) FROM pictures").fetch_one(team.db()).await.unwrap();
        assert_eq!(kept, 0, "{method}");
    }
    let file = team.picture_of(&png).await.unwrap();
    assert!(file.is_some());
    assert_eq!(team.picture_of(&png).await.unwrap(), file);
    team.done().await;
}

/// Runs the binary, which needs neither Slack nor a database for this.
fn run(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
    let command = command.args(arguments).current_dir(folder).env("COUNTERSIGN_DATA", folder);
    command.env("DATABASE_URL", "postgres://nobody@127.0.0.1:1/none").output().unwrap()
}

#[test]
fn a_backtest_draws_the_series_that_stands_out_most() {
    let folder = tempfile::tempdir().unwrap();
    let day = |n: usize| jiff::civil::date(2026, 1, 1) + jiff::Span::new().days(n as i64);
    let rows = (0..80).map(|n| {
        let cost = if n == 75 { 900 } else { 100 + n % 7 };
        format!("{},Brand,{cost},{}\n", day(n), 50 + n % 3)
    });
    let table = format!("day,campaign,cost,clicks\n{}", rows.collect::<String>());
    fs::write(folder.path().join("own.csv"), table).unwrap();
    let drawn = |chart: &str| {
        run(folder.path(), &["backtest", "own.csv", "--out", "scores.csv", "--chart", chart])
    };
    let output = drawn("one.png");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_snapshot!(String::from_utf8_lossy(&output.stderr), @"one.png: Spend of Brand. Marked: outside what the readings before let expect. 80 readings from 1 Jan 2026 to 21 Mar 2026, between 100 and 900; the last is 102 (expected 103, usually 101 to 104). Marked: 17 Mar 2026 900 (expected 104, usually 103 to 106).");
    drawn("two.png");
    let png = |name: &str| fs::read(folder.path().join(name)).unwrap();
    assert!(png("one.png").starts_with(b"\x89PNG\r\n\x1a\n"));
    assert_eq!(png("one.png"), png("two.png"));

    let refused = drawn("nowhere/one.png");
    assert!(!refused.status.success());
    assert_snapshot!(String::from_utf8_lossy(&refused.stderr), @"countersign: nowhere/one.png cannot be written: No such file or directory (os error 2).");
}

#[test]
fn a_readout_draws_each_arm_with_its_interval() {
    let folder = tempfile::tempdir().unwrap();
    let plan = r#"
name = "Subject line"
metric = { name = "unsubscribe rate", kind = "conversion", better = "lower" }
rule = "always_valid"
users = 40000
difference = "relative"
least_effect = 0.1
alpha = 0.05
power = 0.8
longest_days = 28
days = 9
arms = [
  { name = "plain", share = 0.4, users = 12000, conversions = 400 },
  { name = "urgent", share = 0.3, users = 9050, conversions = 520 },
  { name = "kind", share = 0.3, users = 8990, conversions = 310 },
]
"#;
    fs::write(folder.path().join("test.toml"), plan).unwrap();
    let arguments = ["experiment", "readout", "test.toml", "--chart", "test.png", "--json"];
    let output = run(folder.path(), &arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_snapshot!(String::from_utf8_lossy(&output.stderr), @"test.png: Subject line: unsubscribe rate, relative difference to plain. urgent +72.4 % (+35.2 % to +110 %), which is bad news; kind +3.4 % (−22.1 % to +29.0 %). The least difference worth having is −10.0 %.");
    // The result stays readable by machines.
    serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap();
    assert!(fs::read(folder.path().join("test.png")).unwrap().starts_with(b"\x89PNG"));
}
