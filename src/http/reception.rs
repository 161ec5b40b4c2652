//! Who asks: each request goes to the router of those who see what its caller may see.

use super::{
    App, Problem,
    base_url::base_url,
    connection::Peer,
    credentials::{Presented, Shown},
    respond::redirect,
    router,
};
use crate::{
    access::{Keyring, KeysError, Refused, Sight, Tokens, TokensError, Who},
    bucket::Bucket,
    config::{Access, Role},
};
use axum::{
    Router,
    extract::Request,
    http::{HeaderValue, Method, header},
    response::Response,
};
use std::{collections::BTreeMap, sync::Arc};
use tokio::task::JoinSet;

pub struct Reception {
    /// For all who have no key.
    public: Entrance,
    /// Without it nobody is asked for a key.
    guard: Option<Guard>,
}

struct Guard {
    /// Where there are no roles there are no keys.
    keyring: Option<Arc<Keyring>>,
    tokens: Option<Arc<Tokens>>,
    roles: BTreeMap<Role, Entrance>,
}

/// The server as some see it.
struct Entrance {
    app: Arc<App>,
    router: Router,
}

impl Entrance {
    fn new(app: App) -> Self {
        let app = Arc::new(app);
        Self { router: router(Arc::clone(&app)), app }
    }
}

/// One who may come in.
pub struct Admitted<'a> {
    entrance: &'a Entrance,
    /// Whether it is somebody.
    is_known: bool,
}

