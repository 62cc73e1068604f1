//! Which policies apply to what is put up, and what they ask for.

use insta::assert_snapshot;
use jiff::SignedDuration;
use serde_json::json;

use super::{COPY, PLACE};
use crate::harness::Team;

const EXAMPLE: &str = include_str!("../../../manifests/team.toml");

/// The policy that the example has for copy, in other words.
fn with_copy(policy: &str) -> String {
    let start = EXAMPLE.find("[[policy]]\nname = \"copy\"").unwrap();
    let end = EXAMPLE.find("[[policy]]\nname = \"promises\"").unwrap();
    format!(
        "{}[[policy]]\nname = \"copy\"\non = \"draft\"\n{policy}\n\n{}",
        &EXAMPLE[..start],
        &EXAMPLE[end..]
    )
}

impl Team {
    /// What the card says that it waits for.
    fn waits_for(&self) -> String {
        let channel = self.channel(PLACE);
        let line = channel.lines().find(|line| line.contains("Waiting for a decision"));
        let (_, what) = line.unwrap_or_default().rsplit_once("*: ").unwrap_or_default();
        what.to_owned()
    }

    async fn policies(&self) -> String {
        let rules: Vec<String> =
            sqlx::query_scalar("SELECT jsonb_array_elements_text(terms -> 'rules') FROM reviews")
                .fetch_all(self.db())
                .await
                .unwrap();
        rules.join(" + ")
    }
}

#[tokio::test]
async fn what_the_words_promise_asks_for_leads_as_well() {
    for (text, policies) in [
        (COPY, "copy"),
        ("Now 20% off the whole spring collection.", "copy + promises"),
        ("The best sofa there is, guaranteed.", "copy + promises"),
        ("Write to anna.b@example.com for a seat.", "copy + promises"),
    ] {
        let team = Team::start().await;
        team.puts_up("Draft", "Spring", text, json!({})).await;
        assert_eq!(team.policies().await, policies, "{text}");
        team.done().await;
    }
}

#[tokio::test]
async fn two_groups_decide_where_two_policies_apply() {
    let team = Team::start().await;
    team.puts_up("Draft", "Spring sale", "Now 20% off everything.", json!({})).await;
    assert_snapshot!(team.waits_for(), @"one approval from brand, and one approval from marketing-leads");
    assert_eq!(team.member("dana").approves().await, "");
    team.settle().await;
    assert_snapshot!(team.waits_for(), @"one approval from marketing-leads");
    // Lena is in both groups.
    assert_eq!(team.member("lena").approves().await, "");
    team.settle().await;
    assert_eq!(team.stands().await, "approved");
    team.done().await;
}

#[tokio::test]
async fn a_large_budget_makes_two_groups_decide() {
    let team = Team::start().await;
    let text = "We move money from search to social for May.";
    team.puts_up("Budget change", "May", text, json!({"Budget": "10 000"})).await;
    assert_eq!(team.policies().await, "budgets");
    assert_snapshot!(team.waits_for(), @"one approval from marketing-leads");

    let maya = team.member("maya");
    maya.chooses(PLACE, "Change the text").await;
    assert_eq!(maya.fills(json!({"Budget": "10,001"})).await, "");
    team.settle().await;
    assert_eq!(team.policies().await, "budgets + large budgets");
    assert_snapshot!(team.waits_for(), @"one approval from marketing-leads, and one approval from brand");
    assert!(team.channel(PLACE).contains("Budget: ~10,000~*10,001*"), "{}", team.channel(PLACE));

    assert_eq!(team.member("dana").clicks(PLACE, "Approve").await, "");
    team.settle().await;
    assert_eq!(team.stands().await, "open");
    assert_eq!(team.member("lena").clicks(PLACE, "Approve").await, "");
    team.settle().await;
    assert_eq!(team.stands().await, "approved");
    team.done().await;
}

#[tokio::test]
async fn audience_and_public_choose_policies_too() {
    let manifest = format!(
        "{EXAMPLE}\n[[policy]]\nname = \"wide\"\non = \"draft\"\naudience_over = 1000\nneeds = [{{ group = \"sales\", count = 1 }}]\n\
         \n[[policy]]\nname = \"press\"\non = [\"draft\", \"test_plan\"]\nlabels = [\"public\"]\nneeds = [{{ group = \"marketing-leads\", count = 1 }}]\n"
    );
    let team = Team::start_with_manifest(&manifest).await;
    team.puts_up(
        "Draft",
        "Spring",
        COPY,
        json!({"How many people it reaches": "1001", "Who will see it?": ["It goes to the public"]}),
    )
    .await;
    assert_eq!(team.policies().await, "copy + wide + press");
    team.done().await;
}

