//! The files of a site, sent into a bucket.
//!
//! First goes what is named by its content, then what the page reads, at last the page: whoever looks at any moment finds what
//! it names. What is there already is not sent again.

use super::ledger::Ledger;
use crate::{bucket::Location, http, snapshot::SnapshotId};
use anyhow::Context;
use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use object_store::{
    Attribute, Attributes, Error, ObjectStoreExt, PutOptions, buffered::BufWriter, path::Path as ObjectPath,
};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio::{fs::File, io::AsyncWriteExt};

/// What visitors begin with.
const PAGE: &str = "index.html";
const LEDGER: &str = "site.json";

/// Objects that are on their way at once.
const AT_ONCE: usize = 8;

/// Bytes of a part; a file that is not longer goes in one request. A store takes 10,000 parts of an object: 160 GB.
const PART: usize = 16 << 20;

const FOR_GOOD: &str = "public, max-age=31536000, immutable";
/// Caches in between may tell of another site so much later, seconds.
const SHORTLY: &str = "public, max-age=60";

/// What was done.
#[derive(Debug, Default)]
pub struct Sent {
    pub files: usize,
    pub bytes: u64,
    /// Files that were there already.
    pub unchanged: usize,
    pub removed: usize,
}

/// A file of the site.
#[derive(Debug, Clone)]
struct SiteFile {
    /// From the folder on, with slashes.
    name: String,
    path: PathBuf,
    size: u64,
}

impl SiteFile {
    /// Whether the name tells the content: `…@{hash}.…`.
    fn is_by_content(&self) -> bool {
        let stem = self.name.rsplit_once('.').map_or(&*self.name, |(stem, _)| stem);
        stem.rsplit_once('@').is_some_and(|(_, hash)| hash.parse::<SnapshotId>().is_ok())
    }

    fn hash(&self) -> anyhow::Result<String> {
        Ok(SnapshotId::of(&fs::read(&self.path)?).to_string())
    }
}

/// Sends the site in `folder` to `to`. Two at a time into one place are not foreseen.
pub async fn send(folder: &Path, to: &Location) -> anyhow::Result<Sent> {
    let (by_content, named): (Vec<_>, Vec<_>) = files(folder)?.into_iter().partition(SiteFile::is_by_content);
    let (page, named): (Vec<_>, Vec<_>) = named.into_iter().partition(|file| file.name == PAGE);
    let hashes = named.iter().chain(&page).map(|file| Ok((file.name.clone(), file.hash()?)));
    let hashes: BTreeMap<_, _> = hashes.collect::<anyhow::Result<_>>()?;
    let bucket = Bucket { to, there: there(to).await? };
    let mut ledger = bucket.ledger().await?;
    // What is about to change is not known to be there until all is sent.
    ledger.named.retain(|name, hash| hashes.get(name) == Some(hash));
    ledger.begin(by_content.iter().map(|file| file.name.clone()).collect());
    bucket.put_ledger(&ledger).await?;

    let mut sent = Sent::default();
    for files in [by_content, named, page] {
        let is_same = |file: &SiteFile| file.is_by_content() || ledger.named.contains_key(&file.name);
        bucket.send(files, is_same, &mut sent).await?;
    }
    ledger.named = hashes;
    let over = ledger.finish(Timestamp::now());
    bucket.put_ledger(&ledger).await?;
    sent.removed = bucket.remove(&over).await?;
    Ok(sent)
}

/// All files below `folder`.
fn files(folder: &Path) -> anyhow::Result<Vec<SiteFile>> {
    let mut files = Vec::new();
    let mut folders = vec![(folder.to_owned(), String::new())];
    while let Some((folder, within)) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let (path, name) = (entry.path(), format!("{within}{}", entry.file_name().to_string_lossy()));
            match entry.file_type()?.is_dir() {
                true => folders.push((path, format!("{name}/"))),
                false => files.push(SiteFile { name, path, size: entry.metadata()?.len() }),
            }
        }
    }
    Ok(files)
}

/// The objects of the bucket and their sizes.
async fn there(to: &Location) -> anyhow::Result<HashMap<ObjectPath, u64>> {
    let objects = to.store.list(Some(&to.prefix)).map_ok(|object| (object.location, object.size));
    objects.try_collect().await.context("cannot list the bucket")
}

struct Bucket<'a> {
    to: &'a Location,
    there: HashMap<ObjectPath, u64>,
}

