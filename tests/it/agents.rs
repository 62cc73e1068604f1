//! The agents of the team, and how they do.

use std::fmt::Write as _;

use clap::Parser;
use insta::assert_snapshot;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::harness::Team;

const REVIEWS: &str = "id,date,text
R-1,2026-03-02,The sound is tinny and the bass is missing.
R-3,2026-04-11,Sound quality is poor at high volume. It crackles and distorts.
";

/// Findings are decided on, whoever made them; nobody declares an agent.
const NOBODY: &str = r#"
[team]
name = "Larch & Loom"
zone = "Europe/Berlin"

[[group]]
name = "deciders"
people = ["U0DANA0000"]

[[policy]]
name = "findings"
on = "finding"
needs = [{ group = "deciders", count = 1 }]
"#;

impl Team {
    async fn asks_research(&self, question: &str) {
        self.member("maya").types("#research", &format!("/research {question}")).await;
        self.settle().await;
    }

    /// As programs read it.
    async fn as_json(&self, agent: &str) -> Value {
        let (db, workspace) = (self.db(), self.app.workspace.id);
        let (manifest, tokens) = (&self.app.manifest, &self.app.agent_tokens);
        let now = self.app.now();
        let roster =
            countersign::scorecards::roster(db, workspace, manifest, tokens, now).await.unwrap();
        json!(countersign::scorecards::named(&roster, agent).unwrap())
    }

    /// What the command line prints.
    async fn prints(&self) -> String {
        let (db, workspace) = (self.db(), self.app.workspace.id);
        let (manifest, tokens) = (&self.app.manifest, &self.app.agent_tokens);
        let now = self.app.now();
        let roster =
            countersign::scorecards::roster(db, workspace, manifest, tokens, now).await.unwrap();
        countersign::scorecards::plain(&roster)
    }

    /// Three questions: one is approved at once, one after changes, one has no answer; and people say
    /// what they think.
    async fn with_a_history() -> Self {
        let team = Self::start().await;
        team.has_documents("reviews", REVIEWS).await;
        let raj = team.member("raj");
        team.asks_research("what do people dislike about the sound?").await;
        team.member("sam").clicks("#research", "Useful").await;
        team.member("lena").clicks("#research", "Not useful").await;
        team.wait(SignedDuration::from_mins(20)).await;
        raj.clicks("#research", "Approve").await;
        team.settle().await;
        let dana = team.member("dana");
        dana.clicks("#research", "Dispute").await;
        dana.submits("What is wrong with it?", "Only two reviews.").await;

        team.wait(SignedDuration::from_hours(26)).await;
        team.asks_research("does it crackle?").await;
        raj.clicks("#research", "Request changes").await;
        raj.submits("What should change?", "leave out R-1").await;
        team.settle().await;
        team.asks_research("is there a zebrafinch xylem?").await;
        team
    }
}

