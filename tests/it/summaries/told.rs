//! What a summary says of a day, a week and four weeks, whatever came.
//!
//! All of it is of days far ahead, so that nothing depends on the day on which the suite runs.

use countersign::audit::Actor;
use countersign::config::{Config, Edition};
use countersign::readings::{self, File, Input, Layout, Mapping};
use countersign::sandbox::Seed;
use countersign::summaries::{self, Records};
use insta::{assert_json_snapshot, assert_snapshot};
use jiff::ToSpan;
use jiff::civil::{Date, date};
use serde_json::{Value, json};

use super::{PLACE, manifest, with_editions};
use crate::fake_model::{Answer, FakeModel};
use crate::harness::shell::Shell;
use crate::harness::{Door, Team};

pub const WEDNESDAY: Date = date(2040, 2, 15);
const MONDAY: Date = date(2040, 2, 20);

/// The first of a month, on a Thursday.
const FIRST: Date = date(2040, 3, 1);

const GOALS: &str = r#"
[[goal]]
name = "Leads that sales keep"
metric = "accepted"
at_least = 400
agent = "campaign"

[[goal]]
name = "Price of a conversion"
metric = "cpa"
at_most = "45 EUR"
every = "week"
"#;

const REPORTER: &str = r#"
[[agent]]
name = "reporting"
job = "Says in the morning what moved."
owner = "marketing-leads"
goal = "Leaders who know where to look."
model = "fake"
"#;

/// What came on a day.
pub struct Came {
    cost: f64,
    conversions: f64,
    accepted: f64,
}

/// Days of one campaign before one, by how many days ago each was: quiet Sundays, and a little more or less
/// each day.
pub fn days(name: &str, before: Date, bend: impl Fn(i64, Came) -> Came) -> String {
    let mut rows = String::new();
    for ago in (1..=250_i64).rev() {
        let day = before - ago.days();
        let quiet = if day.weekday() == jiff::civil::Weekday::Sunday { 0.5 } else { 1.0 };
        let wobble = quiet * (1.0 + (ago * 37 % 11 - 5) as f64 / 100.0);
        let usual = Came {
            cost: (2_000.0 * wobble).round(),
            conversions: (60.0 * wobble).round(),
            accepted: (20.0 * wobble).round(),
        };
        let Came { cost, conversions, accepted } = bend(ago, usual);
        rows += &format!("{day},{name},EUR,{cost:.2},{conversions},{accepted}\n");
    }
    rows
}

pub fn as_ever(_: i64, came: Came) -> Came {
    came
}

impl Team {
    /// A team that reads a summary every morning at eight, at seven on a day.
    pub async fn on_the_morning_of(day: Date) -> Self {
        Self::with_numbers_told_on(day, "", |_| {}).await
    }

    async fn with_numbers_told_on(day: Date, more: &str, set: impl FnOnce(&mut Config)) -> Self {
        let text = manifest(&with_editions(PLACE, "08:00", "Etc/UTC"));
        let goals = text.find("[[goal]]").unwrap();
        let rest = text.find("# What a lead is worth").unwrap();
        let mut text = format!("{}{GOALS}\n{}", &text[..goals], &text[rest..]);
        if !more.is_empty() {
            let own = text.find("[[agent]]\nname = \"reporting\"").unwrap();
            let end = own + text[own..].find("\n\n").unwrap();
            text.replace_range(own..end, more);
        }
        let team = Self::start_set(Door::Http, Seed::example(), |config| {
            let file = config.database.data.join("team.toml");
            std::fs::write(&file, text).unwrap();
            config.manifest = Some(file);
            set(config);
        })
        .await;
        let seven = day.at(7, 0, 0, 0).to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp();
        team.app.clock.turn(seven.duration_since(team.app.now()));
        team.settle().await;
        team
    }

    pub async fn has_days(&self, source: Option<&str>, rows: &str) {
        let csv = format!("Day,Campaign,Currency code,Cost,Conversions,Kept\n{rows}");
        let input = Input::Bytes { name: "export.csv".to_owned(), bytes: csv.into() };
        let metrics = [("accepted".to_owned(), "Kept".to_owned())].into();
        let mapping = Mapping { metrics, ..Mapping::default() };
        let source = source.map(str::to_owned);
        let file = File { source, mapping, ..File::table(input, Layout::GoogleAds) };
        let app = &self.app;
        readings::ingest(&app.db, &app.clock, app.workspace.id, &Actor::Bot, &file, |_| {})
            .await
            .unwrap();
    }

    /// The summary that comes at eight.
    pub async fn reads(&self) -> String {
        self.wait(jiff::SignedDuration::from_mins(61)).await;
        self.channel(PLACE)
    }

