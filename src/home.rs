//! A person's home: what waits for them, how the agents do that they answer for, and what they can ask for.

use crate::app::App;
use crate::commands::grammar;
use crate::error::Result;
use crate::ids::PersonId;
use crate::reviews;
use crate::scorecards;

/// Shows a person's home as it now stands.
pub async fn show(app: &App, person: &PersonId) -> Result<()> {
    let queue = reviews::queue_of(app, person).await?;
    let mut home = reviews::home(&queue);
    let agents = scorecards::of_owner(app, person).await?;
    if !agents.is_empty() {
        home = home.divider().header("The agents that you answer for").section(agents.join("\n"));
    }
    app.slack.publish_home(person, &home.divider().section(grammar::overview())).await?;
    Ok(())
}
