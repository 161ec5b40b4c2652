//! A real nginx with the configuration of `docs/operations/`.

use super::http::{self, Response};
use super::patience::until;
use super::server::Server;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// What stands around a file of `conf.d`, with everything that nginx writes in a folder of its own.
const AROUND: &str = "daemon off; pid {folder}/pid; error_log {folder}/errors; worker_processes 2;
events {}
http {
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  include {folder}/plantiles.conf;
}
";

pub struct Nginx {
    child: Child,
    pub address: String,
    _folder: TempDir,
}

impl Nginx {
    /// In front of `servers`, as the documented file says but for the places of the machine.
    #[track_caller]
    pub fn start(servers: &[&Server]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Its workers are another user where the test runs as root.
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let here = folder.path().to_str().unwrap();
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let upstream: String =
            servers.iter().map(|server| format!("server {} max_fails=0;\n", server.address)).collect();
        let site = [
            ("/var/cache/nginx/plantiles", &format!("{here}/cache")[..]),
            ("server 127.0.0.1:8080 max_fails=0;\n", &upstream),
            ("listen 80;", &format!("listen {address};")),
        ];
        let documented = include_str!("../../../docs/operations/nginx.conf");
        let site = site.into_iter().fold(documented.to_owned(), |text, (there, here)| {
            assert_eq!(text.matches(there).count(), 1, "{there}");
            text.replace(there, here)
        });
        let settings = folder.path().join("nginx.conf");
        std::fs::write(&settings, AROUND.replace("{folder}", here)).unwrap();
        std::fs::write(folder.path().join("plantiles.conf"), site).unwrap();
        let tested = nginx(&settings).arg("-t").output().expect("nginx");
        assert!(tested.status.success(), "{}", String::from_utf8_lossy(&tested.stderr));
        let child = nginx(&settings).stdout(Stdio::null()).spawn().unwrap();
        until("nginx listens", || TcpStream::connect(&address).is_ok());
        Self { child, address, _folder: folder }
    }

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
}

fn nginx(settings: &Path) -> Command {
    // Debian keeps it where only root looks.
    let path = format!("{}:/usr/sbin", std::env::var("PATH").unwrap_or_default());
    let mut command = Command::new("nginx");
    command.env("PATH", path).arg("-c").arg(settings);
    command
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // A signal that it hands on to its workers.
        let _ = Command::new("kill").args(["-s", "TERM", &self.child.id().to_string()]).status();
        let _ = self.child.wait();
    }
}
