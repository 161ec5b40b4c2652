//! Certificates made on the spot, and clients that check them.

use super::{patience::PATIENCE, server::Server};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    crypto::ring,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use std::{
    io::{Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

/// A certificate that vouches for itself, and its key.
pub struct Certificate {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// What `openssl` is told: a server's certificate and no authority's.
const REQUEST: &str = "[req]\ndistinguished_name = name\nx509_extensions = server\n[name]\n[server]\n\
                       basicConstraints = critical, CA:FALSE\nsubjectAltName = DNS:localhost, IP:127.0.0.1\n";

impl Certificate {
    /// Made in `folder`, valid from an hour ago until tomorrow: `now` may be rounded up to a second still to come.
    pub fn new(folder: &Path, name: &str) -> Self {
        Self::made_at(folder, name, "1 hour ago")
    }

    /// The same as if it were then.
    pub fn made_at(folder: &Path, name: &str, time: &str) -> Self {
        let file = |suffix: &str| folder.join(format!("{name}.{suffix}"));
        std::fs::write(file("cnf"), REQUEST).unwrap();
        let mut command = Command::new("faketime");
        command.args([
            time,
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
        ]);
        command.args(["-nodes", "-days", "2", "-subj", "/CN=localhost", "-config"]).arg(file("cnf"));
        command.arg("-keyout").arg(file("key")).arg("-out").arg(file("pem"));
        let made = command.output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        Self { certificate: file("pem"), key: file("key") }
    }

    /// The section of a configuration that names it.
    pub fn config(&self) -> String {
        let (certificate, key) = (self.certificate.display(), self.key.display());
        format!("[server.tls]\ncertificate = \"{certificate}\"\nkey = \"{key}\"\n")
    }

    /// Puts this one in the place of the other, as renewal does: one file after the other.
    pub fn replace(&self, other: &Certificate) {
        for (from, to) in [(&self.certificate, &other.certificate), (&self.key, &other.key)] {
            std::fs::copy(from, to).unwrap();
        }
    }

    /// A connection to the server that trusts this certificate and no other.
    #[track_caller]
    pub fn connect(&self, server: &Server, protocols: &[&str]) -> Stream {
        self.try_connect(server, protocols).unwrap()
    }

    pub fn try_connect(&self, server: &Server, protocols: &[&str]) -> std::io::Result<Stream> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(&self.certificate).unwrap()).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let config = config.with_safe_default_protocol_versions().unwrap();
        let mut config = config.with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
        let name = ServerName::try_from("localhost").unwrap();
        let connection = ClientConnection::new(Arc::new(config), name).unwrap();
        let socket = TcpStream::connect(&server.address)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        let mut stream = StreamOwned::new(connection, socket);
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock)?;
        }
        Ok(stream)
    }

    /// The answer to one request by HTTP/1.1, head and body.
    #[track_caller]
    pub fn get(&self, server: &Server, path: &str) -> String {
        let mut stream = self.connect(server, &["http/1.1"]);
        let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", server.address);
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// Waits until the server has a plan to serve.
    #[track_caller]
    pub fn wait_until_ready(&self, server: &Server) {
        server.wait_for_log("serving");
        let answer = self.get(server, "/readyz");
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
}

pub type Stream = StreamOwned<ClientConnection, TcpStream>;
