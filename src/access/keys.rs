//! The file of keys: JSON, what is kept of each key. `plantiles key` writes it, servers read it.

use super::{
    key::{self, Hash, Key},
    shared::SharedKeys,
};
use crate::{
    bucket::{Bucket, BucketError},
    config::Role,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::{
    fs::{self, File},
    io::{self, Write},
    os::unix::fs::{MetadataExt, fchown},
    path::{Path, PathBuf},
    sync::Arc,
};

pub struct KeysFile {
    path: PathBuf,
    /// Of which it is a copy.
    shared: Option<SharedKeys>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keys {
    /// The oldest first.
    pub keys: Vec<Entry>,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    pub prefix: String,
    pub role: Role,
    salt: String,
    /// Of salt and key, in base64url.
    sha256: String,
    pub created: Timestamp,
    /// When it ends; without one it does not.
    pub expires: Option<Timestamp>,
    /// Whose it is, in the words of who made it.
    pub note: String,
}

#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    #[error("file of keys {path}: {cause}")]
    File { path: PathBuf, cause: io::Error },
    #[error("file of keys {path}: line {line} is not as `plantiles key` writes it")]
    Malformed { path: PathBuf, line: usize },
    #[error("keys of the bucket: {0}")]
    Bucket(#[from] BucketError),
}

impl Entry {
    /// What is kept of `key`.
    ///
    /// # Errors
    /// When the system gives no random bytes.
    pub fn new(key: &Key, role: Role, expires: Option<Timestamp>, note: String) -> io::Result<Self> {
        let salt = key::salt()?;
        let sha256 = URL_SAFE_NO_PAD.encode(key.hash(&salt));
        let prefix = key.prefix().to_owned();
        Ok(Self { prefix, role, salt, sha256, created: Timestamp::now(), expires, note })
    }

    /// Whether `key` is this one.
    pub fn is(&self, key: &Key) -> bool {
        self.hash().is_some_and(|kept| key::is_same(&kept, &key.hash(&self.salt)))
    }

    /// What is kept of the key; `None` where it is damaged.
    pub(super) fn hash(&self) -> Option<Hash> {
        URL_SAFE_NO_PAD.decode(&self.sha256).ok()?.try_into().ok()
    }

    pub fn has_expired(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }
}

impl KeysFile {
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), shared: None }
    }

    /// A file that is a copy of what is in `bucket`, if there is one.
    pub fn over(path: &Path, bucket: Option<Arc<Bucket>>) -> Self {
        Self { shared: bucket.map(SharedKeys::new), ..Self::new(path) }
    }

    pub fn is_shared(&self) -> bool {
        self.shared.is_some()
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What is in it; before the first key is made there is no file.
    ///
    /// # Errors
    /// When it cannot be read or understood. No word of it is in the error.
    pub fn read(&self) -> Result<Keys, KeysError> {
        let json = match fs::read(&self.path) {
            Ok(json) => json,
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(Keys::default()),
            Err(cause) => return Err(self.failed(cause)),
        };
        parse(&json, &self.path)
    }

    /// The keys that count now: those of the bucket, where there are any, else those of the file.
    ///
    /// # Errors
    /// As [`Self::read`], and when the bucket does not answer.
    pub fn current(&self) -> Result<Keys, KeysError> {
        match self.shared.as_ref().map_or(Ok(None), SharedKeys::read)? {
            Some((keys, _)) => Ok(keys),
            None => self.read(),
        }
    }

    /// Changes the keys, one process at a time; in a bucket `change` is called again where another was quicker. Readers see
    /// them as they were or as they are; the file only its owner may read.
    ///
    /// # Errors
    /// As [`Self::current`], and when they cannot be written.
    pub fn change<T>(&self, mut change: impl FnMut(&mut Keys) -> T) -> Result<T, KeysError> {
        if let Some(shared) = &self.shared {
            return shared.change(self, change);
        }
        self.locked(|| {
            let mut keys = self.read()?;
            let changed = change(&mut keys);
            self.write(&self.path, &keys)?;
            Ok(changed)
        })
    }

    /// Takes over what the bucket has, where there is one; tells whether the file was another.
    ///
    /// # Errors
    /// As [`Self::current`], and when the file cannot be written.
    pub fn pull(&self) -> Result<bool, KeysError> {
        self.shared.as_ref().map_or(Ok(false), |shared| shared.pull(self))
    }

    /// Has the file say `keys`; tells whether it said something else.
    pub(super) fn copy(&self, keys: &Keys) -> Result<bool, KeysError> {
        self.locked(|| {
            let wanted = text(keys).map_err(|cause| self.failed(cause))?;
            if fs::read(&self.path).is_ok_and(|there| there == wanted) {
                return Ok(false);
            }
            self.write(&self.path, keys)?;
            Ok(true)
        })
    }

    /// Does what one process at a time may do.
    pub(super) fn locked<T>(&self, work: impl FnOnce() -> Result<T, KeysError>) -> Result<T, KeysError> {
        let folder = File::open(self.folder()).map_err(|cause| self.failed(cause))?;
        folder.lock().map_err(|cause| self.failed(cause))?;
        work()
    }

    /// Writes `path`, this file or one beside it: in a temporary file, which its owner alone may read, that then takes the
    /// name. It belongs to whom it belonged, or to whom the folder does: of what root writes for itself the server could read
    /// nothing, not even that a key was revoked.
    pub(super) fn write(&self, path: &Path, content: &impl Serialize) -> Result<(), KeysError> {
        let write = || {
            let owner = fs::metadata(path).or_else(|_| fs::metadata(self.folder()))?;
            let mut file = tempfile::NamedTempFile::new_in(self.folder())?;
            if file.as_file().metadata()?.uid() != owner.uid() {
                fchown(file.as_file(), Some(owner.uid()), Some(owner.gid()))?;
            }
            file.write_all(&text(content)?)?;
            file.as_file().sync_all()?;
            file.persist(path)?;
            File::open(self.folder())?.sync_all()
        };
        write().map_err(|cause| KeysError::File { path: path.to_owned(), cause })
    }

    fn folder(&self) -> &Path {
        match self.path.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        }
    }

    pub(super) fn failed(&self, cause: io::Error) -> KeysError {
        KeysError::File { path: self.path.clone(), cause }
    }
}

