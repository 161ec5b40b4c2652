//! What goes wrong with a bucket.

use super::LocationError;
use std::{io, time::Duration};

/// The texts are told to clients; what the bucket itself says, which may name hosts and accounts, is in the cause.
#[derive(Debug, thiserror::Error)]
pub enum BucketError {
    #[error("the address of the bucket: {0}")]
    Address(#[from] LocationError),
    #[error("the bucket does not have it")]
    Missing,
    /// What was known is what is there.
    #[error("the object is as it was")]
    Same,
    #[error("somebody else has published meanwhile")]
    Overtaken,
    #[error("the bucket did not answer within {} s", .0.as_secs())]
    Silent(Duration),
    #[error("the bucket refuses what it is asked for: its credentials do not allow it")]
    Refused(#[source] object_store::Error),
    #[error("the bucket cannot be reached, or fails")]
    Failed(#[source] object_store::Error),
    #[error("a file on its way from or to the bucket: {0}")]
    File(io::Error),
}

impl BucketError {
    /// Whether the bucket could not be asked; else it has answered, or the fault is not its own.
    pub fn is_absence(&self) -> bool {
        matches!(self, Self::Silent(_) | Self::Refused(_) | Self::Failed(_))
    }
}

impl From<object_store::Error> for BucketError {
    fn from(error: object_store::Error) -> Self {
        use object_store::Error;
        match error {
            Error::NotFound { .. } => Self::Missing,
            Error::NotModified { .. } => Self::Same,
            Error::AlreadyExists { .. } | Error::Precondition { .. } => Self::Overtaken,
            Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => Self::Refused(error),
            error => Self::Failed(error),
        }
    }
}
