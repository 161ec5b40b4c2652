//! What was asked for, so that it is there when it is asked for again.

use super::Whole;
use crate::catalog::Catalog;
use std::{collections::BTreeSet, mem, sync::Arc};

#[derive(Default)]
pub struct Asked {
    served: Option<Arc<Catalog>>,
    of_it: BTreeSet<Whole>,
    /// Of what was served before.
    earlier: BTreeSet<Whole>,
}

impl Asked {
    /// Notes that `whole` was asked for of the catalog that is `served` now.
    pub fn note(&mut self, served: &Arc<Catalog>, whole: Whole) {
        self.turn_to(served);
        self.of_it.insert(whole);
    }

    /// What was asked for until `served` was, once: what nobody asks for again is not made again.
    pub fn take_earlier(&mut self, served: &Arc<Catalog>) -> BTreeSet<Whole> {
        self.turn_to(served);
        mem::take(&mut self.earlier)
    }

    fn turn_to(&mut self, served: &Arc<Catalog>) {
        if !self.served.as_ref().is_some_and(|before| Arc::ptr_eq(before, served)) {
            self.served = Some(Arc::clone(served));
            self.earlier.append(&mut self.of_it);
        }
    }
}