#[tokio::test]
async fn so_many_of_each_of_several_groups() {
    let manifest = with_copy(
        "needs = [{ group = \"brand\", count = 2 }, { group = \"research-reviewers\", count = 1 }]",
    );
    let team = Team::start_with_manifest(&manifest).await;
    team.puts_up("Draft", "Spring", COPY, json!({})).await;
    assert_snapshot!(team.waits_for(), @"2 approvals from brand, and one approval from research-reviewers");
    // Dana sits in both groups, so hers counts for both.
    assert_eq!(team.member("dana").clicks(PLACE, "Approve").await, "");
    team.settle().await;
    assert_snapshot!(team.waits_for(), @"one approval from brand");
    assert_snapshot!(team.member("dana").clicks(PLACE, "Approve").await, @"You approved this already; your first decision stands.");
    assert_snapshot!(team.member("sam").clicks(PLACE, "Approve").await, @"This draft needs a decision from brand or research-reviewers; you are not in that group.");
    assert_eq!(team.member("lena").clicks(PLACE, "Approve").await, "");
    team.settle().await;
    assert_eq!(team.stands().await, "released");
    team.done().await;
}

#[tokio::test]
async fn an_editor_approves_where_the_policy_lets_them() {
    let manifest =
        with_copy("needs = [{ group = \"brand\", count = 1 }]\neditor_may_approve = true");
    let team = Team::start_with_manifest(&manifest).await;
    team.puts_up("Draft", "Spring", COPY, json!({})).await;
    let dana = team.member("dana");
    assert_eq!(dana.clicks(PLACE, "Edit & approve").await, "");
    assert_eq!(dana.fills(json!({"Text": "The spring collection is there."})).await, "");
    team.settle().await;
    assert_eq!(team.stands().await, "released");
    team.done().await;
}

#[tokio::test]
async fn an_editor_answers_the_questions_too() {
    let manifest = with_copy(
        "needs = [{ group = \"brand\", count = 1 }]\neditor_may_approve = true\nquestions = [\"Is it accurate?\", \"Is it useful?\"]",
    );
    let team = Team::start_with_manifest(&manifest).await;
    team.puts_up("Draft", "Spring", COPY, json!({})).await;
    let (dana, lena) = (team.member("dana"), team.member("lena"));
    assert_eq!(dana.clicks(PLACE, "Edit & approve").await, "");
    let half = json!({"Text": "Spring is there now.", "Tick what is true": ["Is it accurate?"]});
    assert_snapshot!(dana.fills(half).await, @"Your wording is up for a decision. It is not your approval yet: press Approve on the card, which asks what the policy asks.");
    team.settle().await;
    assert_eq!(team.count("SELECT count(*) FROM decisions").await, 0);

    assert_eq!(lena.clicks(PLACE, "Edit & approve").await, "");
    let whole = json!({"Text": "Spring is here now.", "Tick what is true": true});
    assert_eq!(lena.fills(whole).await, "");
    team.settle().await;
    assert_eq!(team.stands().await, "released");
    team.done().await;
}

#[tokio::test]
async fn approvals_survive_typography_and_no_other_wording() {
    let team = Team::start().await;
    team.puts_up("Draft", "Spring sale", "Now 20% off everything", json!({})).await;
    assert_eq!(team.member("dana").approves().await, "");
    team.settle().await;
    let maya = team.member("maya");
    maya.chooses(PLACE, "Change the text").await;
    assert_eq!(maya.fills(json!({"Text": "Now 20% off - everything!"})).await, "");
    team.settle().await;
    assert_snapshot!(team.waits_for(), @"one approval from marketing-leads");
    assert!(team.channel(PLACE).contains("an earlier revision"), "{}", team.channel(PLACE));

    maya.chooses(PLACE, "Change the text").await;
    assert_eq!(maya.fills(json!({"Text": "Now 30% off - everything!"})).await, "");
    team.settle().await;
    assert_snapshot!(team.waits_for(), @"one approval from brand, and one approval from marketing-leads");
    team.done().await;
}

#[tokio::test]
async fn an_approval_answers_every_question() {
    let team = Team::with_a_draft().await;
    let dana = team.member("dana");
    assert_eq!(dana.clicks(PLACE, "Approve").await, "");
    let one = json!({"Tick what is true": ["Is it accurate?"]});
    assert_snapshot!(dana.fills(one).await, @"Tick every question, or close this and request changes instead: an approval says that all of it is true.");
    assert_eq!(team.count("SELECT count(*) FROM decisions").await, 0);
    assert_eq!(dana.fills(json!({"Tick what is true": true})).await, "");
    team.settle().await;
    assert_eq!(team.stands().await, "approved");
    team.done().await;
}

#[tokio::test]
async fn what_is_approved_is_held_and_can_be_taken_back_meanwhile() {
    let team = Team::with_a_draft().await;
    let dana = team.member("dana");
    dana.approves().await;
    team.settle().await;
    team.wait(SignedDuration::from_secs(50)).await;
    assert_eq!(team.stands().await, "approved", "it is held for a minute");
    assert_eq!(team.count("SELECT count(*) FROM releases").await, 0);
    assert_eq!(dana.clicks(PLACE, "Undo my decision").await, "");
    team.settle().await;
    team.wait(SignedDuration::from_secs(120)).await;
    assert_eq!(team.stands().await, "open", "what was taken back does not go out");
    assert_eq!(team.count("SELECT count(*) FROM releases").await, 0);

    dana.approves().await;
    team.settle().await;
    team.wait(SignedDuration::from_secs(61)).await;
    assert_eq!(team.stands().await, "released");
    assert_eq!(team.count("SELECT count(*) FROM releases").await, 1);
    team.done().await;
}
