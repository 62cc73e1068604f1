//! Plans that the campaign agent words with a model: checked under the brand kit, and put up as another
//! revision.

use std::sync::Arc;

use countersign::sandbox::Seed;
use insta::assert_snapshot;
use serde_json::{Value, json};

use super::{PLACE, known};
use crate::fake_model::{Answer, FakeModel};
use crate::harness::{Door, Team};

const WORD: &str = "Have the agent word it";

impl Team {
    /// The campaign agent has a model.
    async fn with_a_wording_model(model: &FakeModel) -> Self {
        let goal = "goal = \"Tests that are decided once, and rightly.\"\n";
        let manifest = model.manifest("");
        assert!(manifest.contains(goal), "the example has changed");
        let manifest = manifest.replace(goal, &format!("{goal}model = \"fake\"\n"));
        let team = Self::start_set(Door::Http, Seed::example(), |config| {
            let file = config.database.data.join("team.toml");
            std::fs::write(&file, manifest).unwrap();
            config.manifest = Some(file);
            config.model_keys = model.keys();
        })
        .await;
        team.member("maya").plans("Subject line: urgency v benefit", known()).await;
        team.settle().await;
        team
    }

    /// The card of the newest plan, as people read it.
    fn plan_card(&self) -> String {
        let channel = self.shown();
        channel[channel.rfind("countersign: Subject line").unwrap()..].to_owned()
    }
}

fn words(hypothesis: &str, urgency: &str, benefit: &str) -> Value {
    let text = |variant: &str, text: &str| json!({"variant": variant, "text": text});
    let texts = [text("urgency", urgency), text("benefit", benefit)];
    json!({"hypothesis": hypothesis, "texts": texts, "open": ""})
}

fn good() -> Value {
    words(
        "Readers open what tells them why. So more of them open benefit than urgency.",
        "Heron Linen: the last days of spring",
        "Heron Linen: made to last",
    )
}

