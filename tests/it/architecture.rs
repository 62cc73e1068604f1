//! Who may know whom: arrows point down only.
//!
//! The table is the law. A path from one room to another that it does not list fails, and so does a
//! line of the table that nothing uses any more.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// What everything may use; the database is the ground that all of it stands on.
const VOCABULARY: &[&str] =
    &["app", "clock", "config", "database", "error", "ids", "metrics", "words"];

/// Room, and the rooms that it may know besides the vocabulary.
const ROOMS: &[(&str, &[&str])] = &[
    // The vocabulary: the app holds one of each capability, and what a feature remembers.
    ("app", &["agents", "audit", "brand", "database", "releases", "reviews", "slack"]),
    ("clock", &[]),
    ("config", &[]),
    ("error", &[]),
    ("ids", &[]),
    ("metrics", &[]),
    ("words", &[]),
    // Entrances.
    (
        "cli",
        &[
            "agents",
            "alerts",
            "audit",
            "brand",
            "charts",
            "commands",
            "detectors",
            "drafts",
            "erasure",
            "evidence",
            "experiments",
            "history",
            "http",
            "jobs",
            "leads",
            "manifests",
            "readings",
            "releases",
            "reviews",
            "sandbox",
            "schedule",
            "scorecards",
            "slack",
            "socket",
            "subjects",
            "summaries",
            "taps",
            "witness",
            "worker",
            "workspaces",
        ],
    ),
    (
        "http",
        &[
            "audit",
            "evidence",
            "experiments",
            "inbox",
            "jobs",
            "leads",
            "proposals",
            "readings",
            "releases",
            "reviews",
            "slack",
        ],
    ),
    ("socket", &["inbox", "slack"]),
    ("inbox", &["actions", "commands", "slack"]),
    (
        "commands",
        &[
            "brand",
            "drafts",
            "experiments",
            "history",
            "inbox",
            "jobs",
            "leads",
            "proposals",
            "research",
            "reviews",
            "scorecards",
            "slack",
            "summaries",
        ],
    ),
    (
        "actions",
        &[
            "alerts",
            "commands",
            "drafts",
            "experiments",
            "inbox",
            "jobs",
            "leads",
            "opinions",
            "proposals",
            "releases",
            "research",
            "reviews",
            "slack",
            "subjects",
            "summaries",
        ],
    ),
    (
        "subjects",
        &[
            "drafts",
            "experiments",
            "jobs",
            "opinions",
            "proposals",
            "releases",
            "research",
            "reviews",
            "slack",
        ],
    ),
    (
        "worker",
        &[
            "alerts",
            "commands",
            "drafts",
            "experiments",
            "home",
            "jobs",
            "leads",
            "releases",
            "research",
            "reviews",
            "subjects",
            "summaries",
            "witness",
        ],
    ),
    ("taps", &["audit", "evidence", "incoming", "leads", "readings"]),
    ("schedule", &["alerts", "experiments", "jobs", "leads", "reviews", "summaries"]),
    ("home", &["commands", "reviews", "scorecards"]),
    // Features.
    ("research", &["agents", "audit", "evidence", "jobs", "privacy", "reviews", "slack"]),
    ("proposals", &["audit", "reviews", "slack"]),
    ("readings", &["audit", "incoming", "jobs"]),
    (
        "alerts",
        &[
            "audit",
            "charts",
            "detectors",
            "evidence",
            "jobs",
            "proposals",
            "readings",
            "research",
            "reviews",
            "slack",
        ],
    ),
    ("releases", &["audit", "jobs", "reviews", "slack"]),
    ("reviews", &["audit", "database", "jobs", "privacy", "slack"]),
    ("drafts", &["agents", "audit", "brand", "jobs", "privacy", "reviews", "slack"]),
    ("brand", &["privacy", "slack"]),
    ("evidence", &["audit", "incoming"]),
    ("opinions", &["audit", "jobs", "privacy", "reviews", "slack"]),
    (
        "scorecards",
        &[
            "agents",
            "alerts",
            "detectors",
            "drafts",
            "experiments",
            "leads",
            "readings",
            "research",
            "reviews",
            "slack",
        ],
    ),
    (
        "summaries",
        &[
            "agents",
            "alerts",
            "audit",
            "charts",
            "detectors",
            "experiments",
            "jobs",
            "leads",
            "readings",
            "reviews",
            "scorecards",
            "slack",
        ],
    ),
    (
        "experiments",
        &[
            "agents", "audit", "brand", "charts", "evidence", "jobs", "privacy", "readings",
            "reviews", "slack",
        ],
    ),
    ("detectors", &["readings"]),
    ("leads", &["agents", "audit", "detectors", "jobs", "privacy", "readings", "reviews", "slack"]),
    ("erasure", &["audit", "jobs"]),
    ("history", &["audit", "leads", "reviews", "slack"]),
    ("manifests", &["audit"]),
    ("witness", &["audit", "jobs", "slack"]),
    // Capabilities. What is written together is put together in the database's words.
    ("agents", &[]),
    ("audit", &["database"]),
    ("charts", &[]),
    ("database", &[]),
    ("incoming", &[]),
    ("jobs", &["database"]),
    ("privacy", &[]),
    ("slack", &["database"]),
    ("workspaces", &["slack"]),
    // The local workspace.
    ("sandbox", &[]),
];

