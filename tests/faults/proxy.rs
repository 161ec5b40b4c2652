//! A network that can be cut, between the server and its database.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex},
    thread,
};

/// Hands on what comes on a port of its own.
pub struct Proxy {
    /// The database behind it.
    pub url: String,
    line: Arc<Line>,
}

#[derive(Default)]
struct Line {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    streams: Vec<TcpStream>,
    held: bool,
}

impl Proxy {
    /// `url` is `postgresql://user:password@host:port/…`.
    pub fn to(url: &str) -> Self {
        let (before, rest) = url.split_once('@').unwrap();
        let (address, after) = rest.split_once('/').unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("{before}@{}/{after}", listener.local_addr().unwrap());
        let (line, address) = (Arc::new(Line::default()), address.to_owned());
        let proxy = Self { url, line: Arc::clone(&line) };
        thread::spawn(move || {
            for near in listener.incoming().map_while(Result::ok) {
                let Ok(far) = TcpStream::connect(&address) else { continue };
                for (from, to) in [(&near, &far), (&far, &near)] {
                    let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                    let line = Arc::clone(&line);
                    thread::spawn(move || line.hand_on(from, to));
                }
                line.state.lock().unwrap().streams.extend([near, far]);
            }
        });
        proxy
    }

    /// Ends all connections, as they are; new ones are handed on again.
    pub fn cut(&self) {
        let mut state = self.line.state.lock().unwrap();
        state.held = false;
        for stream in state.streams.drain(..) {
            // It may have ended by itself.
            let _ = stream.shutdown(Shutdown::Both);
        }
        self.line.changed.notify_all();
    }

    /// Hands on nothing, until it is cut: as a network does that loses every packet.
    pub fn hold(&self) {
        self.line.state.lock().unwrap().held = true;
    }
}

impl Line {
    fn hand_on(&self, mut from: TcpStream, mut to: TcpStream) {
        let mut buffer = [0; 1 << 14];
        while let Ok(count @ 1..) = from.read(&mut buffer) {
            drop(self.changed.wait_while(self.state.lock().unwrap(), |state| state.held).unwrap());
            if to.write_all(&buffer[..count]).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Both);
    }
}
