//! When each key was last used. It is in a small file beside that of the keys, `keys.used.json` beside `keys.json`, so that no
//! use has to do with what is kept of the keys.

use super::{KeysError, KeysFile};
use jiff::Timestamp;
use std::{
    collections::{BTreeMap, btree_map::Entry},
    fs,
    path::PathBuf,
};

/// By the prefix of the key.
pub type Uses = BTreeMap<String, Timestamp>;

pub struct LastUse<'a> {
    keys: &'a KeysFile,
    path: PathBuf,
}

impl<'a> LastUse<'a> {
    pub fn of(keys: &'a KeysFile) -> Self {
        Self { keys, path: keys.path().with_extension("used.json") }
    }

    /// What is known. A file that is not there, or damaged, tells nothing, and is made anew with the next use.
    pub fn read(&self) -> Uses {
        let json = fs::read(&self.path).unwrap_or_default();
        serde_json::from_slice(&json).unwrap_or_default()
    }

    /// Adds `uses` to what is known. The later time stays: another server may have written it since. What is not the time of
    /// a key any more is left out.
    ///
    /// # Errors
    /// As [`KeysFile::read`], and when it cannot be written.
    pub fn add(&self, uses: Uses) -> Result<(), KeysError> {
        self.keys.locked(|| {
            let mut known = self.read();
            for (prefix, time) in uses {
                match known.entry(prefix) {
                    Entry::Vacant(none) => drop(none.insert(time)),
                    Entry::Occupied(mut before) => *before.get_mut() = time.max(*before.get()),
                }
            }
            let keys = self.keys.read()?.keys;
            known.retain(|prefix, _| keys.iter().any(|entry| entry.prefix == *prefix));
            self.keys.write(&self.path, &known)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{Entry as KeyEntry, Key},
        *,
    };

    #[test]
    fn the_later_time_stays_and_keys_that_are_gone_are_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let file = KeysFile::new(&folder.path().join("keys.json"));
        let prefix = || {
            let key = Key::random().unwrap();
            let entry = KeyEntry::new(&key, "office".parse().unwrap(), None, String::new()).unwrap();
            file.change(|keys| keys.keys.push(entry.clone())).unwrap();
            key.prefix().to_owned()
        };
        let (one, other) = (prefix(), prefix());
        let at = |second| Timestamp::from_second(second).unwrap();
        let uses = |uses: &[(&String, i64)]| uses.iter().map(|(key, s)| ((*key).clone(), at(*s))).collect();
        let last_use = LastUse::of(&file);
        assert!(last_use.read().is_empty());
        last_use.add(uses(&[(&one, 20), (&other, 10)])).unwrap();
        // Another server, which has heard of other uses.
        last_use.add(uses(&[(&one, 10), (&other, 30), (&"00000000".to_owned(), 5)])).unwrap();
        assert_eq!(last_use.read(), uses(&[(&one, 20), (&other, 30)]));
        file.change(|keys| keys.keys.retain(|entry| entry.prefix != one)).unwrap();
        last_use.add(uses(&[(&other, 31)])).unwrap();
        assert_eq!(last_use.read(), uses(&[(&other, 31)]));
        fs::write(folder.path().join("keys.used.json"), "{").unwrap();
        last_use.add(uses(&[(&other, 32)])).unwrap();
        assert_eq!(last_use.read(), uses(&[(&other, 32)]));
    }

    #[test]
    fn servers_that_write_at_the_same_time_lose_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.json");
        let file = KeysFile::new(&path);
        let keys: Vec<Key> = (0..8).map(|_| Key::random().unwrap()).collect();
        for key in &keys {
            let entry = KeyEntry::new(key, "office".parse().unwrap(), None, String::new()).unwrap();
            file.change(|keys| keys.keys.push(entry.clone())).unwrap();
        }
        std::thread::scope(|scope| {
            for key in &keys {
                scope.spawn(|| {
                    let file = KeysFile::new(&path);
                    for second in 0..20 {
                        let time = Timestamp::from_second(second).unwrap();
                        LastUse::of(&file).add([(key.prefix().to_owned(), time)].into()).unwrap();
                    }
                });
            }
        });
        let last = Timestamp::from_second(19).unwrap();
        assert_eq!(
            LastUse::of(&file).read(),
            keys.iter().map(|key| (key.prefix().to_owned(), last)).collect()
        );
    }
}
