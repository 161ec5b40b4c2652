//! `plantiles link`: an address that can be handed on.

use super::{WrongUsage, key::keys, say::say};
use crate::{
    access::{Entry, opened, sign},
    config::Config,
};
use anyhow::{Context, bail};
use clap::Args;
use jiff::{Span, Timestamp, tz::TimeZone};

#[derive(Debug, Args)]
pub struct LinkArgs {
    /// A file, `/downloads/{file}`, or tiles, `/tiles/{tileset}/{z}/{x}/{y}.mvt`, with the braces
    #[arg(value_name = "PATH", value_parser = path)]
    path: String,
    /// The key with whose role it opens: the 8 digits after `plt_`. The link ends with the key
    #[arg(long, value_name = "PREFIX")]
    key: String,
    /// How long it opens, such as 36h or 7d
    #[arg(long, value_name = "DURATION")]
    expires: Span,
}

/// A path that links can be for.
fn path(text: &str) -> Result<String, String> {
    let numbered = ["{z}", "{x}", "{y}"].iter().fold(text.to_owned(), |path, name| path.replace(name, "0"));
    match opened(&numbered).is_some_and(|opened| opened == text) {
        true => Ok(text.to_owned()),
        false => Err("not /downloads/{file} or /tiles/{tileset}/{z}/{x}/{y}.mvt, without a query".into()),
    }
}

pub fn link(config: &Config, args: LinkArgs) -> anyhow::Result<()> {
    let (_, file) = keys(config)?;
    let now = Timestamp::now();
    let expires = now.to_zoned(TimeZone::UTC).checked_add(args.expires).map(|zoned| zoned.timestamp());
    let Some(expires) = expires.ok().filter(|expires| *expires > now) else {
        return Err(WrongUsage(format!("a link cannot last {:#}", args.expires)).into());
    };
    let keys = file.current()?.keys;
    let entry = keys.iter().find(|entry| entry.prefix == args.key);
    let entry = entry.with_context(|| format!("there is no key `{}`", args.key))?;
    if let Entry { expires: Some(end), .. } = entry
        && *end < expires
    {
        bail!("the key `{}` expires {end:.0}, before the link", args.key);
    }
    let token = sign(entry, expires, &args.path);
    let token = token.with_context(|| format!("what the file of keys has of `{}` is damaged", args.key))?;
    let server = config.server.public_url.clone().unwrap_or_else(|| config.server.own_url());
    say!("{}/link/{token}{}", server.as_str(), args.path);
    Ok(())
}
