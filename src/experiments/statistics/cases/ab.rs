//! The block `ab`: two arms and what is asked about them.

use serde::Deserialize;
use serde_json::{Value, json};

use super::Outcome;
use crate::experiments::statistics::arm::Arm;
use crate::experiments::statistics::bayesian::{self, Better, Prior};
use crate::experiments::statistics::degenerate::{Degenerate, Which};
use crate::experiments::statistics::estimate::{self, Difference, Estimate, Interval};
use crate::experiments::statistics::fixed::{self, Side, Tested};
use crate::experiments::statistics::sequential;

#[derive(Deserialize)]
pub(super) struct Case {
    control: Arm,
    treatment: Arm,
    test: Test,
    #[serde(default)]
    config: Config,
}

#[derive(Clone, Copy, PartialEq, Deserialize)]
enum Test {
    #[serde(rename = "two_sided_t")]
    BothT,
    #[serde(rename = "one_sided_greater_t")]
    GreaterT,
    #[serde(rename = "one_sided_lesser_t")]
    LesserT,
    #[serde(rename = "two_sided_z")]
    BothZ,
    #[serde(rename = "one_sided_greater_z")]
    GreaterZ,
    #[serde(rename = "one_sided_lesser_z")]
    LesserZ,
    #[serde(rename = "sequential_two_sided")]
    Sequential,
    #[serde(rename = "bayesian_effect")]
    Bayesian,
}

#[derive(Deserialize)]
#[serde(default)]
struct Config {
    difference_type: Scale,
    alpha: f64,
    test_value: f64,
    traffic_proportion_b: f64,
    phase_length_days: f64,
    sequential_tuning_parameter: f64,
    prior_mean: f64,
    prior_variance: f64,
    prior_proper: bool,
    prior_type: Difference,
    inverse: bool,
}

#[derive(Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Scale {
    Relative,
    Absolute,
    /// Absolute, and then for all traffic of a day.
    Scaled,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            difference_type: Scale::Relative,
            alpha: 0.05,
            test_value: 0.0,
            traffic_proportion_b: 1.0,
            phase_length_days: 1.0,
            sequential_tuning_parameter: sequential::TUNED_FOR,
            prior_mean: 0.0,
            prior_variance: 1.0,
            prior_proper: false,
            prior_type: Difference::Relative,
            inverse: false,
        }
    }
}

/// Arms that cannot be compared have a result that says nothing, as with other tools, and the reason.
pub(super) fn compute(case: Case) -> Outcome {
    let result = match case.test {
        Test::Bayesian => bayesian(&case),
        _ => frequentist(&case),
    };
    let Err(reason) = result else { return result };
    let mut nothing = json!({"expected": 0.0, "ci": [0.0, 0.0], "stddev": 0.0});
    match case.test {
        Test::Bayesian => {
            nothing["chance_to_win"] = json!(0.5);
            nothing["risk"] = json!([0.0, 0.0]);
        }
        _ => nothing["p_value"] = json!(1.0),
    }
    nothing["error"] = json!(reason.code());
    nothing["sentence"] = json!(reason.to_string());
    Ok(nothing)
}

