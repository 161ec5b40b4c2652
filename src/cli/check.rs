//! `plantiles check`: what is wrong with the configuration, the published state and the database.

use super::{say::say, store};
use crate::{
    access::{Keys, KeysFile, Tokens},
    bucket::Bucket,
    causes::chain,
    config::{Access, Config},
    http,
    plan::Layer,
    publisher::Publisher,
    review::Rules,
};
use anyhow::{Context, bail};
use std::sync::Arc;
use tokio::task::block_in_place;

/// Prints one line for each thing looked at; fails when one of them is wrong.
pub async fn check(config: &Config) -> anyhow::Result<()> {
    say!("configuration: ok");
    if http::Tls::of(&config.server).context("server.tls")?.is_some() {
        say!("server.tls: the key is that of the certificate");
    }
    let store = store::pulled(config)?;
    let bucket = store.bucket();
    let publisher = Publisher::new(config, store)?;
    let mut wrong = 0;
    match publisher.current()? {
        None => say!("state {}: nothing published yet", config.state_dir().display()),
        Some(set) => {
            let opened = publisher.open_set(set, &[]);
            say!("state {}: {} layers verified", config.state_dir().display(), opened.snapshots.len());
            wrong += opened.failures.len();
            opened.failures.iter().for_each(|failure| say!("state: {failure}"));
        }
    }
    let revisions = publisher.revisions()?;
    for revision in &revisions.named {
        let failures = publisher.check_revision(revision);
        say!("revision {}: {} layers verified", revision.name, revision.layers.len() - failures.len());
        wrong += failures.len();
        failures.iter().for_each(|failure| say!("revision {}: {failure}", revision.name));
    }
    wrong += revisions.unreadable.len();
    revisions.unreadable.iter().for_each(|error| say!("revisions: {error}"));
    let rules = Rules::load(config.review.rules.as_deref()).map_err(|error| error.to_string());
    match publisher.check().await {
        Ok(layers) => {
            say!("layers: {} described", layers.len());
            wrong += config.access.as_ref().map_or(0, |access| check_access(access, &layers, bucket));
            wrong += config.access.as_ref().map_or(0, check_tokens);
            match rules.and_then(|rules| rules.check(&layers).map(|()| rules.rules.len())) {
                Ok(count) => say!("review: {count} rules"),
                Err(error) => {
                    wrong += 1;
                    say!("review: {error}");
                }
            }
        }
        Err(error) => {
            wrong += 1;
            say!("layers: {}", chain(&error));
        }
    }
    if wrong > 0 {
        bail!("{wrong} problems");
    }
    Ok(())
}

/// How many things are wrong with who may see what.
fn check_access(access: &Access, layers: &[Layer], bucket: Option<Arc<Bucket>>) -> usize {
    let missing = access.layers.keys().filter(|id| !layers.iter().any(|layer| layer.id == **id));
    let missing = missing.map(|id| format!("there is no layer `{id}`"));
    let extracts = access.extracts();
    let unfit = layers.iter().flat_map(|layer| {
        let extracts = extracts.get(&layer.id).into_iter().flatten();
        let wrong = extracts.filter_map(|extract| extract.check(layer).err());
        wrong.map(|error| format!("layer {}: {error}", layer.id))
    });
    let unfit: Vec<_> = missing.chain(unfit).collect();
    let keys = access.keys.as_deref().map(|path| KeysFile::over(path, bucket).current());
    let keys = keys.unwrap_or_else(|| Ok(Keys::default()));
    let (keys, unreadable) = match keys {
        Ok(keys) => (keys.keys.len(), None),
        Err(error) => (0, Some(error.to_string())),
    };
    say!("access: {} roles, {keys} keys, rules for {} layers", access.roles.len(), access.layers.len());
    unfit.iter().chain(&unreadable).for_each(|wrong| say!("access: {wrong}"));
    unfit.len() + unreadable.iter().count()
}

/// As [`check_access`], of the keys of tokens, which are fetched for it.
fn check_tokens(access: &Access) -> usize {
    let Some(tokens) = &access.tokens else { return 0 };
    let count = block_in_place(|| Tokens::open(tokens, &access.roles)?.count());
    match &count {
        Ok(count) => say!("access.tokens: {count} keys"),
        Err(error) => say!("{error}"),
    }
    usize::from(count.is_err())
}
