//! What holds for any counts at all.

use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use serde_json::json;

use super::arm::{Arm, Sums};
use super::bayesian::{self, Better, Prior};
use super::distributions::assert_close;
use super::estimate::{Difference, Estimate, estimate};
use super::fixed::{self, Side};
use super::plan::{Counted, Guardrail, Kind, Look, Metric, Plan, PlannedArm, Rule};
use super::{boundaries, bounded, cases, msprt, power, readout, sequential, split};

/// Counts as a team has them.
fn ordinary(random: &mut SmallRng, kind: Kind) -> Arm {
    let n = f64::from(random.random_range(50..5_000));
    let sums = |random: &mut SmallRng, n: f64| {
        let mean = random.random_range(0.5..20.0);
        let variance = random.random_range(0.1..30.0);
        Sums::Mean { n, sum: mean * n, sum_squares: (n - 1.0) * variance + n * mean * mean }
    };
    match kind {
        Kind::Conversion => {
            Arm::Proportion { n, sum: (n * random.random_range(0.05..0.95)).round() }
        }
        Kind::Count => match sums(random, n) {
            Sums::Mean { n, sum, sum_squares } => Arm::Mean { n, sum, sum_squares },
            Sums::Proportion { .. } => unreachable!(),
        },
        Kind::Ratio | Kind::Revenue => {
            let (one, two) = (sums(random, n), sums(random, n));
            let (
                Sums::Mean { sum: s1, sum_squares: q1, .. },
                Sums::Mean { sum: s2, sum_squares: q2, .. },
            ) = (one, two)
            else {
                unreachable!()
            };
            // A correlation that can be.
            let spread = ((q1 - s1 * s1 / n) * (q2 - s2 * s2 / n)).sqrt();
            let products = s1 * s2 / n + random.random_range(-0.8..0.8) * spread;
            match kind {
                Kind::Ratio => Arm::Ratio { n, m: one, d: two, m_d_sum_of_products: products },
                _ => Arm::Cuped { n, post: one, pre: two, post_pre_sum_of_products: products },
            }
        }
    }
}

const KINDS: [Kind; 4] = [Kind::Conversion, Kind::Count, Kind::Revenue, Kind::Ratio];

fn each_pair(check: impl Fn(&Arm, &Arm)) {
    let mut random = SmallRng::seed_from_u64(1);
    for kind in KINDS {
        for _ in 0..200 {
            check(&ordinary(&mut random, kind), &ordinary(&mut random, kind));
        }
    }
}

#[test]
fn swapping_the_arms_turns_the_sign_and_nothing_else() {
    each_pair(|a, b| {
        let one = estimate(a, b, Difference::Absolute).unwrap();
        let other = estimate(b, a, Difference::Absolute).unwrap();
        assert_close(one.effect, -other.effect, 1e-9);
        assert_close(one.standard_error, other.standard_error, 1e-9);
        let p = |estimate: &Estimate, side| fixed::t_test(estimate, side, 0.05).unwrap().p_value;
        assert_close(p(&one, Side::Both), p(&other, Side::Both), 1e-6);
        assert_close(p(&one, Side::Greater), p(&other, Side::Lesser), 1e-6);
        let chance = |estimate: &Estimate| {
            bayesian::posterior(estimate, Difference::Absolute, None, Better::Higher, 0.05)
                .unwrap()
                .chance
        };
        assert!((chance(&one) + chance(&other) - 1.0).abs() < 1e-12);
    });
}

#[test]
fn other_units_change_no_relative_effect() {
    each_pair(|a, b| {
        let times = 100.0;
        let (in_cents_a, in_cents_b) = (scaled(a, times), scaled(b, times));
        let (Some(a2), Some(b2)) = (in_cents_a, in_cents_b) else { return };
        for difference in [Difference::Relative, Difference::Absolute] {
            let euros = estimate(a, b, difference).unwrap();
            let cents = estimate(&a2, &b2, difference).unwrap();
            let factor = if difference == Difference::Absolute { times } else { 1.0 };
            assert_close(cents.effect, euros.effect * factor, 1e-9);
            assert_close(cents.standard_error, euros.standard_error * factor, 1e-9);
            assert_close(cents.degrees, euros.degrees, 1e-9);
        }
    });
}

