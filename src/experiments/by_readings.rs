//! A test that is counted by readings: its arms are campaigns or ad sets of one source, and what came in
//! them each day is brought over whenever readings arrive, or once a day.
//!
//! **Invariant:** only whole days count. The day of the approval does not, because its readings hold what
//! was before; nor does today.

use std::collections::{BTreeMap, BTreeSet};

use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::observations::{self, Body, Delivery, Origin};
use super::running::{self, Running};
use super::statistics::file::daily::Days;
use super::{TestPlan, store};
use crate::app::App;
use crate::audit::Actor;
use crate::error::{Error, Result};
use crate::ids::ExperimentId;
use crate::jobs::{self, Job};
use crate::readings::{self, By, Filter, Metric};
use crate::words::listed;

/// How far back it is looked for what a plan names.
const WEEKS: i32 = 4;

/// What is counted of whom, where.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ByReadings {
    pub source: String,
    /// The metrics whose quotient the primary metric is: `conversions` per `clicks`.
    pub counted: String,
    pub per: String,
    pub arms: Vec<ArmAt>,
    /// The same with what is counted of a guardrail, by its name.
    pub guardrails: Vec<GuardAt>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ArmAt {
    pub arm: String,
    pub level: Level,
    pub name: String,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct GuardAt {
    pub guardrail: String,
    pub counted: String,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    Campaign,
    AdSet,
}

impl ByReadings {
    /// `conversions per clicks, from the readings of “shop”; urgency is the campaign Spring A, …`.
    pub fn in_words(&self) -> String {
        let arms: Vec<String> = self
            .arms
            .iter()
            .map(|it| format!("{} is the {} {}", it.arm, it.level.in_words(), it.name))
            .collect();
        let guards: Vec<String> = self
            .guardrails
            .iter()
            .map(|it| format!("; {}: {}", it.guardrail, spoken(&it.counted)))
            .collect();
        format!("{}; {}{}", self.quotient(), arms.join(", "), guards.concat())
    }

    /// `conversions per clicks, from the readings of “shop”`.
    pub fn quotient(&self) -> String {
        let (counted, per) = (spoken(&self.counted), spoken(&self.per));
        format!("{counted} per {per}, from the readings of “{}”", self.source)
    }

    /// As it is typed into the form.
    pub fn as_typed(&self) -> String {
        let (counted, per) = (spoken(&self.counted), spoken(&self.per));
        let mut lines = vec![format!("{counted} per {per}, from {}", self.source)];
        lines.extend(
            self.arms.iter().map(|it| format!("{}: {} {}", it.arm, it.level.in_words(), it.name)),
        );
        lines.extend(
            self.guardrails.iter().map(|it| format!("{}: {}", it.guardrail, spoken(&it.counted))),
        );
        lines.join("\n")
    }

    /// Whether what is divided by are people; else who comes twice counts twice.
    pub fn counts_people(&self) -> bool {
        self.per == "users"
    }

    /// The arms of which nothing has been read.
    pub fn unheard_of<'a>(&'a self, known: &'a Known) -> Vec<&'a str> {
        let unheard = self.arms.iter().filter(|it| !known.places.contains(&it.place(&self.source)));
        unheard.map(|it| it.name.as_str()).collect()
    }

    fn metrics(&self) -> BTreeSet<&str> {
        let guards = self.guardrails.iter().map(|it| it.counted.as_str());
        guards.chain([self.counted.as_str(), self.per.as_str()]).collect()
    }
}

impl ArmAt {
    fn place(&self, source: &str) -> (String, Level, String) {
        (source.to_owned(), self.level, self.name.clone())
    }
}

impl Level {
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Campaign => "campaign",
            Self::AdSet => "ad set",
        }
    }
}

/// What was read of late.
#[derive(Clone, Debug, Default)]
pub struct Known {
    metrics: BTreeMap<String, BTreeSet<String>>,
    places: BTreeSet<(String, Level, String)>,
}

impl Known {
    pub async fn find(app: &App) -> Result<Self> {
        let today = app.now().to_zoned(app.manifest.zone.clone()).date();
        let from = Some(today - (WEEKS * 7).days());
        let filter = Filter { from, ..Filter::default() };
        // Currencies are told apart, because they have no one sum.
        let by = [By::Source, By::Campaign, By::AdSet, By::Currency];
        let mut known = Self::default();
        for group in readings::sums(&app.db, app.workspace.id, &filter, &by).await? {
            let [source, campaign, ad_set, _] = group.names.as_slice() else { continue };
            let names = group.sums.keys().map(|it| it.0.clone());
            known.metrics.entry(source.clone()).or_default().extend(names);
            known.places.insert((source.clone(), Level::Campaign, campaign.clone()));
            known.places.insert((source.clone(), Level::AdSet, ad_set.clone()));
        }
        Ok(known)
    }

