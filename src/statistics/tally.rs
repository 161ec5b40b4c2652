//! What is counted of the features of a group.

/// A sum of what some features say.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub struct Sum {
    sum: f64,
    /// What the sum has lost in rounding.
    lost: f64,
    /// How many features say something.
    pub features: usize,
}

impl Sum {
    /// Neumaier's sum: exact to the last digit that is shown, in whatever order.
    pub fn add(&mut self, value: f64) {
        let sum = self.sum + value;
        self.lost +=
            if self.sum.abs() >= value.abs() { (self.sum - sum) + value } else { (value - sum) + self.sum };
        self.sum = sum;
        self.features += 1;
    }

    /// `None` when no feature says anything, which is not 0.
    pub fn value(&self) -> Option<f64> {
        (self.features > 0).then(|| tidy(self.sum + self.lost))
    }

    /// Its share of the sum of all; `None` where there is none.
    pub fn share(&self, of: &Self) -> Option<f64> {
        let share = self.value()? / of.value()?;
        share.is_finite().then(|| tidy(share))
    }
}

/// Without the digits that are owed to binary fractions: 12 that count.
pub fn tidy(value: f64) -> f64 {
    format!("{value:.11e}").parse().unwrap_or(value)
}

/// What is counted of the features of a group.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Tally {
    pub features: usize,
    /// Area that the plan states, km².
    pub stated: Sum,
    /// Area as drawn, on the ellipsoid, km²; of polygons.
    pub drawn: Sum,
    /// Of the properties that are asked for, in their order.
    pub sums: Vec<Sum>,
}

impl Tally {
    pub fn new(sums: usize) -> Self {
        Self { sums: vec![Sum::default(); sums], ..Self::default() }
    }

    /// Its share of the features of all.
    pub fn share(&self, of: &Self) -> Option<f64> {
        (of.features > 0).then(|| tidy(self.features as f64 / of.features as f64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(values: &[f64]) -> Sum {
        let mut sum = Sum::default();
        values.iter().for_each(|&value| sum.add(value));
        sum
    }

    #[test]
    fn sums_are_those_of_the_decimals() {
        assert_eq!(sum(&[355.17, 833.61]).value(), Some(1188.78));
        assert_eq!(sum(&[47.704, 29.873, 81.919, 13.91]).value(), Some(173.406));
        assert_eq!(sum(&[1e16, 1.0, -1e16]).value(), Some(1.0));
        assert_eq!(sum(&[0.1; 10]).value(), Some(1.0));
        assert_eq!(sum(&[]).value(), None);
        assert_eq!(sum(&[0.0]).value(), Some(0.0));
    }

    #[test]
    fn a_share_of_nothing_is_none() {
        assert_eq!(sum(&[1.0]).share(&sum(&[1.0, 2.0])), Some(0.333333333333));
        assert_eq!(sum(&[]).share(&sum(&[1.0])), None);
        assert_eq!(sum(&[0.0]).share(&sum(&[0.0])), None);
        assert_eq!(Tally::new(0).share(&Tally::new(0)), None);
    }
}
