//! Who may do what with leads: sales claims and answers, whoever manages it may stand in.

use crate::app::App;
use crate::config::Sales;
use crate::error::{Refusal, Result};
use crate::ids::PersonId;
use crate::reviews;

/// What somebody may do with leads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rights {
    pub is_manager: bool,
}

/// The rights of a person.
///
/// # Errors
///
/// Refuses everybody who is in neither of the two groups, and all where there is no sales team.
pub async fn rights<'a>(app: &'a App, person: &PersonId) -> Result<(&'a Sales, Rights)> {
    let sales = app.manifest.sales.as_ref().ok_or(Refusal::NoSalesTeam)?;
    let groups: Vec<String> =
        std::iter::once(&sales.group).chain(&sales.manager).cloned().collect();
    let theirs = reviews::groups_of(app, &groups, person).await?;
    if theirs.is_empty() {
        return Err(Refusal::NotInSales { groups }.into());
    }
    let is_manager = sales.manager.as_ref().is_some_and(|manager| theirs.contains(manager));
    Ok((sales, Rights { is_manager }))
}
