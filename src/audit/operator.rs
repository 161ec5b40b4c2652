//! Who runs a command.

use rustix::process::getuid;
use std::fs;

/// What the kernel says where nobody has logged in.
const NOBODY: u32 = u32::MAX;

/// `user plantiles`, and behind it `, login alice` where somebody else logged in and became that user.
pub fn operator() -> String {
    let user = getuid().as_raw();
    let login = fs::read_to_string("/proc/self/loginuid").ok().and_then(|id| id.trim().parse().ok());
    match login {
        Some(login) if login != NOBODY && login != user => {
            format!("user {}, login {}", name(user), name(login))
        }
        _ => format!("user {}", name(user)),
    }
}

/// The name of a user of this machine, or its number.
fn name(id: u32) -> String {
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let mut users = users.lines().map(|line| line.split(':'));
    let named = users.find_map(|mut fields| {
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(id)).then(|| name.to_owned())
    });
    named.unwrap_or_else(|| id.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_has_a_name_or_a_number() {
        assert_eq!((name(0), name(4_000_000_001)), ("root".to_owned(), "4000000001".to_owned()));
        assert!(operator().starts_with(&format!("user {}", name(getuid().as_raw()))));
    }
}