    /// Its blocks, as Slack got them.
    fn summary_card(&self) -> Value {
        let messages = self.sandbox.messages("dana", PLACE).unwrap();
        let is_card = |one: &&Value| one["text"].as_str().is_some_and(|it| it.contains("day, "));
        let mut blocks = messages.iter().rev().find(is_card).unwrap()["blocks"].clone();
        for block in blocks.as_array_mut().unwrap() {
            block.as_object_mut().unwrap().remove("block_id");
            for place in ["/slack_file/id", "/image_url"] {
                if let Some(is) = block.pointer_mut(place) {
                    *is = json!("(file)");
                }
            }
        }
        blocks
    }
}

#[tokio::test]
async fn a_workspace_on_its_first_day() {
    let team = Team::on_the_morning_of(WEDNESDAY).await;
    assert_snapshot!(team.reads().await);
    assert_json_snapshot!("first_day", team.summary_card());
    team.done().await;
}

#[tokio::test]
async fn an_ordinary_day_is_a_few_lines() {
    let team = Team::on_the_morning_of(WEDNESDAY).await;
    team.has_days(None, &days("Brand DE", WEDNESDAY, as_ever)).await;
    assert_snapshot!(team.reads().await);
    assert_json_snapshot!("ordinary", team.summary_card());

    // The agent that exists to reach a goal has it on its card, with how it went the time before.
    let agent = team.member("lena").types(PLACE, "/countersign agents campaign").await;
    let goal = agent.lines().find(|line| line.contains("Leads that sales keep")).unwrap();
    assert_snapshot!(goal, @"“Leads that sales keep”, on course: 130 of at least 400 (32.5 %), after 24.1 % of February. The time before: 569 of at least 400 (142 %), in January.");
    team.done().await;
}

#[tokio::test]
async fn what_moved_comes_first_and_its_campaigns_stand_in_the_thread() {
    let team = Team::on_the_morning_of(WEDNESDAY).await;
    let doubled = |ago: i64, came: Came| match ago {
        1 => Came { cost: came.cost * 2.0, ..came },
        _ => came,
    };
    let rows = days("Brand DE", WEDNESDAY, doubled) + &days("Brand AT", WEDNESDAY, as_ever);
    team.has_days(None, &rows).await;
    assert_snapshot!("moved", team.reads().await);
    assert_eq!(team.member("lena").clicks(PLACE, "Details").await, "");
    team.settle().await;
    let thread = team.channel(PLACE);
    let told: Vec<&str> = thread.lines().filter(|line| line.contains("by campaign")).collect();
    assert_snapshot!("campaigns", told.join("\n"));
    team.done().await;
}

#[tokio::test]
async fn a_source_without_data_is_left_out_on_both_sides_and_named() {
    let team = Team::on_the_morning_of(WEDNESDAY).await;
    team.has_days(None, &days("Brand DE", WEDNESDAY, as_ever)).await;
    // Of the other one nothing has come since Sunday.
    let other = days("Brand US", WEDNESDAY - 2.days(), as_ever);
    team.has_days(Some("other-ads"), &other).await;
    let read = team.reads().await;
    let (before, rest) = read.split_once("*What moved*").unwrap();
    assert!(!before.contains("Spend"), "{before}");
    assert_snapshot!(rest.split_once("[Details]").unwrap().0);
    team.done().await;
}

#[tokio::test]
async fn the_first_of_a_week_looks_back_on_it() {
    let team = Team::on_the_morning_of(MONDAY).await;
    let next = team.member("lena").types(PLACE, "/summary schedule").await;
    assert!(next.contains("at 08:00 (Etc/UTC), and looks back on the week."), "{next}");
    // Costs grow by half a percent a day; on the last weekend they grow more.
    let growing = |ago: i64, came: Came| {
        let grown = 1.005_f64.powi(250 - i32::try_from(ago).unwrap());
        let more = if ago <= 2 { 3.0 } else { 1.0 };
        Came { cost: came.cost * grown * more, ..came }
    };
    team.has_days(None, &days("Brand DE", MONDAY, growing)).await;
    assert_snapshot!("week", team.reads().await);
    // On the day after it is one of the other days.
    team.wait(jiff::SignedDuration::from_hours(24)).await;
    assert!(team.channel(PLACE).contains("*Tuesday, 21 February 2040*"), "{}", team.channel(PLACE));
    team.done().await;
}

#[tokio::test]
async fn the_first_of_a_month_looks_back_on_four_weeks_and_whoever_asks_may_choose() {
    let team = Team::on_the_morning_of(FIRST).await;
    team.has_days(None, &days("Brand DE", FIRST, as_ever)).await;
    let read = team.reads().await;
    assert!(read.contains("*The four weeks to Wednesday, 29 February 2040*"), "{read}");
    assert!(read.contains("in the four weeks to Wednesday"), "{read}");

    let asked = team.member("lena").types("#research", "/summary week").await;
    assert!(asked.contains("*The week to Wednesday, 29 February 2040*"), "{asked}");
    team.done().await;
}

