//! The keys that a server takes, as the file has them now, and the links that are made with them.

use super::{Entry, Key, KeysError, KeysFile, LastUse, Stamp, Who, last_use::Uses, link::Link};
use crate::bucket::Bucket;
use arc_swap::ArcSwap;
use jiff::Timestamp;
use std::{
    collections::HashMap,
    io,
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, Ordering::Relaxed},
    },
    time::Duration,
};

/// How often the file is looked at, and it is seen which keys were used: a change counts within a second.
const LOOK: Duration = Duration::from_millis(500);
/// Seconds in which the use of a key is written once.
const WRITTEN_EACH: i64 = 60;

pub struct Keyring {
    file: KeysFile,
    /// By prefix.
    keys: ArcSwap<HashMap<String, Held>>,
    /// What the file was when it was last looked at.
    stamp: Mutex<Stamp>,
    /// What a key of unknown prefix is compared with, so that it takes as long as any other.
    nobody: Held,
}

/// A key with its uses, in seconds since 1970; 0 for none.
struct Held {
    entry: Entry,
    used: AtomicI64,
    /// The last use that was written, or could not be.
    written: AtomicI64,
}

impl Held {
    /// With the uses that it had.
    fn new(entry: Entry, before: Option<&Self>) -> Self {
        let copy = |seconds: fn(&Self) -> &AtomicI64| {
            AtomicI64::new(before.map_or(0, |before| seconds(before).load(Relaxed)))
        };
        Self { entry, used: copy(|held| &held.used), written: copy(|held| &held.written) }
    }

    fn is_used(&self, now: Timestamp) {
        self.used.fetch_max(now.as_second(), Relaxed);
    }
}

impl Keyring {
    /// The keys of `path`, which is a copy of those in `bucket`, if there is one.
    ///
    /// # Errors
    /// When there is a file and it cannot be read.
    pub fn open(path: &Path, bucket: Option<Arc<Bucket>>) -> Result<Self, KeysError> {
        let file = KeysFile::over(path, bucket);
        if let Err(error) = file.pull() {
            tracing::warn!(%error, "the keys of the bucket cannot be had: those of the file count");
        }
        let nobody = || {
            let role = "nobody".parse().map_err(io::Error::other)?;
            Ok(Held::new(Entry::new(&Key::random()?, role, None, String::new())?, None))
        };
        let nobody = nobody().map_err(|cause| KeysError::File { path: path.to_owned(), cause })?;
        let stamp = Stamp::of(path);
        let keys = ArcSwap::from_pointee(by_prefix(&file, &HashMap::new())?);
        Ok(Self { file, keys, stamp: Mutex::new(stamp), nobody })
    }

    /// Who has the key; nobody, if it is wrong, has expired or was revoked.
    pub fn who(&self, key: &str) -> Option<Who> {
        let key = Key::parse(key)?;
        let role = |entry: &Entry| entry.is(&key).then(|| entry.role.clone());
        let (prefix, role) = self.find(key.prefix(), role)?;
        Some(Who::Key { prefix, role })
    }

    /// Who was handed the link; nobody, if it is wrong or for another path, or if it or its key has expired or was revoked.
    pub fn who_was_handed(&self, link: &str, path: &str) -> Option<Who> {
        let link = Link::parse(link).filter(|link| !link.has_expired(Timestamp::now()))?;
        let role = |entry: &Entry| link.opens(entry, path).then(|| entry.role.clone());
        let (prefix, role) = self.find(link.prefix, role)?;
        Some(Who::Link { prefix, role })
    }

    /// What `proves` says of the key of a prefix, which is used thereby, or of nobody's where there is none: whoever looks up a
    /// prefix that is unknown waits as long as for one that is known.
    fn find<T>(&self, prefix: &str, proves: impl FnOnce(&Entry) -> Option<T>) -> Option<(String, T)> {
        let keys = self.keys.load();
        let held = keys.get(prefix).unwrap_or(&self.nobody);
        let now = Timestamp::now();
        let proven = proves(&held.entry).filter(|_| !held.entry.has_expired(now))?;
        held.is_used(now);
        Some((held.entry.prefix.clone(), proven))
    }

