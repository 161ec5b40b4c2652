//! The keys that a server takes, as the file has them now.

use super::{Entry, Key, KeysError, KeysFile};
use crate::config::Role;
use arc_swap::ArcSwap;
use jiff::Timestamp;
use std::{
    collections::HashMap,
    fs, io,
    os::unix::fs::MetadataExt,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// How often the file is looked at: a change counts within a second.
const LOOK: Duration = Duration::from_millis(500);

pub struct Keyring {
    file: KeysFile,
    /// By prefix.
    keys: ArcSwap<HashMap<String, Entry>>,
    /// What the file was when it was last looked at.
    stamp: Mutex<Stamp>,
    /// What a key of unknown prefix is compared with, so that it takes as long as any other.
    nobody: Entry,
}

/// Time, length and inode: a file that is replaced differs in one of them. `None` where there is none.
type Stamp = Option<(i64, i64, u64, u64)>;

impl Keyring {
    /// # Errors
    /// When there is a file and it cannot be read.
    pub fn open(path: &Path) -> Result<Self, KeysError> {
        let file = KeysFile::new(path);
        let nobody = || {
            let role = "nobody".parse().map_err(io::Error::other)?;
            Entry::new(&Key::random()?, role, None, String::new())
        };
        let nobody = nobody().map_err(|cause| KeysError::File { path: path.to_owned(), cause })?;
        let stamp = stamp(path);
        let keys = ArcSwap::from_pointee(by_prefix(&file)?);
        Ok(Self { file, keys, stamp: Mutex::new(stamp), nobody })
    }

    /// The role of a key; `None` of one that is wrong, has expired or was revoked.
    pub fn role(&self, key: &str) -> Option<Role> {
        let key = Key::parse(key)?;
        let keys = self.keys.load();
        let entry = keys.get(key.prefix()).unwrap_or(&self.nobody);
        (entry.is(&key) && !entry.has_expired(Timestamp::now())).then(|| entry.role.clone())
    }

    /// Takes over what changes in the file. Runs until dropped.
    pub async fn follow(self: Arc<Self>) {
        loop {
            tokio::time::sleep(LOOK).await;
            self.look();
        }
    }

    /// A file that cannot be read leaves the keys as they were: nobody is shut out, or let in, by a slip of an editor.
    fn look(&self) {
        let now = stamp(self.file.path());
        let mut known = self.stamp.lock().unwrap_or_else(PoisonError::into_inner);
        if *known == now {
            return;
        }
        // Whatever comes of it, once for each change.
        *known = now;
        match by_prefix(&self.file) {
            Ok(keys) => {
                tracing::info!(keys = keys.len(), "keys read again");
                self.keys.store(Arc::new(keys));
            }
            Err(error) => tracing::error!(%error, "keys stay as they were"),
        }
    }
}

fn stamp(path: &Path) -> Stamp {
    let file = fs::metadata(path).ok()?;
    Some((file.mtime(), file.mtime_nsec(), file.size(), file.ino()))
}

fn by_prefix(file: &KeysFile) -> Result<HashMap<String, Entry>, KeysError> {
    Ok(file.read()?.keys.into_iter().map(|entry| (entry.prefix.clone(), entry)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_followed_and_a_damaged_one_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file = KeysFile::new(&folder.path().join("keys.json"));
        let keyring = Keyring::open(file.path()).unwrap();
        let key = Key::random().unwrap();
        assert_eq!(keyring.role(key.reveal()), None);
        let entry = Entry::new(&key, "office".parse().unwrap(), None, String::new()).unwrap();
        file.change(|keys| keys.keys.push(entry)).unwrap();
        keyring.look();
        assert_eq!(keyring.role(key.reveal()), Some("office".parse().unwrap()));
        let forged = format!("{}{}", &key.reveal()[..13], &Key::random().unwrap().reveal()[13..]);
        assert_eq!(keyring.role(&forged), None, "the prefix is no secret");
        fs::write(file.path(), "{").unwrap();
        keyring.look();
        assert!(keyring.role(key.reveal()).is_some());
        fs::remove_file(file.path()).unwrap();
        keyring.look();
        assert_eq!(keyring.role(key.reveal()), None);
    }

    #[test]
    fn an_expired_key_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let file = KeysFile::new(&folder.path().join("keys.json"));
        let key = Key::random().unwrap();
        let entry =
            Entry::new(&key, "office".parse().unwrap(), Some(Timestamp::now()), String::new()).unwrap();
        file.change(|keys| keys.keys.push(entry)).unwrap();
        assert_eq!(Keyring::open(file.path()).unwrap().role(key.reveal()), None);
    }
}
