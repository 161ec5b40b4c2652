//! A table of routes that can be read: axum's router tells nobody what is in it.

use super::App;
use axum::{Router, routing::MethodRouter};
use std::sync::Arc;

#[derive(Default)]
pub struct Routes {
    router: Router<Arc<App>>,
    paths: Vec<String>,
}

impl Routes {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn route(mut self, path: &str, methods: MethodRouter<Arc<App>>) -> Self {
        self.paths.push(path.to_owned());
        Self { router: self.router.route(path, methods), ..self }
    }

    pub fn merge(mut self, others: Self) -> Self {
        self.paths.extend(others.paths);
        Self { router: self.router.merge(others.router), ..self }
    }

    pub fn paths(self) -> Vec<String> {
        self.paths
    }

    pub fn router(self) -> Router<Arc<App>> {
        self.router
    }
}
