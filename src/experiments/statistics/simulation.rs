//! Tests that are run thousands of times, to see what the rules do.

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use super::arm::Arm;
use super::estimate::{Difference, estimate};
use super::fixed::{self, Side};
use super::plan::{Kind, Metric, Plan, PlannedArm, Rule};
use super::sizing::{self, Baseline};
use super::{looks, sequential};

/// Users of an arm from one look to the next.
const BETWEEN_LOOKS: u32 = 256;
const LOOKS: u32 = 40;
const RUNS: u32 = 4_000;

/// Of so many users each converts with the chance 1/8: three coins, sixty-four users a word.
fn conversions(random: &mut SmallRng, users: u32) -> f64 {
    let of_64 = |random: &mut SmallRng| random.next_u64() & random.next_u64() & random.next_u64();
    (0..users / 64).map(|_| f64::from(of_64(random).count_ones())).sum()
}

/// The same with the chance 5/32: those of 1/8, and a quarter of another eighth.
fn more_conversions(random: &mut SmallRng, users: u32) -> f64 {
    let of_64 = |random: &mut SmallRng| {
        let (one, two, three) = (random.next_u64(), random.next_u64(), random.next_u64());
        (one & two & three) | (one & two & !three & random.next_u64() & random.next_u64())
    };
    (0..users / 64).map(|_| f64::from(of_64(random).count_ones())).sum()
}

#[test]
fn an_always_valid_rule_keeps_its_risk_where_a_plain_test_does_not() {
    let mut random = SmallRng::seed_from_u64(20_261_122);
    let tuned_for = f64::from(2 * BETWEEN_LOOKS * LOOKS) / 2.0;
    let (mut always_valid, mut plain, mut plain_at_the_end) = (0, 0, 0);
    for _ in 0..RUNS {
        let (mut a, mut b, mut n) = (0.0, 0.0, 0.0);
        let (mut by_rule, mut by_plain, mut now) = (false, false, false);
        for _ in 0..LOOKS {
            n += f64::from(BETWEEN_LOOKS);
            a += conversions(&mut random, BETWEEN_LOOKS);
            b += conversions(&mut random, BETWEEN_LOOKS);
            let (a, b) = (Arm::Proportion { n, sum: a }, Arm::Proportion { n, sum: b });
            let found = estimate(&a, &b, Difference::Absolute).unwrap();
            let sequence = sequential::confidence_sequence(&found, 0.05, tuned_for).unwrap();
            // The interval and the p-value are one rule.
            assert_eq!(sequence.p_value < 0.05, !sequence.interval.holds(0.0));
            by_rule |= sequence.p_value < 0.05;
            now = fixed::t_test(&found, Side::Both, 0.05).unwrap().p_value < 0.05;
            by_plain |= now;
        }
        always_valid += u32::from(by_rule);
        plain += u32::from(by_plain);
        plain_at_the_end += u32::from(now);
    }
    let share = |count: u32| f64::from(count) / f64::from(RUNS);
    println!(
        "false winners in {RUNS} tests of {LOOKS} looks: always-valid {:.2} %, plain t-test {:.1} %, read once {:.1} %",
        100.0 * share(always_valid),
        100.0 * share(plain),
        100.0 * share(plain_at_the_end)
    );
    assert!(share(always_valid) <= 0.05, "{}", share(always_valid));
    assert!(share(plain) > 0.25, "{}", share(plain));
    assert!((share(plain_at_the_end) - 0.05).abs() < 0.012, "{}", share(plain_at_the_end));
    // What is told to people about peeking is what happens.
    let told = looks::risk_of_peeking(LOOKS, 0.05).unwrap();
    assert!((share(plain) - told).abs() < 0.025, "{} is not {told}", share(plain));
}

#[test]
fn a_sized_test_finds_the_least_effect_as_often_as_was_agreed() {
    let mut random = SmallRng::seed_from_u64(7);
    let mut plan = Plan {
        name: "Sized".to_owned(),
        metric: Metric {
            name: "conversion".to_owned(),
            kind: Kind::Conversion,
            better: super::bayesian::Better::Higher,
        },
        difference: Difference::Absolute,
        rule: Rule::AlwaysValid { tuned_for: 4_000.0 },
        alpha: 0.05,
        power: 0.8,
        least_effect: 1.0 / 32.0,
        guardrails: Vec::new(),
        arms: ["a", "b"].map(|name| PlannedArm { name: name.to_owned(), share: 0.5 }).to_vec(),
        longest_days: None,
    };
    let sizing = sizing::size(&plan, Baseline::of_proportion(0.125)).unwrap();
    assert!(sizing.cost() > 1.2 && sizing.cost() < 2.5, "{sizing:?}");

    let looks = (sizing.always_valid / f64::from(2 * BETWEEN_LOOKS)).ceil() as u32;
    let (runs, mut found_by_rule, mut found_once, mut users) = (1_500, 0, 0, 0.0);
    for _ in 0..runs {
        let (mut a, mut b, mut n, mut found, mut read_once) = (0.0, 0.0, 0.0, false, false);
        for _ in 0..looks {
            n += f64::from(BETWEEN_LOOKS);
            a += conversions(&mut random, BETWEEN_LOOKS);
            b += more_conversions(&mut random, BETWEEN_LOOKS);
            let (a, b) = (Arm::Proportion { n, sum: a }, Arm::Proportion { n, sum: b });
            let estimate = estimate(&a, &b, Difference::Absolute).unwrap();
            let sequence = sequential::confidence_sequence(&estimate, 0.05, 4_000.0).unwrap();
            if !found {
                users += f64::from(2 * BETWEEN_LOOKS);
            }
            found |= sequence.interval.is_above(0.0);
            if !read_once && 2.0 * n >= sizing.fixed {
                read_once = true;
                let plain = fixed::t_test(&estimate, Side::Both, 0.05).unwrap();
                found_once += u32::from(plain.interval.is_above(0.0));
            }
        }
        found_by_rule += u32::from(found);
    }
    let share = |count: u32| f64::from(count) / f64::from(runs);
    println!(
        "found: always-valid {:.1} % after {:.0} users on average of {} at most, once {:.1} % after {}",
        100.0 * share(found_by_rule),
        users / f64::from(runs),
        sizing.always_valid,
        100.0 * share(found_once),
        sizing.fixed
    );
    assert!(share(found_by_rule) >= 0.8, "{}", share(found_by_rule));
    assert!((share(found_once) - 0.8).abs() < 0.05, "{}", share(found_once));

    // A fixed horizon is what the sizing says of it, however the plan is read.
    plan.rule = Rule::FixedHorizon { users: sizing.fixed };
    assert_eq!(sizing::size(&plan, Baseline::of_proportion(0.125)).unwrap().fixed, sizing.fixed);
}
