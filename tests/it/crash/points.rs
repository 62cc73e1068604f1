//! The bot is killed at every step of the journey from a question to a decision, and started again.

use super::people::Journey::{self, Approved, Mentioned, Rejected};
use crate::harness::Deployment;
use crate::harness::Door::{self, Http, Socket};
use crate::harness::hold::Step::{self, Before, Calling, Committing, Unanswered};

killed! {
    // The command.
    before_a_command_commits: Http, Approved, Before("INSERT ON graphile_worker._private_jobs");
    after_a_command_commits_and_before_it_is_acknowledged: Http, Approved, Committing("INSERT ON runs");
    before_a_mention_commits: Http, Mentioned, Before("INSERT ON graphile_worker._private_jobs");
    after_a_mention_commits_and_before_it_is_acknowledged: Http, Mentioned, Committing("INSERT ON runs");

    // The research.
    when_a_job_is_picked_up: Http, Approved, Before("UPDATE ON runs");
    when_a_run_has_begun: Http, Approved, Committing("UPDATE ON runs");
    in_the_middle_of_the_research: Http, Approved, Before("INSERT ON reviews");
    after_the_research_commits: Http, Approved, Committing("INSERT ON findings");
    before_a_job_that_is_done_leaves_the_queue: Http, Approved, Before("DELETE ON graphile_worker._private_jobs");

    // The card.
    before_an_attempt_to_post_is_noted: Http, Approved, Before("INSERT ON posts");
    after_an_attempt_to_post_is_noted: Http, Approved, Committing("INSERT ON posts");
    before_a_message_is_posted: Http, Approved, Calling("chat.postMessage");
    after_a_message_is_posted: Http, Approved, Unanswered("chat.postMessage");
    before_it_is_noted_which_message_was_posted: Http, Approved, Before("UPDATE ON posts");
    after_it_is_noted_which_message_was_posted: Http, Approved, Committing("UPDATE ON posts");

    // The decision.
    while_it_is_asked_who_may_decide: Http, Approved, Calling("usergroups.list");
    before_a_click_commits: Http, Approved, Before("INSERT ON decisions");
    after_a_click_commits_and_before_it_is_acknowledged: Http, Approved, Committing("INSERT ON decisions");
    while_a_form_is_opened: Http, Rejected, Unanswered("views.open");
    before_a_form_commits: Http, Rejected, Before("INSERT ON decisions");
    after_a_form_commits_and_before_it_is_acknowledged: Http, Rejected, Committing("INSERT ON decisions");
    by_socket_before_a_click_commits: Socket, Mentioned, Before("INSERT ON decisions");
    by_socket_after_a_click_commits: Socket, Mentioned, Committing("INSERT ON decisions");
    by_socket_after_a_mention_commits: Socket, Mentioned, Committing("INSERT ON runs");

    // The card, as it then is.
    before_a_message_is_changed: Http, Approved, Calling("chat.update");
    after_a_message_is_changed: Http, Approved, Unanswered("chat.update");
    before_it_is_noted_what_a_message_shows: Http, Approved, Before("UPDATE ON posts WHEN old.ts IS NOT NULL");

    // The release.
    before_a_release_is_noted: Http, Approved, Before("INSERT ON releases");
    after_a_release_is_noted: Http, Approved, Committing("INSERT ON releases");
    before_an_attempt_to_deliver_is_noted: Http, Approved, Before("UPDATE ON dispatches");
    after_an_attempt_to_deliver_is_noted: Http, Approved, Committing("UPDATE ON dispatches WHEN new.sending_since IS NOT NULL");
    before_it_is_noted_that_it_was_delivered: Http, Approved, Before("UPDATE ON dispatches WHEN new.state = 'delivered'");
    after_it_is_noted_that_it_was_delivered: Http, Approved, Committing("UPDATE ON dispatches WHEN new.state = 'delivered'");

    // The trail.
    before_entries_get_their_place: Http, Approved, Before("INSERT ON audit.checkpoints");
    after_entries_got_their_place: Http, Approved, Committing("INSERT ON audit.checkpoints");
}

async fn survives(door: Door, journey: Journey, step: Step) {
    let team = Deployment::start_with(door).await;
    let bot = team.bot().await;
    team.has_reviews().await;
    let mut held = team.hold(step).await;

    let ((), bot) = tokio::join!(team.goes_through(journey), held.kills(bot));
    drop(held);

    team.has_gone_through(journey, bot).await;
}
