//! The records in a table of the database: copied from the file, so that nothing is lost while the database is away, and records of
//! other processes come too.
//!
//! How far the copy is stands beside the file. It is written after the rows are committed; what is copied twice is one row.

use super::{
    Audit, Event, Record,
    file::{dated, folder, named},
};
use crate::{
    config,
    postgis::{AuditRows, Database, DatabaseError},
};
use serde::{Deserialize, Serialize};
use std::{
    error::Error,
    fs::{self, File},
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::task::block_in_place;

/// How often it is looked whether there are more.
const LOOK: Duration = Duration::from_secs(1);
/// The longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// Bytes of lines that are copied at once.
const BATCH: u64 = 256 << 10;
/// By so much of its first line a file is known, whatever its name: the time and id of a record.
const MARK: u64 = 80;

pub struct Copyist {
    path: PathBuf,
    table: config::AuditTable,
    database: Database,
    audit: Audit,
}

/// How far the copy is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Place {
    /// How the file begins.
    mark: String,
    offset: u64,
}

/// Lines to be copied, and how far the copy is then.
struct Batch {
    lines: Vec<String>,
    place: Place,
}

#[derive(Debug, thiserror::Error)]
enum CopyError {
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error("the audit file: {0}")]
    File(#[from] io::Error),
}

impl Copyist {
    pub fn new(config: &config::Audit, table: config::AuditTable, database: Database, audit: Audit) -> Self {
        Self { path: config.file.clone(), table, database, audit }
    }

    /// Copies what there is and what comes. Runs until dropped.
    pub async fn follow(self) {
        let mut rows = None;
        let (mut told, mut pause) = (false, LOOK);
        loop {
            match self.copy(&mut rows).await {
                Ok(()) => {
                    if std::mem::take(&mut told) {
                        tracing::info!("the audit table has all records again");
                    }
                    pause = LOOK;
                }
                Err(error) => {
                    rows = None;
                    let cause = error.source().map(ToString::to_string).unwrap_or_default();
                    if !std::mem::replace(&mut told, true) {
                        tracing::warn!(%error, cause, "the audit table is behind: what it lacks is in the file, and is copied later");
                    }
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
            }
            tokio::time::sleep(pause).await;
        }
    }

    /// Copies all there is.
    async fn copy(&self, rows: &mut Option<AuditRows>) -> Result<(), CopyError> {
        let mut place = block_in_place(|| self.place())?;
        while let Some(batch) = block_in_place(|| self.next(&place))? {
            if rows.is_none() {
                let config::AuditTable { schema, name } = &self.table;
                *rows = Some(AuditRows::connect(&self.database, schema, name).await?);
            }
            if let Some(rows) = rows {
                rows.insert(&batch.lines).await?;
            }
            block_in_place(|| self.keep(&batch.place))?;
            place = batch.place;
        }
        Ok(())
    }

    fn place(&self) -> io::Result<Place> {
        match fs::read(self.place_path()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Place::default()),
            // What is no place is as none: everything is copied again, and nothing is there twice.
            json => Ok(serde_json::from_slice(&json?).unwrap_or_default()),
        }
    }

    fn keep(&self, place: &Place) -> io::Result<()> {
        let file = tempfile::NamedTempFile::new_in(folder(&self.path))?;
        serde_json::to_writer(&file, place)?;
        file.persist(self.place_path())?;
        Ok(())
    }

    fn place_path(&self) -> PathBuf {
        named(&self.path, ".table")
    }

    /// What comes behind `place`.
    fn next(&self, place: &Place) -> io::Result<Option<Batch>> {
        let files = Files::list(&self.path)?;
        for (at, offset) in self.rest(&files, place)? {
            let Some(mut file) = files.open(at)? else { continue };
            let mark = mark(&mut file)?;
            file.seek(SeekFrom::Start(offset))?;
            if let Some((lines, length)) = lines(&mut file)? {
                return Ok(Some(Batch { lines, place: Place { mark, offset: offset + length } }));
            }
        }
        Ok(None)
    }

    /// The files from `place` on, and where in them to begin.
    fn rest(&self, files: &Files, place: &Place) -> io::Result<Vec<(usize, u64)>> {
        let whole = |from: usize| (from..files.len()).map(|at| (at, 0));
        if place.mark.is_empty() {
            return Ok(whole(0).collect());
        }
        for at in (0..files.len()).rev() {
            if let Some(mut file) = files.open(at)?
                && mark(&mut file)?.starts_with(&place.mark)
            {
                return Ok(std::iter::once((at, place.offset)).chain(whole(at + 1)).collect());
            }
        }
        tracing::error!("the audit table lacks records: the file that it was copied from is no longer kept");
        self.audit.record(|| Record { action: Some("copy".into()), ..Record::new(Event::Gap, "server") });
        self.keep(&Place::default())?;
        Ok(whole(0).collect())
    }
}

/// The dated files, the oldest first, and the one that is written to.
struct Files {
    dated: Vec<PathBuf>,
    current: Option<File>,
}

impl Files {
    fn list(path: &Path) -> io::Result<Self> {
        loop {
            let before = dated(path)?;
            let current = opened(path)?;
            // Otherwise one may have come between.
            if dated(path)? == before {
                return Ok(Self { dated: before, current });
            }
        }
    }

    fn len(&self) -> usize {
        self.dated.len() + 1
    }

    fn open(&self, at: usize) -> io::Result<Option<File>> {
        match self.dated.get(at) {
            Some(dated) => opened(dated),
            None => self.current.as_ref().map(File::try_clone).transpose(),
        }
    }
}

/// A file, unless it is not there.
fn opened(path: &Path) -> io::Result<Option<File>> {
    match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        file => file.map(Some),
    }
}

/// How the file begins; nothing, while it has no line.
fn mark(file: &mut File) -> io::Result<String> {
    let mut mark = vec![];
    file.seek(SeekFrom::Start(0))?;
    file.take(MARK).read_to_end(&mut mark)?;
    Ok(String::from_utf8_lossy(&mark).into_owned())
}

/// Some whole lines that are records, and the length of all lines that were read.
fn lines(file: &mut File) -> io::Result<Option<(Vec<String>, u64)>> {
    let (mut lines, mut length) = (vec![], 0);
    let mut reader = BufReader::new(file);
    while length < BATCH {
        let mut line = vec![];
        let read = reader.read_until(b'\n', &mut line)? as u64;
        if line.pop() != Some(b'\n') {
            break;
        }
        length += read;
        // Text that the database would refuse is none that was written here.
        match String::from_utf8(line).ok().filter(|line| serde_json::from_str::<Record>(line).is_ok()) {
            Some(line) if !line.contains("\\u0000") => lines.push(line),
            _ => tracing::warn!("a line of the audit file is no record, and not in the table"),
        }
    }
    Ok((length > 0).then_some((lines, length)))
}
