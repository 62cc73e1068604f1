//! `countersign readings sum`: exact sums, and the rates computed from them.

use std::collections::BTreeMap;
use std::io::Write;

use clap::Args;
use serde_json::json;
use sqlx::PgPool;

use super::FilterArgs;
use crate::detectors::significance::{Share, z};
use crate::error::{Refusal, Result};
use crate::ids::WorkspaceId;
use crate::readings::{self, By, Decimal, Derived, Filter, Group, Metric};
use crate::words::{amount, grouped, percent};

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
    let wholes = wholes(&groups);
    for group in &groups {
        if args.json {
            writeln!(out, "{}", line_of(group, &args.by, &wholes))?;
            continue;
        }
        let title = group.names.join(", ");
        writeln!(out, "{}", if by.is_empty() { "All" } else { title.as_str() })?;
        for (metric, (sum, currency)) in &group.sums {
            let share = share(group, metric, &wholes).filter(|_| groups.len() > 1);
            let share = share.map_or_else(String::new, |it| format!("  ({} of all)", percent(it)));
            writeln!(out, "  {:<24}{}{share}", metric.label(), told(*sum, currency))?;
        }
        for derived in Derived::ALL {
            let Some(value) = group.derived(derived) else { continue };
            writeln!(out, "  {:<24}{}", derived.label(), rate(group, derived, value))?;
        }
    }
    Ok(())
}

/// What all groups come to together, of each metric and currency.
fn wholes(groups: &[Group]) -> BTreeMap<(&Metric, &str), f64> {
    let mut wholes = BTreeMap::new();
    for (metric, (sum, currency)) in groups.iter().flat_map(|it| &it.sums) {
        *wholes.entry((metric, currency.as_str())).or_insert(0.0) += sum.to_f64();
    }
    wholes
}

/// The part that a group has in that.
fn share(group: &Group, metric: &Metric, wholes: &BTreeMap<(&Metric, &str), f64>) -> Option<f64> {
    let (sum, currency) = group.sums.get(metric)?;
    let whole = wholes.get(&(metric, currency.as_str())).filter(|it| **it > 0.0)?;
    Some(sum.to_f64() / whole)
}

/// Exact, and with the part that it has in all.
fn line_of(
    group: &Group,
    by: &[String],
    wholes: &BTreeMap<(&Metric, &str), f64>,
) -> serde_json::Value {
    let names: BTreeMap<&String, &String> = by.iter().zip(&group.names).collect();
    let sums: BTreeMap<&str, _> = group
        .sums
        .iter()
        .map(|(metric, (sum, currency))| {
            let (sum, share) = (sum.to_string(), share(group, metric, wholes));
            let told = json!({ "sum": sum, "currency": currency, "share": share });
            (metric.0.as_str(), told)
        })
        .collect();
    let rates: BTreeMap<&str, f64> = Derived::ALL
        .into_iter()
        .filter_map(|it| group.derived(it).map(|value| (it.name(), value)))
        .collect();
    json!({ "by": names, "sums": sums, "rates": rates })
}

/// Money to the cent, everything else as it is.
fn told(sum: Decimal, currency: &str) -> String {
    let plain = match currency {
        "" => sum.to_string(),
        _ => format!("{:.2} {currency}", sum.to_f64()),
    };
    let (whole, rest) = plain.split_at(plain.find(['.', ' ']).unwrap_or(plain.len()));
    whole.parse().map_or_else(|_| plain.clone(), |whole| format!("{}{rest}", grouped(whole)))
}

fn rate(group: &Group, derived: Derived, value: f64) -> String {
    let (above, below) = derived.parts();
    let sum = |metric: &str| group.sum(metric).map_or(0.0, |it| it.to_f64());
    match derived {
        // How sure the quality of leads is decides what may be said of it.
        Derived::AcceptanceRate => {
            let share = Share { successes: sum(above), trials: sum(below) };
            let interval = share.interval(z(1));
            let (low, high) = (percent(interval.low), percent(interval.high));
            format!("{} (95 % interval: {low} to {high})", percent(value))
        }
        Derived::Ctr | Derived::ConversionRate => format!("{} %", amount(value * 100.0, None)),
        _ => {
            let currency = group.sums.get(&Metric::from(above)).map(|it| it.1.as_str());
            amount(value, currency.filter(|_| derived.is_price()))
        }
    }
}
