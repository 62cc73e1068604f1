//! `countersign readings sum`: exact sums, and the rates computed from them.

use std::collections::BTreeMap;
use std::io::Write;

use clap::Args;
use serde_json::json;
use sqlx::PgPool;

use super::FilterArgs;
use crate::detectors::amount;
use crate::error::{Refusal, Result};
use crate::ids::WorkspaceId;
use crate::readings::{self, By, Derived, Filter, Metric};

#[derive(Clone, Debug, Args)]
pub struct Sum {
    /// Only this one: spend, clicks, conversions …
    #[arg(long)]
    metric: Option<String>,
    /// Tell sums apart by these: source, campaign, ad-set, currency, day, month, or a column that
    /// the export was broken down by
    #[arg(long, value_delimiter = ',')]
    by: Vec<String>,
    #[command(flatten)]
    filter: FilterArgs,
    #[arg(long)]
    json: bool,
}

pub async fn sum(
    db: &PgPool,
    workspace: WorkspaceId,
    args: Sum,
    out: &mut impl Write,
) -> Result<()> {
    let by: Vec<By> = args.by.iter().map(|it| By::named(it)).collect();
    let filter = Filter { metric: args.metric, ..args.filter.into() };
    let groups = readings::sums(db, workspace, &filter, &by).await?;
    if groups.is_empty() {
        let sentence = "There are no readings to add up. Bring some in with: countersign ingest \
                        readings FILE --as csv";
        return Err(Refusal::Missing(sentence.to_owned()).into());
    }
    for group in &groups {
        let rates: BTreeMap<&str, f64> = Derived::ALL
            .into_iter()
            .filter_map(|it| group.derived(it).map(|value| (it.name(), value)))
            .collect();
        if args.json {
            let names: BTreeMap<&String, &String> = args.by.iter().zip(&group.names).collect();
            let sums: BTreeMap<&str, _> = group
                .sums
                .iter()
                .map(|(metric, (sum, currency))| {
                    let sum = sum.to_string();
                    (metric.0.as_str(), json!({ "sum": sum, "currency": currency }))
                })
                .collect();
            writeln!(out, "{}", json!({ "by": names, "sums": sums, "rates": rates }))?;
            continue;
        }
        let title = group.names.join(", ");
        writeln!(out, "{}", if by.is_empty() { "All" } else { title.as_str() })?;
        for (metric, (sum, currency)) in &group.sums {
            let space = if currency.is_empty() { "" } else { " " };
            writeln!(out, "  {:<24}{sum}{space}{currency}", metric.label())?;
        }
        for derived in Derived::ALL {
            let Some(value) = rates.get(derived.name()) else { continue };
            let (above, _) = derived.parts();
            let currency = group.sums.get(&Metric::from(above)).map(|it| it.1.as_str());
            let currency = currency.filter(|_| derived.is_price());
            writeln!(out, "  {:<24}{}", derived.label(), amount(*value, currency))?;
        }
    }
    Ok(())
}
