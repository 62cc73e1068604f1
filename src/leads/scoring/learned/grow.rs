//! One tree, level by level: the histogram of a node is what its parent's and its sibling's differ by.

use super::trees::{Bins, Node, Settings, Tree};

/// A tree, and in which step of its input each of its nodes splits.
pub struct Grown {
    pub tree: Tree,
    steps: Vec<u8>,
}

impl Grown {
    /// What it says of a row of what it was grown on.
    pub fn value(&self, bins: &Bins, row: usize) -> f64 {
        let mut at = 0;
        loop {
            let node = &self.tree.nodes[at];
            if node.left == 0 {
                return f64::from(node.value);
            }
            let step = bins.of_rows[usize::from(node.input)][row];
            at = node.left as usize
                + usize::from(!goes_left(step, self.steps[at], node.unknown_left));
        }
    }
}

/// First and second derivatives of some leads, added up, and how many they are.
#[derive(Clone, Copy, Default)]
struct Sums {
    slope: f64,
    bend: f64,
    rows: u32,
}

struct Split {
    gain: f64,
    input: usize,
    step: u8,
    unknown_left: bool,
}

/// A node that may still be split.
struct Open {
    at: usize,
    rows: Vec<u32>,
    sums: Sums,
    /// For each input its steps.
    histogram: Vec<Vec<Sums>>,
}

/// Grows a tree on these rows and inputs.
pub fn grow(
    settings: &Settings,
    bins: &Bins,
    slopes: &[(f64, f64)],
    rows: Vec<usize>,
    inputs: &[usize],
) -> Grown {
    let rows: Vec<u32> = rows.into_iter().map(|row| row as u32).collect();
    let mut grown = Grown { tree: Tree::default(), steps: Vec::new() };
    let sums = rows.iter().fold(Sums::default(), |sums, row| sums.and(slopes[*row as usize]));
    let histogram = histogram(bins, slopes, &rows, inputs);
    grown.push(settings, sums);
    let mut level = vec![Open { at: 0, rows, sums, histogram }];
    for depth in 1..=settings.depth {
        let mut next = Vec::new();
        for open in level {
            let Some(split) = best(settings, inputs, &open) else { continue };
            let (left, right) = divide(bins, slopes, &open, &split);
            let node = grown.tree.nodes.len() as u32;
            let parent = &mut grown.tree.nodes[open.at];
            parent.left = node;
            parent.input = split.input as u16;
            parent.cut = bins.cut(split.input, usize::from(split.step));
            parent.unknown_left = split.unknown_left;
            grown.steps[open.at] = split.step;
            grown.push(settings, left.sums);
            grown.push(settings, right.sums);
            if depth < settings.depth {
                next.extend(children(bins, slopes, inputs, open, left, right, node as usize));
            }
        }
        level = next;
    }
    grown
}

impl Grown {
    fn push(&mut self, settings: &Settings, sums: Sums) {
        let value = -settings.rate * sums.slope / (sums.bend + settings.shrink);
        self.tree.nodes.push(Node {
            input: 0,
            unknown_left: false,
            left: 0,
            cut: 0.0,
            value: value as f32,
        });
        self.steps.push(0);
    }
}

impl Sums {
    fn and(self, (slope, bend): (f64, f64)) -> Self {
        Self { slope: self.slope + slope, bend: self.bend + bend, rows: self.rows + 1 }
    }

    fn plus(self, other: Self) -> Self {
        Self {
            slope: self.slope + other.slope,
            bend: self.bend + other.bend,
            rows: self.rows + other.rows,
        }
    }

    fn minus(self, other: Self) -> Self {
        Self {
            slope: self.slope - other.slope,
            bend: self.bend - other.bend,
            rows: self.rows - other.rows,
        }
    }

    fn worth(self, shrink: f64) -> f64 {
        self.slope * self.slope / (self.bend.max(0.0) + shrink)
    }

    fn is_enough(self, settings: &Settings) -> bool {
        self.rows >= settings.least_rows && self.bend >= settings.least_weight
    }
}

fn histogram(bins: &Bins, slopes: &[(f64, f64)], rows: &[u32], inputs: &[usize]) -> Vec<Vec<Sums>> {
    // What belongs to the rows is fetched once, not once an input.
    let own: Vec<(f64, f64)> = rows.iter().map(|row| slopes[*row as usize]).collect();
    inputs
        .iter()
        .map(|input| {
            let steps = &bins.of_rows[*input];
            let mut sums = vec![Sums::default(); bins.steps(*input)];
            for (row, slopes) in rows.iter().zip(&own) {
                let step = &mut sums[usize::from(steps[*row as usize])];
                *step = step.and(*slopes);
            }
            sums
        })
        .collect()
}

fn best(settings: &Settings, inputs: &[usize], open: &Open) -> Option<Split> {
    let mut best: Option<Split> = None;
    let before = open.sums.worth(settings.shrink);
    for (input, steps) in inputs.iter().zip(&open.histogram) {
        let unknown = steps[0];
        let sides: &[bool] = if unknown.rows > 0 { &[false, true] } else { &[false] };
        for unknown_left in sides {
            let mut left = if *unknown_left { unknown } else { Sums::default() };
            for (step, sums) in steps.iter().enumerate().take(steps.len() - 1).skip(1) {
                left = left.plus(*sums);
                let right = open.sums.minus(left);
                if !left.is_enough(settings) || !right.is_enough(settings) {
                    continue;
                }
                let gain = left.worth(settings.shrink) + right.worth(settings.shrink) - before;
                if gain > best.as_ref().map_or(LEAST_GAIN, |it| it.gain) {
                    let (input, step) = (*input, step as u8);
                    best = Some(Split { gain, input, step, unknown_left: *unknown_left });
                }
            }
        }
    }
    best
}

/// Below this a split is rounding.
const LEAST_GAIN: f64 = 1e-6;

struct Side {
    rows: Vec<u32>,
    sums: Sums,
}

fn goes_left(step: u8, split: u8, unknown_left: bool) -> bool {
    if step == Bins::UNKNOWN { unknown_left } else { step <= split }
}

fn divide(bins: &Bins, slopes: &[(f64, f64)], open: &Open, split: &Split) -> (Side, Side) {
    let steps = &bins.of_rows[split.input];
    let (left, right): (Vec<u32>, Vec<u32>) = open
        .rows
        .iter()
        .partition(|row| goes_left(steps[**row as usize], split.step, split.unknown_left));
    let sum = |rows: &[u32]| {
        rows.iter().fold(Sums::default(), |sums, row| sums.and(slopes[*row as usize]))
    };
    let (of_left, of_right) = (sum(&left), sum(&right));
    (Side { rows: left, sums: of_left }, Side { rows: right, sums: of_right })
}

fn children(
    bins: &Bins,
    slopes: &[(f64, f64)],
    inputs: &[usize],
    parent: Open,
    left: Side,
    right: Side,
    at: usize,
) -> [Open; 2] {
    let fewer_left = left.rows.len() <= right.rows.len();
    let fewer = if fewer_left { &left.rows } else { &right.rows };
    let own = histogram(bins, slopes, fewer, inputs);
    let mut other = parent.histogram;
    for (other, own) in other.iter_mut().flatten().zip(own.iter().flatten()) {
        *other = other.minus(*own);
    }
    let (of_left, of_right) = if fewer_left { (own, other) } else { (other, own) };
    [
        Open { at, rows: left.rows, sums: left.sums, histogram: of_left },
        Open { at: at + 1, rows: right.rows, sums: right.sums, histogram: of_right },
    ]
}
