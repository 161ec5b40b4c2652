//! Where an issuer's keys are: a file, or a URL.

use crate::{
    config::{Jwks, Tokens},
    outside::{AuthoritiesError, agent},
};
use std::{fs, io, path::PathBuf, time::Duration};
use ureq::Agent;

/// A fetch that takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(10);
/// Bytes of a set of keys: a key takes some kB with its certificates.
const LARGEST: u64 = 1 << 20;

pub enum Place {
    File(PathBuf),
    Url { url: String, agent: Agent },
}

#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    #[error("cannot read {path}: {cause}")]
    File { path: PathBuf, cause: io::Error },
    #[error(transparent)]
    Authorities(#[from] AuthoritiesError),
    #[error("cannot be fetched: {0}")]
    Url(#[from] Box<ureq::Error>),
}

impl Place {
    /// # Errors
    /// When there are no authorities for an https URL.
    pub fn new(config: &Tokens) -> Result<Self, PlaceError> {
        let url = match &config.jwks {
            Jwks::File(path) => return Ok(Self::File(path.clone())),
            Jwks::Url(url) => url.clone(),
        };
        let agent = agent(&url, &config.authorities, PATIENCE)?;
        Ok(Self::Url { url, agent })
    }

    /// What is there now. It takes its time.
    ///
    /// # Errors
    /// When it cannot be had.
    pub fn read(&self) -> Result<Vec<u8>, PlaceError> {
        match self {
            Self::File(path) => {
                fs::read(path).map_err(|cause| PlaceError::File { path: path.clone(), cause })
            }
            Self::Url { url, agent } => {
                let answer = agent.get(url).call();
                let body = answer
                    .and_then(|mut answer| answer.body_mut().with_config().limit(LARGEST).read_to_vec());
                Ok(body.map_err(Box::new)?)
            }
        }
    }
}