/// The same in a smaller unit; a proportion has none.
fn scaled(arm: &Arm, times: f64) -> Option<Arm> {
    let sums = |it: &Sums| match *it {
        Sums::Mean { n, sum, sum_squares } => {
            Sums::Mean { n, sum: sum * times, sum_squares: sum_squares * times * times }
        }
        other @ Sums::Proportion { .. } => other,
    };
    Some(match arm {
        Arm::Proportion { .. } => return None,
        Arm::Mean { n, sum, sum_squares } => {
            Arm::Mean { n: *n, sum: sum * times, sum_squares: sum_squares * times * times }
        }
        Arm::Ratio { n, m, d, m_d_sum_of_products: products } => {
            Arm::Ratio { n: *n, m: sums(m), d: *d, m_d_sum_of_products: products * times }
        }
        Arm::Cuped { n, post, pre, post_pre_sum_of_products: products } => Arm::Cuped {
            n: *n,
            post: sums(post),
            pre: *pre,
            post_pre_sum_of_products: products * times,
        },
    })
}

#[test]
fn a_sequence_is_wider_than_a_horizon_and_its_ends_are_its_p_value() {
    each_pair(|a, b| {
        let estimate = estimate(a, b, Difference::Relative).unwrap();
        let once = fixed::z_test(&estimate, Side::Both, 0.05).unwrap();
        let always = sequential::confidence_sequence(&estimate, 0.05, 5_000.0).unwrap();
        assert!(always.interval.lower < once.interval.lower);
        assert!(always.interval.upper > once.interval.upper);
        assert!(always.p_value >= once.p_value.min(1.0));
        // A sequence that is set against its own end has the risk as its p-value.
        let at_the_end = estimate.against(always.interval.upper.unwrap());
        let sequence = sequential::confidence_sequence(&at_the_end, 0.05, 5_000.0).unwrap();
        assert_close(sequence.p_value, 0.05, 1e-9);
    });
}

/// Numbers that imports have had in them.
const NASTY: [f64; 20] = [
    0.0,
    -0.0,
    1.0,
    2.0,
    3.0,
    -1.0,
    0.5,
    10.0,
    100.0,
    1e4,
    1e9,
    1e18,
    1e154,
    1e300,
    f64::MAX,
    5e-324,
    1e-9,
    f64::NAN,
    f64::INFINITY,
    f64::NEG_INFINITY,
];

struct Nasty(SmallRng);

impl Nasty {
    fn number(&mut self) -> f64 {
        NASTY[self.0.random_range(0..NASTY.len())]
    }

    fn numbers<const N: usize>(&mut self) -> [f64; N] {
        std::array::from_fn(|_| self.number())
    }

    /// Often of the users of its arm, so that not everything is refused at the first check.
    fn sums(&mut self, n: f64) -> Sums {
        let n = if self.0.random_bool(0.9) { n } else { self.number() };
        let [sum, sum_squares] = self.numbers();
        match self.0.random_bool(0.3) {
            true => Sums::Proportion { n, sum },
            false => Sums::Mean { n, sum, sum_squares },
        }
    }

    fn arm(&mut self, kind: Kind) -> Arm {
        if self.0.random_bool(0.3) {
            return ordinary(&mut self.0, kind);
        }
        let [n, sum, sum_squares] = self.numbers();
        match kind {
            Kind::Conversion => Arm::Proportion { n, sum },
            Kind::Count => Arm::Mean { n, sum, sum_squares },
            Kind::Ratio => {
                Arm::Ratio { n, m: self.sums(n), d: self.sums(n), m_d_sum_of_products: sum }
            }
            Kind::Revenue => Arm::Cuped {
                n,
                post: self.sums(n),
                pre: self.sums(n),
                post_pre_sum_of_products: sum,
            },
        }
    }

    fn kind(&mut self) -> Kind {
        KINDS[self.0.random_range(0..KINDS.len())]
    }

    fn difference(&mut self) -> Difference {
        if self.0.random_bool(0.5) { Difference::Relative } else { Difference::Absolute }
    }
}

/// No number of a result is none, by the way Rust writes it.
fn assert_sound(result: &impl std::fmt::Debug, of: &impl std::fmt::Debug) {
    let written = format!("{result:?}");
    let is_none = |word: &str| word == "NaN" || word == "inf" || word == "-inf";
    let unsound = written
        .split(|c: char| !(c.is_alphanumeric() || c == '-' || c == '.' || c == '_'))
        .any(is_none);
    assert!(!unsound, "{of:?} gives {written}");
}

