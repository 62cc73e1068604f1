//! How the agents do by version, whether they reach their goals, and what reviewers carry.

use std::time::Instant;

use clap::Parser;
use countersign::audit::Actor;
use countersign::config::Every;
use countersign::ids::PersonId;
use countersign::{erasure, scorecards};
use insta::assert_snapshot;
use jiff::{SignedDuration, Timestamp};
use regex::Regex;
use serde_json::{Value, json};

use crate::fake_model::{Answer, FakeModel};
use crate::harness::Team;
use crate::harness::team::readable;

const PLACE: &str = "#campaigns";

/// Drafts as a version of the prompt leaves them, each with a decision of Dana's on it.
struct Drafts {
    version: &'static str,
    number: i32,
    at: Timestamp,
    /// Words changed, of a hundred: from so many on, in steps that repeat themselves.
    changed: i32,
    /// One of so many is sent back.
    sent_back: i32,
    /// The seconds that a decision took, at least.
    open_s: i32,
}

impl Team {
    async fn has_drafts(&self, drafts: Drafts) {
        sqlx::query(
            "WITH brief AS (
                INSERT INTO campaigns (workspace_id, brief, versions, pieces, requested_by, channel_id,
                    requested_at, state, finished_at)
                VALUES ($1, '{}', 1, $3, 'U0MAYA0000', 'C0CAMPAIGNS', $4::timestamptz, 'done', $4::timestamptz)
                RETURNING id
            ), written AS (
                INSERT INTO drafts (workspace_id, campaign_id, channel, audience, versions, words_changed, words)
                SELECT $1, brief.id, 'linkedin', n::text, '[]',
                       CASE WHEN n % $6 > 0 THEN $5 + (n * 7) % 12 END, CASE WHEN n % $6 > 0 THEN 100 END
                FROM brief, generate_series(1, $3) AS n
                RETURNING id, audience::integer AS n
            ), texts AS (
                INSERT INTO revisions (workspace_id, subject_kind, subject_id, number, content, provenance,
                    created_at, text, words)
                SELECT $1, 'draft', id, 1, '{}', jsonb_build_object('agent', 'content', 'version', $2,
                       'rules', jsonb_build_object('passed', 14 - n % 3, 'tested', 15)),
                       $4::timestamptz, 'Linen.', 100
                FROM written
                RETURNING id, subject_id
            ), asked AS (
                INSERT INTO reviews (workspace_id, revision_id, title, policy_version, requested_by, channel_id,
                    state, opened_at, closed_at, subject_kind, subject_id, agent, terms, asked_at)
                SELECT $1, texts.id, 'Secret launch', 'v', 'U0MAYA0000', 'C0CAMPAIGNS',
                       CASE WHEN n % $6 > 0 THEN 'released' ELSE 'changes_requested' END, $4::timestamptz,
                       $4::timestamptz, 'draft', subject_id, 'content',
                       jsonb_build_object('rules', '[]'::jsonb, 'needs', '[]'::jsonb, 'rejections', 1,
                           'editor_may_approve', false, 'questions', '[]'::jsonb, 'escalate_to', '[]'::jsonb,
                           'hold_s', 0, 'keep', '[]'::jsonb, 'show_in', '[]'::jsonb, 'tell', '[]'::jsonb),
                       $4::timestamptz
                FROM texts
                JOIN written ON written.id = subject_id
                RETURNING id, revision_id, subject_id, state
            )
            INSERT INTO decisions (workspace_id, review_id, revision_id, person_id, verdict, groups, comment,
                content_hash, policy_version, decided_at, open_s, reading_s)
            SELECT $1, asked.id, revision_id, 'U0DANA0000',
                   CASE WHEN state = 'released' THEN 'approve' ELSE 'request_changes' END, '{brand}',
                   CASE WHEN state = 'released' THEN NULL ELSE 'Softer.' END, '', 'v', $4::timestamptz,
                   $7 + (n * 13) % 60, 25
            FROM asked
            JOIN written ON written.id = subject_id",
        )
        .bind(self.app.workspace.id.0)
        .bind(drafts.version)
        .bind(drafts.number)
        .bind(drafts.at.to_string())
        .bind(drafts.changed)
        .bind(drafts.sent_back)
        .bind(drafts.open_s)
        .execute(self.db())
        .await
        .unwrap();
    }

    /// A month ago with the third version of the prompt, and now with the fourth.
    async fn with_two_versions() -> Self {
        Self::start().await.and_two_versions().await
    }

    async fn and_two_versions(self) -> Self {
        let team = self;
        let (before, now) = (team.last_month(), team.app.now());
        let drafts = |version, number, at, changed, sent_back, open_s| Drafts {
            version,
            number,
            at,
            changed,
            sent_back,
            open_s,
        };
        team.has_drafts(drafts("content.draft@3", 48, before, 20, 3, 300)).await;
        team.has_drafts(drafts("content.draft@4", 40, now, 10, 20, 290)).await;
        team
    }

    /// The last second of the month before, where the team is.
    fn last_month(&self) -> Timestamp {
        let zone = &self.app.manifest.zone;
        let (first, _) = Every::Month.around(self.app.now().to_zoned(zone.clone()).date());
        first.to_zoned(zone.clone()).unwrap().timestamp() - SignedDuration::from_secs(1)
    }

    /// The blocks of the newest message that a person sees, without what differs from run to run.
    fn blocks_for(&self, person: &str) -> String {
        let message = self.sandbox.messages(person, PLACE).unwrap().pop().unwrap();
        let mut blocks = json!(message)["blocks"].clone();
        for block in blocks.as_array_mut().unwrap() {
            block.as_object_mut().unwrap().remove("block_id");
        }
        let seconds = Regex::new(r"date\^\d+\^").unwrap();
        let blocks = serde_json::to_string_pretty(&blocks).unwrap();
        readable(&seconds.replace_all(&blocks, "date^(seconds)^"))
    }

    /// As programs read it.
    async fn scorecard(&self, agent: &str) -> Value {
        let (db, workspace) = (self.db(), self.app.workspace.id);
        let (manifest, tokens) = (&self.app.manifest, &self.app.agent_tokens);
        let roster = scorecards::roster(db, workspace, manifest, tokens, self.app.now());
        json!(scorecards::named(&roster.await.unwrap(), agent).unwrap())["scorecard"].clone()
    }

    async fn has_a_draft(&self) {
        let said = self.member("maya").types(PLACE, "/draft linkedin Spring launch").await;
        assert!(said.starts_with("On it"), "{said}");
        self.settle().await;
    }
}

