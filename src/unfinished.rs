//! Files that get their name when they are whole, or never one. Where one cannot be made, the error tells why and not
//! where: errors are told to clients, who need not know where the state directory is.

use std::{
    fs::{File, Permissions},
    io,
    os::unix::fs::PermissionsExt,
    path::Path,
};
use tempfile::NamedTempFile;

/// A file in `directory` whose name ends in `suffix`, to be renamed; it is removed where that does not happen, unless the
/// program is killed.
///
/// Everybody may read it: downloads may be served by another user's web server.
///
/// # Errors
/// When it cannot be made.
pub fn named(directory: &Path, suffix: &str) -> io::Result<NamedTempFile> {
    let readable = Permissions::from_mode(0o644);
    tempfile::Builder::new().suffix(suffix).permissions(readable).tempfile_in(directory).map_err(without_path)
}

/// What names of files end in that are beside the path which they are to get.
pub const SUFFIX: &str = ".unfinished";

/// A file in the directory of `path`, to be renamed to it. In the state directory the next publication removes what a crash
/// leaves.
///
/// # Errors
/// When it cannot be made.
pub fn beside(path: &Path) -> io::Result<NamedTempFile> {
    named(path.parent().unwrap_or(path), SUFFIX)
}

/// A file in `directory` without a name: it is gone when nobody holds it any more, however that comes.
///
/// # Errors
/// When it cannot be made.
pub fn unnamed(directory: &Path) -> io::Result<File> {
    tempfile::tempfile_in(directory).map_err(without_path)
}

fn without_path(error: io::Error) -> io::Error {
    error.kind().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_tells_why_and_not_where() {
        let folder = tempfile::tempdir().unwrap();
        let nowhere = folder.path().join("nowhere");
        for error in [named(&nowhere, ".unfinished").unwrap_err(), unnamed(&nowhere).unwrap_err()] {
            assert_eq!(error.to_string(), "entity not found");
        }
    }
}
