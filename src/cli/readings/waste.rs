//! `countersign readings waste`: which siblings are dear, and which of those provably worse.

use std::io::Write;

use clap::Args;
use sqlx::PgPool;

use super::{FilterArgs, finding_json};
use crate::detectors::{Kind, local_of, waste};
use crate::error::{Refusal, Result};
use crate::ids::WorkspaceId;
use crate::readings::{self, By, Metric};

#[derive(Clone, Debug, Args)]
pub struct Waste {
    /// What the siblings are: campaign, ad-set, or columns that the export was broken down by
    #[arg(long, value_delimiter = ',', default_value = "campaign")]
    by: Vec<String>,
    #[command(flatten)]
    filter: FilterArgs,
    /// The least part of all spending worth a word, in percent
    #[arg(long, value_name = "PERCENT", default_value_t = 10.0)]
    least_share: f64,
    #[arg(long)]
    json: bool,
}

pub async fn waste(
    db: &PgPool,
    workspace: WorkspaceId,
    args: Waste,
    out: &mut impl Write,
) -> Result<()> {
    let by: Vec<By> = args.by.iter().map(|it| By::named(it)).collect();
    let from = args.filter.from;
    let groups = readings::sums(db, workspace, &args.filter.into(), &by).await?;
    let of = |group: &readings::Group, metric| group.sum(metric).map(|it| it.to_f64());
    if !groups.iter().any(|it| it.sum("accepted").is_some()) {
        let sentence = "No reading says how many leads were accepted, so their quality cannot be \
                        compared. Bring it in as the metric accepted: --metric accepted=COLUMN";
        return Err(Refusal::Missing(sentence.to_owned()).into());
    }
    let siblings: Vec<waste::Sibling> = groups
        .iter()
        .map(|it| waste::Sibling {
            name: it.names.join(" "),
            spend: of(it, "spend").unwrap_or(0.0),
            leads: of(it, "leads").or_else(|| of(it, "conversions")).unwrap_or(0.0),
            accepted: of(it, "accepted").unwrap_or(0.0),
        })
        .collect();
    let spend = groups.iter().find_map(|it| it.sums.get(&Metric::from("spend")));
    let rule = waste::Rule {
        least_share: args.least_share / 100.0,
        currency: spend.map(|it| it.1.clone()).filter(|it| !it.is_empty()),
        ..waste::Rule::default()
    };
    let since = from.map_or(0, |it| local_of(it.at(0, 0, 0, 0)));
    let found = waste::find(&siblings, &rule, since);
    if found.is_empty() {
        writeln!(out, "None of {} siblings is provably dearer than the others.", siblings.len())?;
    }
    for (_, it) in &found {
        if args.json {
            writeln!(out, "{}", finding_json(it))?;
        } else {
            let word = if it.kind == Kind::Waste { "Waste" } else { "Expensive" };
            writeln!(out, "{word}: {}", it.sentence)?;
        }
    }
    Ok(())
}
