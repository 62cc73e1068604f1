//! Learning: how many trees, how strong a ridge, and how much each learner counts, all decided by what
//! is said of leads that were left out.

use super::super::table::Table;
use super::design::Design;
use super::encode::{Encoded, Encoder};
use super::linear::{Linear, newton};
use super::odds::log_odds;
use super::random::{Random, folds};
use super::trees::{Bins, Boosting, Settings, Tree, chance};
use super::{Mix, Model};

/// Into how many parts leads are divided to see what is best.
const FOLDS: usize = 5;
/// How many trees there are at most in a row, and how many are added before it is looked at again.
const MOST: usize = 400;
const STRIDE: usize = 10;
/// How often looking shows nothing better before it ends.
const PATIENCE: usize = 6;
/// How many rows of trees there are, each from other chances; what they say is averaged.
const BAGS: u64 = 4;
/// The ridges that are tried.
const RIDGES: [f64; 4] = [1.0, 4.0, 16.0, 64.0];
/// How many places the linear learner has at most.
const PLACES: usize = 512;

impl Model {
    /// Learns from leads and whether each was won. `progress` is told how much of it is done, from 0
    /// to 1.
    pub fn fit(table: &Table, won: &[bool], progress: &(dyn Fn(f64) + Sync)) -> Self {
        let settings = Settings::default();
        let trials = trials(table, won, &settings, progress);
        let rounds = best_of(&trials, |it| &it.by_rounds).map_or(STRIDE, |at| (at + 1) * STRIDE);
        let ridge = best_of(&trials, |it| &it.by_ridge).map_or(RIDGES[1], |at| RIDGES[at]);
        let mix = mix(&trials, rounds / STRIDE - 1, ridge, won);

        let encoder = Encoder::fit(table, won);
        let bags = at_once(BAGS as usize, |bag| {
            let own = encoder.encode_own(table, won, bag as u64 + 1);
            boost(&own, won, &settings, rounds, bag as u64 + 1)
        });
        let own = encoder.encode_own(table, won, 0);
        let design = Design::fit(&encoder, &own, PLACES, true);
        let linear = Linear::fit(design, &own, won, ridge);
        progress(1.0);
        let (trees, won) =
            (bags.into_iter().flatten().collect(), won.iter().filter(|it| **it).count());
        // Each row of trees counts the same.
        let mix = Mix { trees: mix.trees / BAGS as f64, ..mix };
        let mut model =
            Self { encoder, trees, linear, mix, usual: Vec::new(), rows: table.rows(), won };
        model.usual = model.average(table);
        model
    }

    /// What each source contributes to the average of these leads.
    fn average(&self, table: &Table) -> Vec<f32> {
        let mut sums = vec![0.0; self.encoder.sources.len()];
        for it in self.explain(table) {
            for (sum, part) in sums.iter_mut().zip(it.contributions) {
                *sum += part;
            }
        }
        sums.into_iter().map(|it| (it / table.rows().max(1) as f64) as f32).collect()
    }
}

/// What the learners said of one part that they had not seen.
struct Trial {
    rows: Vec<usize>,
    /// The log-odds after each stride of trees.
    trees: Vec<Vec<f64>>,
    /// The log-odds with each ridge.
    linear: Vec<Vec<f64>>,
    /// How much each was off: the sum of the logarithmic losses.
    by_rounds: Vec<f64>,
    by_ridge: Vec<f64>,
}

fn trials(
    table: &Table,
    won: &[bool],
    settings: &Settings,
    progress: &(dyn Fn(f64) + Sync),
) -> Vec<Trial> {
    let fold_of = folds(won, FOLDS, 7);
    let done = std::sync::atomic::AtomicUsize::new(0);
    at_once(FOLDS, |fold| {
        let (out, within): (Vec<usize>, Vec<usize>) =
            (0..won.len()).partition(|row| usize::from(fold_of[*row]) == fold);
        let trial = trial(table, won, settings, &within, out);
        let done = done.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1;
        progress(done as f64 / (FOLDS + 1) as f64);
        trial
    })
}

fn trial(
    table: &Table,
    won: &[bool],
    settings: &Settings,
    within: &[usize],
    rows: Vec<usize>,
) -> Trial {
    let pick = |rows: &[usize]| rows.iter().map(|row| won[*row]).collect::<Vec<bool>>();
    let (seen, of_seen) = (table.pick(within), pick(within));
    let of_out = pick(&rows);
    let encoder = Encoder::fit(&seen, &of_seen);
    let own = encoder.encode_own(&seen, &of_seen, 0);
    let out = encoder.encode(&table.pick(&rows));
    let (trees, by_rounds) = staged(&own, &of_seen, &out, &of_out, settings);
    let design = Design::fit(&encoder, &own, PLACES, true);
    let linear: Vec<Vec<f64>> = RIDGES
        .iter()
        .map(|ridge| {
            let linear = Linear::fit(design.clone(), &own, &of_seen, *ridge);
            let mut places = Vec::new();
            let mut nowhere = vec![0.0; encoder.sources.len()];
            (0..out.rows)
                .map(|row| {
                    nowhere.fill(0.0);
                    let common = linear.contribute(&out, row, 1.0, &mut places, &mut nowhere);
                    nowhere.iter().fold(common, |sum, it| sum + it)
                })
                .collect()
        })
        .collect();
    let by_ridge = linear.iter().map(|it| loss(it, &of_out)).collect();
    Trial { rows, trees, linear, by_rounds, by_ridge }
}

