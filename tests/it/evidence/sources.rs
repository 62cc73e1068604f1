//! What a source says of itself, and how that is changed.

use countersign::audit::Actor;
use countersign::evidence::{self, DocumentFile, Input, SourceSpec, Visibility};
use insta::assert_snapshot;
use jiff::SignedDuration;

use super::Desk;

#[tokio::test]
async fn a_source_knows_its_age_and_keeps_what_it_was_told() {
    let desk = Desk::new().await;
    let file: DocumentFile = Input::Bytes {
        name: "r.csv".to_owned(),
        bytes: "id,date,text\n1,2026-02-03,Hello there\n".into(),
    }
    .into();
    let spec = SourceSpec {
        name: "reviews".to_owned(),
        kind: Some("reviews".to_owned()),
        owner: Some("maya".to_owned()),
        fresh_for_days: Some(30),
        ..SourceSpec::default()
    };
    desk.brings(&spec, &file).await.unwrap();
    desk.brings(&SourceSpec::named("reviews"), &file).await.unwrap();

    let source = evidence::sources(&desk.db, desk.workspace).await.unwrap().remove(0);
    assert_eq!((source.owner.as_deref(), source.documents), (Some("maya"), 1));
    assert_eq!(source.newest_document.unwrap().to_string(), "2026-02-03T00:00:00Z");
    assert!(!source.is_stale(desk.clock.now()));
    desk.clock.turn(SignedDuration::from_hours(31 * 24));
    assert!(source.is_stale(desk.clock.now()));
}

#[tokio::test]
async fn a_source_is_changed_without_an_import_and_the_trail_says_so() {
    let desk = Desk::new().await;
    desk.imports("r.csv", "id,text\na,A red lamp\n").await;
    let change = async |spec: SourceSpec| {
        let by = Actor::CommandLine("maya".to_owned());
        evidence::change_source(&desk.db, &desk.clock, desk.workspace, &by, &spec).await
    };
    let spec = SourceSpec {
        owner: Some("Dana".to_owned()),
        review_on: Some("2026-10-03".parse().unwrap()),
        visibility: Some(Visibility::Channels(vec!["C7".to_owned()])),
        ..SourceSpec::named("reviews")
    };
    let changed = change(spec.clone()).await.unwrap();
    assert_eq!((changed.owner.as_deref(), changed.documents), (Some("Dana"), 1));
    assert_eq!(changed.visibility, Visibility::Channels(vec!["C7".to_owned()]));
    change(spec).await.unwrap();

    let unknown = change(SourceSpec::named("tickets")).await.unwrap_err().to_string();
    assert_snapshot!(unknown, @"There is no source “tickets”. There are: reviews.");
    let acts: Vec<String> = sqlx::query_scalar(
        "SELECT convert_from(payload, 'UTF8')::json ->> 'act' FROM audit.entries ORDER BY id",
    )
    .fetch_all(&desk.db)
    .await
    .unwrap();
    assert_eq!(acts, ["source.added", "documents.ingested", "source.changed"]);
}
