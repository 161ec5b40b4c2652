//! The real binary, started on a free port with a state folder of its own.

use super::http::{self, Response};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, Weak};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Starting exports the whole bundled plan with an unoptimized binary, on a machine that tests keep busy.
const START: Duration = Duration::from_secs(60);

/// How to start a server. The default serves the bundled plan and expects a quiet log.
#[derive(Default)]
pub struct Setup {
    database: Option<String>,
    config: Option<String>,
    state: Option<PathBuf>,
    expected_log: Vec<&'static str>,
    unready: bool,
    traced: Option<PathBuf>,
    prelude: Option<&'static str>,
    environment: Vec<(&'static str, String)>,
}

impl Setup {
    pub fn database(mut self, url: &str) -> Self {
        self.database = Some(url.to_owned());
        self
    }

    /// The text of a configuration file.
    pub fn config(mut self, toml: &str) -> Self {
        self.config = Some(toml.to_owned());
        self
    }

    /// A state folder that outlives the server.
    pub fn state(mut self, folder: &Path) -> Self {
        self.state = Some(folder.to_owned());
        self
    }

    /// Warnings and errors that contain this text are part of the test.
    pub fn expect_log(mut self, text: &'static str) -> Self {
        self.expected_log.push(text);
        self
    }

    /// Do not wait for `/readyz` to answer 200.
    pub fn unready(mut self) -> Self {
        self.unready = true;
        self
    }