#[test]
fn no_room_knows_another_that_it_may_not() {
    let mut wrong = Vec::new();
    for (room, may_know) in ROOMS {
        let knows = paths_of(room);
        let allowed = |other: &&String| {
            let other = other.as_str();
            // The local workspace knows nothing of the rest but what time it is.
            let vocabulary = if *room == "sandbox" { &["clock"][..] } else { VOCABULARY };
            other == *room || vocabulary.contains(&other) || may_know.contains(&other)
        };
        wrong.extend(knows.iter().filter(|other| !allowed(other)).map(|other| {
            format!("{room} may not know {other}: see the table in tests/it/architecture.rs")
        }));
        wrong.extend(may_know.iter().filter(|other| !knows.contains(**other)).map(|other| {
            format!("{room} does not know {other} any more: take it out of the table")
        }));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_room_is_in_the_table() {
    let listed: BTreeSet<&str> = ROOMS.iter().map(|(room, _)| *room).collect();
    let there: BTreeSet<String> = fs::read_dir(source())
        .unwrap()
        .map(|entry| {
            let name = entry.unwrap().file_name().into_string().unwrap();
            name.trim_end_matches(".rs").to_owned()
        })
        .filter(|name| name != "lib" && name != "main")
        .collect();
    assert_eq!(listed, there.iter().map(String::as_str).collect());
}

#[test]
fn only_the_slack_room_names_the_slack_library() {
    let naming: Vec<String> = files(&source())
        .into_iter()
        .filter(|(_, text)| text.contains("slack_morphism::"))
        .map(|(path, _)| path)
        .filter(|path| !path.starts_with("slack/"))
        .collect();
    assert!(naming.is_empty(), "{naming:?}");
}

#[test]
fn sql_stands_in_stores() {
    let may: &[&str] = &["store.rs", "slack/deliveries.rs", "workspaces.rs"];
    let writing: Vec<String> = files(&source())
        .into_iter()
        .filter(|(_, text)| {
            text.contains("query!(")
                || text.contains("query_as!(")
                || text.contains("query_scalar!(")
        })
        .map(|(path, _)| path)
        .filter(|path| !may.iter().any(|allowed| path.ends_with(allowed)))
        .collect();
    assert!(writing.is_empty(), "{writing:?}");
}

/// The rooms whose paths stand in a room's code, its tests left out.
fn paths_of(room: &str) -> BTreeSet<String> {
    let path = source().join(room);
    let texts = if path.is_dir() {
        files(&path)
    } else {
        BTreeMap::from([(room.to_owned(), fs::read_to_string(path.with_extension("rs")).unwrap())])
    };
    let mut rooms = BTreeSet::new();
    for text in texts.values() {
        let code: String = text
            .split("#[cfg(test)]")
            .next()
            .unwrap()
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
            .map(|line| format!("{line}\n"))
            .collect();
        for (at, _) in code.match_indices("crate::") {
            rooms.extend(named_after(&code[at + "crate::".len()..]));
        }
    }
    rooms.remove("");
    rooms
}

/// The first names of what follows `crate::`, which may be a list in braces.
fn named_after(rest: &str) -> Vec<String> {
    let name = |text: &str| -> String {
        text.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
    };
    let Some(list) = rest.strip_prefix('{') else { return vec![name(rest)] };
    let mut depth = 0;
    let mut names = vec![name(list)];
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => names.push(name(&list[at + 1..])),
            _ => {}
        }
    }
    names
}

/// Every Rust file below a folder, by its path within `src`.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(source()).unwrap().display().to_string();
            found.insert(name, fs::read_to_string(&path).unwrap());
        }
    }
    found
}

fn source() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}
