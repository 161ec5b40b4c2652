//! Any text at all, taken for what the operator writes: the configuration, rules of review, the file of keys.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plantiles::{access::KeysFile, config::Config, review::Rules};
use std::{fs, path::PathBuf, sync::LazyLock};

/// One for each process: several may run side by side.
static FILE: LazyLock<PathBuf> =
    LazyLock::new(|| std::env::temp_dir().join(format!("plantiles-settings-{}", std::process::id())));

fuzz_target!(|text: &str| {
    fs::write(&*FILE, text).unwrap();
    let errors = [
        Config::load(Some(&FILE)).err().map(|error| error.to_string()),
        Rules::load(Some(&FILE)).err().map(|error| error.to_string()),
        KeysFile::new(&FILE).read().err().map(|error| error.to_string()),
    ];
    for error in errors.into_iter().flatten() {
        assert!(!error.contains('\n'), "an error is one line: {error}");
    }
});
