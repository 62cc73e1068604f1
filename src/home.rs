//! A person's home: what waits for them, and what they can ask for.

use crate::app::App;
use crate::commands::grammar;
use crate::error::Result;
use crate::ids::PersonId;
use crate::reviews;

/// Shows a person's home as it now stands.
pub async fn show(app: &App, person: &PersonId) -> Result<()> {
    let queue = reviews::queue_of(app, person).await?;
    let home = reviews::home(&queue, &grammar::overview());
    app.slack.publish_home(person, &home).await?;
    Ok(())
}
