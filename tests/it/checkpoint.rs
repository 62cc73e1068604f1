//! People as witnesses of the audit trail: the day's checkpoint in a channel, and in a file.

use std::collections::BTreeMap;

use clap::Parser;
use countersign::audit::{self, Actor, Event, Subject};
use countersign::cli;
use countersign::manifests::Kind;
use countersign::sandbox::{Fault, FaultKind, Seed};
use countersign::{manifests, witness};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::harness::{Door, Team};
use crate::schedule::with_manifest;

const MANIFEST: &str = include_str!("../../manifests/team.toml");

/// Turns the clock to the next time that it is seven in Berlin, and a minute.
async fn morning_comes(team: &Team) {
    team.settle().await;
    let now = team.app.now().to_zoned(team.app.manifest.zone.clone());
    let tomorrow = now.tomorrow().unwrap().with().hour(7).minute(1).build().unwrap();
    team.wait(tomorrow.timestamp().duration_since(team.app.now())).await;
}

/// The messages of the bot in a channel, as Slack's API hands them out: markup and entities.
fn posted(team: &Team, channel: &str) -> Vec<Value> {
    let messages = team.sandbox.messages("lena", channel).unwrap();
    messages.into_iter().filter(|message| !message["bot_id"].is_null()).collect()
}

/// The section of a message that holds the code block.
fn block(message: &Value) -> String {
    let blocks = message["blocks"].as_array().unwrap();
    let texts = blocks.iter().filter_map(|block| block["text"]["text"].as_str());
    texts.into_iter().find(|text| text.contains("```")).unwrap().to_owned()
}

/// What `countersign audit …` says, and whether it ended well.
async fn countersign_audit(team: &Team, arguments: &[&str]) -> (bool, String) {
    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        audit: cli::audit::Audit,
    }
    let words = ["audit"].iter().chain(arguments);
    let audit = Cli::try_parse_from(words).unwrap().audit;
    let mut out = Vec::new();
    let db = team.app.db.clone();
    let code = cli::audit::run(audit, async || Ok(db), team.app.signer.keys(), &mut out).await;
    let is_well = code.unwrap() == std::process::ExitCode::SUCCESS;
    (is_well, String::from_utf8(out).unwrap())
}

async fn verify_from(team: &Team, copied: &str) -> (bool, String) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), copied).unwrap();
    countersign_audit(team, &["verify", "--from", file.path().to_str().unwrap()]).await
}

async fn something_is_recorded(team: &Team) {
    let event = Event {
        workspace: team.app.workspace.id,
        at: team.app.now(),
        actor: Actor::Bot,
        act: "test.happened",
        subject: Subject::new("test", 1),
        details: BTreeMap::new(),
    };
    let mut tx = team.db().begin().await.unwrap();
    audit::append(&mut tx, event).await.unwrap();
    tx.commit().await.unwrap();
    audit::sequence(team.db(), &team.app.signer).await.unwrap();
}

/// Does what a superuser can do: with the triggers out of the way.
async fn tamper(team: &Team, sql: &str) {
    let url = team.config.database.url.as_ref().unwrap().reveal();
    let mut superuser = PgConnection::connect(url).await.unwrap();
    let sql = format!(
        "ALTER TABLE audit.entries DISABLE TRIGGER ALL;
         ALTER TABLE audit.leaves DISABLE TRIGGER ALL;
         ALTER TABLE audit.checkpoints DISABLE TRIGGER ALL;
         {sql}"
    );
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut superuser).await.unwrap();
}

#[tokio::test]
async fn each_morning_the_channel_gets_one_checkpoint() {
    let team = Team::start().await;
    something_is_recorded(&team).await;
    for days in 1..=3 {
        morning_comes(&team).await;
        team.settle().await;
        assert_eq!(posted(&team, "#audit").len(), days);
    }
    let published = "SELECT count(*) FROM daily_checkpoints WHERE published_at IS NOT NULL";
    assert_eq!(team.count(published).await, 3);
    let recorded = "SELECT count(*) FROM audit.leaves WHERE subject LIKE 'checkpoint:%'";
    assert_eq!(team.count(recorded).await, 3);
    team.done().await;
}

