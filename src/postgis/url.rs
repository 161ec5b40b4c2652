//! Where the database is, without the password when it is shown.

use super::DatabaseError;
use std::{fmt, str::FromStr};
use tokio_postgres::{Config, config::Host, config::SslMode};

/// A connection string, `postgresql://…` or `host=… dbname=…`. It may name several hosts, of which the first that can be
/// reached is taken, with `target_session_attrs=read-write` the first that is no standby.
#[derive(Clone)]
pub struct DatabaseUrl(Config);

impl DatabaseUrl {
    pub(super) fn config(&self) -> Config {
        self.0.clone()
    }

    /// The connection string as it may be logged.
    pub fn redacted(&self) -> RedactedUrl {
        let mut hosts: Vec<String> = self.0.get_hosts().iter().map(host).collect();
        if hosts.is_empty() {
            hosts = self.0.get_hostaddrs().iter().map(ToString::to_string).collect();
        }
        // One port is that of every host.
        let ports = self.0.get_ports();
        let port = |n: usize| ports.get(n).or(ports.first()).copied().unwrap_or(5432);
        let places: Vec<_> =
            hosts.iter().enumerate().map(|(n, host)| format!("{host}:{}", port(n))).collect();
        let user = self.0.get_user().map(|user| format!("{user}@")).unwrap_or_default();
        let name = self.0.get_dbname().unwrap_or_default();
        RedactedUrl(format!("postgresql://{user}{}/{name}", places.join(",")))
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
    use tokio_postgres::config::TargetSessionAttrs;

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
    fn several_hosts_may_be_named() {
        for text in [
            "postgresql://plan:s3cret@a:5432,b:5433/plan?target_session_attrs=read-write",
            "host=a,b port=5432,5433 user=plan password=s3cret dbname=plan target_session_attrs=read-write",
        ] {
            let url: DatabaseUrl = text.parse().unwrap();
            assert_eq!(url.redacted().to_string(), "postgresql://plan@a:5432,b:5433/plan");
            assert_eq!(url.config().get_target_session_attrs(), TargetSessionAttrs::ReadWrite);
        }
        let url: DatabaseUrl = "host=a,b user=plan dbname=plan".parse().unwrap();
        assert_eq!(url.redacted().to_string(), "postgresql://plan@a:5432,b:5432/plan");
    }

    #[test]
    fn a_demand_for_tls_is_refused() {
        for mode in ["require", "verify-ca", "verify-full"] {
            let url = format!("postgresql://reader@db.example/plans?sslmode={mode}");
            assert!(matches!(url.parse::<DatabaseUrl>(), Err(DatabaseError::TlsRequired)), "{mode}");
        }
    }
}