#[tokio::test]
async fn a_model_words_the_plan_and_people_decide_on_its_words() {
    let model = FakeModel::start().await;
    let team = Team::with_a_wording_model(&model).await;
    model.answer(Answer::Json(good()));
    let maya = team.member("maya");
    assert_snapshot!(maya.clicks(PLACE, WORD).await, @"The model is asked. The card follows: with its words, or with why there are none.");
    team.settle().await;
    assert_snapshot!(team.shown(), @"
    countersign: Subject line
      A test plan by @maya, sized by the campaign agent.
      > Readers open what tells them why. So more of them open benefit than urgency.
      *Who sees it*
      Everyone who would have seen the control
      *Variants*
      urgency (control) and benefit, split equally
      *Primary metric*
      conversion rate (higher is better)
      *Guardrails*
      unsubscribe rate, up by at most 50 %
      *Least effect worth having*
      10 %
      *Decided*
      at any time, by an interval that holds however often it is read
      *Risk and power*
      5 % risk of a false winner, 80 % power
      *Longest duration*
      28 days
      *urgency*
      > Heron Linen: the last days of spring
      *benefit*
      > Heron Linen: made to last
      *Takes 44,637 users at most, about 12 days.* Read only once, at the end, it would take 23,024, about 6 days.
      Expected conversion rate: 12 % today, as whoever planned it says. 4,000 users a day.
      ---
      *Revision 2.* The text was changed:
      Subject line
      ~With benefit, more of those who see it convert than with urgency.~
      *Readers open what tells them why. So more of them open benefit than urgency.*
      Who sees it: Everyone who would have seen … winner, 80 % power
      Longest duration: 28 days
      *urgency:*
      *Heron Linen: the last days of spring*
      *benefit:*
      *Heron Linen: made to last*
      ---
      :ballot_box_with_check: Ends within the longest duration
      :ballot_box_with_check: What the metric is today is known
      :ballot_box_with_check: Guardrails are named
      :ballot_box_with_check: The texts keep to the brand kit
      :hourglass_flowing_sand: *Waiting for a decision*: one approval from research-reviewers
      Made by the campaign agent, sized by statistics, worded with a model · prompt campaign.plan@2 `(hash)` · model fake-1-20261122 · asked for by @maya · policy test plans (version) · review 1, revision 2, SHA-256 `(hash)`
      [Approve] [Request changes] [Reject] [Edit & approve] [⋯ Who may decide? | The record | What changed? | Change the text | Withdraw my request]
      [Have the agent word it]
    ");

    // What people wrote stands behind the fence, and nowhere in what we say.
    let body = &model.asked()[0].body;
    let (system, user) = (body["system"].to_string(), body["messages"][0]["content"].to_string());
    assert!(system.contains("Larch & Loom") && !system.contains("benefit"), "{system}");
    assert!(user.contains("urgency") && user.contains("benefit"), "{user}");

    // Whoever pressed did not write it; the plan that is in force has these words.
    team.agrees("raj").await;
    assert!(!team.plan_card().contains(WORD));
    assert!(team.card().contains("Nothing was counted yet"), "{}", team.card());
    team.done().await;
}

#[tokio::test]
async fn what_the_kit_finds_goes_back_once_and_stays_on_the_card() {
    let model = FakeModel::start().await;
    let team = Team::with_a_wording_model(&model).await;
    let bad = || words("Readers want to be well.", "Linen", "Our best linen heals insomnia");
    model.answer(Answer::Json(bad()));
    model.answer(Answer::Made(Arc::new(move |asked| {
        let asked = asked["messages"][0]["content"].as_str().unwrap();
        assert!(asked.contains("no medical product"), "{asked}");
        bad()
    })));
    team.member("dana").clicks(PLACE, WORD).await;
    team.settle().await;
    assert_eq!(model.asked().len(), 2);
    let card = team.plan_card();
    let brand = card.lines().find(|it| it.contains("benefit: “"));
    assert_snapshot!(brand.unwrap_or(&card).trim(), @":warning: benefit: “best”: No proof point says so, and a superlative that nobody can check is a promise. Say what it is instead of how it ranks, or add a proof point. benefit: “heals”: Bed linen is no medical product; health claims need studies that we do not have. Say what the fabric is, and how it feels. benefit: “insomnia”: Bed linen is no medical product; health claims need studies that we do not have. Say what the fabric is, and how it feels.");
    team.done().await;
}

#[tokio::test]
async fn a_model_that_fails_leaves_the_plan_as_it_was() {
    let model = FakeModel::start().await;
    let team = Team::with_a_wording_model(&model).await;
    let said = async |answer: Answer| {
        model.answer(answer);
        team.member("maya").clicks(PLACE, WORD).await;
        team.settle().await;
        let card = team.plan_card();
        let line = card.lines().find(|it| it.contains("The plan stays as it was"));
        line.unwrap_or(&card).trim().to_owned()
    };
    let of_one = json!({"variant": "urgency", "text": "Only today"});
    let other = json!({"variant": "price", "text": "Cheap"});
    let mut told = vec![said(Answer::Json(words("", "a", "b"))).await];
    for texts in [json!([of_one]), json!([other])] {
        let answer = json!({"hypothesis": "It works.", "texts": texts, "open": ""});
        told.push(said(Answer::Json(answer)).await);
    }
    assert_snapshot!(told.join("\n"), @"
    The model fake-1-20261122 wrote no hypothesis that fits. The plan stays as it was.
    The model fake-1-20261122 wrote texts for some of the variants only. The plan stays as it was.
    The model fake-1-20261122 wrote a text for none of the variants. The plan stays as it was.
    ");
    assert_eq!(team.count("SELECT count(*) FROM revisions").await, 1);
    team.done().await;
}

#[tokio::test]
async fn without_a_model_the_card_says_so() {
    let team = Team::for_tests().await;
    team.member("maya").plans("Subject line: urgency v benefit", known()).await;
    team.settle().await;
    team.member("maya").clicks(PLACE, WORD).await;
    team.settle().await;
    let card = team.plan_card();
    let line = card.lines().find(|it| it.contains("without a language model"));
    assert_snapshot!(line.unwrap_or(&card).trim(), @"The campaign agent works without a language model, so the plan stays as people worded it. Whoever runs Countersign declares a model for it in the team manifest.");
    team.done().await;
}
