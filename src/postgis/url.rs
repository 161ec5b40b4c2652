//! Where the database is, without the password when it is shown.

use super::DatabaseError;
use std::{fmt, str::FromStr};
use tokio_postgres::{Config, config::Host, config::SslMode};

/// A connection string, `postgresql://…` or `host=… dbname=…`.
#[derive(Clone)]
pub struct DatabaseUrl(Config);

impl DatabaseUrl {
    pub(super) fn config(&self) -> Config {
        self.0.clone()
    }

    /// The connection string as it may be logged.
    pub fn redacted(&self) -> RedactedUrl {
        let hosts: Vec<String> = self.0.get_hosts().iter().map(host).collect();
        let ports: Vec<String> = self.0.get_ports().iter().map(u16::to_string).collect();
        let hosts = if hosts.is_empty() { "localhost".into() } else { hosts.join(",") };
        let ports = if ports.is_empty() { "5432".into() } else { ports.join(",") };
        let user = self.0.get_user().map(|user| format!("{user}@")).unwrap_or_default();
        RedactedUrl(format!("postgresql://{user}{hosts}:{ports}/{}", self.0.get_dbname().unwrap_or_default()))
    }
}

impl FromStr for DatabaseUrl {
    type Err = DatabaseError;

    /// # Errors
    /// [`DatabaseError::TlsRequired`] when the string asks for an encrypted connection: there is no TLS
    /// here, and a plain connection must not pass for one.
    fn from_str(text: &str) -> Result<Self, DatabaseError> {
        // The parser knows only disable, prefer and require.
        if ["verify-ca", "verify-full"].iter().any(|mode| text.contains(&format!("sslmode={mode}"))) {
            return Err(DatabaseError::TlsRequired);
        }
        let config: Config = text.parse().map_err(DatabaseError::Url)?;
        match config.get_ssl_mode() {
            SslMode::Require => Err(DatabaseError::TlsRequired),
            _ => Ok(Self(config)),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.redacted(), f)
    }
}

/// Host, port, user and database of a [`DatabaseUrl`].
#[derive(Clone, PartialEq, Eq)]
pub struct RedactedUrl(String);

impl fmt::Display for RedactedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for RedactedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn host(host: &Host) -> String {
    match host {
        Host::Tcp(name) => name.clone(),
        #[cfg(unix)]
        Host::Unix(path) => path.display().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_is_never_shown() {
        for text in [
            "postgresql://reader:s3cret@db.example:5433/plans?sslmode=disable",
            "host=db.example port=5433 user=reader password=s3cret dbname=plans",
        ] {
            let url: DatabaseUrl = text.parse().unwrap();
            assert_eq!(format!("{url:?}"), "postgresql://reader@db.example:5433/plans");
        }
        let error = "postgresql://reader:s3cret@db.example:port/plans".parse::<DatabaseUrl>().unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("s3cret"), "{shown}");
    }

    #[test]
    fn a_demand_for_tls_is_refused() {
        for mode in ["require", "verify-ca", "verify-full"] {
            let url = format!("postgresql://reader@db.example/plans?sslmode={mode}");
            assert!(matches!(url.parse::<DatabaseUrl>(), Err(DatabaseError::TlsRequired)), "{mode}");
        }
    }
}
