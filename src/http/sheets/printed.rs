//! Sheets as they are printed, on threads of their own, and kept.

use crate::{
    catalog::{Catalog, Version},
    config,
    describe::Language,
    flights::Flights,
    sheet::{Form, Press, Sheet, SheetError, View},
    style::{self, StyleId},
    workers::{WorkError, Workers},
};
use bytes::Bytes;
use moka::sync::Cache;
use std::{io, sync::Arc};

/// Bytes of sheets that are kept: a few of each map.
const KEPT: u64 = 32 << 20;
/// Sheets that may wait to be printed: each takes a second or two.
const QUEUE: usize = 16;

pub struct Sheets {
    press: Arc<Press>,
    /// Not those of tiles, which nobody waits for behind a sheet.
    workers: Arc<Workers>,
    kept: Cache<Version, Bytes>,
    under_way: Flights<Version, Result<Bytes, Arc<Failure>>>,
}

/// What is to be printed.
pub struct Order {
    pub style: StyleId,
    pub catalog: Arc<Catalog>,
    pub view: View,
    pub language: Language,
    pub form: Form,
}

/// Why there is none.
pub enum Failure {
    Work(WorkError),
    Sheet(SheetError),
}

impl Sheets {
    /// # Errors
    /// When the system gives no threads for the work.
    pub fn new(press: Press) -> io::Result<Self> {
        let weigher = |_: &Version, bytes: &Bytes| u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        Ok(Self {
            press: Arc::new(press),
            workers: Arc::new(Workers::new(config::cores(), QUEUE)?),
            kept: Cache::builder().max_capacity(KEPT).weigher(weigher).build(),
            under_way: Flights::default(),
        })
    }

    /// The sheet, kept under its `version`, or printed now, once for all who ask.
    pub async fn sheet(
        &self,
        order: Order,
        sheets: &Arc<style::Sheets>,
        version: Version,
    ) -> Result<Bytes, Arc<Failure>> {
        if let Some(bytes) = self.kept.get(&version) {
            return Ok(bytes);
        }
        let (press, workers, kept) = (Arc::clone(&self.press), Arc::clone(&self.workers), self.kept.clone());
        let sheets = Arc::clone(sheets);
        let printing = async move {
            let print = move || {
                let Order { style, catalog, view, language, form } = order;
                let style = sheets.style(style, &catalog).ok_or(SheetError::Unwritten)?;
                let sheet = Sheet { style: &style, sheets: &sheets, catalog: &catalog, view, language };
                press.print(&sheet, form)
            };
            let printed = workers.run(print).await.map_err(|error| Arc::new(Failure::Work(error)))?;
            let bytes = Bytes::from(printed.map_err(|error| Arc::new(Failure::Sheet(error)))?);
            kept.insert(version, bytes.clone());
            Ok(bytes)
        };
        self.under_way.join(version, printing).await
    }
}