    /// Says what of a plan cannot be read, in a sentence.
    pub fn check(&self, by: &ByReadings) -> Result<(), String> {
        let Some(metrics) = self.metrics.get(&by.source) else {
            let sources: Vec<&str> = self.metrics.keys().map(String::as_str).collect();
            let there = match sources.as_slice() {
                [] => "there are none of any source".to_owned(),
                sources => format!("there are of {}", listed(sources)),
            };
            return Err(format!(
                "There are no readings of “{}” of the last {WEEKS} weeks; {there}.",
                by.source
            ));
        };
        if let Some(missing) = by.metrics().into_iter().find(|it| !metrics.contains(*it)) {
            let names: Vec<String> = metrics.iter().map(|it| spoken(it)).collect();
            return Err(format!(
                "“{}” has not sent {} in the last {WEEKS} weeks; it sends {}.",
                by.source,
                spoken(missing),
                listed(&names)
            ));
        }
        let money = by.metrics().into_iter().find(|it| Metric::from(*it).is_money());
        money.map_or(Ok(()), |it| {
            Err(format!("{} is money, and a rate counts how often something happens.", spoken(it)))
        })
    }
}

/// Brings over what readings say of every running test that they count.
pub async fn count_by_readings(app: &App) -> Result<()> {
    for test in store::counted_by_readings(&app.db, app.workspace.id).await? {
        match bring_over(app, test).await {
            Ok(()) => note_trouble(app, test, None).await?,
            Err(Error::Refused(refusal)) => {
                let sentences = refusal.to_string();
                tracing::warn!(experiment.id = test.0, "readings were not counted: {sentences}");
                note_trouble(app, test, Some(&sentences)).await?;
            }
            Err(fault) => return Err(fault),
        }
    }
    Ok(())
}

async fn bring_over(app: &App, test: ExperimentId) -> Result<()> {
    let workspace = app.workspace.id;
    let Some(running) = store::running(&app.db, workspace, test).await? else { return Ok(()) };
    let plan = running::plan_of(app, test).await?;
    let Some(by) = &plan.by_readings else { return Ok(()) };
    let now = app.now();
    let today = now.to_zoned(app.manifest.zone.clone()).date();
    let days = days(app, &plan, by, &running, today).await?;
    if days.is_empty() {
        return Ok(());
    }
    let delivery = Delivery {
        workspace,
        test,
        origin: Origin::Readings(&by.source),
        by: Actor::Bot,
        now,
        today,
    };
    observations::observe(&app.db, &delivery, Body::Days(&days)).await?;
    Ok(())
}

/// Says on the card what keeps readings from being counted, once it is something else than before.
async fn note_trouble(app: &App, test: ExperimentId, trouble: Option<&str>) -> Result<()> {
    let mut tx = app.db.begin().await?;
    if store::note_trouble(&mut tx, app.workspace.id, test, trouble).await? {
        jobs::enqueue(&mut tx, app.workspace.id, Job::ShowTest { test }).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// What came on each whole day in each arm.
async fn days(
    app: &App,
    plan: &TestPlan,
    by: &ByReadings,
    running: &Running,
    today: Date,
) -> Result<Days> {
    let (from, to) = (running.starts_on + 1.day(), today - 1.day());
    let mut sums: BTreeMap<&str, Sums> = BTreeMap::new();
    for metric in by.metrics() {
        sums.insert(metric, sums_of(app, by, metric, (from, to)).await?);
    }
    let mut days = Days::new();
    let nothing = Sums::new();
    let of = |metric: &str| sums.get(metric).unwrap_or(&nothing);
    for (day, users) in of(&by.per) {
        // What has not come of any arm is not nought, but still to come.
        let Some(counted) = of(&by.counted).get(day) else { continue };
        for arm in &plan.arms {
            let name = arm.name.as_str();
            let Some(users) = users.get(name) else { continue };
            let mut figures = BTreeMap::from([
                ("users".to_owned(), *users),
                ("conversions".to_owned(), counted.get(name).copied().unwrap_or_default()),
            ]);
            for guard in &by.guardrails {
                let Some(came) = of(&guard.counted).get(day) else { continue };
                let value = came.get(name).copied().unwrap_or_default();
                figures.insert(format!("{}.conversions", guard.guardrail), value);
            }
            days.entry(*day).or_default().insert(name.to_owned(), figures);
        }
    }
    Ok(days)
}

/// What a metric came to, by day and arm.
type Sums = BTreeMap<Date, BTreeMap<String, f64>>;

async fn sums_of(
    app: &App,
    by: &ByReadings,
    metric: &str,
    (from, to): (Date, Date),
) -> Result<Sums> {
    let filter = Filter {
        metric: Some(metric.to_owned()),
        source: Some(by.source.clone()),
        from: Some(from),
        to: Some(to),
        ..Filter::default()
    };
    let grouped = [By::Campaign, By::AdSet, By::Day];
    let mut sums = Sums::new();
    for group in readings::sums(&app.db, app.workspace.id, &filter, &grouped).await? {
        let [campaign, ad_set, day] = group.names.as_slice() else { continue };
        let (Ok(day), Some(sum)) = (day.parse::<Date>(), group.sum(metric)) else { continue };
        let is_it = |it: &&ArmAt| match it.level {
            Level::Campaign => it.name == *campaign,
            Level::AdSet => it.name == *ad_set,
        };
        if let Some(arm) = by.arms.iter().find(is_it) {
            let sums = sums.entry(day).or_default().entry(arm.arm.clone()).or_default();
            *sums += sum.to_f64();
        }
    }
    Ok(sums)
}

/// The name of a metric as people say it.
fn spoken(metric: &str) -> String {
    metric.replace('_', " ")
}
