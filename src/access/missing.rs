//! Rules for layers that there are not: a slip in a name would leave the layer that was meant open to all.

use crate::{config::Access, plan::LayerId, service::Service};
use std::sync::Arc;

/// Warns of them, once for each change. Runs until dropped.
pub async fn tell_missing(service: Arc<Service>, access: Access) {
    let mut news = service.news();
    let mut told: Vec<LayerId> = vec![];
    loop {
        if let Some(catalog) = service.catalog() {
            let missing = access.layers.keys().filter(|id| catalog.layer(id).is_none());
            let missing: Vec<_> = missing.cloned().collect();
            if missing != told {
                told = missing;
                if !told.is_empty() {
                    tracing::warn!(layers = ?told, "access.layer names layers that are not served");
                }
            }
        }
        if news.changed().await.is_err() {
            return;
        }
    }
}