#[test]
fn whatever_was_counted_no_test_gives_a_number_that_is_none() {
    let mut nasty = Nasty(SmallRng::seed_from_u64(2));
    for _ in 0..40_000 {
        let (kind, difference) = (nasty.kind(), nasty.difference());
        let arms = (nasty.arm(kind), nasty.arm(kind));
        let [alpha, other] = nasty.numbers();
        let alpha = if nasty.0.random_bool(0.7) { 0.05 } else { alpha };
        let estimate = match estimate(&arms.0, &arms.1, difference) {
            Ok(estimate) => estimate,
            Err(reason) => {
                assert!(reason.to_string().ends_with('.'), "{reason}");
                continue;
            }
        };
        assert_sound(&estimate, &arms);
        for side in [Side::Both, Side::Greater, Side::Lesser] {
            assert_sound(&fixed::t_test(&estimate, side, alpha), &(arms, estimate, side, alpha));
            assert_sound(&fixed::z_test(&estimate, side, alpha), &(arms, estimate, side, alpha));
        }
        let sequence = sequential::confidence_sequence(&estimate, alpha, other);
        assert_sound(&sequence, &(estimate, alpha, other));
        let prior =
            Prior { mean: nasty.number(), variance: other, stated_as: Difference::Relative };
        let posterior =
            bayesian::posterior(&estimate, difference, Some(prior), Better::Lower, alpha);
        assert_sound(&posterior, &(estimate, prior));
        let alone = bayesian::posterior(&estimate, difference, None, Better::Higher, alpha);
        assert_sound(&alone, &estimate);
    }
}

#[test]
fn whatever_is_asked_no_size_or_boundary_is_none() {
    let mut nasty = Nasty(SmallRng::seed_from_u64(3));
    for _ in 0..4_000 {
        let [alpha, power, ratio, effect, n] = nasty.numbers();
        let usual = nasty.0.random_bool(0.5);
        let (alpha, power) = if usual { (0.05, 0.8) } else { (alpha, power) };
        let design = power::Design { alpha, power, ratio };
        let asked = (design, effect, n);
        assert_sound(&design.users_by_z(effect), &asked);
        assert_sound(&design.users_unpooled(effect, 0.3), &asked);
        assert_sound(&design.users_pooled(effect, 0.3), &asked);
        assert_sound(&design.power_by_z(effect, n), &asked);
        assert_sound(&design.power_pooled(0.2, effect, n), &asked);
        let [time, tuned_alpha, c] = nasty.numbers();
        let tuned_alpha = if usual { 0.05 } else { tuned_alpha };
        let tuned = boundaries::Tuned { time, alpha: tuned_alpha };
        let asked = (n, alpha, tuned, c);
        assert_sound(&boundaries::normal_mixture(n, alpha, tuned), &asked);
        assert_sound(&boundaries::one_sided_normal_mixture(n, alpha, tuned), &asked);
        assert_sound(&boundaries::gamma_exponential_mixture(n, alpha, tuned, c), &asked);
        assert_sound(&boundaries::proportion(effect, n, alpha, tuned), &(effect, asked));
        let stitching = boundaries::Stitching { from: time, c, s: 1.4, eta: 2.0 };
        assert_sound(&stitching.bound(n, alpha), &(stitching, asked));
        let values: [f64; 4] = nasty.numbers();
        assert_sound(&bounded::betting(&values, alpha), &(values, alpha));
        assert_sound(&bounded::hoeffding(&values, alpha), &(values, alpha));
        assert_sound(&bounded::empirical_bernstein(&values, alpha), &(values, alpha));
        assert_sound(&msprt::read(&values, &nasty.numbers::<4>(), c, time), &(values, c, time));
        assert_sound(&split::check(&values, &[1.0, 1.0, 1.0, effect]), &(values, effect));
        let proportions = fixed::proportions((time, c), (n, effect), alpha);
        assert_sound(&proportions, &((time, c), (n, effect), alpha));
    }
}

