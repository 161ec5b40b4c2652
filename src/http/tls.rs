//! TLS: the certificate that is shown, and another one in its place while connections go on.

use super::socket::Socket;
use crate::config;
use arc_swap::ArcSwap;
use axum::http::HeaderValue;
use rustls::{
    CertificateError, Error, InconsistentKeys, RootCertStore, ServerConfig,
    client::{WebPkiServerVerifier, danger::ServerCertVerifier},
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem::PemObject},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use std::{
    io,
    net::Ipv4Addr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

/// How often the files are looked at. What two looks find alike is there for good, and not half written.
const LOOK: Duration = Duration::from_secs(2);
/// In our order: many tiles on one connection, or one after the other.
const PROTOCOLS: [&[u8]; 2] = [HTTP2, b"http/1.1"];
pub const HTTP2: &[u8] = b"h2";

pub struct Tls {
    files: config::Tls,
    at_start: Pem,
    provider: Arc<CryptoProvider>,
    shown: Arc<Shown>,
    config: Arc<ServerConfig>,
    /// Tells browsers to come by https alone from now on.
    pub strict_transport: Option<HeaderValue>,
}

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum TlsError {
    #[error("cannot read {path}: {cause}")]
    Unreadable { path: PathBuf, cause: String },
    #[error("there is no certificate in {0}, as PEM")]
    NoCertificate(PathBuf),
    #[error("there is no private key in {0}, as PEM")]
    NoKey(PathBuf),
    #[error("the key in {key} is not that of the certificate in {certificate}")]
    Mismatch { certificate: PathBuf, key: PathBuf },
    #[error("the certificate in {certificate} and the key in {key} cannot be used: {cause}")]
    Unusable { certificate: PathBuf, key: PathBuf, cause: Error },
}

/// Both files as they are.
#[derive(Clone, PartialEq)]
struct Pem {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

/// The certificate that new connections are shown.
#[derive(Debug)]
struct Shown(ArcSwap<CertifiedKey>);

impl ResolvesServerCert for Shown {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.load_full())
    }
}

impl Tls {
    /// That of the configuration, if it has any.
    ///
    /// # Errors
    /// As [`Tls::load`].
    pub fn of(server: &config::Server) -> Result<Option<Self>, TlsError> {
        server.tls.as_ref().map(Self::load).transpose()
    }

    /// Reads the certificate and its key. One that is out of its time is used, with a warning.
    ///
    /// # Errors
    /// When a file is not readable, has not what it should have, or key and certificate are not of each other.
    pub fn load(files: &config::Tls) -> Result<Self, TlsError> {
        let provider = Arc::new(ring::default_provider());
        let at_start = Pem::read(files)?;
        let shown = Arc::new(Shown(ArcSwap::from_pointee(at_start.certified(files, &provider)?)));
        let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|cause| unusable(files, cause))?;
        let mut config = config.with_no_client_auth().with_cert_resolver(Arc::clone(&shown) as _);
        config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).into();
        let strict_transport = match files.hsts_seconds {
            0 => None,
            seconds => HeaderValue::try_from(format!("max-age={seconds}")).ok(),
        };
        let config = Arc::new(config);
        Ok(Self { files: files.clone(), at_start, provider, shown, config, strict_transport })
    }

    /// The client's hello answered and its keys agreed on.
    pub async fn accept(&self, socket: Socket) -> io::Result<TlsStream<Socket>> {
        TlsAcceptor::from(Arc::clone(&self.config)).accept(socket).await
    }

    /// Shows what is in the files from when they have something else that can be used. Connections stay as they are.
    pub async fn follow(self: Arc<Self>) {
        let mut tried = Ok(self.at_start.clone());
        let mut before = tried.clone();
        loop {
            tokio::time::sleep(LOOK).await;
            let tls = Arc::clone(&self);
            let Ok(found) = tokio::task::spawn_blocking(move || Pem::read(&tls.files)).await else {
                continue;
            };
            let is_settled = found == before;
            before = found;
            if !is_settled || before == tried {
                continue;
            }
            tried = before.clone();
            match before.clone().and_then(|pem| pem.certified(&self.files, &self.provider)) {
                Ok(certified) => {
                    self.shown.0.store(Arc::new(certified));
                    tracing::info!("another certificate is shown from now on");
                }
                Err(error) => {
                    tracing::warn!(%error, "the new certificate cannot be used: the one before is still shown");
                }
            }
        }
    }
}

impl Pem {
    fn read(files: &config::Tls) -> Result<Self, TlsError> {
        let read = |path: &Path| {
            std::fs::read(path)
                .map_err(|cause| TlsError::Unreadable { path: path.to_owned(), cause: cause.to_string() })
        };
        Ok(Self { certificate: read(&files.certificate)?, key: read(&files.key)? })
    }

    /// The certificate with its key; says so when clients will refuse it for its time.
    fn certified(
        &self,
        files: &config::Tls,
        provider: &Arc<CryptoProvider>,
    ) -> Result<CertifiedKey, TlsError> {
        let config::Tls { certificate, key, .. } = files;
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&self.certificate).collect();
        let chain = chain.unwrap_or_default();
        let Some(leaf) = chain.first().cloned() else {
            return Err(TlsError::NoCertificate(certificate.clone()));
        };
        let private = PrivateKeyDer::from_pem_slice(&self.key).map_err(|_| TlsError::NoKey(key.clone()))?;
        let certified = CertifiedKey::from_der(chain, private, provider).map_err(|cause| match cause {
            Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
                TlsError::Mismatch { certificate: certificate.clone(), key: key.clone() }
            }
            cause => unusable(files, cause),
        })?;
        if let Some(error) = out_of_time(&leaf, provider) {
            tracing::warn!(certificate = %certificate.display(), %error, "clients will refuse the certificate for its time");
        }
        Ok(certified)
    }
}

fn unusable(files: &config::Tls, cause: Error) -> TlsError {
    TlsError::Unusable { certificate: files.certificate.clone(), key: files.key.clone(), cause }
}

/// What a client says now of a certificate that is over, or not valid yet.
fn out_of_time(
    certificate: &CertificateDer<'static>,
    provider: &Arc<CryptoProvider>,
) -> Option<CertificateError> {
    // A client that would take the certificate's own word: it looks at the time before anything else.
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone()).ok()?;
    let client =
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider)).build().ok()?;
    let name = ServerName::from(std::net::IpAddr::from(Ipv4Addr::LOCALHOST));
    match client.verify_server_cert(certificate, &[], &name, &[], UnixTime::now()) {
        Err(Error::InvalidCertificate(
            error @ (CertificateError::Expired
            | CertificateError::ExpiredContext { .. }
            | CertificateError::NotValidYet
            | CertificateError::NotValidYetContext { .. }),
        )) => Some(error),
        _ => None,
    }
}
