//! `completions` and `man`: what a package installs beside the program, made from the commands as they are declared.

use super::{Cli, say::print};
use anyhow::Context;
use clap::{Args, CommandFactory};
use clap_complete::{Shell, generate};
use std::{fs, path::PathBuf};

#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

#[derive(Debug, Args)]
pub struct ManArgs {
    /// Folder of the pages; it is made if it is not there
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

pub fn completions(args: CompletionsArgs) -> anyhow::Result<()> {
    let mut script = Vec::new();
    generate(args.shell, &mut Cli::command(), "plantiles", &mut script);
    print(String::from_utf8(script)?);
    Ok(())
}

/// One page for each command.
pub fn man(args: ManArgs) -> anyhow::Result<()> {
    let write = || {
        fs::create_dir_all(&args.folder)?;
        clap_mangen::generate_to(Cli::command(), &args.folder)
    };
    write().with_context(|| format!("cannot write into {}", args.folder.display()))
}
