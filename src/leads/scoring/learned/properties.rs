//! What holds for every model, whatever it was learnt from.

use super::encode::Encoder;
use super::fit::boost;
use super::online;
use super::trees::Settings;
use super::*;
use crate::leads::scoring::{Attributes, Value};

/// Leads with numbers, words and days, gaps in all of them, and outcomes that have to do with them.
fn leads(rows: usize) -> (Table, Vec<bool>) {
    let mut random = random::Random::new(11);
    let mut text = "size,origin,day,note\n".to_owned();
    let mut won = Vec::new();
    for row in 0..rows {
        let (size, origin) = (random.below(1_000), ["fair", "search", "social"][random.below(3)]);
        let chance = if origin == "fair" { 50 } else { 10 } + if size > 700 { 30 } else { 0 };
        won.push(random.below(100) < chance);
        let size = if row % 9 == 0 { String::new() } else { size.to_string() };
        let day = 1 + row % 28;
        text.push_str(&format!("{size},{origin},2026-02-{day:02},note {row}\n"));
    }
    (Table::read(text.as_bytes()).unwrap(), won)
}

fn model(rows: usize) -> (Model, Table, Vec<bool>) {
    let (table, won) = leads(rows);
    (Model::fit(&table, &won, &|_| ()), table, won)
}

/// Leads as nobody would expect them.
fn strange() -> Table {
    let text =
        "size,origin,day\n,,\n1e300,never seen,9999-12-31\n-5,fair,not a day\nmany,,2026-02-01\n";
    Table::read(text.as_bytes()).unwrap()
}

#[test]
fn contributions_add_up_and_nothing_is_without_a_number() {
    let (model, table, _) = model(240);
    for table in [&table, &strange(), &Table::of_leads(&[Attributes::new()])] {
        for it in model.explain(table) {
            let sum = it.contributions.iter().fold(it.common, |sum, part| sum + part);
            assert_eq!(sum.to_bits(), it.log_odds().to_bits());
            assert!(it.log_odds().is_finite() && (0.0..=1.0).contains(&it.chance()), "{it:?}");
        }
        for score in model.scores(table, Scale::default()) {
            assert_eq!(score.points, score.reasons.iter().map(|it| it.points).sum::<i32>());
        }
    }
}

#[test]
fn the_same_leads_give_the_same_bytes_and_the_bytes_the_same_model() {
    let ((one, table, _), (other, ..)) = (model(160), model(160));
    let bytes = serde_json::to_string(&one).unwrap();
    assert_eq!(bytes, serde_json::to_string(&other).unwrap());
    assert_eq!(one.version().unwrap(), other.version().unwrap());
    let read: Model = serde_json::from_str(&bytes).unwrap();
    assert_eq!(read.version().unwrap(), one.version().unwrap());
    assert!(
        read.chances(&table).iter().zip(one.chances(&table)).all(|(a, b)| (a - b).abs() < 1e-12)
    );
}

#[test]
fn a_lead_has_its_score_whoever_stands_beside_it() {
    let (model, table, _) = model(160);
    let together = model.chances(&table);
    let backwards: Vec<usize> = (0..table.rows()).rev().collect();
    let mut reversed = model.chances(&table.pick(&backwards));
    reversed.reverse();
    assert_eq!(together, reversed);
    for row in [0, 9, 33] {
        let alone = Table::of_leads(&[table.attributes(row)]);
        assert_eq!(model.chances(&alone), [together[row]], "{:?}", table.attributes(row));
    }
}

#[test]
fn a_level_that_was_never_seen_is_like_all_leads() {
    let (model, ..) = model(240);
    let of = |origin: &str| {
        let lead = Attributes::from([("origin".to_owned(), Value::Text(origin.to_owned()))]);
        model.chances(&Table::of_leads(&[lead]))[0]
    };
    assert!(of("fair") > of("never seen") && of("never seen") > of("social"));
}

#[test]
fn trees_ask_for_the_order_of_numbers_alone() {
    let (table, won) = leads(300);
    let encoder = Encoder::fit(&table, &won);
    let plain = encoder.encode(&table);
    let mut bent = plain.clone();
    for value in bent.inputs.iter_mut().flatten() {
        *value = value.signum() * value.abs().sqrt();
    }
    let said = |encoded: &Encoded| -> Vec<f64> {
        let trees = boost(encoded, &won, &Settings::default(), 5, 3);
        (0..encoded.rows)
            .map(|row| {
                let inputs: Vec<f32> = encoded.inputs.iter().map(|it| it[row]).collect();
                trees.iter().map(|it| it.value(&inputs)).sum()
            })
            .collect()
    };
    assert_eq!(said(&plain), said(&bent));
}

#[test]
fn foresight_does_not_look_ahead() {
    let (table, won) = leads(200);
    let mut other = won.clone();
    for outcome in &mut other[120..] {
        *outcome = !*outcome;
    }
    let foreseen = online::foresee(&table, &won, &|_| ());
    let otherwise = online::foresee(&table, &other, &|_| ());
    assert_eq!(foreseen[..=120], otherwise[..=120]);
    assert_ne!(foreseen[180..], otherwise[180..]);
    assert!(foreseen.iter().all(|it| it.log_odds().is_finite()));
}
