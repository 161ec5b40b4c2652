//! The least of some numbers that change.

/// A tree over a list of numbers: each node knows which number under it is the least, of equal ones the first.
#[derive(Default)]
pub struct Least {
    values: Vec<f64>,
    /// Node 1 is the root, the children of node `n` are `2n` and `2n + 1`; the leaves, one for two numbers, are the
    /// second half.
    nodes: Vec<u32>,
}

impl Least {
    /// Takes so many numbers.
    pub fn fill(&mut self, count: usize, value: impl FnMut(usize) -> f64) {
        let leaves = count.div_ceil(2).next_power_of_two();
        self.values.clear();
        self.values.extend((0..count).map(value));
        self.values.resize(2 * leaves, f64::INFINITY);
        self.nodes.clear();
        self.nodes.resize(2 * leaves, 0);
        for leaf in 0..leaves {
            self.nodes[leaves + leaf] = self.lesser(2 * leaf as u32, 2 * leaf as u32 + 1);
        }
        for node in (1..leaves).rev() {
            self.nodes[node] = self.lesser(self.nodes[2 * node], self.nodes[2 * node + 1]);
        }
    }

    /// Changes the number at `i`.
    pub fn set(&mut self, i: usize, value: f64) {
        let same = self.values[i] == value;
        self.values[i] = value;
        if same {
            return;
        }
        let mut node = (i + self.nodes.len()) / 2;
        self.nodes[node] = self.lesser(i as u32 & !1, i as u32 | 1);
        while node > 1 {
            node /= 2;
            self.nodes[node] = self.lesser(self.nodes[2 * node], self.nodes[2 * node + 1]);
        }
    }

    /// Where the least number is; `None` when all are infinite.
    pub fn least(&self) -> Option<usize> {
        let i = *self.nodes.get(1)? as usize;
        self.values[i].is_finite().then_some(i)
    }

    fn lesser(&self, i: u32, j: u32) -> u32 {
        if self.values[j as usize] < self.values[i as usize] { j } else { i }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_is_the_first_of_the_least(
            values in prop::collection::vec(0..50u8, 1..40),
            changes in prop::collection::vec((0..40usize, 0..50u8), 0..40),
        ) {
            let mut values: Vec<f64> = values.into_iter().map(f64::from).collect();
            let mut least = Least::default();
            least.fill(values.len(), |i| values[i]);
            for (i, value) in changes {
                let i = i % values.len();
                values[i] = if value == 0 { f64::INFINITY } else { f64::from(value) };
                least.set(i, values[i]);
                let finite = (0..values.len()).filter(|&i| values[i].is_finite());
                let expected = finite.min_by(|&a, &b| values[a].total_cmp(&values[b]));
                prop_assert_eq!(least.least(), expected);
            }
        }
    }
}