/// Why nobody can be told from anybody.
#[derive(Debug, thiserror::Error)]
pub enum ReceptionError {
    #[error(transparent)]
    Keys(#[from] KeysError),
    #[error(transparent)]
    Tokens(#[from] TokensError),
}

/// What answers depend on where there are keys.
const VARY: HeaderValue = HeaderValue::from_static("authorization, x-api-key");

impl Reception {
    /// `app` is the server as those see it who see everything; `bucket` is what servers share.
    ///
    /// # Errors
    /// When the file of keys, or that of the keys of tokens, cannot be read.
    pub fn new(
        app: App,
        access: Option<&Access>,
        bucket: Option<Arc<Bucket>>,
    ) -> Result<Self, ReceptionError> {
        let Some(access) = access else { return Ok(Self { public: Entrance::new(app), guard: None }) };
        let sights = access.roles.len() + 1;
        let entrance = |role: Option<&Role>| Entrance::new(app.by(&Sight::of(access, role), sights));
        let roles = access.roles.iter().map(|role| (role.clone(), entrance(Some(role)))).collect();
        let keyring = access.keys.as_deref().map(|path| Keyring::open(path, bucket));
        let keyring = keyring.transpose()?.map(Arc::new);
        let tokens = access.tokens.as_ref().map(|tokens| Tokens::open(tokens, &access.roles));
        let tokens = tokens.transpose()?.map(Arc::new);
        Ok(Self { public: entrance(None), guard: Some(Guard { keyring, tokens, roles }) })
    }

    /// The server as the public sees it.
    pub fn public(&self) -> &App {
        &self.public.app
    }

    /// What goes on beside the answers, until it is dropped.
    pub fn background(&self) -> JoinSet<()> {
        let mut tasks = JoinSet::new();
        let roles = self.guard.iter().flat_map(|guard| guard.roles.values());
        for entrance in roles.chain([&self.public]) {
            tasks.spawn(Arc::clone(&entrance.app.containers).follow());
        }
        if let Some(keyring) = self.guard.as_ref().and_then(|guard| guard.keyring.as_ref()) {
            tasks.spawn(Arc::clone(keyring).follow());
            tasks.spawn(Arc::clone(keyring).follow_bucket());
            tasks.spawn(Arc::clone(keyring).write_uses());
        }
        if let Some(tokens) = self.guard.as_ref().and_then(|guard| guard.tokens.as_ref()) {
            tasks.spawn(Arc::clone(tokens).follow());
        }
        tasks
    }

    /// Takes what a request shows of who asks out of it.
    pub fn presented<B>(&self, request: &mut Request<B>) -> Presented {
        match self.guard {
            None => Presented::default(),
            Some(_) => Presented::take(request),
        }
    }

    /// Who asks, found out once for each request.
    ///
    /// # Errors
    /// 401, for a key, token or link that is wrong, has expired or was revoked, and for a link to another path; 403, for a
    /// token without a role. It is not answered as if there were none: who has a key would take the public's layers for all.
    pub fn who<B>(&self, presented: &Presented, request: &Request<B>) -> Result<Who, Problem> {
        let shown =
            presented.shown().map_err(|_| Problem::unauthorized("there are several keys in this request"))?;
        match (shown, &self.guard) {
            (Some(shown), Some(guard)) => guard.who(shown, request.method(), request.uri().path()),
            _ => Ok(Who::Public),
        }
    }

    /// Lets in whom [`Self::who`] found.
    pub fn admit(&self, who: &Who) -> Admitted<'_> {
        let entrance = who.role().and_then(|role| self.guard.as_ref()?.roles.get(role));
        Admitted { entrance: entrance.unwrap_or(&self.public), is_known: *who != Who::Public }
    }

    /// Says of an answer whose it is.
    pub fn mark(&self, presented: &Presented, admitted: &Admitted, response: &mut Response) {
        if self.guard.is_none() {
            return;
        }
        let headers = response.headers_mut();
        headers.append(header::VARY, VARY);
        if !admitted.is_known {
            return;
        }
        let said = headers.get(header::CACHE_CONTROL).and_then(|said| said.to_str().ok());
        let private = match said {
            Some(said) if said.contains("no-store") => None,
            Some(said) => Some(said.replace("public", "private")),
            None => Some("private, no-cache".to_owned()),
        };
        if let Some(private) = private.and_then(|private| HeaderValue::try_from(private).ok()) {
            headers.insert(header::CACHE_CONTROL, private);
        }
        if presented.in_url {
            headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
        }
    }
}

impl Guard {
    fn who(&self, shown: &Shown, method: &Method, path: &str) -> Result<Who, Problem> {
        let keyring = self.keyring.as_ref();
        let (who, refusal) = match shown {
            Shown::Key(token) if Tokens::is_one(token.reveal()) => {
                let who = self.tokens.as_ref().map(|tokens| tokens.who(token.reveal()));
                if let Some(Err(Refused::NoRole)) = who {
                    return Err(Problem::forbidden(
                        "this token is valid, and has no role that there is here",
                    ));
                }
                (who.and_then(Result::ok), "this token is not valid")
            }
            Shown::Key(key) => {
                (keyring.and_then(|keyring| keyring.who(key.reveal())), "this key is not valid")
            }
            Shown::Link(link) => {
                let reads = [Method::GET, Method::HEAD].contains(method);
                let keyring = keyring.filter(|_| reads);
                let who = keyring.and_then(|keyring| keyring.who_was_handed(link.reveal(), path));
                (who, "this link is not valid here")
            }
        };
        let has_role = |who: &Who| who.role().is_some_and(|role| self.roles.contains_key(role));
        who.filter(has_role).ok_or_else(|| Problem::unauthorized(refusal))
    }
}

impl Admitted<'_> {
    pub fn router(&self) -> Router {
        self.entrance.router.clone()
    }

    /// Has the URLs of the answer carry the key, if that of the request did. Who looks at a page, whose links are relative, is sent
    /// to where they lead on.
    pub fn pass_on<B>(
        &self,
        presented: &Presented,
        request: &mut Request<B>,
    ) -> Result<Option<Response>, Problem> {
        let Some(key) = presented.carried_on() else { return Ok(None) };
        let Some(Peer(origin)) = request.extensions_mut().get_mut::<Peer>() else { return Ok(None) };
        origin.key = Some(key.clone());
        let origin = origin.clone();
        let accepted = request.headers().get(header::ACCEPT).and_then(|accepted| accepted.to_str().ok());
        let is_page = accepted.is_some_and(|accepted| accepted.contains("text/html"));
        if !presented.is_behind || !is_page || ![Method::GET, Method::HEAD].contains(request.method()) {
            return Ok(None);
        }
        let base = base_url(&self.entrance.app.server, origin, request.headers());
        let rest = request.uri().path_and_query().map_or("/", |rest| rest.as_str());
        redirect(&format!("{}{rest}", base.as_str())).map(Some)
    }
}