#[tokio::test]
async fn every_agent_is_listed_with_what_it_is_for() {
    let team = Team::start().await;
    assert_snapshot!(team.member("maya").types("#research", "/countersign agents").await, @"
    6 agents
    *research* · research-reviewers answers for it
    Answers questions from what customers wrote, with the passages it rests on.
    Goal: Decisions that start from what customers really said.
    Reads every source · quotes and adds nothing, without a model · reviewed under findings
    Nothing done yet
    *content* · brand answers for it
    Writes drafts from briefs, under the brand kit.
    Goal: Copy that goes out sooner, and says what is true.
    Reads no source · puts approved words together, without a model · reviewed under copy, promises, budgets, large budgets, test plans and hand-offs
    Nothing done yet
    *performance* · marketing-leads answers for it
    Watches the numbers of campaigns, and says once what moved.
    Goal: Money that goes wrong for hours, not for weeks.
    Reads every source · computes, without a model · no policy on what it makes
    Nothing done yet
    *campaign* · research-reviewers answers for it
    Says how many users a test takes and how long it runs, and reads it out by the rule that was agreed on.
    Goal: Tests that are decided once, and rightly.
    Reads no source · computes, without a model · reviewed under test plans and test decisions
    Nothing done yet
    *crm* · sales answers for it
    Says which leads are worth a call, and why.
    Goal: Calls that are worth making.
    Reads no source · computes, without a model · no policy on what it makes
    Nothing done yet
    *reporting* · marketing-leads answers for it
    Says in the morning what moved, what waits and for whom, and what was decided.
    Goal: Leaders who know where to look.
    Reads no source · computes, without a model · no policy on what it makes
    Nothing done yet
    `/countersign agents NAME` tells all of one.
    ");
    team.done().await;
}

#[tokio::test]
async fn a_list_says_how_the_agents_do() {
    let team = Team::with_a_history().await;
    assert_snapshot!(team.member("lena").types("#research", "/countersign agents").await, @"
    6 agents
    *research* · research-reviewers answers for it
    Answers questions from what customers wrote, with the passages it rests on.
    Goal: Decisions that start from what customers really said.
    Reads every source · quotes and adds nothing, without a model · reviewed under findings
    Last run (when): found nothing; 3 runs (2 today): 2 done, 1 found nothing
    First-pass approval 50 % (95 % interval 9–91 %), 1 of 2 · median time to a decision 10 min · useful to 1, not useful to 1 · 1 dispute
    *content* · brand answers for it
    Writes drafts from briefs, under the brand kit.
    Goal: Copy that goes out sooner, and says what is true.
    Reads no source · puts approved words together, without a model · reviewed under copy, promises, budgets, large budgets, test plans and hand-offs
    Nothing done yet
    *performance* · marketing-leads answers for it
    Watches the numbers of campaigns, and says once what moved.
    Goal: Money that goes wrong for hours, not for weeks.
    Reads every source · computes, without a model · no policy on what it makes
    Nothing done yet
    *campaign* · research-reviewers answers for it
    Says how many users a test takes and how long it runs, and reads it out by the rule that was agreed on.
    Goal: Tests that are decided once, and rightly.
    Reads no source · computes, without a model · reviewed under test plans and test decisions
    Nothing done yet
    *crm* · sales answers for it
    Says which leads are worth a call, and why.
    Goal: Calls that are worth making.
    Reads no source · computes, without a model · no policy on what it makes
    Nothing done yet
    *reporting* · marketing-leads answers for it
    Says in the morning what moved, what waits and for whom, and what was decided.
    Goal: Leaders who know where to look.
    Reads no source · computes, without a model · no policy on what it makes
    Nothing done yet
    `/countersign agents NAME` tells all of one.
    ");
    assert_snapshot!(team.member("lena").types("#research", "/countersign agents Research").await, @"
    research
    Answers questions from what customers wrote, with the passages it rests on.
    *Answers for it:* research-reviewers
    *Goal:* Decisions that start from what customers really said.
    *May read:* every source
    *Engine:* quotes and adds nothing, without a model
    *Budget:* none
    *Who decides on it*
    • findings, for a finding: one approval from research-reviewers
    *Work:* Last run (when): found nothing; 3 runs (2 today): 2 done, 1 found nothing
    *Models:* none yet
    *Put up for a decision:* 2
    *Decisions:* 1 approved, 1 sent back for changes
    *First-pass approval:* 50 % (95 % interval 9–91 %), 1 of 2
    *Median time to a decision:* 10 min
    *Editing effort:* none yet
    *People called it:* 1 useful, 1 not useful
    *Disputes:* 1 standing
    *Version:* quotes alone
    First pass: of what people decided on, what was approved in the words in which it was put up. Editing: the words that people changed, of those that it wrote. The intervals are for 95 %: the fewer there are, the wider. A text counts for the version that wrote it first.
    ");
    let mut member = team.as_json("research").await;
    let card = member["scorecard"].as_object_mut().unwrap();
    card.remove("last").unwrap();
    assert!((600.0..660.0).contains(&card.remove("median_decision_s").unwrap().as_f64().unwrap()));
    let versions = card.remove("versions").unwrap();
    assert_eq!(versions[0]["version"], "extract");
    assert_eq!(versions[0]["put_up"], card["put_up"]);
    assert_ne!(card.remove("first_at"), card.remove("last_at"));
    assert_snapshot!(member.to_string(), @r#"{"name":"research","job":"Answers questions from what customers wrote, with the passages it rests on.","owner":"research-reviewers","goal":"Decisions that start from what customers really said.","sources":["*"],"engine":"extract","budget":null,"rules":[{"policy":"findings","on":["finding"]}],"scorecard":{"progress":[],"runs":{"total":3,"today":2,"answered":2,"found_nothing":1,"failed":0,"stopped":0,"under_way":0,"fell_back":0},"models":{"total":0,"answered":0,"input_tokens":0,"output_tokens":0,"costs":{},"runs_today":0,"tokens_today":0},"tests":null,"hand_offs":null,"put_up":2,"decisions":{"approved":1,"changes_requested":1,"rejected":0},"first_pass":{"hits":1,"of":2,"rate":0.5,"interval_95":[0.09453120573423074,0.9054687942657693]},"goals":[],"editing":{"pieces":0,"part":0.0,"whole":0.0,"rate":null,"interval_95":null},"brand":{"pieces":0,"part":0.0,"whole":0.0,"rate":null,"interval_95":null},"unsupported":{"pieces":0,"part":0.0,"whole":0.0,"rate":null,"interval_95":null},"disputed_share":{"hits":1,"of":2,"rate":0.5,"interval_95":[0.09453120573423074,0.9054687942657693]},"alert_precision":{"hits":0,"of":0,"rate":null,"interval_95":null},"acceptance":{"hits":0,"of":0,"rate":null,"interval_95":null},"calls_failed":{"hits":0,"of":0,"rate":null,"interval_95":null},"cost_per_accepted":{},"useful":1,"not_useful":1,"disputed":1,"disputes_withdrawn":0,"alerts":[]}}"#);
    assert_snapshot!(crate::harness::team::readable(&team.prints().await), @"
    research
    Answers questions from what customers wrote, with the passages it rests on.
    Answers for it: research-reviewers
    Goal: Decisions that start from what customers really said.
    May read: every source
    Engine: quotes and adds nothing, without a model
    Budget: none
    Who decides on it
    • findings, for a finding: one approval from research-reviewers
    Work: Last run (when): found nothing; 3 runs (2 today): 2 done, 1 found nothing
    Models: none yet
    Put up for a decision: 2
    Decisions: 1 approved, 1 sent back for changes
    First-pass approval: 50 % (95 % interval 9–91 %), 1 of 2
    Median time to a decision: 10 min
    Editing effort: none yet
    People called it: 1 useful, 1 not useful
    Disputes: 1 standing
    Version: quotes alone

    content
    Writes drafts from briefs, under the brand kit.
    Answers for it: brand
    Goal: Copy that goes out sooner, and says what is true.
    May read: no source
    Engine: puts approved words together, without a model
    Budget: none
    Who decides on it
    • copy, for a draft: one approval from brand
    • promises, for a draft labelled pricing or legal claim or customer data: one approval from marketing-leads
    • budgets, for a budget change: one approval from marketing-leads
    • large budgets, for a budget change spending over 10000: one approval from brand
    • test plans, for a test plan: one approval from research-reviewers
    • hand-offs, for a hand-off: one approval from sales
    Work: Nothing done yet
    Models: none yet
    Put up for a decision: 0
    Decisions: none yet
    First-pass approval: none yet
    Median time to a decision: none yet
    Editing effort: none yet
    People called it: none yet
    Disputes: none yet
    Goals
    “Drafts that are right at once”, first-pass approval of at least 70 % in a month. There is nothing to measure yet.

    performance
    Watches the numbers of campaigns, and says once what moved.
    Answers for it: marketing-leads
    Goal: Money that goes wrong for hours, not for weeks.
    May read: every source
    Engine: computes, without a model
    Budget: none
    Who decides on it
    No policy on what it makes.
    Work: Nothing done yet
    Models: none yet
    Put up for a decision: 0
    Decisions: none yet
    First-pass approval: none yet
    Median time to a decision: none yet
    Editing effort: none yet
    People called it: none yet
    Disputes: none yet

    campaign
    Says how many users a test takes and how long it runs, and reads it out by the rule that was agreed on.
    Answers for it: research-reviewers
    Goal: Tests that are decided once, and rightly.
    May read: no source
    Engine: computes, without a model
    Budget: none
    Who decides on it
    • test plans, for a test plan: one approval from research-reviewers
    • test decisions, for a test decision: one approval from research-reviewers
    Work: Nothing done yet
    Models: none yet
    Put up for a decision: 0
    Decisions: none yet
    First-pass approval: none yet
    Median time to a decision: none yet
    Editing effort: none yet
    People called it: none yet
    Disputes: none yet

    crm
    Says which leads are worth a call, and why.
    Answers for it: sales
    Goal: Calls that are worth making.
    May read: no source
    Engine: computes, without a model
    Budget: none
    Who decides on it
    No policy on what it makes.
    Work: Nothing done yet
    Models: none yet
    Put up for a decision: 0
    Decisions: none yet
    First-pass approval: none yet
    Median time to a decision: none yet
    Editing effort: none yet
    People called it: none yet
    Disputes: none yet

    reporting
    Says in the morning what moved, what waits and for whom, and what was decided.
    Answers for it: marketing-leads
    Goal: Leaders who know where to look.
    May read: no source
    Engine: computes, without a model
    Budget: none
    Who decides on it
    No policy on what it makes.
    Work: Nothing done yet
    Models: none yet
    Put up for a decision: 0
    Decisions: none yet
    First-pass approval: none yet
    Median time to a decision: none yet
    Editing effort: none yet
    People called it: none yet
    Disputes: none yet
    ");
    team.done().await;
}

#[tokio::test]
async fn what_was_taken_back_or_reworded_is_not_counted() {
    let team = Team::start().await;
    team.has_documents("reviews", REVIEWS).await;
    team.asks_research("what do people dislike about the sound?").await;
    let raj = team.member("raj");
    raj.clicks("#research", "Reject").await;
    raj.fills(json!({"What is wrong with it?": "Not accurate", "Why is it rejected?": "No."}))
        .await;
    team.settle().await;
    raj.clicks("#research", "Undo my decision").await;
    team.settle().await;
    let card = &team.as_json("research").await["scorecard"];
    assert_eq!(card["decisions"]["rejected"], 0);
    assert_eq!(card["first_pass"], json!({"hits": 0, "of": 0, "rate": null, "interval_95": null}));

    // The approval is of Dana's words; that they were needed is what it says of the agent.
    team.member("dana").clicks("#research", "Edit & approve").await;
    team.member("dana").fills(json!({"Your note, above the quotes": "Two voices."})).await;
    team.settle().await;
    raj.clicks("#research", "Approve").await;
    team.settle().await;
    let card = &team.as_json("research").await["scorecard"];
    assert_eq!(card["decisions"]["approved"], 0);
    assert_eq!((&card["first_pass"]["hits"], &card["first_pass"]["of"]), (&json!(0), &json!(1)));
    team.done().await;
}

#[tokio::test]
async fn today_begins_at_midnight_where_the_team_is() {
    let team = Team::with_a_history().await;
    let today = |card: Value| card["scorecard"]["runs"]["today"].clone();
    assert_eq!(today(team.as_json("research").await), 2);
    let midnight = team.app.now().to_zoned(team.app.manifest.zone.clone());
    let midnight = midnight.tomorrow().unwrap().start_of_day().unwrap().timestamp();
    let left = midnight.duration_since(team.app.now());
    team.wait(left - SignedDuration::from_secs(1)).await;
    assert_eq!(today(team.as_json("research").await), 2);
    team.wait(SignedDuration::from_secs(2)).await;
    assert_eq!(today(team.as_json("research").await), 0);
    team.done().await;
}

#[tokio::test]
async fn a_name_that_is_none_is_answered_with_those_that_are() {
    let team = Team::start().await;
    let maya = team.member("maya");
    assert_snapshot!(maya.types("#research", "/countersign agents <!channel> poet").await, @"No agent is named “<!channel> poet”. There are: research, content, performance, campaign, crm, reporting.");
    assert_snapshot!(maya.types("#research", "/countersign agnets").await, @"I do not know `/countersign agnets`. Did you mean `/countersign agents`?");
    assert_snapshot!(maya.types("#research", "/countersign help agents").await, @"
    `/countersign agents [NAME]`
    Lists the agents: who answers for each, what it is for, what it may read, and how well it does. With a name it tells all of one: its versions, each against the one before, and its goals.
    For example: `/countersign agents research`
    ");
    team.done().await;
}

#[tokio::test]
async fn without_agents_the_list_says_how_to_get_one() {
    let team = Team::start_with_manifest(NOBODY).await;
    assert_snapshot!(team.member("maya").types("#research", "/countersign agents").await, @"
    No agents
    The team manifest declares none. Whoever keeps it adds one under [[agent]], with its job, its owner and its goal.
    ");
    team.done().await;
}

#[tokio::test]
async fn what_models_used_of_todays_budget_is_told() {
    let manifest = format!(
        "{NOBODY}\n[[model]]\nname = \"sonnet\"\nprotocol = \"anthropic\"\nmodel = \"acme-1\"\n\
         [[agent]]\nname = \"research\"\njob = \"Answers.\"\nowner = \"deciders\"\ngoal = \"Truth.\"\n\
         sources = [\"reviews\", \"tickets\"]\nmodel = \"sonnet\"\nbudget = {{ runs = 20, tokens = 1_000_000 }}\n"
    );
    let team = Team::start_with_manifest(&manifest).await;
    let now = team.app.now();
    // Two calls for one run, one that its provider says nothing of, and one of another day.
    for (subject, days, tokens, cost, outcome) in [
        ("run:1", 0, Some(12_000_i64), Some("0.045"), "answered"),
        ("run:1", 0, Some(400), Some("0.0002"), "answered"),
        ("run:2", 0, None, None, "overloaded"),
        ("run:3", 2, Some(700), Some("0.10"), "answered"),
    ] {
        let at = now - SignedDuration::from_hours(24 * days);
        sqlx::query(
            "INSERT INTO model_calls (workspace_id, agent, subject, model, prompt, prompt_version,
                 prompt_hash, rendered_hash, started_at, duration_ms, input_tokens, output_tokens,
                 counted_tokens, cost, currency, outcome)
             VALUES ($1, 'research', $2, 'sonnet', 'research.answer', 1, '', '', $3::timestamptz, 900,
                 $4, $4 / 10, coalesce($4, 5000), $5::numeric,
                 CASE WHEN $5 IS NULL THEN NULL ELSE 'EUR' END, $6)",
        )
        .bind(team.app.workspace.id.0)
        .bind(subject)
        .bind(at.to_string())
        .bind(tokens)
        .bind(cost)
        .bind(outcome)
        .execute(team.db())
        .await
        .unwrap();
    }
    let maya = team.member("maya");
    assert_snapshot!(maya.types("#research", "/countersign agents").await, @"
    One agent
    *research* · deciders answers for it
    Answers.
    Goal: Truth.
    Reads reviews and tickets · writes with the model sonnet · 2 of 20 runs and 17,400 of 1,000,000 tokens used today · reviewed under findings
    Nothing done yet
    Models cost 0.1452 EUR
    `/countersign agents NAME` tells all of one.
    ");
    let told = maya.types("#research", "/countersign agents research").await;
    let of_models = |line: &&str| ["Engine", "Budget", "Models"].iter().any(|it| line.contains(it));
    let told: Vec<&str> = told.lines().filter(of_models).collect();
    assert_snapshot!(told.join("\n"), @"
    *Engine:* writes with the model sonnet
    *Budget:* 2 of 20 runs and 17,400 of 1,000,000 tokens used today
    *Models:* 4 calls, 3 answered; 13,100 tokens in, 1,310 out; 0.1452 EUR
    ");
    assert_snapshot!(team.as_json("research").await["scorecard"]["models"].to_string(), @r#"{"total":4,"answered":3,"input_tokens":13100,"output_tokens":1310,"costs":{"EUR":"0.1452"},"runs_today":2,"tokens_today":17400}"#);
    team.done().await;
}

#[tokio::test]
async fn many_agents_are_one_message_that_counts_the_rest() {
    let mut manifest = NOBODY.to_owned();
    for number in 1..=60 {
        let long = "word ".repeat(200);
        let _ = write!(
            manifest,
            "\n[[agent]]\nname = \"agent <!here> {number}\"\njob = \"Does *a* & {long}\"\nowner = \"deciders\"\ngoal = \"{long}\"\nsources = [\"{long}\"]\n"
        );
    }
    let team = Team::start_with_manifest(&manifest).await;
    let listed = team.member("maya").types("#research", "/countersign agents").await;
    assert!(listed.starts_with("60 agents"), "{listed}");
    let rest = listed.lines().find(|line| line.starts_with("… ")).unwrap();
    let shown = listed.lines().filter(|line| line.starts_with("Goal: ")).count();
    assert!(rest.starts_with(&format!("… {} more: agent", 60 - shown)) && shown > 2, "{rest}");
    let sent = json!(team.sandbox.messages("maya", "#research").unwrap()).to_string();
    assert!(sent.contains("agent &lt;!here&gt; 1") && !sent.contains("<!here>"), "{sent}");
    let told = team.member("maya").types("#research", "/countersign agents agent <!here> 7").await;
    assert!(told.contains("*Goal:*") && told.contains("Median time"), "{told}");
    team.done().await;
}

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    agents: countersign::cli::agents::Agents,
}

#[tokio::test]
async fn the_command_line_tells_the_same() {
    let team = Team::start().await;
    for arguments in [&["agents"][..], &["agents", "--json"], &["agents", "content", "--json"]] {
        let agents = Cli::try_parse_from(arguments).unwrap().agents;
        let (db, workspace) = (team.db(), team.app.workspace.id);
        let clock = &team.app.clock;
        countersign::cli::agents::run(db, &team.config, clock, workspace, agents).await.unwrap();
    }
    let agents = Cli::try_parse_from(["agents", "poet"]).unwrap().agents;
    let (db, workspace, clock) = (team.db(), team.app.workspace.id, &team.app.clock);
    let refused = countersign::cli::agents::run(db, &team.config, clock, workspace, agents)
        .await
        .unwrap_err();
    assert_snapshot!(refused.to_string(), @"No agent is named “poet”. There are: research, content, performance, campaign, crm, reporting.");
    team.done().await;
}
