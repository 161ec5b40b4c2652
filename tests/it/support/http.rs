//! A blocking HTTP client that adds nothing, follows nothing and decodes nothing.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// Longer than any answer should take on a busy machine; a hang fails instead of stopping the run.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Debug, Clone)]
pub struct Response {
    pub status: u16,
    headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Response {
    /// The only value of a header; twice the same header is a fault unless it is a list.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(n, _)| n == name).map(|(_, v)| v.as_str());
        let first = values.next();
        assert_eq!(values.next(), None, "a second `{name}` header");
        first
    }

    pub fn expect_header(&self, name: &str) -> &str {
        self.header(name).unwrap_or_else(|| panic!("no `{name}` header in {self:?}"))
    }

    /// Whether a header that holds a comma-separated list, maybe over several lines, has the item.
    pub fn lists(&self, name: &str, item: &str) -> bool {
        let lines = self.headers.iter().filter(|(n, _)| n == name);
        lines.flat_map(|(_, v)| v.split(',')).any(|i| i.trim().eq_ignore_ascii_case(item))
    }

    /// The headers that describe the resource, sorted: those of the connection and the moment left out.
    pub fn lasting_headers(&self) -> Vec<(String, String)> {
        let passing = ["date", "connection", "transfer-encoding", "keep-alive"];
        let mut headers = self.headers.clone();
        headers.retain(|(name, _)| !passing.contains(&name.as_str()));
        headers.sort();
        headers
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("a UTF-8 body")
    }

    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e} in {}", self.text()))
    }

    #[track_caller]
    pub fn expect(self, status: u16) -> Response {
        let start = String::from_utf8_lossy(&self.body[..self.body.len().min(300)]);
        assert_eq!(self.status, status, "{:?} {start}", self.headers);
        self
    }

    /// Checks that this is an error told as RFC 9457 asks, and that it tells no more than it should.
    #[track_caller]
    pub fn expect_problem(self, status: u16) -> serde_json::Value {
        let answer = self.expect(status);
        assert_eq!(answer.header("content-type"), Some("application/problem+json"));
        let problem = answer.json();
        assert_eq!(problem["status"], status, "{problem}");
        assert!(problem["title"].as_str().is_some_and(|t| !t.is_empty()), "{problem}");
        for secret in ["postgresql://", "src/", "panicked", "SQLSTATE", "/tmp/"] {
            assert!(!answer.text().contains(secret), "`{secret}` in {problem}");
        }
        problem
    }
}

/// One request over a connection of its own.
#[track_caller]
pub fn request(method: &str, url: &str, headers: &[(&str, &str)]) -> Response {
    try_request(method, url, headers).unwrap_or_else(|e| panic!("{method} {url}: {e}"))
}

pub fn try_request(method: &str, url: &str, headers: &[(&str, &str)]) -> Result<Response, ureq::Error> {
    Client::new().ask(method, url, headers)
}

/// One that keeps its connection.
pub struct Client(ureq::Agent);

impl Client {
    pub fn new() -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(PATIENCE))
            .allow_non_standard_methods(true)
            .build();
        Self(ureq::Agent::new_with_config(config))
    }

    pub fn ask(&self, method: &str, url: &str, headers: &[(&str, &str)]) -> Result<Response, ureq::Error> {
        self.send(method, url, headers, ())
    }

    pub fn send(
        &self,
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
        body: impl ureq::AsSendBody,
    ) -> Result<Response, ureq::Error> {
        let mut request = ureq::http::Request::builder().method(method).uri(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut answer = self.0.run(request.body(body)?)?;
        let name_and_value = |(name, value): (&ureq::http::HeaderName, &ureq::http::HeaderValue)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        let headers = answer.headers().iter().map(name_and_value).collect();
        let status = answer.status().as_u16();
        let body = answer.body_mut().with_config().limit(1 << 30).read_to_vec()?;
        Ok(Response { status, headers, body })
    }
}

/// Sends bytes as they are and reads until the server closes: for requests no client would make.
pub fn raw(address: &str, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    // The server may refuse before it has read all: then what it said is still to be read.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}
