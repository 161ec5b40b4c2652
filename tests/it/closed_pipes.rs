//! Commands whose output nobody reads to its end, as behind `| head`.

use crate::support::server::plantiles;
use std::{
    fs::File,
    io::{self, BufRead, BufReader},
    net::TcpStream,
    path::Path,
    process::{Command, Output, Stdio},
};

/// What a shell tells of a program that SIGPIPE has ended.
const BROKEN_PIPE: i32 = 128 + 13;

/// The end of a pipe that nobody reads.
fn unread() -> io::PipeWriter {
    io::pipe().unwrap().1
}

fn command(arguments: &[&str], state: &Path) -> Command {
    let mut command = plantiles(arguments);
    command.env("PLANTILES_STATE", state);
    command
}

fn silent(arguments: &[&str], state: &Path) -> Output {
    command(arguments, state)
        .stdout(unread())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
        .wait_with_output()
        .unwrap()
}

#[test]
fn what_nobody_reads_is_done_and_ends_quietly() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let proposal = folder.path().join("proposal.wkt");
    std::fs::write(&proposal, "POLYGON((112.8 36.3,112.81 36.3,112.81 36.31,112.8 36.31,112.8 36.3))")
        .unwrap();
    let roads = folder.path().join("roads.csv");
    let roads = roads.to_str().unwrap();
    for arguments in [
        &["publish", "--revision", "2023", "--adopted", "2023-12-31"][..],
        &["revisions"],
        &["check"],
        &["review", proposal.to_str().unwrap()],
        &["export", "--format", "csv", "--layer", "roads", "-o", roads],
        &["revisions", "remove", "2023"],
    ] {
        let output = silent(arguments, &state);
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(BROKEN_PIPE), "{arguments:?}: {error}");
        assert!(!error.contains("plantiles: ") && !error.contains("panicked"), "{arguments:?}: {error}");
    }
    let check = command(&["check"], &state).output().unwrap();
    let said = String::from_utf8(check.stdout).unwrap();
    assert!(said.contains("layers verified") && !said.contains("revision 2023"), "{said}");
    assert!(std::fs::read_to_string(roads).unwrap().starts_with("id,"));
    // What fails says so all the same.
    let failed = silent(&["revisions", "remove", "2023"], &state);
    assert_eq!(failed.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&failed.stderr).starts_with("plantiles: "));
}

#[test]
fn output_that_cannot_be_written_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = command(&["publish"], &folder.path().join("state"));
    let output = command.stdout(File::create("/dev/full").unwrap()).stderr(Stdio::piped()).spawn().unwrap();
    let output = output.wait_with_output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(error.starts_with("plantiles: cannot write to standard output: No space left"), "{error}");
}

#[test]
fn nothing_ends_because_nobody_reads_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let file = folder.path().join("roads.csv");
    let arguments = ["export", "--format", "csv", "--layer", "roads", "-o", file.to_str().unwrap()];
    let status = command(&arguments, &state).stderr(unread()).stdout(Stdio::null()).status().unwrap();
    assert!(status.success() && file.exists(), "{status}");

    let mut server = command(&["serve", "--listen", "127.0.0.1:0"], &state);
    server.env("RUST_LOG", "debug").stdout(Stdio::null()).stderr(Stdio::piped());
    let mut server = server.spawn().unwrap();
    let mut log = BufReader::new(server.stderr.take().unwrap()).lines().map(Result::unwrap);
    let line = log.find(|line| line.contains("listening on http://")).unwrap();
    let address = line.split("http://").nth(1).unwrap().trim().to_owned();
    drop(log);
    for _ in 0..3 {
        let mut stream = TcpStream::connect(&address).unwrap();
        io::Write::write_all(&mut stream, b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            .unwrap();
        let answer = io::read_to_string(stream).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    }
    server.kill().unwrap();
    server.wait().unwrap();
}
