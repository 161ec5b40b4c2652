//! How much one caller may ask for. What has no number has no limit.

use super::{Access, Role};
use schemars::JsonSchema;
use serde::Deserialize;
use std::{collections::BTreeMap, num::NonZeroU32};

#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Requests of one caller in a second, on average; more are answered 429 with `Retry-After`.
    pub requests_per_second: Option<NonZeroU32>,
    /// Requests of one caller at once, after a pause; those of ten seconds unless it is given: a map that opens asks for a
    /// hundred.
    pub burst: Option<NonZeroU32>,
    /// Files of `/downloads/` that one caller takes at a time; the next is answered 429. Pages of features are requests like others.
    pub downloads: Option<NonZeroU32>,
    /// kB (1000 bytes) of one download in a second. With `downloads` it bounds what a caller takes of the line.
    pub download_kb_per_second: Option<NonZeroU32>,
    /// The same for callers in a role, in place of all of the above.
    pub role: BTreeMap<Role, Limits>,
}

impl Limits {
    /// # Errors
    /// For limits of a role that nobody can be in.
    pub(super) fn check(&self, access: Option<&Access>) -> Result<(), String> {
        for (role, limits) in &self.role {
            if !access.is_some_and(|access| access.roles.contains(role)) {
                return Err(format!("server.limits.role: there is no role `{role}` in access.roles"));
            }
            if !limits.role.is_empty() {
                return Err(format!("server.limits.role.{role}: there are no roles in a role"));
            }
        }
        Ok(())
    }

    /// Requests in a second and at once, where they are limited.
    pub fn requests(&self) -> Option<(NonZeroU32, NonZeroU32)> {
        let rate = self.requests_per_second?;
        let ten_seconds = NonZeroU32::MIN.saturating_add(9).saturating_mul(rate);
        Some((rate, self.burst.unwrap_or(ten_seconds)))
    }
}