impl Bucket<'_> {
    fn at(&self, name: &str) -> anyhow::Result<ObjectPath> {
        Ok(ObjectPath::parse(format!("{}/{name}", self.to.prefix).trim_start_matches('/'))?)
    }

    /// Sends those of `files` that are not there with the same size and the same content, as `is_same` knows.
    async fn send(
        &self,
        files: Vec<SiteFile>,
        is_same: impl Fn(&SiteFile) -> bool,
        sent: &mut Sent,
    ) -> anyhow::Result<()> {
        let mut fresh = Vec::new();
        for file in files {
            match self.there.get(&self.at(&file.name)?) == Some(&file.size) && is_same(&file) {
                true => sent.unchanged += 1,
                false => fresh.push(file),
            }
        }
        sent.files += fresh.len();
        sent.bytes += fresh.iter().map(|file| file.size).sum::<u64>();
        stream::iter(fresh).map(Ok).try_for_each_concurrent(AT_ONCE, |file| self.put(file)).await
    }

    async fn put(&self, file: SiteFile) -> anyhow::Result<()> {
        let at = self.at(&file.name)?;
        let put = async {
            let mut out = BufWriter::with_capacity(Arc::clone(&self.to.store), at, PART)
                .with_attributes(self.headers(&file.name, file.is_by_content()));
            let written = tokio::io::copy(&mut File::open(&file.path).await?, &mut out).await;
            if let Err(error) = written {
                // What was sent of it costs something as long as it is not given up.
                out.abort().await?;
                return Err(error.into());
            }
            anyhow::Ok(out.shutdown().await?)
        };
        put.await.with_context(|| format!("cannot send {}", file.name))
    }

    fn headers(&self, name: &str, by_content: bool) -> Attributes {
        if !self.to.has_headers {
            return Attributes::new();
        }
        let kind = http::content_type(name);
        let keep = if by_content { FOR_GOOD } else { SHORTLY };
        [(Attribute::ContentType, kind), (Attribute::CacheControl, keep)].into_iter().collect()
    }

    async fn ledger(&self) -> anyhow::Result<Ledger> {
        match self.to.store.get(&self.at(LEDGER)?).await {
            Ok(found) => serde_json::from_slice(&found.bytes().await?).context(LEDGER),
            Err(Error::NotFound { .. }) => Ok(Ledger::default()),
            Err(error) => Err(error.into()),
        }
    }

    async fn put_ledger(&self, ledger: &Ledger) -> anyhow::Result<()> {
        let attributes = self.headers(LEDGER, false);
        let options = PutOptions { attributes, ..PutOptions::default() };
        let text = serde_json::to_vec_pretty(ledger)?;
        self.to.store.put_opts(&self.at(LEDGER)?, text.into(), options).await?;
        Ok(())
    }

    /// Removes objects; how many of them were there.
    async fn remove(&self, names: &BTreeSet<String>) -> anyhow::Result<usize> {
        let mut removed = 0;
        for name in names {
            match self.to.store.delete(&self.at(name)?).await {
                Ok(()) => removed += 1,
                Err(Error::NotFound { .. }) => {}
                Err(error) => return Err(error).with_context(|| format!("cannot remove {name}")),
            }
        }
        Ok(removed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_of_many_parts_arrives_whole() {
        let (site, bucket) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let content: Vec<u8> = (0..PART as u64 * 2 + 12_345).map(|i| ((i * i) >> 7) as u8).collect();
        let name = format!("downloads/plan@{}.pmtiles", SnapshotId::of(&content));
        fs::create_dir(site.path().join("downloads")).unwrap();
        fs::write(site.path().join(&name), &content).unwrap();
        fs::write(site.path().join(PAGE), "page").unwrap();
        let to = Location::open(&format!("file://{}/maps", bucket.path().display())).unwrap();
        let sent = send(site.path(), &to).await.unwrap();
        assert_eq!((sent.files, sent.bytes), (2, content.len() as u64 + 4));
        assert!(fs::read(bucket.path().join("maps").join(&name)).unwrap() == content);
        // One of another length is none that is there, whatever its name says.
        fs::write(bucket.path().join("maps").join(&name), "cut off").unwrap();
        let sent = send(site.path(), &to).await.unwrap();
        assert_eq!((sent.files, sent.unchanged), (1, 1));
        assert!(fs::read(bucket.path().join("maps").join(&name)).unwrap() == content);
    }

    #[test]
    fn a_name_that_tells_the_content_ends_in_its_hash() {
        let file = |name: &str| SiteFile { name: name.into(), path: PathBuf::new(), size: 0 };
        assert!(file("downloads/roads@0123456789abcdef0123456789abcdef.fgb").is_by_content());
        assert!(
            ["sprites/plan@2x.png", "index.html", "revisions"].iter().all(|name| !file(name).is_by_content())
        );
    }
}
