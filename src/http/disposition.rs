//! What a file is called where it is saved (RFC 6266).

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

pub struct FileName<'a> {
    /// Letters that every header takes.
    pub id: &'a str,
    /// The same for people, in any script.
    pub title: &'a str,
    /// What stands behind `@`.
    pub version: Option<&'a str>,
    pub suffix: &'a str,
}

impl FileName<'_> {
    /// The value of `Content-Disposition` of a file to be saved.
    pub fn attachment(&self) -> String {
        self.disposed("attachment")
    }

    /// The same of one that a browser may show.
    pub fn inline(&self) -> String {
        self.disposed("inline")
    }

    /// The id for everybody, and for who reads RFC 8187 the title.
    fn disposed(&self, kind: &str) -> String {
        let Self { id, suffix, .. } = self;
        let version = self.version.map(|version| format!("@{version}")).unwrap_or_default();
        // What no file system takes.
        let unsafe_in_names = |c: char| c.is_control() || r#"/\:*?"<>|"#.contains(c);
        let titled = format!("{}{version}.{suffix}", self.title.replace(unsafe_in_names, "_"));
        let titled = utf8_percent_encode(&titled, NON_ALPHANUMERIC);
        format!("{kind}; filename=\"{id}{version}.{suffix}\"; filename*=UTF-8''{titled}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_files_can_have() {
        let name =
            FileName { id: "parks", title: "地质 park/公园", version: Some("2023"), suffix: "fgb" };
        let titled = "%E5%9C%B0%E8%B4%A8%20park%5F%E5%85%AC%E5%9B%AD%402023%2Efgb";
        assert_eq!(
            name.attachment(),
            format!("attachment; filename=\"parks@2023.fgb\"; filename*=UTF-8''{titled}")
        );
        let current = FileName { version: None, title: "图", ..name };
        assert_eq!(current.inline(), "inline; filename=\"parks.fgb\"; filename*=UTF-8''%E5%9B%BE%2Efgb");
    }
}
