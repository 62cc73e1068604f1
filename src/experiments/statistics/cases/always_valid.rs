//! The block `always_valid`: what may be read at any time.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::Outcome;
use crate::experiments::statistics::arm::Arm;
use crate::experiments::statistics::boundaries::{self, Stitching, Tuned};
use crate::experiments::statistics::degenerate::Degenerate;
use crate::experiments::statistics::distributions::normal;
use crate::experiments::statistics::estimate::{self, Difference};
use crate::experiments::statistics::{bounded, looks, msprt};

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum Case {
    NormalMixtureBound {
        v: f64,
        alpha: f64,
        v_opt: f64,
        #[serde(default = "usual_alpha")]
        alpha_opt: f64,
        #[serde(default = "yes")]
        is_one_sided: bool,
    },
    BernoulliConfidenceInterval {
        num_successes: f64,
        num_trials: f64,
        alpha: f64,
        t_opt: f64,
        #[serde(default = "usual_alpha")]
        alpha_opt: f64,
    },
    PolyStitchingBound {
        v: f64,
        alpha: f64,
        v_min: f64,
        #[serde(default)]
        c: f64,
        #[serde(default = "usual_s")]
        s: f64,
        #[serde(default = "usual_eta")]
        eta: f64,
    },
    GammaExponentialMixtureBound {
        v: f64,
        alpha: f64,
        v_opt: f64,
        #[serde(default = "usual_alpha")]
        alpha_opt: f64,
        c: f64,
    },
    #[serde(rename = "sequence_01")]
    Sequence01 {
        x: Vec<f64>,
        alpha: f64,
        checkpoints: Vec<usize>,
    },
    MsprtNormal {
        a: Vec<f64>,
        b: Vec<f64>,
        sigma: f64,
        tau: f64,
        checkpoints: Vec<usize>,
    },
    GroupSequential {
        looks: Vec<Look>,
        final_expected_sample_size: f64,
        alpha: f64,
    },
}

#[derive(Deserialize)]
pub(super) struct Look {
    look: u32,
    control: Arm,
    treatment: Arm,
}

/// How a group-sequential test spends its risk: with the square of the information.
const SPENDING: f64 = 2.0;

pub(super) fn compute(case: Case) -> Outcome {
    match case {
        Case::NormalMixtureBound { v, alpha, v_opt, alpha_opt, is_one_sided } => {
            let tuned = Tuned { time: v_opt, alpha: alpha_opt };
            let bound = match is_one_sided {
                true => boundaries::one_sided_normal_mixture(v, alpha, tuned)?,
                false => boundaries::normal_mixture(v, alpha, tuned)?,
            };
            Ok(json!({"bound": bound}))
        }
        Case::BernoulliConfidenceInterval {
            num_successes,
            num_trials,
            alpha,
            t_opt,
            alpha_opt,
        } => {
            let tuned = Tuned { time: t_opt, alpha: alpha_opt };
            let interval = boundaries::proportion(num_successes, num_trials, alpha, tuned)?;
            Ok(json!({"lower": interval.lower, "upper": interval.upper}))
        }
        Case::PolyStitchingBound { v, alpha, v_min, c, s, eta } => {
            let bound = Stitching { from: v_min, c, s, eta }.bound(v, alpha)?;
            Ok(json!({"bound": bound, "c": c, "s": s, "eta": eta}))
        }
        Case::GammaExponentialMixtureBound { v, alpha, v_opt, alpha_opt, c } => {
            let tuned = Tuned { time: v_opt, alpha: alpha_opt };
            Ok(json!({"bound": boundaries::gamma_exponential_mixture(v, alpha, tuned, c)?}))
        }
        Case::Sequence01 { x, alpha, checkpoints } => {
            let sequences = [
                ("predmix_hoeffding", bounded::hoeffding(&x, alpha)?),
                ("predmix_empbern", bounded::empirical_bernstein(&x, alpha)?),
                ("betting_hedged", bounded::betting(&x, alpha)?),
            ];
            let told = sequences.map(|(name, sequence)| {
                let told = at(&checkpoints, &sequence, |(low, high)| json!([low, high]));
                told.map(|told| (name.to_owned(), told))
            });
            Ok(Value::Object(told.into_iter().collect::<Result<_, _>>()?))
        }
        Case::MsprtNormal { a, b, sigma, tau, checkpoints } => {
            at(&checkpoints, &msprt::read(&a, &b, sigma, tau)?, |reading| {
                json!({
                    "diff": reading.difference,
                    "mixture_likelihood_ratio": reading.likelihood_ratio,
                    "always_valid_p": reading.p_value,
                })
            })
        }
        Case::GroupSequential { looks, final_expected_sample_size, alpha } => {
            group_sequential(&looks, final_expected_sample_size, alpha)
        }
    }
}

fn group_sequential(read: &[Look], planned: f64, alpha: f64) -> Outcome {
    let users: Vec<f64> = read.iter().map(|it| it.control.users() + it.treatment.users()).collect();
    // A test that runs over its plan is measured by what it came to.
    let all = users.iter().copied().fold(planned, f64::max);
    let shares: Vec<f64> = users.iter().map(|it| it / all).collect();
    let boundaries = looks::spending_boundaries(&shares, alpha, SPENDING)?;
    let mut results = Map::new();
    for (look, z) in read.iter().zip(boundaries) {
        let difference = Difference::Absolute;
        let estimate = estimate::estimate(&look.control, &look.treatment, difference)?;
        let interval = estimate.around(z * estimate.standard_error);
        results.insert(
            look.look.to_string(),
            json!({
                "difference": estimate.effect,
                "std_err": estimate.standard_error,
                "adjusted_alpha": 2.0 * normal::sf(z),
                "adjusted_ci": [interval.lower, interval.upper],
                "is_significant": estimate.statistic().abs() > z,
            }),
        );
    }
    Ok(Value::Object(results))
}

/// What is told after so many observations.
fn at<T>(checkpoints: &[usize], sequence: &[T], tell: impl Fn(&T) -> Value) -> Outcome {
    let mut told = Map::new();
    for checkpoint in checkpoints {
        let reading = checkpoint.checked_sub(1).and_then(|it| sequence.get(it)).ok_or(
            Degenerate::Setting("A checkpoint lies between the first observation and the last"),
        )?;
        told.insert(checkpoint.to_string(), tell(reading));
    }
    Ok(Value::Object(told))
}

fn usual_alpha() -> f64 {
    0.05
}

fn usual_s() -> f64 {
    1.4
}

fn usual_eta() -> f64 {
    2.0
}

fn yes() -> bool {
    true
}
