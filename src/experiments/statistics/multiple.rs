//! p-values of several comparisons at once, adjusted so that each may be held against the risk
//! that was agreed on. What is given and what comes back is in the same order.

/// Any mistake at all among the comparisons has at most the risk: Holm's stepping down (1979).
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let n = p_values.len();
    let mut largest: f64 = 0.0;
    stepped(p_values, false, |rank, p| {
        largest = largest.max((n - rank) as f64 * p);
        largest
    })
}

/// As Holm's, without regard to how the others came out.
pub fn bonferroni(p_values: &[f64]) -> Vec<f64> {
    p_values.iter().map(|p| (p * p_values.len() as f64).min(1.0)).collect()
}

/// Of what is called an effect, the expected share of mistakes is at most the risk: Benjamini and
/// Hochberg (1995).
pub fn benjamini_hochberg(p_values: &[f64]) -> Vec<f64> {
    let n = p_values.len() as f64;
    let mut smallest: f64 = 1.0;
    stepped(p_values, true, |rank, p| {
        smallest = smallest.min(n / (rank as f64 + 1.0) * p);
        smallest
    })
}

/// As Holm's with more power, where the comparisons do not contradict each other: Hommel (1988), in
/// the form of Wright (Biometrics 48, 1992).
pub fn hommel(p_values: &[f64]) -> Vec<f64> {
    let n = p_values.len();
    let order = ascending(p_values);
    let sorted: Vec<f64> = order.iter().map(|at| p_values[*at]).collect();
    let mut adjusted = sorted.clone();
    for m in (2..=n).rev() {
        let (rest, last) = sorted.split_at(n - m);
        let times = |(place, p): (usize, &f64)| m as f64 * p / (place as f64 + 1.0);
        let c = last.iter().enumerate().map(times).fold(f64::INFINITY, f64::min);
        for (to, p) in adjusted[..n - m].iter_mut().zip(rest) {
            *to = to.max(c.min(m as f64 * p));
        }
        for to in &mut adjusted[n - m..] {
            *to = to.max(c);
        }
    }
    let mut back = vec![0.0; n];
    for (at, p) in order.into_iter().zip(adjusted) {
        back[at] = p.min(1.0);
    }
    back
}

/// Goes through them from the smallest, or the largest, with the rank of each from below.
fn stepped(
    p_values: &[f64],
    from_largest: bool,
    mut adjust: impl FnMut(usize, f64) -> f64,
) -> Vec<f64> {
    let mut ranked: Vec<(usize, usize)> = ascending(p_values).into_iter().enumerate().collect();
    if from_largest {
        ranked.reverse();
    }
    let mut adjusted = vec![0.0; p_values.len()];
    for (rank, at) in ranked {
        adjusted[at] = adjust(rank, p_values[at]).min(1.0);
    }
    adjusted
}

fn ascending(p_values: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|a, b| p_values[*a].total_cmp(&p_values[*b]));
    order
}

#[cfg(test)]
mod tests {
    use super::super::distributions::assert_close;
    use super::*;

    fn check(found: &[f64], expected: &[f64]) {
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(expected) {
            assert_close(*found, *expected, 1e-12);
        }
    }

    #[test]
    fn four_p_values_are_adjusted_as_by_hand() {
        let p = [0.01, 0.04, 0.03, 0.005];
        check(&holm(&p), &[0.03, 0.06, 0.06, 0.02]);
        check(&bonferroni(&p), &[0.04, 0.16, 0.12, 0.02]);
        check(&benjamini_hochberg(&p), &[0.02, 0.04, 0.04, 0.02]);
        check(&hommel(&p), &[0.03, 0.04, 0.04, 0.02]);
    }

    #[test]
    fn the_first_paper_on_the_false_discovery_rate_comes_out_again() {
        // Benjamini and Hochberg 1995, section 4: at 5 %, four of fifteen; Bonferroni finds three.
        let p = [
            0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262,
            0.5719, 0.6528, 0.7590, 1.0,
        ];
        let below = |adjusted: Vec<f64>| adjusted.iter().filter(|it| **it <= 0.05).count();
        assert_eq!(below(benjamini_hochberg(&p)), 4);
        assert_eq!(below(bonferroni(&p)), 3);
        assert_eq!(below(holm(&p)), 3);
    }

    #[test]
    fn one_or_none_stays_as_it_is() {
        for adjust in [holm, bonferroni, benjamini_hochberg, hommel] {
            assert_eq!(adjust(&[]), Vec::<f64>::new());
            check(&adjust(&[0.03]), &[0.03]);
            check(&adjust(&[1.0, 1.0]), &[1.0, 1.0]);
        }
    }
}