/// Trees on some leads, and what they say of others after each stride, until that gets no better.
fn staged(
    own: &Encoded,
    won: &[bool],
    out: &Encoded,
    of_out: &[bool],
    settings: &Settings,
) -> (Vec<Vec<f64>>, Vec<f64>) {
    let bins = Bins::of(&own.inputs);
    let start = start(won);
    let mut boosting = Boosting::new(settings, &bins, won, start, 1);
    let mut said = vec![start; out.rows];
    let (mut stages, mut losses): (Vec<Vec<f64>>, Vec<f64>) = (Vec::new(), Vec::new());
    let mut row = vec![0.0; out.inputs.len()];
    while stages.len() * STRIDE < MOST {
        for _ in 0..STRIDE {
            let tree = boosting.step();
            for (at, said) in said.iter_mut().enumerate() {
                for (to, input) in row.iter_mut().zip(&out.inputs) {
                    *to = input[at];
                }
                *said += tree.value(&row);
            }
        }
        losses.push(loss(&said, of_out));
        stages.push(said.clone());
        let best = least(&losses).unwrap_or(0);
        if losses.len() - 1 - best >= PATIENCE {
            break;
        }
    }
    (stages, losses)
}

/// So many trees, each for what the others left.
pub fn boost(
    own: &Encoded,
    won: &[bool],
    settings: &Settings,
    rounds: usize,
    seed: u64,
) -> Vec<Tree> {
    let bins = Bins::of(&own.inputs);
    let mut boosting = Boosting::new(settings, &bins, won, start(won), Random::new(seed).next());
    (0..rounds).map(|_| boosting.step()).collect()
}

/// Where all trees start: the log-odds of all leads.
pub fn start(won: &[bool]) -> f64 {
    let count = won.iter().filter(|it| **it).count() as f64;
    log_odds((count + 0.5) / (won.len() as f64 + 1.0))
}

/// Which of the choices was off least, over all parts. A part that ended early is as good as at its
/// end.
fn best_of(trials: &[Trial], of: impl Fn(&Trial) -> &Vec<f64>) -> Option<usize> {
    let longest = trials.iter().map(|it| of(it).len()).max()?;
    let sums: Vec<f64> = (0..longest)
        .map(|at| {
            let losses = trials.iter().map(&of);
            losses.filter_map(|it| it.get(at).or(it.last())).sum()
        })
        .collect();
    least(&sums)
}

fn least(losses: &[f64]) -> Option<usize> {
    (0..losses.len()).min_by(|a, b| losses[*a].total_cmp(&losses[*b]))
}

/// How much each learner counts, by a logistic regression on what they said of leads that they had not
/// seen. None counts against what it says, and both count the same where nothing tells them apart.
fn mix(trials: &[Trial], stage: usize, ridge: f64, won: &[bool]) -> Mix {
    let at = RIDGES.iter().position(|it| *it == ridge).unwrap_or(0);
    let (mut rows, mut of_rows) = (Vec::new(), Vec::new());
    let middle = start(won);
    for trial in trials {
        let Some(trees) = trial.trees.get(stage).or(trial.trees.last()) else { continue };
        for ((row, trees), linear) in trial.rows.iter().zip(trees).zip(&trial.linear[at]) {
            rows.push(vec![(0, 1.0), (1, trees - middle), (2, linear - middle)]);
            of_rows.push(won[*row]);
        }
    }
    let fitted = |counts: [bool; 3]| {
        newton(&rows, &of_rows, 3, &|place| match place {
            0 => (middle, 1.0),
            _ if counts[place] => (1.0 / counts[1..].iter().filter(|it| **it).count() as f64, 4.0),
            _ => (0.0, 1e12),
        })
    };
    let mut weights = fitted([true; 3]);
    if weights[1] < 0.0 {
        weights = fitted([true, false, true]);
    } else if weights[2] < 0.0 {
        weights = fitted([true, true, false]);
    }
    let (trees, linear) = (weights[1].max(0.0), weights[2].max(0.0));
    // The trees are added without their start.
    Mix { start: weights[0] - linear * middle, trees, linear }
}

fn loss(log_odds: &[f64], won: &[bool]) -> f64 {
    let of = |(log_odds, won): (&f64, &bool)| {
        let chance = chance(if *won { *log_odds } else { -log_odds });
        -libm::log(chance.max(1e-12))
    };
    log_odds.iter().zip(won).map(of).sum()
}

/// Does a thing so many times, on as many threads as there are processors, and keeps the order.
pub fn at_once<T: Send>(count: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(count.max(1));
    let next = std::sync::atomic::AtomicUsize::new(0);
    let (next, work) = (&next, &work);
    let mut done: Vec<(usize, T)> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(move || {
                    let mut done = Vec::new();
                    loop {
                        let at = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                        if at >= count {
                            return done;
                        }
                        done.push((at, work(at)));
                    }
                })
            })
            .collect();
        let joined = workers.into_iter().flat_map(|it| {
            it.join().unwrap_or_else(|panicked| std::panic::resume_unwind(panicked))
        });
        joined.collect()
    });
    done.sort_by_key(|it| it.0);
    done.into_iter().map(|it| it.1).collect()
}
