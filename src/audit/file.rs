//! The audit file: whole lines at its end, by as many processes as like.
//!
//! Each record is one `write` to a file opened with `O_APPEND`, under an exclusive `flock` of that very file. Whoever has the lock
//! and finds that the name is another file's by now opens that. So a file that was given a dated name is written to by nobody
//! any more, and no line is lost or split between processes. A program for the rotation of logs may rename the file too.

use crate::config;
use jiff::Timestamp;
use std::{
    collections::VecDeque,
    ffi::OsString,
    fs::{self, File, Metadata, OpenOptions},
    io::{self, Write},
    num::NonZeroU32,
    os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

pub struct AuditFile {
    path: PathBuf,
    file: File,
    most_bytes: Option<u64>,
    daily: bool,
    keep: Option<NonZeroU32>,
}

/// `{"time":"2026-11-28`: what lines of one day have in common.
const DAY: usize = 19;

impl AuditFile {
    /// Opens it, or makes it for its owner alone.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn open(config: &config::Audit) -> io::Result<Self> {
        let path = config.file.clone();
        let most_bytes = config.rotate_mib.map(|mib| u64::from(mib.get()) << 20);
        let file = open(&path)?;
        Ok(Self { path, file, most_bytes, daily: config.rotate_daily, keep: config.keep })
    }

    /// Writes `lines` and takes each out that is written.
    ///
    /// # Errors
    /// When the next cannot be written: nothing of it is in the file.
    pub fn append(&mut self, lines: &mut VecDeque<Vec<u8>>) -> io::Result<()> {
        let appended = self.lock().and_then(|()| self.append_locked(lines));
        appended.and(self.file.unlock())
    }

    fn append_locked(&mut self, lines: &mut VecDeque<Vec<u8>>) -> io::Result<()> {
        self.end_line()?;
        while let Some(line) = lines.front() {
            if self.is_over(line)? {
                self.rotate()?;
            }
            write(&self.file, line)?;
            lines.pop_front();
        }
        self.file.sync_data()
    }

    /// Has the lock of the file that has the name.
    fn lock(&mut self) -> io::Result<()> {
        loop {
            self.file.lock()?;
            let named = match fs::metadata(&self.path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => None,
                named => Some(named?),
            };
            let own = self.file.metadata()?;
            if named.is_some_and(|named| is_same(&own, &named)) {
                return Ok(());
            }
            // Whose lock is given up with it.
            self.file = open(&self.path)?;
        }
    }

    /// Ends a line that a machine which stopped has left without its end.
    fn end_line(&self) -> io::Result<()> {
        let length = self.file.metadata()?.len();
        let mut last = [b'\n'];
        if length > 0 {
            self.file.read_exact_at(&mut last, length - 1)?;
        }
        if last == [b'\n'] { Ok(()) } else { write(&self.file, b"\n") }
    }

    /// Whether `line` belongs into another file.
    fn is_over(&self, line: &[u8]) -> io::Result<bool> {
        let length = self.file.metadata()?.len();
        if length == 0 {
            return Ok(false);
        }
        let is_full = self.most_bytes.is_some_and(|most| length + line.len() as u64 > most);
        Ok(is_full || (self.daily && self.is_of_another_day(line)?))
    }

    fn is_of_another_day(&self, line: &[u8]) -> io::Result<bool> {
        let mut first = [0; DAY];
        let read = self.file.read_at(&mut first, 0)?;
        // By text, as the days of RFC 3339 are in order; a clock that is set back begins no file.
        Ok(read == DAY && line.get(..DAY).is_some_and(|day| day > &first[..]))
    }

    /// Gives the file a dated name and begins another.
    fn rotate(&mut self) -> io::Result<()> {
        let dated = dated(&self.path)?;
        let now = Timestamp::now().strftime("%Y%m%dT%H%M%S.%6fZ");
        let mut name = named(&self.path, &format!(".{now}"));
        // In order, though the clock was set back.
        if let Some(newest) = dated.last().filter(|newest| **newest >= name) {
            name = named(newest, "-");
        }
        fs::rename(&self.path, &name)?;
        self.lock()?;
        let kept = self.keep.map_or(usize::MAX, |keep| keep.get() as usize);
        for old in &dated[..(dated.len() + 1).saturating_sub(kept).min(dated.len())] {
            if let Err(error) = fs::remove_file(old) {
                tracing::warn!(%error, file = %old.display(), "an old audit file cannot be removed");
            }
        }
        Ok(())
    }
}

/// The files of before, the oldest first.
pub(super) fn dated(path: &Path) -> io::Result<Vec<PathBuf>> {
    let name = path.file_name().unwrap_or_default().as_encoded_bytes();
    let is_dated = |other: &OsString| {
        let rest = other.as_encoded_bytes().strip_prefix(name).and_then(|rest| rest.strip_prefix(b"."));
        rest.is_some_and(|date| date.first().is_some_and(u8::is_ascii_digit) && date.contains(&b'T'))
    };
    let folder = folder(path);
    let names = fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name())).collect::<io::Result<Vec<_>>>()?;
    let mut dated: Vec<_> = names.into_iter().filter(is_dated).map(|name| folder.join(name)).collect();
    dated.sort();
    Ok(dated)
}