    /// Takes over what changes in the file. Runs until dropped.
    pub async fn follow(self: Arc<Self>) {
        loop {
            tokio::time::sleep(LOOK).await;
            self.look();
        }
    }

    /// Takes over what changes in the bucket. Runs until dropped, or for no time where there is none.
    pub async fn follow_bucket(self: Arc<Self>) {
        let mut told = None;
        while self.file.is_shared() {
            tokio::time::sleep(LOOK).await;
            let keyring = Arc::clone(&self);
            // It waits for the bucket, and for the disk.
            let Ok(pulled) = tokio::task::spawn_blocking(move || keyring.file.pull()).await else { return };
            match pulled {
                Ok(is_news) => {
                    told = None;
                    if is_news {
                        self.look();
                    }
                }
                // Told of the bucket as a whole.
                Err(KeysError::Bucket(error)) if error.is_absence() => {}
                Err(error) => {
                    let error = error.to_string();
                    if told.as_ref() != Some(&error) {
                        tracing::error!(error, "keys stay as they were");
                        told = Some(error);
                    }
                }
            }
        }
    }

    /// Writes when keys were used, beside the answers. Runs until dropped.
    pub async fn write_uses(self: Arc<Self>) {
        let mut told = false;
        loop {
            tokio::time::sleep(LOOK).await;
            let uses = self.unwritten();
            if uses.is_empty() {
                continue;
            }
            let keyring = Arc::clone(&self);
            // It waits for other processes, and for the disk.
            let added = tokio::task::spawn_blocking(move || LastUse::of(&keyring.file).add(uses)).await;
            let Ok(added) = added else { continue };
            if let (Err(error), false) = (&added, told) {
                tracing::warn!(%error, "the last use of keys cannot be written");
            }
            told = added.is_err();
        }
    }

    /// The last use of each key, once one of them is to be written. They are taken for written.
    fn unwritten(&self) -> Uses {
        let keys = self.keys.load();
        let uses = || keys.values().map(|held| (held, held.used.load(Relaxed), held.written.load(Relaxed)));
        if !uses().any(|(_, used, written)| used >= written + WRITTEN_EACH) {
            return Uses::new();
        }
        let newer = uses().filter(|(_, used, written)| used > written);
        newer
            .filter_map(|(held, used, _)| {
                held.written.store(used, Relaxed);
                Some((held.entry.prefix.clone(), Timestamp::from_second(used).ok()?))
            })
            .collect()
    }

    /// A file that cannot be read leaves the keys as they were: nobody is shut out, or let in, by a slip of an editor.
    fn look(&self) {
        let now = Stamp::of(self.file.path());
        let mut known = self.stamp.lock().unwrap_or_else(PoisonError::into_inner);
        if *known == now {
            return;
        }
        // Whatever comes of it, once for each change.
        *known = now;
        match by_prefix(&self.file, &self.keys.load()) {
            Ok(keys) => {
                tracing::info!(keys = keys.len(), "keys read again");
                self.keys.store(Arc::new(keys));
            }
            Err(error) => tracing::error!(%error, "keys stay as they were"),
        }
    }
}

fn by_prefix(file: &KeysFile, before: &HashMap<String, Held>) -> Result<HashMap<String, Held>, KeysError> {
    let held = |entry: Entry| {
        let prefix = entry.prefix.clone();
        let held = Held::new(entry, before.get(&prefix));
        (prefix, held)
    };
    Ok(file.read()?.keys.into_iter().map(held).collect())
}

#[cfg(test)]
mod tests {
    use super::{super::key::hashed, *};
    use std::fs;

