//! HTTP/2 frame by frame (RFC 9113), for what no client would do.

use super::tls::Stream;
use std::io::{self, Read, Write};

pub const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
pub const RESET: u8 = 3;
pub const SETTINGS: u8 = 4;
pub const PING: u8 = 6;
pub const GOAWAY: u8 = 7;
pub const WINDOW_UPDATE: u8 = 8;

pub const END_STREAM: u8 = 1;
pub const END_HEADERS: u8 = 4;

pub const MAX_CONCURRENT_STREAMS: u16 = 3;
pub const INITIAL_WINDOW_SIZE: u16 = 4;

pub const ENHANCE_YOUR_CALM: u32 = 11;
pub const REFUSED_STREAM: u32 = 7;

#[derive(Debug)]
pub struct Frame {
    pub kind: u8,
    pub flags: u8,
    pub stream: u32,
    pub payload: Vec<u8>,
}

impl Frame {
    /// The code of a reset or a goodbye, or any other number at this place.
    pub fn number(&self, at: usize) -> u32 {
        u32::from_be_bytes(self.payload[at..at + 4].try_into().unwrap())
    }

    /// Whether it begins an answer of 200, which has a byte of its own (RFC 7541, appendix A).
    pub fn is_ok(&self) -> bool {
        self.kind == HEADERS && self.payload.first() == Some(&0x88)
    }
}

pub struct Http2(pub Stream);

impl Http2 {
    /// Says hello with these settings.
    pub fn begin(mut stream: Stream, settings: &[(u16, u32)]) -> Self {
        assert_eq!(stream.conn.alpn_protocol(), Some(&b"h2"[..]));
        stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").unwrap();
        let mut begun = Self(stream);
        let payload: Vec<u8> = settings
            .iter()
            .flat_map(|(name, value)| name.to_be_bytes().into_iter().chain(value.to_be_bytes()))
            .collect();
        begun.send(SETTINGS, 0, 0, &payload).unwrap();
        begun
    }

    pub fn send(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) -> io::Result<()> {
        self.0.write_all(&frame(kind, flags, stream, payload))
    }

    /// Asks for `path` of the host, with headers more.
    pub fn ask(&mut self, stream: u32, host: &str, path: &str, headers: &[(&str, &str)]) -> io::Result<()> {
        self.send(HEADERS, END_HEADERS | END_STREAM, stream, &head(host, path, headers))
    }

    /// The next frame; `None` when the server has closed.
    pub fn next(&mut self) -> Option<Frame> {
        let mut head = [0; 9];
        self.0.read_exact(&mut head).ok()?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
        let mut payload = vec![0; length];
        self.0.read_exact(&mut payload).ok()?;
        let stream = u32::from_be_bytes(head[5..9].try_into().unwrap());
        Some(Frame { kind: head[3], flags: head[4], stream, payload })
    }

    /// The next frame for which this is so.
    #[track_caller]
    pub fn find(&mut self, wanted: impl Fn(&Frame) -> bool) -> Frame {
        std::iter::from_fn(|| self.next()).find(|frame| wanted(frame)).expect("the server closed before")
    }

    /// All frames until the server closes.
    pub fn rest(&mut self) -> Vec<Frame> {
        std::iter::from_fn(|| self.next()).collect()
    }
}

pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let mut frame = (payload.len() as u32).to_be_bytes()[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// The fields of a GET (RFC 7541): none of them indexed, none of them in Huffman's code.
pub fn head(host: &str, path: &str, headers: &[(&str, &str)]) -> Vec<u8> {
    let mut fields = vec![0x82, 0x87, 0x01];
    text(&mut fields, host);
    fields.push(0x04);
    text(&mut fields, path);
    for (name, value) in headers {
        fields.push(0);
        text(&mut fields, name);
        text(&mut fields, value);
    }
    fields
}

/// The length in seven bits and as many bytes more as it takes (RFC 7541 §5.1), then the text.
fn text(fields: &mut Vec<u8>, text: &str) {
    match text.len() {
        length @ 0..127 => fields.push(length as u8),
        length => {
            fields.push(127);
            let mut rest = length - 127;
            while rest >= 128 {
                fields.push((rest % 128 + 128) as u8);
                rest /= 128;
            }
            fields.push(rest as u8);
        }
    }
    fields.extend(text.as_bytes());
}
