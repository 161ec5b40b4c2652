//! `plantiles revisions`: what is kept by name.

use super::{say::say, store};
use crate::{
    audit::{self, Audit, Counts, Event, Record},
    config::Config,
    publisher,
    snapshot::{RevisionName, Store},
};
use clap::{Args, Subcommand};

#[derive(Debug, Args)]
pub struct RevisionsArgs {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Remove a revision, and the snapshots that nothing else keeps
    #[command(after_help = "Example: plantiles revisions remove 2023")]
    Remove {
        #[arg(value_name = "NAME")]
        name: RevisionName,
    },
}

pub async fn revisions(config: &Config, args: RevisionsArgs) -> anyhow::Result<()> {
    let store = store::pulled(config)?;
    match args.action {
        None => list(&store),
        Some(Action::Remove { name }) => {
            let audit = Audit::start(config.audit.as_ref(), Counts::default())?;
            publisher::begin(&store).await?.remove(&name)?;
            say!("removed revision {name}");
            audit.record(|| Record {
                action: Some("remove".to_owned()),
                edition: Some(name.to_string()),
                ..Record::new(Event::Publish, audit::operator())
            });
            Ok(audit.finish().await?)
        }
    }
}

/// One line for each, newest adopted first.
fn list(store: &Store) -> anyhow::Result<()> {
    let revisions = store.revisions()?;
    for revision in &revisions.named {
        let (name, adopted, count) = (&revision.name, revision.adopted, revision.layers.len());
        say!("{name}: adopted {adopted}, named {:.0}, {count} layers", revision.named_at);
    }
    // Whatever can be read has been shown.
    revisions.unreadable.into_iter().next().map_or(Ok(()), |error| Err(error.into()))
}
