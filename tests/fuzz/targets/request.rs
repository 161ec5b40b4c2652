//! Any bytes at all, sent to a server of a small plan: an answer, or none, but never 500.
#![no_main]

#[allow(dead_code)]
mod small_plan;

use libfuzzer_sys::fuzz_target;
use plantiles::{
    config::Config,
    http::{self, App, Reception},
    review::Rules,
    service::Service,
    sheet::Press,
    snapshot::Store,
    style::Sheets,
};
use std::{
    future::pending,
    io::{Read, Write},
    net::{Shutdown, SocketAddr, TcpStream},
    sync::{Arc, LazyLock},
};
use tokio::runtime::Runtime;

/// For as long as the process lives.
static SERVER: LazyLock<(SocketAddr, Runtime)> = LazyLock::new(|| {
    let runtime = Runtime::new().unwrap();
    let config = Config::default();
    let folder = tempfile::tempdir().unwrap().keep();
    let store = Arc::new(Store::open(&folder).unwrap());
    let address = runtime.block_on(async {
        let service = Service::new(&config.tiles, store, None, Sheets::embedded().unwrap(), None).unwrap();
        let service = Arc::new(service);
        service.serve(small_plan::catalog()).await;
        let document = config.document().unwrap();
        let rules = Rules::load(None).unwrap();
        let app = App::new(service, config.server, None, document, rules, Press::new().unwrap()).unwrap();
        let listener = http::listen("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.local_addr().unwrap();
        let reception = Arc::new(Reception::new(app, None, None).unwrap());
        tokio::spawn(http::serve(listener, reception, pending()));
        address
    });
    (address, runtime)
});

fuzz_target!(|request: &[u8]| {
    let mut stream = TcpStream::connect(SERVER.0).unwrap();
    // A server that has answered enough closes; what it has said is there to be read.
    let _ = stream.write_all(request).and_then(|()| stream.shutdown(Shutdown::Write));
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    assert!(answer.is_empty() || answer.starts_with(b"HTTP/1."), "no answer of HTTP");
    assert!(!answer.starts_with(b"HTTP/1.1 500"), "{}", String::from_utf8_lossy(&answer));
});
