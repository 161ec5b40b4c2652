//! `plantiles key`: who may see more than the public.

use super::WrongUsage;
use crate::{
    access::{Entry, Key, KeysFile, LastUse},
    config::{Access, Config, Role},
};
use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use jiff::{SignedDuration, Timestamp};

#[derive(Debug, Args)]
pub struct KeyArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Make a key and print it, this once
    #[command(
        after_help = "Example: plantiles key create --role office --days 365 --note \"planning section\""
    )]
    Create {
        /// One of `access.roles`
        #[arg(long, value_name = "ROLE")]
        role: Role,
        /// Days until it expires; without, it does not
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=3650))]
        days: Option<u16>,
        /// Whose it is; shown by `list`
        #[arg(long, value_name = "TEXT", default_value = "")]
        note: String,
    },
    /// List the keys by prefix, without the keys themselves, with the minute of their last use
    #[command(after_help = "Example: plantiles key list")]
    List,
    /// Take a key back: within a second it is none, and links made with it lead nowhere
    #[command(after_help = "Example: plantiles key revoke 1a2b3c4d")]
    Revoke {
        /// The 8 digits after `plt_`
        #[arg(value_name = "PREFIX")]
        prefix: String,
    },
}

pub fn key(config: &Config, args: KeyArgs) -> anyhow::Result<()> {
    let (access, file) = keys(config)?;
    match args.action {
        Action::Create { role, days, note } => create(access, &file, role, days, note),
        Action::List => list(access, &file),
        Action::Revoke { prefix } => revoke(&file, &prefix),
    }
}

/// The file of keys, and what they are for.
pub fn keys(config: &Config) -> Result<(&Access, KeysFile), WrongUsage> {
    let none =
        || WrongUsage("there are no roles to have keys: `access.roles` in the configuration".to_owned());
    let access = config.access.as_ref().ok_or_else(none)?;
    Ok((access, KeysFile::new(access.keys.as_deref().ok_or_else(none)?)))
}

fn create(
    access: &Access,
    file: &KeysFile,
    role: Role,
    days: Option<u16>,
    note: String,
) -> anyhow::Result<()> {
    if !access.roles.contains(&role) {
        return Err(WrongUsage(format!("there is no role `{role}` in `access.roles`")).into());
    }
    let day = |days| SignedDuration::from_hours(24 * i64::from(days));
    let expires = days.map(|days| Timestamp::now() + day(days));
    let key = file.change(|keys| {
        let key = Key::random()?;
        // One of thousands of millions may be there.
        keys.keys.retain(|entry| entry.prefix != key.prefix());
        keys.keys.push(Entry::new(&key, role, expires, note)?);
        std::io::Result::Ok(key)
    })?;
    say!("{}", key.context("no random bytes for a key")?.reveal());
    Ok(())
}

/// One line for each, the oldest first.
fn list(access: &Access, file: &KeysFile) -> anyhow::Result<()> {
    let now = Timestamp::now();
    let uses = LastUse::of(file).read();
    for entry in file.read()?.keys {
        let Entry { prefix, role, created, note, .. } = &entry;
        let known = if access.roles.contains(role) { "" } else { " (no such role)" };
        let end = match entry.expires {
            None => "does not expire".to_owned(),
            Some(expires) if entry.has_expired(now) => format!("expired {expires:.0}"),
            Some(expires) => format!("expires {expires:.0}"),
        };
        let used = uses.get(prefix).map_or("not used yet".to_owned(), |used| format!("last used {used:.0}"));
        say!(
            "{prefix}: {role}{known}, made {created:.0}, {used}, {end}{}{note}",
            if note.is_empty() { "" } else { ", " }
        );
    }
    Ok(())
}

fn revoke(file: &KeysFile, prefix: &str) -> anyhow::Result<()> {
    let revoked = file.change(|keys| {
        let before = keys.keys.len();
        keys.keys.retain(|entry| entry.prefix != prefix);
        keys.keys.len() < before
    })?;
    if !revoked {
        bail!("there is no key `{prefix}`");
    }
    say!("revoked key {prefix}");
    Ok(())
}
