//! People who go on trying, and what must be true when they are done.

use std::time::Duration;

use countersign::sandbox::{Outcome, Place};
use serde_json::json;

use crate::harness::{Deployment, Process};

const REVIEWS: &str = "id,date,text
R-1,2026-03-02,The sound is tinny and the bass is missing. I expected more.
R-2,2026-03-05,I love the fabric and the colour.
R-3,2026-04-11,Sound quality is poor at high volume. It crackles and distorts.
R-4,2026-04-20,Setup took five minutes and was easy.
R-5,2026-05-01,The sound is disappointing for the price.
";

const QUESTION: &str = "what do people dislike about the sound?";

/// How a finding comes about, and what becomes of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Journey {
    /// Asked for by a command, and approved with a button.
    Approved,
    /// Asked for by a command, and rejected with a form that asks why.
    Rejected,
    /// Asked for by a mention, and approved.
    Mentioned,
}

impl Deployment {
    pub async fn has_reviews(&self) {
        self.has_documents("reviews", REVIEWS).await;
    }

    /// From the question to the decision, for as often as it needs to be tried.
    pub async fn goes_through(&self, journey: Journey) {
        match journey {
            Journey::Mentioned => self.mentions().await,
            Journey::Approved | Journey::Rejected => self.asks().await,
        }
        self.comes_to_show("[Approve]").await;
        match journey {
            Journey::Rejected => self.rejects().await,
            Journey::Approved | Journey::Mentioned => self.approves().await,
        }
        self.comes_to_show(journey.state()).await;
    }

    /// What was approved has reached the outbox, once, and the trail says so.
    async fn delivers(&self) {
        self.until("what was approved is delivered", async || {
            let sql = "SELECT count(*) FROM dispatches WHERE state = 'delivered'";
            (self.count(sql).await == 1).then_some(())
        })
        .await;
    }

    /// Maya asks. As long as it is not acknowledged, the same request comes again.
    pub async fn asks(&self) {
        let typed = format!("/research {QUESTION}");
        let outcome = self.sandbox.command("maya", "#research", &typed).await.unwrap();
        let mut is_taken = is_taken(&outcome);
        self.until("the command is acknowledged", async || {
            if !is_taken {
                is_taken = self.resend_question().await;
            }
            is_taken.then_some(())
        })
        .await;
    }

    /// Maya mentions the bot. Slack itself delivers an event again.
    async fn mentions(&self) {
        let bot = &self.sandbox.seed().app.bot_user_id;
        let text = format!("<@{bot}> {QUESTION}");
        self.sandbox.message("maya", "#research", &text, None).await.unwrap();
    }

    /// Raj presses, again when Slack says that it did not work.
    pub async fn approves(&self) {
        self.until("the approval is acknowledged", async || {
            self.presses("Approve").await.then_some(())
        })
        .await;
    }

    /// Raj presses once. A button that is not there any more was pressed with success before.
    pub async fn presses(&self, button: &str) -> bool {
        let place = Place::Channel { channel: "#research", message: None };
        let pressed = self.sandbox.click("raj", place, button, None).await;
        let is_gone = !self.channel("#research").contains(&format!("[{button}]"));
        pressed.is_ok_and(|outcome| is_taken(&outcome)) || is_gone
    }

    /// Raj fills in the form, from the beginning when Slack says that it did not work.
    async fn rejects(&self) {
        let reason = json!({ "What is wrong with it?": "Not needed", "Why is it rejected?": "Three reviews are no pattern." });
        self.until("the rejection is acknowledged", async || {
            let place = Place::Channel { channel: "#research", message: None };
            if self.sandbox.click("raj", place, "Reject", None).await.is_err() {
                return Some(());
            }
            let submitted = self.sandbox.submit("raj", reason.as_object().unwrap()).await;
            submitted.is_ok_and(|outcome| is_taken(&outcome)).then_some(())
        })
        .await;
    }

    /// Waits until #research shows a text, letting what failed be tried again at once.
    pub async fn comes_to_show(&self, text: &str) {
        self.until(&format!("#research shows {text}"), async || {
            self.hurry().await;
            self.channel("#research").contains(text).then_some(())
        })
        .await;
    }

    /// Sends the request with the question once more, byte by byte; whether it is acknowledged.
    async fn resend_question(&self) -> bool {
        let sent = self.sandbox.sent();
        let last = sent.iter().rfind(|sent| sent.payload["text"] == QUESTION).expect("it was sent");
        let request = last.request.as_ref().expect("it was sent by HTTP");
        let client = reqwest::Client::builder().timeout(Duration::from_secs(3)).build().unwrap();
        let post = client.post(request.url.clone()).body(request.body.clone());
        let post =
            request.headers.iter().fold(post, |post, (name, value)| post.header(*name, value));
        match post.send().await {
            Ok(answer) if answer.status().is_success() => {
                !answer.text().await.unwrap_or_default().contains(APOLOGY)
            }
            _ => false,
        }
    }

    /// Holds what must hold at the end of a journey, however it went, and ends the test.
    pub async fn has_gone_through(self, journey: Journey, bot: Process) {
        if journey != Journey::Rejected {
            self.delivers().await;
        }
        let outbox = self.outbox();
        assert_eq!(outbox.len(), usize::from(journey != Journey::Rejected), "{outbox:?}");
        let channel = self.channel("#research");
        assert_eq!(self.posted("#research"), 1, "one card: {channel}");
        assert!(!channel.contains("[Approve]"), "{channel}");
        for (table, sql) in [
            ("runs", "SELECT count(*) FROM runs WHERE state = 'done'"),
            ("runs", "SELECT count(*) FROM runs"),
            ("findings", "SELECT count(*) FROM findings"),
            ("reviews", "SELECT count(*) FROM reviews"),
            ("decisions", "SELECT count(*) FROM decisions"),
            (
                "posts",
                "SELECT count(*) FROM posts WHERE ts IS NOT NULL AND subject LIKE 'finding:%'",
            ),
        ] {
            assert_eq!(self.count(sql).await, 1, "{table}");
        }
        assert_eq!(self.trail().await, journey.trail());
        self.done(bot).await;
    }
}

impl Journey {
    const fn state(self) -> &'static str {
        match self {
            Self::Approved | Self::Mentioned => "*Approved and released*",
            Self::Rejected => "*Rejected*",
        }
    }

    fn trail(self) -> String {
        let decided = match self {
            Self::Approved | Self::Mentioned => {
                "approved finding\nbot finding.released finding\nbot release.delivered finding"
            }
            Self::Rejected => "rejected finding",
        };
        format!(
            "bot manifest.changed manifest\n\
             bot brand_kit.changed brand_kit\n\
             maya run.requested run\n\
             agent research evidence.read run\n\
             agent research finding.made finding\n\
             agent research finding.checked finding\n\
             bot policy.evaluated finding\n\
             agent research review.opened finding\n\
             raj finding.{decided}"
        )
    }
}

/// Begins the answer to what was not recorded.
const APOLOGY: &str = "Something broke on our side";

pub fn is_taken(outcome: &Outcome) -> bool {
    outcome.status == 200 && outcome.error.is_none() && !outcome.text().contains(APOLOGY)
}
