//! `plantiles key`: who may see more than the public.

use super::{WrongUsage, say::say, store};
use crate::{
    access::{Entry, Key, KeysFile, LastUse},
    audit::{self, Audit, Counts, Event, Record},
    config::{Access, Config, Role},
};
use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;

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

pub async fn key(config: &Config, args: KeyArgs) -> anyhow::Result<()> {
    let (access, file) = keys(config)?;
    match args.action {
        Action::Create { role, days, note } => {
            recorded(config, || create(access, &file, role, days, note)).await
        }
        Action::List => list(access, &file),
        Action::Revoke { prefix } => recorded(config, || revoke(&file, &prefix)).await,
    }
}

/// Changes keys where that can be recorded, and has it in the audit file when it is done.
async fn recorded(config: &Config, change: impl FnOnce() -> anyhow::Result<Record>) -> anyhow::Result<()> {
    let audit = Audit::start(config.audit.as_ref(), Counts::default())?;
    let record = change()?;
    audit.record(|| record);
    Ok(audit.finish().await?)
}

fn record(action: &str, prefix: &str, role: &Role) -> Record {
    Record {
        action: Some(action.to_owned()),
        key: Some(prefix.to_owned()),
        role: Some(role.to_string()),
        ..Record::new(Event::Key, audit::operator())
    }
}

/// The file of keys, over the bucket if there is one, and what they are for.
pub fn keys(config: &Config) -> anyhow::Result<(&Access, KeysFile)> {
    let none =
        || WrongUsage("there are no roles to have keys: `access.roles` in the configuration".to_owned());
    let access = config.access.as_ref().ok_or_else(none)?;
    let path = access.keys.as_deref().ok_or_else(none)?;
    Ok((access, KeysFile::over(path, store::bucket(config)?.map(Arc::new))))
}

fn create(
    access: &Access,
    file: &KeysFile,
    role: Role,
    days: Option<u16>,
    note: String,
) -> anyhow::Result<Record> {
    if !access.roles.contains(&role) {
        return Err(WrongUsage(format!("there is no role `{role}` in `access.roles`")).into());
    }
    let day = |days| SignedDuration::from_hours(24 * i64::from(days));
    let expires = days.map(|days| Timestamp::now() + day(days));
    let key = file.change(|keys| {
        let key = Key::random()?;
        // One of thousands of millions may be there.
        keys.keys.retain(|entry| entry.prefix != key.prefix());
        keys.keys.push(Entry::new(&key, role.clone(), expires, note.clone())?);
        std::io::Result::Ok(key)
    })?;
    let key = key.context("no random bytes for a key")?;
    say!("{}", key.reveal());
    Ok(record("create", key.prefix(), &role))
}

/// One line for each, the oldest first.
fn list(access: &Access, file: &KeysFile) -> anyhow::Result<()> {
    let now = Timestamp::now();
    let uses = LastUse::of(file).read();
    for entry in file.current()?.keys {
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

fn revoke(file: &KeysFile, prefix: &str) -> anyhow::Result<Record> {
    let revoked = file.change(|keys| {
        let at = keys.keys.iter().position(|entry| entry.prefix == prefix)?;
        Some(keys.keys.remove(at).role)
    })?;
    let Some(role) = revoked else { bail!("there is no key `{prefix}`") };
    say!("revoked key {prefix}");
    Ok(record("revoke", prefix, &role))
}