#[test]
fn whatever_was_counted_a_readout_is_sentences_and_numbers() {
    let mut nasty = Nasty(SmallRng::seed_from_u64(4));
    let mut read = 0;
    for _ in 0..4_000 {
        let (primary, guarded) = (nasty.kind(), nasty.kind());
        let metric = |name: &str, kind, better| Metric { name: name.to_owned(), kind, better };
        let [users, least, tolerated, days] = nasty.numbers();
        let plan = Plan {
            name: "Any".to_owned(),
            metric: metric("rate", primary, Better::Higher),
            difference: nasty.difference(),
            rule: match nasty.0.random_bool(0.5) {
                true => Rule::AlwaysValid { tuned_for: users },
                false => Rule::FixedHorizon { users },
            },
            alpha: 0.05,
            power: 0.8,
            least_effect: if nasty.0.random_bool(0.5) { 0.05 } else { least },
            guardrails: vec![Guardrail {
                metric: metric("harm", guarded, Better::Lower),
                tolerated,
            }],
            arms: ["a", "b", "c"].map(|it| PlannedArm { name: it.to_owned(), share: 1.0 }).to_vec(),
            longest_days: None,
        };
        let arm = |nasty: &mut Nasty| Counted {
            primary: nasty.arm(primary),
            guardrails: vec![nasty.arm(guarded)],
        };
        let look =
            Look { label: "now".to_owned(), arms: (0..3).map(|_| arm(&mut nasty)).collect() };
        let days = Some(days).filter(|it| it.is_finite() && *it >= 0.0);
        match readout::read(&plan, std::slice::from_ref(&look), days) {
            Ok(readout) => {
                read += 1;
                assert!(!readout.sentences.is_empty());
                assert!(readout.sentences.iter().all(|it| it.ends_with('.')), "{readout:?}");
                assert_sound(&readout, &(plan, look));
            }
            Err(reason) => assert!(reason.to_string().ends_with('.'), "{reason}"),
        }
    }
    assert!(read > 100, "{read}");
}

#[test]
fn a_case_that_says_nothing_has_a_reason_and_harms_no_other() {
    let proportion = |n: f64, sum: f64| json!({"type": "proportion", "n": n, "sum": sum});
    let case = |id: &str, control, treatment| {
        json!({"id": id, "test": "two_sided_t", "control": control, "treatment": treatment,
               "config": {"difference_type": "relative", "alpha": 0.05}})
    };
    let file = json!({
        "ab": [
            case("empty", proportion(0.0, 0.0), proportion(10.0, 2.0)),
            case("none in both", proportion(50.0, 0.0), proportion(50.0, 0.0)),
            case("all in both", proportion(50.0, 50.0), proportion(50.0, 50.0)),
            case("one user", proportion(50.0, 5.0), proportion(1.0, 1.0)),
            case("negative", proportion(50.0, -5.0), proportion(50.0, 1.0)),
            case("too many", proportion(50.0, 55.0), proportion(50.0, 1.0)),
            case("apart", proportion(50.0, 5.0), json!({"type": "mean", "n": 9.0, "sum": 1.0, "sum_squares": 9.0})),
            case("unreadable", json!({"type": "proportion"}), proportion(50.0, 1.0)),
            case("good", proportion(16.0, 4.0), proportion(16.0, 8.0)),
        ],
    });
    let results = cases::analyze(&file.to_string()).unwrap();
    let error = |id: &str| results[id]["error"].as_str().unwrap_or("none").to_owned();
    assert_eq!(error("empty"), "NO_UNITS_IN_VARIATION");
    assert_eq!(error("none in both"), "ZERO_NEGATIVE_BASELINE_VARIATION");
    assert_eq!(error("all in both"), "ZERO_NEGATIVE_VARIANCE");
    assert_eq!(error("one user"), "ZERO_NEGATIVE_VARIANCE");
    assert_eq!(error("negative"), "NEGATIVE_COUNT");
    assert_eq!(error("too many"), "MORE_THAN_USERS");
    assert_eq!(error("apart"), "DIFFERENT_KINDS");
    assert_eq!(error("unreadable"), "UNREADABLE");
    assert_eq!(error("good"), "none");
    assert_eq!(results["good"]["expected"], json!(1.0));
    assert_eq!(results["good"]["stddev"], json!(1.0));
    for file in ["", "[]", "{}", r#"{"ab": 3}"#, r#"{"ab": [{}]}"#] {
        assert!(cases::analyze(file).is_err(), "{file}");
    }
}
