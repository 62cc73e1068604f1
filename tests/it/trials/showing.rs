//! The card of a test beside its words: the picture, and what is shown in the thread.

use countersign::sandbox::{Fault, FaultKind};

use super::{EVEN, known};
use crate::harness::Team;

#[tokio::test]
async fn where_slack_takes_no_picture_the_card_does_without() {
    let team = Team::with_a_test(known()).await;
    let code = Some("missing_scope".to_owned());
    let fault = Fault { code, ..Fault::new(FaultKind::Error) };
    team.sandbox.fault(fault.on("files.getUploadURLExternal"));
    team.runs_for(2, EVEN).await;
    let card = team.card();
    assert!(card.contains("*Continue:* after 8,000 users"), "{card}");
    assert!(!card.contains("(image:"), "{card}");
    team.done().await;
}
