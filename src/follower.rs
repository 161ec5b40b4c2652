//! Keeping the service current: the last published state at once, then the state of the system of record.

use crate::{
    catalog::{Catalog, PublishedLayer},
    grid::TileMatrixSet,
    publisher::{PublishError, PublishedSet, Publisher, chain},
    service::Service,
    tile::{PrepareError, TileLayer},
};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// First and longest pause between two tries.
const PAUSES: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(30)];

#[derive(Debug, thiserror::Error)]
enum FollowError {
    #[error(transparent)]
    Publish(#[from] PublishError),
    #[error(transparent)]
    Prepare(#[from] PrepareError),
    #[error("{0}")]
    Incomplete(String),
    #[error("the work was aborted")]
    Aborted,
}

/// Serves the last published state, then exports until the served state is that of the system of record.
pub async fn follow(publisher: Publisher, service: Arc<Service>) {
    let publisher = Arc::new(publisher);
    if let Err(error) = resume(&publisher, &service).await {
        report(&service, &error);
    }
    let mut pause = PAUSES[0];
    while let Err(error) = publish(&publisher, &service).await {
        report(&service, &error);
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(PAUSES[1]);
    }
    service.confirm();
}

fn report(service: &Service, error: &FollowError) {
    tracing::warn!(error = chain(error), "what is served may be older than its source");
    service.note_failure(error.to_string());
}

async fn resume(publisher: &Arc<Publisher>, service: &Arc<Service>) -> Result<(), FollowError> {
    let opening = Arc::clone(publisher);
    let set =
        tokio::task::spawn_blocking(move || opening.resume()).await.map_err(|_| FollowError::Aborted)?;
    let Some(set) = set else { return Ok(()) };
    let failures = set.failures.clone();
    serve(set, service).await?;
    tracing::info!(
        layers = service.catalog().map_or(0, |catalog| catalog.layers().len()),
        "serving the last published state"
    );
    complete(failures)
}

async fn publish(publisher: &Publisher, service: &Arc<Service>) -> Result<(), FollowError> {
    let start = Instant::now();
    let set = publisher.publish(None, &|_| {}).await?;
    let seconds = start.elapsed().as_secs_f64();
    service.metrics.export_seconds.set(seconds);
    let failures = set.failures.clone();
    serve(set, service).await?;
    tracing::info!(
        seconds,
        version = service.catalog().map(|catalog| catalog.version().to_string()),
        "published"
    );
    complete(failures)
}

fn complete(failures: Vec<String>) -> Result<(), FollowError> {
    if failures.is_empty() { Ok(()) } else { Err(FollowError::Incomplete(failures.join("; "))) }
}

/// Prepares the layers for cutting and swaps the catalog. Layers that did not change stay as they are.
async fn serve(set: PublishedSet, service: &Arc<Service>) -> Result<(), FollowError> {
    let current = service.catalog();
    let catalog = tokio::task::spawn_blocking(move || {
        let grid = TileMatrixSet::web_mercator_quad();
        let layers = set.layers.into_iter().map(|(snapshot, published_at)| {
            let served = current.as_ref().and_then(|catalog| catalog.layer(&snapshot.layer.id));
            match served
                .filter(|served| served.snapshot.id == snapshot.id && served.published_at == published_at)
            {
                Some(served) => Ok(Arc::clone(served)),
                None => {
                    let tiles = TileLayer::prepare(Arc::clone(&snapshot), &grid)?;
                    Ok(Arc::new(PublishedLayer { snapshot, tiles, published_at }))
                }
            }
        });
        let layers = layers.collect::<Result<Vec<_>, PrepareError>>()?;
        Ok::<_, PrepareError>(Catalog::new(set.origin, layers))
    });
    service.serve(catalog.await.map_err(|_| FollowError::Aborted)??);
    Ok(())
}