/// What is in `path`, or in a bucket under that name.
pub(super) fn parse(json: &[u8], path: &Path) -> Result<Keys, KeysError> {
    let malformed =
        |error: serde_json::Error| KeysError::Malformed { path: path.to_owned(), line: error.line() };
    serde_json::from_slice(json).map_err(malformed)
}

pub(super) fn text(content: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut json = serde_json::to_vec_pretty(content)?;
    json.push(b'\n');
    Ok(json)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, chown};

    fn made(keys: &KeysFile, role: &str, expires: Option<Timestamp>) -> Key {
        let key = Key::random().unwrap();
        let entry = Entry::new(&key, role.parse().unwrap(), expires, String::new()).unwrap();
        keys.change(|keys| keys.keys.push(entry.clone())).unwrap();
        key
    }

    #[test]
    fn keys_are_kept_without_the_keys_themselves() {
        let folder = tempfile::tempdir().unwrap();
        let keys = KeysFile::new(&folder.path().join("keys.json"));
        assert!(keys.read().unwrap().keys.is_empty());
        let (office, partner) = (made(&keys, "office", None), made(&keys, "partner", None));
        let read = keys.read().unwrap().keys;
        assert_eq!(
            read.iter().map(|entry| entry.role.to_string()).collect::<Vec<_>>(),
            ["office", "partner"]
        );
        assert!(read[0].is(&office) && read[1].is(&partner));
        assert!(!read[0].is(&partner) && !read[1].is(&office));
        let text = fs::read_to_string(keys.path()).unwrap();
        assert!(!text.contains(office.reveal()) && !text.contains(&office.reveal()[13..]), "{text}");
        assert_eq!(fs::metadata(keys.path()).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn whose_the_file_is_it_stays() {
        let folder = tempfile::tempdir().unwrap();
        let keys = KeysFile::new(&folder.path().join("keys.json"));
        made(&keys, "office", None);
        let owner = || fs::metadata(keys.path()).unwrap().uid();
        // Root alone can give a file away.
        let server = if owner() == 0 { 65_534 } else { owner() };
        chown(keys.path(), Some(server), None).unwrap();
        made(&keys, "partner", None);
        assert_eq!(owner(), server);
    }

    #[test]
    fn a_key_ends_when_it_expires() {
        let now = Timestamp::now();
        let key = Key::random().unwrap();
        let entry = |expires| Entry::new(&key, "office".parse().unwrap(), expires, String::new()).unwrap();
        assert!(!entry(None).has_expired(now));
        assert!(entry(Some(now)).has_expired(now));
        assert!(!entry(Some(now + jiff::SignedDuration::from_secs(1))).has_expired(now));
    }

    #[test]
    fn what_is_wrong_in_the_file_is_told_without_its_words() {
        let folder = tempfile::tempdir().unwrap();
        let keys = KeysFile::new(&folder.path().join("keys.json"));
        fs::write(keys.path(), "{\n\"keys\": [{ \"prefix\": \"hidden\" }]\n}").unwrap();
        let error = keys.read().err().unwrap().to_string();
        assert!(error.ends_with("line 2 is not as `plantiles key` writes it"), "{error}");
        assert!(!error.contains("hidden"), "{error}");
        assert!(keys.change(|_| ()).is_err(), "what is damaged is not written over");
    }
}