#[tokio::test]
async fn a_version_that_needs_less_editing_says_how_much_less() {
    let team = Team::with_two_versions().await;
    let maya = team.member("maya");
    let told = maya.types(PLACE, "/countersign agents content").await;
    let at = told.find("*Work:*").unwrap();
    assert_snapshot!(&told[at..], @"
    *Work:* Last run (when): done; 2 runs (1 today): 2 done
    *Models:* none yet
    *Put up for a decision:* 88
    *Decisions:* 70 approved, 18 sent back for changes
    *First-pass approval:* 80 % (95 % interval 70–87 %), 70 of 88
    *Median time to a decision:* 5 min
    *Editing effort:* 1,420 of 7,000 words changed, 20 % (95 % interval 19–22 %), over 70 approved drafts
    *People called it:* none yet
    *Disputes:* none yet
    *Brand rules kept at first:* 87 % (95 % interval 86–88 %), over 88 drafts
    *Goals*
    “Drafts that are right at once”, first-pass approval of at least 70 % in a month. This month 95 % (95 % interval 83–99 %), of 40: reached; last month 67 % (95 % interval 53–78 %), of 48. It moves toward the goal (95 % interval 12–43 points).
    *Versions*
    *content.draft@4*, since (when): 40 put up · decisions: 38 approved, 2 sent back for changes · first-pass approval 95 % (95 % interval 83–99 %), 38 of 40 · editing 15 % (95 % interval 14–17 %), over 38 approved drafts · median time to a decision 5 min · brand rules kept at first 87 % (95 % interval 85–88 %), over 40 drafts
    • content.draft@4 is approved as it was put up 28 points more often than content.draft@3 (95 % interval 12–43 points).
    • content.draft@4 needs 40 % less editing than content.draft@3 (95 % interval 35–45 %).
    • content.draft@4 may be no different from content.draft@3 in time to a decision (95 % interval from 7 % less to 1 % more).
    *content.draft@3*, since (when): 48 put up · decisions: 32 approved, 16 sent back for changes · first-pass approval 67 % (95 % interval 53–78 %), 32 of 48 · editing 26 % (95 % interval 25–27 %), over 32 approved drafts · median time to a decision 5 min · brand rules kept at first 87 % (95 % interval 85–88 %), over 48 drafts
    First pass: of what people decided on, what was approved in the words in which it was put up. Editing: the words that people changed, of those that it wrote. The intervals are for 95 %: the fewer there are, the wider. A text counts for the version that wrote it first.
    ");
    assert_snapshot!("one_agent", team.blocks_for("maya"));

    let card = team.scorecard("content").await;
    let against = &card["versions"][1]["against"];
    assert_snapshot!(serde_json::to_string_pretty(against).unwrap(), @r#"
    {
      "version": "content.draft@3",
      "measures": [
        {
          "aspect": "first_pass",
          "outcome": "changed",
          "unit": "points",
          "by": 0.2833333333333333,
          "low": 0.11956080390953186,
          "high": 0.4291582463791729
        },
        {
          "aspect": "editing",
          "outcome": "changed",
          "unit": "relative",
          "by": -0.40485829959514175,
          "low": -0.4543290037007862,
          "high": -0.35090256589967783
        },
        {
          "aspect": "time_to_decision",
          "outcome": "changed",
          "unit": "relative",
          "by": -0.030395136778115693,
          "low": -0.0668176959115,
          "high": 0.007449012550467025
        },
        {
          "aspect": "brand",
          "outcome": "changed",
          "unit": "relative",
          "by": 0.0,
          "low": -0.026513068167913666,
          "high": 0.027235155707757176
        },
        {
          "aspect": "disputed",
          "outcome": "changed",
          "unit": "points",
          "by": 0.0,
          "low": -0.07410012966611748,
          "high": 0.08762160119728665
        }
      ]
    }
    "#);
    team.done().await;
}

#[tokio::test]
async fn few_are_not_held_against_each_other() {
    let team = Team::start().await;
    let at = team.app.now();
    let few =
        |version, number| Drafts { version, number, at, changed: 2, sent_back: 50, open_s: 60 };
    team.has_drafts(few("content.draft@1", 12)).await;
    team.wait(SignedDuration::from_secs(1)).await;
    team.has_drafts(Drafts { at: team.app.now(), ..few("content.draft@2", 3) }).await;
    let told = team.member("maya").types(PLACE, "/countersign agents content").await;
    let at = told.find("*Versions*").unwrap();
    assert_snapshot!(&told[at..], @"
    *Versions*
    *content.draft@2*, since (when): 3 put up · decisions: 3 approved · first-pass approval 100 % (95 % interval 44–100 %), 3 of 3 · editing 8 % (95 % interval 0–17 %), over 3 approved drafts · median time to a decision 1 min · brand rules kept at first 87 % (95 % interval 70–100 %), over 3 drafts
    • Too few yet to hold content.draft@2 against content.draft@1 in first-pass approval, editing, time to a decision, brand rules kept and disputes (3 against 12); it takes 10 of each.
    *content.draft@1*, since (when): 12 put up · decisions: 12 approved · first-pass approval 100 % (95 % interval 76–100 %), 12 of 12 · editing 8 % (95 % interval 5–10 %), over 12 approved drafts · median time to a decision 1 min · brand rules kept at first 87 % (95 % interval 83–90 %), over 12 drafts
    First pass: of what people decided on, what was approved in the words in which it was put up. Editing: the words that people changed, of those that it wrote. The intervals are for 95 %: the fewer there are, the wider. A text counts for the version that wrote it first.
    ");
    team.done().await;
}

#[tokio::test]
async fn what_a_person_put_into_a_draft_counts_until_it_is_taken_back() {
    let team = Team::start().await;
    let (dana, lena) = (team.member("dana"), team.member("lena"));
    team.has_a_draft().await;
    assert_eq!(dana.clicks(PLACE, "Edit & approve").await, "");
    let text: String = sqlx::query_scalar("SELECT text FROM revisions ORDER BY id DESC LIMIT 1")
        .fetch_one(team.db())
        .await
        .unwrap();
    let edited = text.replacen("https://", "See https://", 1);
    dana.fills(json!({ "Text": edited })).await;
    team.settle().await;
    assert_eq!(lena.clicks(PLACE, "Approve").await, "");
    assert_eq!(lena.fills(json!({"Tick what is true": true})).await, "");
    team.settle().await;
    let counted = |card: &Value| {
        let version = &card["versions"][0];
        assert_eq!((&version["editing"], &version["brand"]), (&card["editing"], &card["brand"]));
        json!([version["version"], card["editing"]["part"], card["first_pass"]["of"]])
    };
    assert_eq!(counted(&team.scorecard("content").await), json!(["assembled", 1.0, 1]));

    // Taken back, what is left is that the text had to be changed.
    lena.clicks(PLACE, "Undo my decision").await;
    team.settle().await;
    let card = team.scorecard("content").await;
    assert_eq!(counted(&card), json!(["assembled", 0.0, 0]));
    assert_eq!(card["decisions"], json!({"approved": 0, "changes_requested": 0, "rejected": 0}));
    assert!(card["brand"]["whole"].as_f64().unwrap() > 10.0, "{}", card["brand"]);
    team.done().await;
}

#[tokio::test]
async fn repairs_and_failures_are_part_of_what_a_prompt_costs() {
    let fake = FakeModel::start().await;
    let team = Team::start_with_model(&fake, "").await;
    let text = |body: &str| {
        Answer::Json(json!({"parts": [], "body": body, "rests_on": ["Heron Linen"], "open": ""}))
    };
    // The first goes back once, for what nothing proves; of the second nothing comes.
    fake.answer(text("The best linen in the world, which lasts 100 years."));
    fake.answer(text("Heron Linen softens with every wash."));
    team.has_a_draft().await;
    let dana = team.member("dana");
    assert_eq!(dana.clicks(PLACE, "Approve").await, "");
    assert_eq!(dana.fills(json!({"Tick what is true": true})).await, "");
    team.settle().await;
    for _ in 0..3 {
        fake.answer(Answer::Status(529, None, "overloaded_error", "busy"));
    }
    team.has_a_draft().await;

    let card = team.scorecard("content").await;
    let told = card["versions"].as_array().unwrap().iter().map(|version| {
        let cost = &version["cost_per_accepted"]["USD"];
        let failed = &version["calls_failed"];
        json!([
            version["version"],
            version["put_up"],
            version["first_pass"]["hits"],
            failed["hits"],
            failed["of"],
            cost["pieces"],
            cost["whole"]
        ])
    });
    let told: Vec<String> = told.map(|it| it.to_string()).collect();
    assert_snapshot!(told.join("\n"), @r#"
    ["content.draft@1",1,1,1,3,1,1.0]
    ["assembled",1,0,0,0,null,null]
    "#);
    let costs = sqlx::query_scalar::<_, f64>("SELECT sum(cost)::float8 FROM model_calls");
    let costs = costs.fetch_one(team.db()).await.unwrap();
    let part = card["versions"][0]["cost_per_accepted"]["USD"]["part"].as_f64().unwrap();
    assert!((part - costs).abs() < 1e-9, "{part} of {costs}");
    team.done().await;
}

#[tokio::test]
async fn an_erased_person_leaves_the_counts_as_they_are() {
    let team = Team::start().await;
    team.has_a_draft().await;
    let person = team.member("dana");
    person.clicks(PLACE, "Request changes").await;
    person.submits("What should change?", "Rather less of it.").await;
    team.settle().await;
    let before = team.scorecard("content").await;
    assert_eq!(before["decisions"]["changes_requested"], 1);
    let (db, workspace, now) = (team.db(), team.app.workspace.id, team.app.now());
    let dana = PersonId::from("U0DANA0000");
    let erased = erasure::erase(db, workspace, &dana, "asked to", Actor::Bot, now).await.unwrap();
    assert_eq!(erased.comments, 1);
    team.settle().await;
    assert_eq!(team.scorecard("content").await, before);
    team.done().await;
}

#[tokio::test]
async fn owners_read_in_their_home_how_their_agents_do() {
    let team = Team::with_two_versions().await;
    let of_agents = |home: String| -> String {
        let lines = home.lines().map(str::trim);
        let from = lines.skip_while(|line| !line.contains("that you answer for"));
        from.take_while(|line| !line.starts_with("You can ask")).collect::<Vec<_>>().join("\n")
    };
    assert_snapshot!(of_agents(team.member("dana").opens_home().await), @"
    The agents that you answer for
    *content*: first-pass approval 80 % (95 % interval 70–87 %), 70 of 88 · median time to a decision 5 min · editing effort 1,420 of 7,000 words changed, 20 % (95 % interval 19–22 %), over 70 approved drafts
    • content.draft@4 is approved as it was put up 28 points more often than content.draft@3 (95 % interval 12–43 points).
    • content.draft@4 needs 40 % less editing than content.draft@3 (95 % interval 35–45 %).
    • “Drafts that are right at once”, first-pass approval of at least 70 % in a month. This month 95 % (95 % interval 83–99 %), of 40: reached; last month 67 % (95 % interval 53–78 %), of 48. It moves toward the goal (95 % interval 12–43 points).
    ---
    ");
    assert_eq!(of_agents(team.member("maya").opens_home().await), "");
    team.done().await;
}

#[tokio::test]
async fn each_measure_can_be_a_goal() {
    let example = include_str!("../../manifests/team.toml");
    let goal = |name: &str, measure: &str, bound: &str| {
        format!(
            "[[goal]]\nname = \"{name}\"\nmeasure = \"{measure}\"\n{bound}\nagent = \"content\"\n\n"
        )
    };
    let goals = [
        goal("Little to edit", "editing", "at_most = 0.1"),
        goal("Soon decided", "time_to_decision", "at_most = 0.5"),
        goal("Not dear", "cost_per_accepted", "at_most = \"1 EUR\""),
        goal("Worth a look", "alert_precision", "at_least = 0.8"),
        goal("Worth a call", "acceptance", "at_least = 0.5"),
    ];
    let manifest = format!("{example}\n{}", goals.concat());
    let team = Team::start_with_manifest(&manifest).await.and_two_versions().await;
    let told = team.member("maya").types(PLACE, "/countersign agents content").await;
    let from = told.find("*Goals*").unwrap();
    let until = told.find("*Versions*").unwrap();
    assert_snapshot!(&told[from..until], @"
    *Goals*
    “Drafts that are right at once”, first-pass approval of at least 70 % in a month. This month 95 % (95 % interval 83–99 %), of 40: reached; last month 67 % (95 % interval 53–78 %), of 48. It moves toward the goal (95 % interval 12–43 points).
    “Little to edit”, editing of at most 10 % in a month. This month 15 % (95 % interval 14–17 %), of 38: not reached; last month 26 % (95 % interval 25–27 %), of 32. It moves toward the goal (95 % interval 35–45 %).
    “Soon decided”, a median time to a decision of at most 30 min in a month. This month 5 min, of 40: reached; last month 5 min, of 48. Whether it moves toward the goal is open (95 % interval from 7 % less to 1 % more).
    “Not dear”, a cost for each accepted result of at most 1.00 EUR in a month. There is nothing to measure yet.
    “Worth a look”, useful alerts: at least 80 % in a month. There is nothing to measure yet.
    “Worth a call”, leads that sales keeps: at least 50 % in a month. There is nothing to measure yet.
    ");
    team.done().await;
}

#[tokio::test]
async fn a_weeks_summary_says_what_a_version_brought_and_a_days_does_not() {
    let team = Team::with_two_versions().await;
    let lena = team.member("lena");
    let week = lena.types("#research", "/summary week").await;
    let lines: Vec<&str> = week.lines().filter(|line| line.contains("*content*")).collect();
    assert_snapshot!(lines.join("\n"), @"
    • *content*: content.draft@4 is approved as it was put up 28 points more often than content.draft@3 (95 % interval 12–43 points).
    • *content*: content.draft@4 needs 40 % less editing than content.draft@3 (95 % interval 35–45 %).
    • *content*: “Drafts that are right at once”, first-pass approval of at least 70 % in a month. This month 95 % (95 % interval 83–99 %), of 40: reached; last month 67 % (95 % interval 53–78 %), of 48. It moves toward the goal (95 % interval 12–43 points).
    ");
    let day = lena.types("#research", "/summary now").await;
    assert!(!day.contains("content.draft@4"), "{day}");
    team.done().await;
}

#[tokio::test]
async fn reviewers_read_their_own_load_and_owners_everybodys() {
    let team = Team::start().await;
    let at = team.app.now();
    let version = "content.draft@1";
    let hasty = Drafts { version, number: 20, at, changed: 2, sent_back: 10, open_s: 1 };
    team.has_drafts(hasty).await;
    let (maya, dana) = (team.member("maya"), team.member("dana"));
    let told = dana.types(PLACE, "/countersign reviewers").await;
    assert!(!told.contains("Secret"), "{told}");
    assert_snapshot!(told, @"
    What reviewers carry
    @dana: 20 decisions in four weeks (0, 0, 0 and 20, this week last). The median is 28 s from when the text could be read. 18 of 20 approved the text unchanged. 3 of 18 approvals came sooner than the text can be read.
    How long a text takes is its words at 238 a minute, and half of that for those who read fast. An approval that came sooner is no fault by itself: a text may have been read elsewhere, or be known already. If it happens often, there is perhaps too much to decide, or too little time for it.
    ");
    assert_snapshot!("reviewers", team.blocks_for("dana"));
    assert_snapshot!(maya.types(PLACE, "/countersign reviewers").await, @"
    What you decided
    You have decided nothing in the last four weeks.
    Those who answer for an agent (brand, marketing-leads, research-reviewers and sales) read this of everybody.
    How long a text takes is its words at 238 a minute, and half of that for those who read fast. An approval that came sooner is no fault by itself: a text may have been read elsewhere, or be known already. If it happens often, there is perhaps too much to decide, or too little time for it.
    ");
    assert_snapshot!(maya.types(PLACE, "/countersign help reviewers").await, @"
    `/countersign reviewers`
    Tells what you decided in the last four weeks, and whether there was time to read. Those who answer for an agent read it of everybody.
    For example: `/countersign reviewers`
    ");

    let (manifest, workspace) = (&team.app.manifest, team.app.workspace.id);
    let all = scorecards::reviewers::reviewers(team.db(), workspace, manifest, at).await.unwrap();
    assert_snapshot!(scorecards::reviewers::plain(&all), @"
    U0DANA0000: 20 decisions in four weeks (0, 0, 0 and 20, this week last). The median is 28 s from when the text could be read. 18 of 20 approved the text unchanged. 3 of 18 approvals came sooner than the text can be read.

    How long a text takes is its words at 238 a minute, and half of that for those who read fast. An approval that came sooner is no fault by itself: a text may have been read elsewhere, or be known already. If it happens often, there is perhaps too much to decide, or too little time for it.
    ");
    let of_dana = json!(all[0]);
    assert_eq!((&of_dana["decisions"], &of_dana["hasty"]["hits"]), (&json!(20), &json!(3)));
    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        reviewers: countersign::cli::reviewers::Reviewers,
    }
    for arguments in [&["reviewers"][..], &["reviewers", "--json"]] {
        let args = Cli::try_parse_from(arguments).unwrap().reviewers;
        let (db, clock) = (team.db(), &team.app.clock);
        countersign::cli::reviewers::run(db, &team.config, clock, workspace, args).await.unwrap();
    }
    team.done().await;
}

/// For measuring: run it with `--run-ignored only --no-capture`.
#[tokio::test]
#[ignore = "takes a while, and says how fast it is instead of whether it works"]
async fn a_hundred_thousand_decisions_are_read_in_a_moment() {
    let team = Team::start().await;
    for (at, version) in
        [(team.last_month(), "content.draft@3"), (team.app.now(), "content.draft@4")]
    {
        let all = Drafts { version, number: 50_000, at, changed: 20, sent_back: 3, open_s: 300 };
        team.has_drafts(all).await;
    }
    sqlx::query("ANALYZE").execute(team.db()).await.unwrap();
    for _ in 0..3 {
        let begun = Instant::now();
        let card = team.scorecard("content").await;
        println!("roster {:?}: {}", begun.elapsed(), card["decisions"]);
        let begun = Instant::now();
        let (manifest, workspace) = (&team.app.manifest, team.app.workspace.id);
        let now = team.app.now();
        let all =
            scorecards::reviewers::reviewers(team.db(), workspace, manifest, now).await.unwrap();
        println!("reviewers {:?}: {}", begun.elapsed(), all[0].load.decisions);
    }
    team.done().await;
}