#[tokio::test]
async fn a_day_has_one_checkpoint_however_often_and_wherever_it_is_asked_for() {
    let team = Team::start().await;
    something_is_recorded(&team).await;
    let day = "2026-11-22".parse().unwrap();
    // The message arrives, the answer does not; then two replicas are at it at once.
    let lost = Fault::new(FaultKind::DropAfter);
    team.sandbox.fault(lost.on("chat.postMessage").times(1));
    let (one, two) = (team.app.clone(), team.app.clone());
    let (first, second) = tokio::join!(witness::publish(&one, day), witness::publish(&two, day));
    assert!(first.is_ok() || second.is_ok() || witness::publish(&one, day).await.is_ok());
    something_is_recorded(&team).await;
    for _ in 0..2 {
        witness::publish(&team.app, day).await.unwrap();
    }

    let posted = posted(&team, "#audit");
    assert_eq!(posted.len(), 1);
    let entries = "SELECT count(*) FROM audit.entries WHERE encode(payload, 'escape') LIKE '%checkpoint.published%'";
    assert_eq!(team.count(entries).await, 1);
    assert!(block(&posted[0]).contains("\n1\n"), "the one that was chosen first");
    team.done().await;
}

#[tokio::test]
async fn what_was_posted_verifies_the_trail_and_convicts_a_changed_one() {
    let team = Team::start().await;
    something_is_recorded(&team).await;
    morning_comes(&team).await;
    let message = posted(&team, "#audit").remove(0);
    let copied = block(&message);
    let date = team.app.now().to_zoned(team.app.manifest.zone.clone()).strftime("%-d %B %Y");
    let shown: Vec<&str> = message["blocks"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|block| {
            block["text"]["text"].as_str().or(block["elements"][0]["text"].as_str())
        })
        .collect();
    assert_eq!(shown, [
        format!("*Checkpoint of the audit trail, {date}.* It is signed for the first 1 entries: whoever keeps it, as this channel does, can tell if any of them was changed, removed or moved since."),
        copied.clone(),
        "To check the trail against it, copy the block into a file: `countersign audit verify --from FILE`".to_owned(),
    ]);
    let sound =
        |told: &str| told.contains("It begins with the 1 entries of the checkpoint you kept");
    let (is_well, told) = verify_from(&team, &copied).await;
    assert!(is_well && sound(&told), "{told}");
    for _ in 0..5 {
        something_is_recorded(&team).await;
    }
    morning_comes(&team).await;
    let (is_well, told) = verify_from(&team, &copied).await;
    assert!(is_well && sound(&told), "{told}");

    // Both days' in one file, with the sentences around them.
    let both: Vec<String> = posted(&team, "#audit").iter().map(block).collect();
    let (is_well, told) = verify_from(&team, &both.join("\nand\n")).await;
    assert!(is_well && told.contains("It begins with the 7 entries"), "{told}");

    tamper(
        &team,
        "DELETE FROM audit.entries WHERE id > 1; DELETE FROM audit.leaves WHERE index > 0;
         DELETE FROM audit.checkpoints WHERE size > 1",
    )
    .await;
    let (is_well, told) = verify_from(&team, &both[1]).await;
    assert!(!is_well && told.contains("its tail was cut off"), "{told}");
    let (is_well, _) = verify_from(&team, &both[0]).await;
    assert!(is_well, "nothing in the database shows what was cut off");

    tamper(&team, "UPDATE audit.entries SET payload = '{}' WHERE id = 1").await;
    let (is_well, told) = verify_from(&team, &both[0]).await;
    assert!(!is_well && told.contains("was changed"), "{told}");
    tamper(
        &team,
        "DELETE FROM audit.entries; DELETE FROM audit.leaves; DELETE FROM audit.checkpoints",
    )
    .await;
    team.done().await;
}

#[tokio::test]
async fn the_file_gets_every_days_checkpoint() {
    let team = Team::start().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("checkpoints.txt");
    let manifest = format!("{MANIFEST}file = {file:?}\n");
    let app = with_manifest(&team, &manifest).await;
    for day in ["2026-11-22", "2026-11-23", "2026-11-22"] {
        something_is_recorded(&team).await;
        witness::publish(&app, day.parse().unwrap()).await.unwrap();
    }

    let kept = std::fs::read_to_string(&file).unwrap();
    let notes = audit::checkpoints_in(&kept);
    let sizes = notes.iter().map(|note| note.lines().nth(1).unwrap());
    assert_eq!(sizes.collect::<Vec<_>>(), ["1", "3"]);
    let (is_well, told) = verify_from(&team, &kept).await;
    assert!(is_well, "{told}");
    team.settle().await;
    team.done().await;
}

