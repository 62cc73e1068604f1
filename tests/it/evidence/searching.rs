//! What is found, by whom, and where it stands.

use countersign::evidence::{self, Input, Question, Rights, SourceSpec, Standing, Visibility};

use super::{Desk, found, workspace};

#[tokio::test]
async fn only_those_who_may_see_a_source_find_what_is_in_it() {
    let desk = Desk::new().await;
    for (name, visibility) in [
        ("open", None),
        ("sales", Some(Visibility::Channels(vec!["C7".to_owned()]))),
        ("legal", Some(Visibility::Groups(vec!["S9".to_owned()]))),
    ] {
        let bytes = format!("id,text\n{name},The contract is here\n").into();
        let file = Input::Bytes { name: "n.csv".to_owned(), bytes }.into();
        let spec = SourceSpec { name: name.to_owned(), visibility, ..SourceSpec::default() };
        desk.brings(&spec, &file).await.unwrap();
    }
    let check = async |rights: Rights, expected: &str| {
        assert_eq!(desk.finds_as(&rights, "contract").await, expected);
        let words = ["contract".to_owned()];
        let (db, workspace) = (&desk.db, desk.workspace);
        let known = evidence::frequencies(db, workspace, &rights, &words).await.unwrap();
        let expected = expected.split_whitespace().count();
        assert_eq!(known.get("contract").copied().unwrap_or_default(), expected);
    };
    let person = |channels: &[&str], groups: &[&str]| {
        let owned = |ids: &[&str]| ids.iter().map(|it| (*it).to_owned()).collect();
        Rights::of_person(owned(channels), owned(groups))
    };
    check(Rights::of_everyone(), "open").await;
    check(person(&["C7"], &[]), "open sales").await;
    check(person(&["C8"], &["S9", "C7"]), "legal open").await;
    check(person(&["S9"], &["C7"]), "open").await;
    check(person(&["C7"], &["S9"]).within(vec!["sales".to_owned()]), "sales").await;
    check(Rights::of_everyone().within(vec!["legal".to_owned()]), "").await;
    check(Rights::of_operator(), "legal open sales").await;

    let other = workspace(&desk.db, "T2").await;
    assert_eq!(found(&desk.db, other, &Rights::of_operator(), "contract").await, "");
}

#[tokio::test]
async fn words_are_found_in_their_forms_and_in_several_languages() {
    let desk = Desk::new().await;
    let rows = "id,text\n\
        en,\"Several customers have been cancelling their subscriptions because the price went up so much.\"\n\
        de,\"Viele Kundinnen haben ihre Verträge gekündigt, weil die Preise im Frühjahr gestiegen sind.\"\n\
        fr,\"Plusieurs clients ont résilié leurs abonnements parce que les prix avaient beaucoup augmenté.\"\n";
    desk.imports("r.csv", rows).await;
    for (question, expected) in [
        ("why do people cancel", "en"),
        ("Vertrag", "de"),
        ("abonnement", "fr"),
        ("price", "en"),
        ("the of and", ""),
        ("", ""),
        ("'; DROP TABLE passages; --", ""),
        ("\u{0}nul & | ! :* ( ) <->", ""),
    ] {
        assert_eq!(desk.finds(question).await, expected, "{question}");
    }
    assert_eq!(desk.finds(&"cancel ".repeat(20_000)).await, "en");

    // A term that several of the languages share counts once.
    let rights = Rights::of_operator();
    let words = ["price".to_owned(), "preise".to_owned()];
    let known = evidence::frequencies(&desk.db, desk.workspace, &rights, &words).await.unwrap();
    assert!(known.values().all(|it| *it == 1), "{known:?}");
}