    #[test]
    fn the_file_is_followed_and_a_damaged_one_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file = KeysFile::new(&folder.path().join("keys.json"));
        let keyring = Keyring::open(file.path(), None).unwrap();
        let key = Key::random().unwrap();
        assert_eq!(keyring.who(key.reveal()), None);
        let entry = Entry::new(&key, "office".parse().unwrap(), None, String::new()).unwrap();
        file.change(|keys| keys.keys.push(entry.clone())).unwrap();
        keyring.look();
        let who = Who::Key { prefix: key.prefix().to_owned(), role: "office".parse().unwrap() };
        assert_eq!(keyring.who(key.reveal()), Some(who));
        let forged = format!("{}{}", &key.reveal()[..13], &Key::random().unwrap().reveal()[13..]);
        assert_eq!(keyring.who(&forged), None, "the prefix is no secret");
        fs::write(file.path(), "{").unwrap();
        keyring.look();
        assert!(keyring.who(key.reveal()).is_some());
        fs::remove_file(file.path()).unwrap();
        keyring.look();
        assert_eq!(keyring.who(key.reveal()), None);
    }

    #[test]
    fn an_expired_key_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let file = KeysFile::new(&folder.path().join("keys.json"));
        let key = Key::random().unwrap();
        let entry =
            Entry::new(&key, "office".parse().unwrap(), Some(Timestamp::now()), String::new()).unwrap();
        file.change(|keys| keys.keys.push(entry.clone())).unwrap();
        assert_eq!(Keyring::open(file.path(), None).unwrap().who(key.reveal()), None);
    }

    #[test]
    fn every_lookup_does_the_same_work() {
        let folder = tempfile::tempdir().unwrap();
        let file = KeysFile::new(&folder.path().join("keys.json"));
        let made = |expires| {
            let key = Key::random().unwrap();
            let entry = Entry::new(&key, "office".parse().unwrap(), expires, String::new()).unwrap();
            file.change(|keys| keys.keys.push(entry.clone())).unwrap();
            key
        };
        let (known, expired) = (made(None), made(Some(Timestamp::now())));
        let keyring = Keyring::open(file.path(), None).unwrap();
        let forged = |key: &Key| format!("{}{}", &key.reveal()[..13], &Key::random().unwrap().reveal()[13..]);
        for key in [
            known.reveal().to_owned(),
            expired.reveal().to_owned(),
            forged(&known),
            forged(&expired),
            Key::random().unwrap().reveal().to_owned(),
        ] {
            let before = hashed();
            keyring.who(&key);
            assert_eq!(hashed() - before, 1, "one hash for each key, whatever its prefix");
        }
    }

    #[test]
    fn a_use_is_written_at_once_and_then_once_a_minute() {
        let folder = tempfile::tempdir().unwrap();
        let file = KeysFile::new(&folder.path().join("keys.json"));
        let key = Key::random().unwrap();
        let entry = Entry::new(&key, "office".parse().unwrap(), None, String::new()).unwrap();
        file.change(|keys| keys.keys.push(entry.clone())).unwrap();
        let keyring = Keyring::open(file.path(), None).unwrap();
        assert!(keyring.unwritten().is_empty());
        keyring.who(key.reveal()).unwrap();
        let first = keyring.unwritten();
        assert_eq!(first.keys().collect::<Vec<_>>(), [key.prefix()]);
        keyring.who(key.reveal()).unwrap();
        assert!(keyring.unwritten().is_empty());
        // What changes in the file takes no use away.
        file.change(|_| ()).unwrap();
        keyring.look();
        let minute = Timestamp::from_second(first[key.prefix()].as_second() + WRITTEN_EACH).unwrap();
        keyring.keys.load()[key.prefix()].is_used(minute);
        assert_eq!(keyring.unwritten(), [(key.prefix().to_owned(), minute)].into());
        assert!(keyring.unwritten().is_empty());
    }
}
