//! Structured logs on standard error; `RUST_LOG` chooses what is logged.

use crate::config::LogFormat;
use tracing_subscriber::{EnvFilter, fmt};

/// The database pool's own warning says no more than that a connection ended; the export that it ends says why.
/// That of HTTP/2 has a line for each client whose connection is ended for a flood: the client would fill the log.
const DEFAULT: &str = "info,deadpool.postgres=error,h2=error";

/// Starts logging for the whole process; a second call changes nothing.
pub fn init(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(DEFAULT));
    // Lines that nobody takes are lost: to complain of it on the same standard error would panic.
    let logs = fmt().with_env_filter(filter).with_writer(std::io::stderr).log_internal_errors(false);
    // A log that is already set up (a test's) stays as it is.
    let _already_set = match format {
        LogFormat::Text => logs.with_ansi(false).with_target(false).try_init(),
        LogFormat::Json => logs.json().flatten_event(true).with_target(false).try_init(),
    };
}
