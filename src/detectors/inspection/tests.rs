use jiff::civil::date;

use super::*;
use crate::config::MetricRule;
use crate::readings::Metric;

const DAYS: i64 = 60;

fn now() -> Timestamp {
    date(2026, 8, 30).at(12, 0, 0, 0).to_zoned(TimeZone::UTC).unwrap().timestamp()
}

/// Days up to yesterday of one metric; `value` takes how many days ago one was.
fn line(campaign: &str, metric: &str, value: impl Fn(i64) -> Option<f64>) -> Line {
    let today = local_of(date(2026, 8, 30).at(0, 0, 0, 0));
    let points = (1..=DAYS).rev().filter_map(|ago| Some((today - ago * DAY_S, value(ago)?)));
    Line {
        source: "ads".to_owned(),
        campaign: campaign.to_owned(),
        metric: Metric::from(metric),
        currency: if metric == "spend" { "EUR".to_owned() } else { String::new() },
        grain: Grain::Day,
        zone: "UTC".to_owned(),
        points: points.collect(),
    }
}

fn usual(level: f64) -> impl Fn(i64) -> Option<f64> {
    move |ago| Some((level * (1.0 + (ago * 37 % 11 - 5) as f64 / 100.0)).round())
}

/// What stands, by kind and metric.
fn standing(lines: &[Line]) -> Vec<(Kind, String)> {
    let mut inspection = Inspection::new(Arc::new(Numbers::default()), now());
    inspection.look(lines);
    let found = inspection.finish().found.into_iter().filter(|it| it.stands);
    found.map(|it| (it.finding.kind, format!("{} {}", it.campaign, it.metric))).collect()
}

#[test]
fn a_line_is_missed_where_its_campaign_goes_on() {
    let ended = |ago| usual(60.0)(ago).filter(|_| ago > 5);
    let missed = [line("A", "clicks", usual(900.0)), line("A", "conversions", ended)];
    assert_eq!(standing(&missed), [(Kind::Silence, "A conversions".to_owned())]);

    // A campaign that ended ends all of its lines.
    let over = [line("A", "clicks", ended), line("B", "clicks", usual(900.0))];
    assert_eq!(standing(&over), []);

    // A source from which nothing comes any more is missed as a whole.
    let silent = [line("A", "clicks", ended), line("B", "clicks", ended)];
    assert_eq!(standing(&silent), [(Kind::Silence, "A clicks".to_owned())]);
}

#[test]
fn zeros_are_an_outage_where_others_go_on_and_a_pause_where_none_does() {
    let zero = |level: f64| move |ago| if ago <= 4 { Some(0.0) } else { usual(level)(ago) };
    let outage = [line("A", "clicks", usual(900.0)), line("A", "leads", zero(60.0))];
    assert!(standing(&outage).contains(&(Kind::Silence, "A leads".to_owned())));
    let paused = [line("A", "clicks", zero(900.0)), line("A", "leads", zero(60.0))];
    assert!(standing(&paused).iter().all(|it| it.0 != Kind::Silence), "{:?}", standing(&paused));
}

#[test]
fn parts_that_are_put_together_find_what_the_whole_finds() {
    let doubled = |ago| usual(2_000.0)(ago).map(|it| if ago == 1 { it * 2.0 } else { it });
    let campaigns: Vec<Vec<Line>> = (0..6)
        .map(|n| {
            let name = format!("Campaign {n}");
            let accepted = if n == 3 { 5.0 } else { 30.0 };
            vec![
                line(&name, "spend", doubled),
                line(&name, "leads", usual(80.0)),
                line(&name, "accepted", usual(accepted)),
            ]
        })
        .collect();
    let nothing = Inspection::new(Arc::new(Numbers::default()), now());
    let mut whole = nothing.clone();
    whole.look(&campaigns.concat());
    let parts = campaigns.iter().map(|lines| {
        let mut part = nothing.clone();
        part.look(lines);
        part
    });
    let together = parts.fold(nothing.clone(), Inspection::and).finish();
    let whole = whole.finish();
    assert_eq!(together, whole);
    let kinds: Vec<Kind> =
        whole.found.iter().filter(|it| it.stands).map(|it| it.finding.kind).collect();
    assert_eq!(kinds.iter().filter(|it| **it == Kind::Waste).count(), 1, "{kinds:?}");
    assert_eq!(kinds.iter().filter(|it| **it == Kind::Unusual).count(), 6, "{kinds:?}");
}

#[test]
fn what_a_team_declares_bad_when_high_is_told_before_its_day_is_over() {
    let refunds = || {
        let mut line = line("Shop", "refunds", usual(40.0));
        let today = local_of(date(2026, 8, 30).at(0, 0, 0, 0));
        line.points.push((today, 160.0));
        line
    };
    let standing = |numbers: Numbers| {
        let mut inspection = Inspection::new(Arc::new(numbers), now());
        inspection.look(&[refunds()]);
        let found = inspection.finish().found.into_iter().filter(|it| it.stands);
        found.map(|it| it.metric).collect::<Vec<_>>()
    };
    assert_eq!(standing(Numbers::default()), [""; 0], "its day is not over");

    let declared = MetricRule {
        name: "refunds".to_owned(),
        watch: true,
        bad: Some(Bad::Up),
        least: None,
        least_cost: None,
        worth: None,
        settles_days: None,
    };
    let numbers = Numbers { metrics: vec![declared], ..Numbers::default() };
    assert_eq!(standing(numbers), ["refunds"]);
}