#[tokio::test]
async fn a_public_channel_is_entered_and_a_private_one_has_to_invite() {
    let mut seed = Seed::example();
    let audit = seed.channels.iter_mut().find(|channel| channel.name == "audit").unwrap();
    audit.app_is_member = false;
    let team = Team::start_with(Door::Http, seed).await;
    something_is_recorded(&team).await;
    let day = "2026-11-22".parse().unwrap();
    witness::publish(&team.app, day).await.unwrap();
    assert_eq!(posted(&team, "#audit").len(), 1);
    team.settle().await;
    team.done().await;

    let mut seed = Seed::example();
    let audit = seed.channels.iter_mut().find(|channel| channel.name == "audit").unwrap();
    (audit.app_is_member, audit.is_private) = (false, true);
    let team = Team::start_with(Door::Http, seed).await;
    something_is_recorded(&team).await;
    let refused = witness::publish(&team.app, day).await.unwrap_err().to_string();
    assert!(refused.contains("channel_not_found"), "{refused}");
    assert_eq!(posted(&team, "#audit").len(), 0);
    team.settle().await;
    team.done().await;
}

#[tokio::test]
async fn channels_are_found_by_name_and_by_id_over_many_pages() {
    let mut seed = Seed::example();
    let template = seed.channels[0].clone();
    for number in 0..2_300 {
        let mut channel = template.clone();
        (channel.id, channel.name) = (format!("C0MORE{number:04}"), format!("more-{number:04}"));
        seed.channels.push(channel);
    }
    let team = Team::start_with(Door::Http, seed).await;
    let slack = &team.app.slack;
    for (named, id) in [
        ("#audit", Some("C0AUDIT000")),
        ("audit", Some("C0AUDIT000")),
        ("C0AUDIT000", Some("C0AUDIT000")),
        ("more-2299", Some("C0MORE2299")),
        ("#nowhere", None),
        ("C0NOWHERE0", None),
    ] {
        let found = slack.channel_named(named).await.unwrap();
        assert_eq!(found.as_ref().map(|channel| channel.id.as_str()), id, "{named}");
    }
    team.done().await;
}

#[tokio::test]
async fn a_manifest_that_comes_into_force_is_recorded_and_kept() {
    let team = Team::start().await;
    let changed = with_manifest(&team, &MANIFEST.replace("Larch & Loom", "Larch & Sons")).await;
    for app in [&team.app, &team.app, &changed, &changed, &team.app] {
        manifests::adopt(app).await.unwrap();
        app.clock.turn(SignedDuration::from_secs(60));
    }
    assert_eq!(
        team.trail().await,
        "bot manifest.changed manifest\nbot manifest.changed manifest\nbot manifest.changed manifest"
    );
    let kept = manifests::find(team.db(), team.app.workspace.id, Kind::Team, "").await.unwrap();
    assert_eq!(
        kept.iter().map(|kept| kept.text.as_str()).collect::<Vec<_>>(),
        [MANIFEST, changed.manifest.text.as_str()]
    );
    let mut db = team.db().acquire().await.unwrap();
    let entries = audit::trail(&mut db, team.app.workspace.id).await.unwrap();
    let (first, second) = (&entries[0].details, &entries[1].details);
    assert_eq!(first.get("from"), None);
    assert_eq!(second["from"], team.app.manifest.version);
    assert_eq!(second["to"], changed.manifest.version);
    drop(db);
    team.settle().await;
    team.done().await;
}

#[tokio::test]
async fn a_brand_kit_that_comes_into_force_is_recorded_and_kept() {
    let team = Team::start().await;
    for _ in 0..2 {
        manifests::adopt(&team.app).await.unwrap();
        manifests::adopt_brand(&team.app).await.unwrap();
    }
    assert_eq!(
        team.trail().await,
        "bot manifest.changed manifest\nbot brand_kit.changed brand_kit"
    );
    let version = &team.app.brand.version;
    let kept =
        manifests::find(team.db(), team.app.workspace.id, Kind::Brand, version).await.unwrap();
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].text, team.app.brand.text);
    // Each is found among its own.
    let (db, workspace) = (team.db(), team.app.workspace.id);
    assert!(manifests::find(db, workspace, Kind::Team, version).await.unwrap().is_empty());
    team.settle().await;
    team.done().await;
}

#[tokio::test]
async fn the_first_start_posts_a_checkpoint_once() {
    let team = Team::start().await;
    manifests::adopt(&team.app).await.unwrap();
    for _ in 0..2 {
        witness::begin(&team.app).await.unwrap();
        team.settle().await;
    }
    assert_eq!(posted(&team, "#audit").len(), 1);
    assert!(team.app.now() > Timestamp::UNIX_EPOCH);
    team.done().await;
}