#[tokio::test]
async fn passages_stand_where_they_say_in_their_documents() {
    let desk = Desk::new().await;
    let sentence = |n: usize| format!("Sentence {n} says the café has {n} blue chairs – really. ");
    let text: String = (0..60).map(sentence).collect();
    desk.imports("notes.md", format!("# Chairs\n\n{text}")).await;
    let question = Question { text: "57 chairs", limit: 5, passages_per_document: 3 };
    let rights = Rights::of_operator();
    let searched = evidence::search(&desk.db, desk.workspace, &rights, question).await.unwrap();
    let whole: String =
        sqlx::query_scalar("SELECT text FROM documents").fetch_one(&desk.db).await.unwrap();
    let characters: Vec<char> = whole.chars().collect();
    assert_eq!(searched.hits.len(), 3);
    for hit in &searched.hits {
        let there: String = characters[hit.chars.0..hit.chars.1].iter().collect();
        assert_eq!(there, hit.text);
        assert_eq!((hit.title.as_str(), hit.external_id.as_str()), ("Chairs", "notes.md"));
    }
    assert!(searched.hits[0].text.contains("Sentence 57"), "{}", searched.hits[0].text);
}

#[tokio::test]
async fn documents_that_come_one_by_one_share_segments_and_are_all_found() {
    let desk = Desk::new().await;
    for n in 0..70 {
        let row = format!("id,text\nr{},The lamp of number {n}\n", n % 40);
        desk.imports("r.csv", row).await;
    }
    let question = Question::new("lamp", 100);
    let rights = Rights::of_operator();
    let searched = evidence::search(&desk.db, desk.workspace, &rights, question).await.unwrap();
    assert_eq!((searched.hits.len(), searched.documents), (40, 40));
    assert_eq!(desk.finds("39").await, "r39");
    assert_eq!(desk.finds("29").await, "");
    assert_eq!(desk.finds("69").await, "r29");
    let segments: i64 =
        sqlx::query_scalar("SELECT count(*) FROM segments").fetch_one(&desk.db).await.unwrap();
    assert!(segments < 16, "{segments}");
}

#[tokio::test]
async fn a_passage_is_shown_in_its_surroundings_to_those_who_may_see_it() {
    let desk = Desk::new().await;
    let sentence = |n: usize| format!("Sentence {n} says the café has {n} blue chairs – really. ");
    let text: String = (0..60).map(sentence).collect();
    let spec = SourceSpec {
        visibility: Some(Visibility::Channels(vec!["C7".to_owned()])),
        ..SourceSpec::named("notes")
    };
    let file = |text: String| {
        let bytes = format!("---\ntitle: Chairs\nauthor: Ada\n---\n{text}").into();
        Input::Bytes { name: "chairs.md".to_owned(), bytes }.into()
    };
    desk.brings(&spec, &file(text.clone())).await.unwrap();
    let question = Question { text: "31 chairs", limit: 1, passages_per_document: 1 };
    let rights = Rights::of_operator();
    let searched = evidence::search(&desk.db, desk.workspace, &rights, question).await.unwrap();
    let hit = &searched.hits[0];

    let look = async |rights: &Rights| {
        evidence::surroundings(&desk.db, desk.workspace, rights, hit.passage).await.unwrap()
    };
    let seen = look(&Rights::of_person(vec!["C7".to_owned()], Vec::new())).await.unwrap();
    assert_eq!(seen.text, hit.text);
    assert_eq!((seen.title.as_str(), seen.source.as_str()), ("Chairs", "notes"));
    assert_eq!((seen.external_id.as_str(), seen.author.as_deref()), ("chairs.md", Some("Ada")));
    assert!(seen.imported_at.is_some() && seen.standing == Standing::Current);
    for side in [&seen.before, &seen.after] {
        assert!(side.goes_on && text.contains(&side.text), "{side:?}");
        assert!((500..=600).contains(&side.text.chars().count()), "{side:?}");
    }
    let joined = format!("{} {}", seen.before.text, seen.text.trim());
    assert!(text.contains(&joined), "{joined}");

    assert_eq!(look(&Rights::of_everyone()).await, None);
    assert_eq!(look(&Rights::of_operator().within(vec!["others".to_owned()])).await, None);
    let other = workspace(&desk.db, "T2").await;
    let foreign = evidence::surroundings(&desk.db, other, &rights, hit.passage).await.unwrap();
    assert_eq!(foreign, None);

    desk.brings(&spec, &file(text.replace("blue", "green"))).await.unwrap();
    let seen = look(&rights).await.unwrap();
    assert_eq!((seen.standing, seen.text.as_str()), (Standing::Replaced, hit.text.as_str()));
}
