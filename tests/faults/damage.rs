//! Bytes of the state directory change on disk.

use crate::{
    load::Load,
    support::server::{Server, Setup, plantiles},
};
use plantiles::snapshot::SnapshotId;
use std::{
    fs::{self, File},
    os::unix::{fs::FileExt, process::ExitStatusExt},
    path::{Path, PathBuf},
};

/// The files of a layer that end with `suffix`.
fn files(state: &Path, layer: &str, suffix: &str) -> Vec<PathBuf> {
    let files = fs::read_dir(state.join("snapshots").join(layer)).unwrap().map(|file| file.unwrap().path());
    files.filter(|path| path.to_string_lossy().ends_with(suffix)).collect()
}

fn flip(path: &Path, at: u64) {
    let file = File::options().read(true).write(true).open(path).unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, at).unwrap();
    file.write_all_at(&[byte[0] ^ 1], at).unwrap();
}

/// Any byte of any file at the time of a start.
#[test]
fn no_changed_byte_is_served_after_a_start() {
    let state = tempfile::tempdir().unwrap();
    let setup = || Setup::default().state(state.path()).expect_log("mining_blocks");
    let download = |server: &Server| server.get_when_there("/downloads/mining_blocks.fgb").body;
    let whole = download(&setup().start());
    for suffix in [".fgb", ".tiles"] {
        let file = &files(state.path(), "mining_blocks", suffix)[0];
        let length = fs::metadata(file).unwrap().len();
        for at in (0..8).map(|part| part * (length - 1) / 7) {
            flip(file, at);
            let server = setup().start();
            assert!(download(&server) == whole, "{suffix} at {at}");
            if at == 0 {
                Load::on(&server).end();
            }
        }
    }
}

/// What is mapped is the file: until the server starts again, its bytes are sent. Who downloads can tell, since the
/// entity tag is the hash of what it should be, and so can `check`.
#[test]
fn a_byte_changed_under_a_running_server_can_be_told_and_is_healed_by_a_restart() {
    let state = tempfile::tempdir().unwrap();
    let start = || Setup::default().state(state.path()).expect_log("mining_blocks").start();
    let download = |server: &Server| {
        let answer = server.get("/downloads/mining_blocks.fgb").expect(200);
        let id = answer.expect_header("etag").trim_matches('"').to_owned();
        (SnapshotId::of(&answer.body).to_string() == id, answer.body)
    };
    let server = start();
    let (right, whole) = download(&server);
    assert!(right);
    flip(&files(state.path(), "mining_blocks", ".fgb")[0], whole.len() as u64 - 1);
    assert!(!download(&server).0);
    let check = plantiles(&["check", "--state", state.path().to_str().unwrap()]).output().unwrap();
    assert_eq!(check.status.code(), Some(1));
    drop(server);
    let server = start();
    server.get_when_there("/downloads/mining_blocks.fgb");
    assert!(download(&server) == (true, whole));
}

/// A file that is cut short under its mapping ends the process (SIGBUS), whatever the program does: its supervisor
/// starts it again, and the start heals.
#[test]
fn a_file_cut_short_under_a_running_server_is_healed_by_its_restart() {
    let state = tempfile::tempdir().unwrap();
    let start = || Setup::default().state(state.path()).expect_log("mining_blocks").start();
    let mut server = start();
    let whole = server.get("/downloads/mining_blocks.fgb").expect(200).body;
    let file = &files(state.path(), "mining_blocks", ".fgb")[0];
    File::options().write(true).open(file).unwrap().set_len(0).unwrap();
    // Whether it is answered depends on what the kernel had read into the socket.
    let _ = crate::support::http::try_request("GET", &server.url("/downloads/mining_blocks.fgb"), &[]);
    if !server.is_running() {
        assert_eq!(server.wait().signal(), Some(7), "SIGBUS");
    }
    drop(server);
    let server = start();
    assert!(server.get_when_there("/downloads/mining_blocks.fgb").body == whole);
    Load::on(&server).end();
}
