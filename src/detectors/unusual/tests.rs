use super::*;
use crate::detectors::backtest::Run;

/// Days with a weekly shape and some noise that is the same on every run.
fn days(count: usize, level: f64) -> Vec<Point> {
    let shape = [1.0, 1.1, 1.2, 1.15, 1.0, 0.7, 0.6];
    let noise = |n: usize| 1.0 + 0.06 * ((n * 7919 % 13) as f64 / 6.0 - 1.0);
    (0..count)
        .map(|n| Point { at: n as i64 * DAY_S, value: level * shape[n % 7] * noise(n) })
        .collect()
}

fn spend() -> Rule {
    Rule {
        metric: "Spend".into(),
        of: "Brand DE".into(),
        bad: Bad::Up,
        least: 0.4,
        least_cost: 0.0,
        unit_cost: Some(1.0),
        currency: Some("EUR".into()),
        cost_currency: Some("EUR".into()),
        settles_s: 0,
    }
}

#[test]
fn a_doubled_spend_is_one_finding_with_its_cost() {
    let mut points = days(60, 1_000.0);
    for point in &mut points[50..53] {
        point.value *= 2.0;
    }
    let found = inspect(&points, &spend(), 60 * DAY_S);
    assert_eq!(found.len(), 1, "{found:#?}");
    let it = &found[0];
    assert_eq!(it.since, 50 * DAY_S);
    assert!(it.sentence.starts_with("Spend on Brand DE was"), "{}", it.sentence);
    assert!(
        it.sentence.contains("2.2 times the usual 1,032.26 EUR for a Friday"),
        "{}",
        it.sentence
    );
    assert!((900.0..6_000.0).contains(&it.cost.unwrap()), "{:?}", it.cost);
    assert!(it.low < it.expected && it.expected < it.high && it.high < it.value);
}

#[test]
fn less_spend_is_no_news_and_neither_is_an_ordinary_quarter() {
    let mut points = days(90, 1_000.0);
    assert_eq!(inspect(&points, &spend(), 90 * DAY_S), []);
    points[60].value /= 3.0;
    assert_eq!(inspect(&points, &spend(), 90 * DAY_S), []);
}

#[test]
fn what_is_said_of_a_reading_does_not_depend_on_later_ones() {
    let mut points = days(80, 50.0);
    points[40].value = 900.0;
    let whole = Run::of(&points, Bad::Either, 0.25);
    for end in [10, 41, 60] {
        assert_eq!(Run::of(&points[..end], Bad::Either, 0.25).judged, whole.judged[..end]);
    }
}

#[test]
fn scores_do_not_depend_on_the_unit() {
    let (mut small, mut large) = (days(70, 2f64.powi(-4)), days(70, 2f64.powi(12)));
    small[66].value *= 1.8;
    large[66].value *= 1.8;
    let scores = |points: &[Point]| -> Vec<bool> {
        Run::of(points, Bad::Up, 0.4).judged.iter().map(|it| it.fires).collect()
    };
    assert_eq!(scores(&small), scores(&large));
}

#[test]
fn short_history_ramps_gaps_and_restatement_are_said() {
    let points = days(60, 100.0);
    let note = |points: &[Point]| newest(points, &spend(), i64::MAX / 2).unwrap().note;
    assert_eq!(note(&points[..6]), Some(Note::ShortHistory));
    assert_eq!(note(&points), None);

    let mut gap = points[..40].to_vec();
    gap.push(Point { at: 50 * DAY_S, value: 100.0 });
    assert_eq!(note(&gap), Some(Note::AfterGap));

    let ramp: Vec<Point> =
        (0..24).map(|n| Point { at: n * DAY_S, value: 10.0 * 1.2f64.powi(n as i32) }).collect();
    assert_eq!(note(&ramp), Some(Note::Ramp));
    assert_eq!(inspect(&ramp, &spend(), 24 * DAY_S), []);

    let mut fresh = points.clone();
    fresh[59].value *= 4.0;
    let settles = Rule { settles_s: 3 * DAY_S, ..spend() };
    assert_eq!(inspect(&fresh, &settles, 59 * DAY_S), []);
    assert_eq!(newest(&fresh, &settles, 59 * DAY_S).unwrap().note, Some(Note::Restating));
}

#[test]
fn zeros_and_flat_series_are_judged_without_noise() {
    let flat: Vec<Point> = (0..400).map(|n| Point { at: n * HOUR_S, value: 5.0 }).collect();
    assert_eq!(Run::of(&flat, Bad::Either, 0.25).messages(), 0);
    let mut sparse: Vec<Point> =
        (0..90).map(|n| Point { at: n * DAY_S, value: f64::from(u8::from(n % 9 == 0)) }).collect();
    assert_eq!(Run::of(&sparse, Bad::Down, 0.4).messages(), 0);
    sparse[80].value = 40.0;
    assert!(Run::of(&sparse, Bad::Up, 0.4).judged[80].fires);
    let mut outage = days(60, 1_000.0);
    for point in &mut outage[55..] {
        point.value = 0.0;
    }
    let run = Run::of(&outage, Bad::Down, 0.4);
    assert!(run.judged[55].fires);
    assert_eq!(run.messages(), 1);
}
