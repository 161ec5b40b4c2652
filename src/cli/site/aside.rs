//! Where a site lies until it is in its bucket: in the state directory, so that a run that was killed is gone on with.

use anyhow::{Context, bail};
use std::{
    fs::{self, File, TryLockError},
    path::{Path, PathBuf},
};

pub struct Aside {
    directory: PathBuf,
    /// Held while the folder is in use.
    _lock: File,
}

impl Aside {
    /// Takes the folder, empty but for what was not finished; fails while another command has it.
    pub fn begin(state: &Path) -> anyhow::Result<Self> {
        let directory = state.join("site");
        fs::create_dir_all(&directory).with_context(|| directory.display().to_string())?;
        let lock = File::options().create(true).append(true).open(directory.join("lock"))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => bail!("{}: another command sends a site", directory.display()),
            Err(TryLockError::Error(cause)) => return Err(cause.into()),
        }
        let aside = Self { directory, _lock: lock };
        aside.clear()?;
        Ok(aside)
    }

    pub fn folder(&self) -> PathBuf {
        self.directory.join("plan")
    }

    pub fn finish(self) -> anyhow::Result<()> {
        self.clear()
    }

    fn clear(&self) -> anyhow::Result<()> {
        let folder = self.folder();
        if folder.exists() {
            fs::remove_dir_all(folder)?;
        }
        Ok(())
    }
}