pub(super) fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."))
}

/// `path` with more behind its name, in its folder as [`dated`] has it.
pub(super) fn named(path: &Path, more: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(more);
    folder(path).join(name)
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path)
}

fn is_same(a: &Metadata, b: &Metadata) -> bool {
    (a.dev(), a.ino()) == (b.dev(), b.ino())
}

/// All of `line` by one call, or nothing.
fn write(mut file: &File, line: &[u8]) -> io::Result<()> {
    let before = file.metadata()?.len();
    let written = match file.write(line) {
        Ok(count) if count == line.len() => return Ok(()),
        Ok(_) => Err(io::ErrorKind::StorageFull.into()),
        Err(error) => Err(error),
    };
    // Nobody else has written since: the lock is ours.
    file.set_len(before)?;
    written
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{os::unix::fs::PermissionsExt, thread};

    fn config(folder: &Path, rotation: &str) -> config::Audit {
        toml::from_str(&format!("file = {:?}\n{rotation}", folder.join("audit.jsonl"))).unwrap()
    }

    fn append(file: &mut AuditFile, lines: &[&str]) {
        file.append(&mut lines.iter().map(|line| format!("{line}\n").into_bytes()).collect()).unwrap();
    }

    fn all(path: &Path) -> Vec<String> {
        let files = dated(path).unwrap().into_iter().chain([path.to_owned()]);
        files
            .flat_map(|file| {
                let text = fs::read_to_string(file).unwrap();
                assert!(text.is_empty() || text.ends_with('\n'));
                text.lines().map(str::to_owned).collect::<Vec<_>>()
            })
            .collect()
    }

    #[test]
    fn each_day_has_a_file_and_so_many_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let config = config(folder.path(), "rotate_daily = true\nkeep = 2");
        let mut file = AuditFile::open(&config).unwrap();
        let line = |day: &str| format!("{{\"time\":\"2026-11-{day}T01:02:03Z\"}}");
        for day in ["28", "28", "29", "30", "29"] {
            append(&mut file, &[&line(day)]);
        }
        assert_eq!(all(&config.file), ["28", "28", "29", "30", "29"].map(line));
        append(&mut file, &["{\"time\":\"2026-12-01T00:00:00Z\"}"]);
        assert_eq!(dated(&config.file).unwrap().len(), 2);
        assert_eq!(all(&config.file).len(), 4, "the 28th is no longer kept");
        let mode = fs::metadata(&config.file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_line_that_broke_off_stays_alone() {
        let folder = tempfile::tempdir().unwrap();
        let config = config(folder.path(), "");
        fs::write(&config.file, "{\"time\":").unwrap();
        append(&mut AuditFile::open(&config).unwrap(), &["a", "b"]);
        assert_eq!(all(&config.file), ["{\"time\":", "a", "b"]);
    }

    /// Each writer has the file open for itself, as processes have, and all of them rotate it.
    #[test]
    fn nothing_is_lost_or_split_between_writers_that_rotate() {
        const WRITERS: usize = 4;
        const LINES: usize = 3000;
        let folder = tempfile::tempdir().unwrap();
        let config = config(folder.path(), "rotate_mib = 1");
        let line = |writer: usize, n: usize| format!("{writer}-{n}-{}", "x".repeat(n % 1500));
        thread::scope(|scope| {
            for writer in 0..WRITERS {
                let config = &config;
                scope.spawn(move || {
                    let mut file = AuditFile::open(config).unwrap();
                    for n in (0..LINES).step_by(10) {
                        let lines: Vec<_> = (n..n + 10).map(|n| line(writer, n)).collect();
                        append(&mut file, &lines.iter().map(String::as_str).collect::<Vec<_>>());
                    }
                });
            }
        });
        let files = dated(&config.file).unwrap();
        assert!(files.len() > 4, "{files:?}");
        for file in &files {
            assert!(fs::metadata(file).unwrap().len() <= 1 << 20);
        }
        let found = all(&config.file);
        assert_eq!(found.len(), WRITERS * LINES);
        for writer in 0..WRITERS {
            let own = found.iter().filter(|found| found.starts_with(&format!("{writer}-")));
            assert!(own.enumerate().all(|(n, found)| *found == line(writer, n)), "of {writer}");
        }
    }

    #[test]
    fn a_file_that_somebody_else_renamed_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let config = config(folder.path(), "");
        let mut file = AuditFile::open(&config).unwrap();
        append(&mut file, &["a"]);
        let moved = folder.path().join("moved");
        fs::rename(&config.file, &moved).unwrap();
        append(&mut file, &["b"]);
        assert_eq!((fs::read_to_string(moved).unwrap(), all(&config.file)), ("a\n".into(), vec!["b".into()]));
    }
}
