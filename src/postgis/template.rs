//! Statements whose table and columns are known only at run time.

/// Puts `values` into the `{name}` places of `template`. The values are already SQL: see [`quoted`].
///
/// One pass, so that a value that looks like a place is left alone.
pub(super) fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut statement = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(start) = rest.find('{') {
        statement.push_str(&rest[..start]);
        rest = &rest[start..];
        let place = values
            .iter()
            .find(|(name, _)| rest[1..].strip_prefix(name).is_some_and(|after| after.starts_with('}')));
        match place {
            Some((name, value)) => {
                statement.push_str(value);
                rest = &rest[name.len() + 2..];
            }
            None => {
                statement.push('{');
                rest = &rest[1..];
            }
        }
    }
    statement.push_str(rest);
    statement
}

/// `name` as an SQL identifier.
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_filled_once() {
        let table = quoted("odd\"{id}");
        let statement = fill("select {id} from {table} {other}", &[("id", "\"a\""), ("table", &table)]);
        assert_eq!(statement, "select \"a\" from \"odd\"\"{id}\" {other}");
    }
}
