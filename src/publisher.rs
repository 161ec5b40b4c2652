//! From the system of record to what is served: export, prepare, swap.
//!
//! The served state is replaced whole. When an export fails, what was served stays, the failure is logged and
//! shown in `/readyz`, and the export is tried again.

use crate::{
    catalog::{Catalog, PublishedLayer},
    config::Config,
    service::Service,
    snapshot::{CurrentSet, Origin, Snapshot, Store},
    tile::TileLayer,
};
use std::{sync::Arc, time::Duration};

pub struct Publisher {
    service: Arc<Service>,
    store: Arc<Store>,
    origin: Source,
}
