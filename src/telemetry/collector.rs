//! The collector: OTLP by HTTP, as protobuf.

use super::settings::Target;
use crate::outside::{AuthoritiesError, agent};
use prost::Message;
use std::{
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    thread::sleep,
    time::Duration,
};
use ureq::Agent;

/// What a collector that has too much to do is given before it is asked again (OTLP, *Retryable Response Codes*). Meanwhile
/// what comes waits in the queue, and is dropped when that is full.
const PAUSES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(3)];

#[derive(Debug)]
pub struct Collector {
    target: Target,
    agent: Agent,
    /// Whether the last that was sent did not arrive.
    failing: AtomicBool,
}

#[derive(Debug, thiserror::Error)]
#[error("the collector of telemetry: {0}")]
pub struct CollectorError(#[from] AuthoritiesError);

impl Collector {
    /// # Errors
    /// When there are no authorities for an https URL.
    pub fn new(target: Target, authorities: &Path) -> Result<Self, CollectorError> {
        let agent = agent(target.url.as_str(), authorities, target.patience)?;
        Ok(Self { target, agent, failing: AtomicBool::new(false) })
    }

    /// Sends a request. It takes its time. What does not arrive is lost, and that is told once.
    pub fn send(&self, request: &impl Message) -> bool {
        let body = request.encode_to_vec();
        let mut sent = self.post(&body);
        for pause in PAUSES {
            if !sent.as_ref().is_err_and(is_passing) {
                break;
            }
            sleep(pause);
            sent = self.post(&body);
        }
        let was_failing = self.failing.swap(sent.is_err(), Ordering::Relaxed);
        let url = self.target.url.as_str();
        match &sent {
            Err(error) if !was_failing => {
                tracing::warn!(url, %error, "the collector of telemetry does not take what is sent: it is lost");
            }
            Ok(()) if was_failing => tracing::info!(url, "the collector of telemetry takes what is sent"),
            _ => {}
        }
        sent.is_ok()
    }

    fn post(&self, body: &[u8]) -> Result<(), ureq::Error> {
        let mut request = self.agent.post(self.target.url.as_str()).content_type("application/x-protobuf");
        for (name, value) in &self.target.headers {
            request = request.header(name, value.reveal());
        }
        request.send(body).map(|_| ())
    }
}

/// Whether the same may be taken later.
fn is_passing(error: &ureq::Error) -> bool {
    matches!(error, ureq::Error::StatusCode(429 | 502 | 503 | 504))
}