fn frequentist(case: &Case) -> Outcome {
    let config = &case.config;
    let estimate = estimate::estimate(&case.control, &case.treatment, config.difference())?;
    let factor = config.factor(&case.treatment)?;
    let against = estimate.against(config.test_value);
    let (alpha, tuning) = (config.alpha, config.sequential_tuning_parameter);
    let Tested { p_value, interval } = match case.test {
        Test::Sequential | Test::Bayesian => {
            sequential::confidence_sequence(&against, alpha, tuning)?
        }
        Test::BothT => fixed::t_test(&against, Side::Both, alpha)?,
        Test::GreaterT => fixed::t_test(&against, Side::Greater, alpha)?,
        Test::LesserT => fixed::t_test(&against, Side::Lesser, alpha)?,
        Test::BothZ => fixed::z_test(&against, Side::Both, alpha)?,
        Test::GreaterZ => fixed::z_test(&against, Side::Greater, alpha)?,
        Test::LesserZ => fixed::z_test(&against, Side::Lesser, alpha)?,
    };
    let mut result = json!({
        "expected": estimate.effect * factor,
        "ci": limits(interval.shifted(config.test_value).times(factor)),
        "p_value": p_value,
        "stddev": estimate.standard_error * factor,
        "error": null,
    });
    if case.test != Test::Sequential {
        result["t_stat"] = json!(against.statistic());
        result["dof"] = json!(estimate.degrees);
        // Every tail is exact here; others have both names.
        result["p_value_exact_tail"] = json!(p_value);
    }
    if let Some(theta) = estimate.theta {
        result["theta"] = json!(theta);
    }
    if case.test == Test::BothT
        && let Some(other) = on_the_plain_difference(case)
    {
        result["second_tool"] = other;
    }
    Ok(result)
}

fn bayesian(case: &Case) -> Outcome {
    let config = &case.config;
    let difference = config.difference();
    let estimate = estimate::estimate(&case.control, &case.treatment, difference);
    // Without a share of the control there is an absolute effect, but no variance.
    let estimate = estimate.map_err(|reason| match (reason, difference) {
        (Degenerate::ZeroBaseline, Difference::Absolute) => Degenerate::NoVariance(Which::Control),
        (reason, _) => reason,
    })?;
    let prior = config.prior_proper.then_some(Prior {
        mean: config.prior_mean,
        variance: config.prior_variance,
        stated_as: config.prior_type,
    });
    let better = if config.inverse { Better::Lower } else { Better::Higher };
    let posterior = bayesian::posterior(&estimate, difference, prior, better, config.alpha)?;
    let factor = config.factor(&case.treatment)?;
    Ok(json!({
        "expected": posterior.effect * factor,
        "ci": limits(posterior.interval.times(factor)),
        "chance_to_win": posterior.chance,
        "risk": [posterior.risk_of_control, posterior.risk_of_treatment],
        "stddev": posterior.standard_deviation * factor,
    }))
}

/// What a test of the plain difference says, which many tools do.
fn on_the_plain_difference(case: &Case) -> Option<Value> {
    let alpha = case.config.alpha;
    match (&case.control, &case.treatment) {
        (Arm::Proportion { n, sum }, Arm::Proportion { n: n2, sum: sum2 }) => {
            let tested = fixed::proportions((*n, *sum), (*n2, *sum2), alpha).ok()?;
            Some(json!({
                "z": tested.z,
                "p_value": tested.p_value,
                "newcombe_ci": limits(tested.interval),
            }))
        }
        (Arm::Mean { .. }, Arm::Mean { .. }) => {
            let absolute = Difference::Absolute;
            let estimate: Estimate =
                estimate::estimate(&case.control, &case.treatment, absolute).ok()?;
            let tested = fixed::t_test(&estimate, Side::Both, alpha).ok()?;
            Some(json!({"t": estimate.statistic(), "p_value": tested.p_value}))
        }
        _ => None,
    }
}

fn limits(interval: Interval) -> Value {
    json!([interval.lower, interval.upper])
}

impl Config {
    fn difference(&self) -> Difference {
        match self.difference_type {
            Scale::Relative => Difference::Relative,
            Scale::Absolute | Scale::Scaled => Difference::Absolute,
        }
    }

    /// From an effect on a user to one on all users of a day.
    fn factor(&self, treatment: &Arm) -> Result<f64, Degenerate> {
        if self.difference_type != Scale::Scaled {
            return Ok(1.0);
        }
        let factor = treatment.users() / self.traffic_proportion_b / self.phase_length_days;
        if factor.is_finite() && factor > 0.0 { Ok(factor) } else { Err(Degenerate::ZeroTraffic) }
    }
}