    /// Whatever it writes into a file fails, as on a full disk. The signal would end the process; ignored, it is an
    /// error of each write.
    pub fn unwritable(self) -> Self {
        self.after(r#"trap "" XFSZ; ulimit -f 0"#)
    }

    /// A shell runs these commands and becomes the server: for its limits.
    pub fn after(mut self, commands: &'static str) -> Self {
        self.prelude = Some(commands);
        self
    }

    pub fn env(mut self, name: &'static str, value: &str) -> Self {
        self.environment.push((name, value.to_owned()));
        self
    }

    /// The names of the system calls that it makes are in this file when it has ended.
    pub fn traced(mut self, calls: &Path) -> Self {
        self.traced = Some(calls.to_owned());
        self
    }

    #[track_caller]
    pub fn start(self) -> Server {
        let folder = tempfile::tempdir().unwrap();
        let mut command = match (&self.traced, self.prelude) {
            (Some(calls), _) => plantiles_traced(calls),
            (None, Some(commands)) => plantiles_after(commands),
            (None, None) => plantiles(&[]),
        };
        command.envs(self.environment);
        command.args(["serve", "--listen", "127.0.0.1:0", "--state"]);
        command.arg(self.state.unwrap_or_else(|| folder.path().join("state")));
        if let Some(url) = self.database {
            command.args(["--database-url", &url]);
        }
        if let Some(toml) = self.config {
            let file = folder.path().join("plantiles.toml");
            std::fs::write(&file, toml).unwrap();
            command.arg("--config").arg(file);
        }
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let log = Log::follow(child.stderr.take().unwrap());
        let Some(line) = log.wait_for("listening on http", START) else {
            child.kill().unwrap();
            panic!("not listening after {START:?}; its log:\n{}", log.text());
        };
        let after = line.split("://").nth(1).unwrap();
        let address = after.split([' ', '"', '/', ',']).next().unwrap().to_owned();
        let mut server =
            Server { child, log, address, _folder: folder, expected_log: self.expected_log, stopped: None };
        if !self.unready {
            server.wait_until_ready();
        }
        server
    }
}

/// The binary with these arguments and none of the test's own settings in its environment.
pub fn plantiles(arguments: &[&str]) -> Command {
    let mut command = bare(Command::new(env!("CARGO_BIN_EXE_plantiles")));
    command.args(arguments);
    command
}

/// The same, in what a shell becomes after `commands`.
fn plantiles_after(commands: &str) -> Command {
    let mut command = bare(Command::new("sh"));
    command.args(["-c", &format!(r#"{commands}; exec "$0" "$@""#), env!("CARGO_BIN_EXE_plantiles")]);
    command
}

/// The same, with a count of its system calls written to a file.
fn plantiles_traced(calls: &Path) -> Command {
    let mut command = bare(Command::new("strace"));
    // The tracer stands aside, so that the child is the program.
    command.args(["-D", "-f", "-qq", "-c", "-U", "name", "-o"]).arg(calls);
    command.arg(env!("CARGO_BIN_EXE_plantiles"));
    command
}

fn bare(mut command: Command) -> Command {
    let ours = |name: &str| {
        name == "DATABASE_URL" || ["PLANTILES_", "OTEL_"].iter().any(|start| name.starts_with(start))
    };
    for (name, _) in std::env::vars().filter(|(name, _)| ours(name)) {
        command.env_remove(name);
    }
    command.env_remove("RUST_LOG").stdin(Stdio::null());
    command
}

/// A server of the bundled plan that tests share while one of them holds it. For reading only.
pub fn shared() -> Arc<Server> {
    static SHARED: Mutex<Weak<Server>> = Mutex::new(Weak::new());
    // A test that failed to start it must not take the others down with it.
    let mut shared = SHARED.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    shared.upgrade().unwrap_or_else(|| {
        let server = Arc::new(Setup::default().start());
        *shared = Arc::downgrade(&server);
        server
    })
}

pub struct Server {
    child: Child,
    log: Arc<Log>,
    pub address: String,
    /// Kept until the server has ended.
    _folder: TempDir,
    expected_log: Vec<&'static str>,
    stopped: Option<ExitStatus>,
}

impl Server {
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    #[track_caller]
    pub fn get(&self, path: &str) -> Response {
        self.ask("GET", path, &[])
    }

    #[track_caller]
    pub fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Response {
        http::request(method, &self.url(path), headers)
    }

    /// A POST of `body`, whose type is among the headers.
    #[track_caller]
    pub fn post(&self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Response {
        let answer = http::Client::new().send("POST", &self.url(path), headers, body);
        answer.unwrap_or_else(|e| panic!("POST {path}: {e}"))
    }

    /// A request given as text, each line ended by a line feed only.
    pub fn raw(&self, request: &str) -> String {
        http::raw(&self.address, request.replace('\n', "\r\n").as_bytes())
    }

    pub fn log(&self) -> String {
        self.log.text()
    }

    /// Waits until the log has a line with the text.
    #[track_caller]
    pub fn wait_for_log(&self, text: &str) -> String {
        let line = self.log.wait_for(text, START);
        line.unwrap_or_else(|| panic!("no `{text}` in the log:\n{}", self.log()))
    }

    /// The answer once it is 200.
    #[track_caller]
    pub fn get_when_there(&self, path: &str) -> Response {
        let until = Instant::now() + START;
        loop {
            let answer = self.get(path);
            if answer.status == 200 || Instant::now() > until {
                return answer.expect(200);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    #[track_caller]
    pub fn wait_until_ready(&mut self) {
        let until = Instant::now() + START;
        while self.get("/readyz").status != 200 {
            assert!(self.child.try_wait().unwrap().is_none(), "it ended:\n{}", self.log());
            assert!(Instant::now() < until, "not ready after {START:?}:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Of the process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The value of a metric without labels, or of its first series.
    #[track_caller]
    pub fn metric(&self, name: &str) -> f64 {
        let text = self.get("/metrics").expect(200).text().to_owned();
        let line = text.lines().find(|line| line.split([' ', '{']).next() == Some(name));
        line.unwrap_or_else(|| panic!("no {name}")).rsplit(' ').next().unwrap().parse().unwrap()
    }

    pub fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
    }

    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Waits for the process to end by itself.
    #[track_caller]
    pub fn wait(&mut self) -> ExitStatus {
        let until = Instant::now() + START;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                self.stopped = Some(status);
                return status;
            }
            assert!(Instant::now() < until, "still running:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// Kills the server and fails the test if it warned of anything the test did not expect.
impl Drop for Server {
    fn drop(&mut self) {
        if self.stopped.is_none() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
        self.log.wait_for_end();
        // Asking whether it is ready yet is how a start is waited for.
        let starting = |line: &str| line.contains("path=\"/readyz\" status=503");
        let alarming = |line: &&str| {
            [" WARN ", " ERROR ", "panicked at"].iter().any(|level| line.contains(level)) && !starting(line)
        };
        let expected = |line: &&str| self.expected_log.iter().any(|text| line.contains(text));
        let text = self.log();
        let unexpected: Vec<_> = text.lines().filter(alarming).filter(|line| !expected(line)).collect();
        if !unexpected.is_empty() && !std::thread::panicking() {
            panic!("unexpected in the server's log:\n{}", unexpected.join("\n"));
        }
    }
}

/// The lines a process has written so far.
struct Log {
    lines: Mutex<(Vec<String>, bool)>,
    changed: Condvar,
}

impl Log {
    fn follow(stream: impl std::io::Read + Send + 'static) -> Arc<Log> {
        let log = Arc::new(Log { lines: Mutex::default(), changed: Condvar::new() });
        let writer = Arc::clone(&log);
        std::thread::spawn(move || {
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                writer.lines.lock().unwrap().0.push(line);
                writer.changed.notify_all();
            }
            writer.lines.lock().unwrap().1 = true;
            writer.changed.notify_all();
        });
        log
    }

    fn wait_for(&self, text: &str, patience: Duration) -> Option<String> {
        let lines = self.lines.lock().unwrap();
        let pending = |(lines, ended): &mut (Vec<String>, bool)| {
            !*ended && !lines.iter().any(|line| line.contains(text))
        };
        let (lines, _) = self.changed.wait_timeout_while(lines, patience, pending).unwrap();
        lines.0.iter().find(|line| line.contains(text)).cloned()
    }

    fn wait_for_end(&self) {
        let lines = self.lines.lock().unwrap();
        drop(self.changed.wait_timeout_while(lines, Duration::from_secs(5), |(_, ended)| !*ended));
    }

    fn text(&self) -> String {
        self.lines.lock().unwrap().0.join("\n")
    }
}