#[tokio::test]
async fn a_day_before_is_told_as_it_was() {
    let team = Team::on_the_morning_of(WEDNESDAY).await;
    team.has_documents("reviews", "id,date,text\nR-1,2026-03-02,The sound is tinny.\n").await;
    team.member("maya").types("#research", "/research is the sound tinny?").await;
    team.settle().await;
    // It waits on Thursday at eight, and is decided on at nine.
    team.wait(jiff::SignedDuration::from_hours(26)).await;
    team.member("dana").clicks("#research", "Approve").await;
    team.wait(jiff::SignedDuration::from_hours(24)).await;

    let app = &team.app;
    let records = Records { db: &app.db, workspace: app.workspace.id, manifest: &app.manifest };
    let told = async |day: Date| {
        let digest = &app.manifest.digests[0];
        let printed =
            summaries::print(&records, digest, Some(day), Some(Edition::Daily), app.now());
        let printed = json!(printed.await.unwrap());
        ["waiting", "decided", "research"].map(|name| {
            let sections = printed["sections"].as_array().unwrap();
            let section = sections.iter().find(|it| it["section"] == name).unwrap();
            section["lines"].as_array().unwrap().len()
        })
    };
    assert_eq!(told(WEDNESDAY - 1.day()).await, [0, 0, 0]);
    assert_eq!(told(WEDNESDAY + 1.day()).await, [1, 0, 0]);
    assert_eq!(told(WEDNESDAY + 2.days()).await, [0, 1, 1]);
    team.done().await;
}

async fn opened_with(paragraph: &str) -> (Team, FakeModel) {
    let model = FakeModel::start().await;
    model.answer(Answer::Json(json!({"paragraph": paragraph})));
    let declared = model.manifest("");
    let declared = &declared[declared.find("[[model]]\nname = \"fake\"").unwrap()..];
    let end = declared.find("\n\n").unwrap_or(declared.len());
    let more = format!("{}\n{}", REPORTER.trim(), &declared[..end]);
    let keys = model.keys();
    let team =
        Team::with_numbers_told_on(WEDNESDAY, &more, |config| config.model_keys = keys).await;
    let doubled = |ago: i64, came: Came| match ago {
        1 => Came { cost: came.cost * 2.0, ..came },
        _ => came,
    };
    team.has_days(None, &days("Brand DE", WEDNESDAY, doubled)).await;
    team.has_documents("reviews", "id,date,text\nR-1,2026-03-02,The sound is tinny.\n").await;
    team.member("maya").types("#research", "/research is the secret sound tinny?").await;
    team.settle().await;
    (team, model)
}

#[tokio::test]
async fn a_model_opens_it_where_every_number_stands_below() {
    let said = "Spend was twice what other Tuesdays bring. 1 card waits for a decision.";
    let (team, model) = opened_with(&said.replace("twice what", "above what")).await;
    let read = team.reads().await;
    assert!(read.contains("Spend was above what other Tuesdays bring. 1 card waits"), "{read}");
    assert!(read.contains("every number in it was found below"), "{read}");
    assert!(team.trail().await.contains("agent reporting summary.opened summary"));
    // What people asked for, and wrote, is not told.
    let asked = model.asked();
    let asked = asked.last().unwrap().body.to_string();
    assert!(asked.contains("other Tuesdays"), "{asked}");
    assert!(!asked.contains("secret") && !asked.contains("tinny"), "{asked}");
    team.done().await;
}

#[tokio::test]
async fn a_model_that_says_another_number_is_not_shown() {
    let (team, _model) =
        opened_with("Spend was 99 % above other Tuesdays, thanks to Dunemoor.").await;
    let read = team.reads().await;
    assert!(!read.contains("Dunemoor"), "{read}");
    assert!(read.contains("above other Tuesdays"), "the sentence from the numbers: {read}");
    assert!(team.trail().await.contains("agent reporting summary.opened summary"));
    team.done().await;
}

#[tokio::test]
async fn the_command_line_tells_of_any_day() {
    let shell = Shell::open().await;
    let csv = format!(
        "Day,Campaign,Currency code,Cost,Conversions,Kept\n{}",
        days("Brand DE", date(2026, 3, 11), as_ever)
    );
    std::fs::write(shell.folder.path().join("ads.csv"), csv).unwrap();
    let brought = shell.says(&["ingest", "readings", "ads.csv", "--as", "google-ads"]);
    assert!(brought.contains("new"), "{brought}");
    let says = |more: &[&str]| {
        shell.says(&[&["summary", "--date", "2026-03-11", "--edition", "daily"], more].concat())
    };
    assert_snapshot!("plain", says(&[]));
    assert_snapshot!("markdown", says(&["--markdown"]));
    let all: Value = serde_json::from_str(&says(&["--json"])).unwrap();
    assert_json_snapshot!("json", all["sections"][0]);
    assert_snapshot!(says(&["--channel", "nowhere"]), @"countersign: No summary is for that channel. There are: #leadership.");
    assert_snapshot!(shell.says(&["summary", "--date", "2999-01-01"]).split("today").next().unwrap(), @"countersign: 2999-01-01 has not come;");
}
