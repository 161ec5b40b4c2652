//! Makes each request of a list once and tells how it went.
//!
//!     bench_client ADDRESS FILE CONNECTIONS ROUNDS SECONDS [HEADER…]
//!
//! FILE has one path a line; what stands behind a tab is posted to it as text. Connections are kept alive, one thread each; a request starts when the answer
//! before it has been read to its end. It stops with an error after SECONDS. Standard output gets a line for
//! each request, `line microseconds status bytes coding checksum`, and first the time from start to end in
//! microseconds. (wrk measures the hot tiles; it cannot stop after a list, nor tell which tile took how long.)

use std::{
    io::{self, BufRead, BufReader, Write},
    net::TcpStream,
    process::ExitCode,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

struct Job {
    address: String,
    /// As they are sent.
    requests: Vec<String>,
    count: usize,
    deadline: Instant,
    next: AtomicUsize,
}

struct Answer {
    line: usize,
    micros: u128,
    status: u16,
    bytes: usize,
    coding: String,
    checksum: u64,
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench_client: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, file, connections, rounds, seconds, headers @ ..] = arguments.as_slice() else {
        return Err(bad("usage: bench_client ADDRESS FILE CONNECTIONS ROUNDS SECONDS [HEADER…]"));
    };
    let number = |text: &str| text.parse::<usize>().map_err(|_| bad(&format!("`{text}` is no number")));
    let (connections, rounds, seconds) = (number(connections)?, number(rounds)?, number(seconds)?);
    let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
    let list = std::fs::read_to_string(file)?;
    let requests: Vec<String> = list.lines().map(|line| request(line, address, &headers)).collect();
    let start = Instant::now();
    let job = Job {
        address: address.clone(),
        count: requests.len() * rounds,
        requests,
        deadline: start + Duration::from_secs(seconds as u64),
        next: AtomicUsize::new(0),
    };
    let answers = thread::scope(|scope| {
        let threads: Vec<_> = (0..connections).map(|_| scope.spawn(|| connection(&job))).collect();
        let mut answers = Vec::with_capacity(job.count);
        for thread in threads {
            answers.extend(thread.join().map_err(|_| bad("a connection panicked"))??);
        }
        Ok::<_, io::Error>(answers)
    })?;
    let elapsed = start.elapsed().as_micros();
    let mut out = io::BufWriter::new(io::stdout().lock());
    writeln!(out, "{elapsed}")?;
    for Answer { line, micros, status, bytes, coding, checksum } in &answers {
        writeln!(out, "{line} {micros} {status} {bytes} {coding} {checksum:016x}")?;
    }
    out.flush()
}

/// What a line of the list asks for.
fn request(line: &str, address: &str, headers: &str) -> String {
    match line.split_once('\t') {
        None => format!("GET {line} HTTP/1.1\r\nHost: {address}\r\n{headers}\r\n"),
        Some((path, body)) => {
            let content = format!("Content-Type: text/plain\r\nContent-Length: {}\r\n", body.len());
            format!("POST {path} HTTP/1.1\r\nHost: {address}\r\n{content}{headers}\r\n{body}")
        }
    }
}

fn bad(text: &str) -> io::Error {
    io::Error::other(text.to_owned())
}

fn connection(job: &Job) -> io::Result<Vec<Answer>> {
    let stream = TcpStream::connect(&job.address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    let mut writer = stream.try_clone()?;
    let mut reader = BufReader::with_capacity(256 << 10, stream);
    let mut answers = Vec::new();
    let mut body = Vec::new();
    loop {
        let n = job.next.fetch_add(1, Ordering::Relaxed);
        if n >= job.count {
            return Ok(answers);
        }
        let start = Instant::now();
        if start > job.deadline {
            return Err(bad("out of time"));
        }
        let line = n % job.requests.len();
        writer.write_all(job.requests[line].as_bytes())?;
        let (status, coding) = answer(&mut reader, &mut body)?;
        let micros = start.elapsed().as_micros();
        answers.push(Answer { line, micros, status, bytes: body.len(), coding, checksum: checksum(&body) });
    }
}

/// Reads one answer into `body`; returns its status and content coding.
fn answer(reader: &mut impl BufRead, body: &mut Vec<u8>) -> io::Result<(u16, String)> {
    let mut line = String::new();
    let mut next = |reader: &mut dyn BufRead| -> io::Result<String> {
        line.clear();
        match reader.read_line(&mut line)? {
            0 => Err(bad("the server closed the connection")),
            _ => Ok(line.trim_end().to_owned()),
        }
    };
    let first = next(reader)?;
    let status = first.split(' ').nth(1).and_then(|s| s.parse().ok()).ok_or_else(|| bad(&first))?;
    let (mut length, mut chunked, mut coding) = (None, false, "identity".to_owned());
    loop {
        let header = next(reader)?;
        let Some((name, value)) = header.split_once(':') else { break };
        let value = value.trim();
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse::<usize>().ok(),
            "content-encoding" => value.clone_into(&mut coding),
            "transfer-encoding" => chunked = value.eq_ignore_ascii_case("chunked"),
            _ => {}
        }
    }
    body.clear();
    if chunked {
        loop {
            let size = next(reader)?;
            let size =
                usize::from_str_radix(size.split(';').next().unwrap_or(""), 16).map_err(io::Error::other)?;
            let start = body.len();
            body.resize(start + size, 0);
            reader.read_exact(&mut body[start..])?;
            next(reader)?;
            if size == 0 {
                break;
            }
        }
    } else if !matches!(status, 204 | 304) {
        let length = length.ok_or_else(|| bad("an answer without a length"))?;
        body.resize(length, 0);
        reader.read_exact(body)?;
    }
    Ok((status, coding))
}

/// Of the length and 64 bytes spread over the body: cheap, and enough to see that answers agree.
fn checksum(body: &[u8]) -> u64 {
    let step = (body.len() / 64).max(1);
    body.iter()
        .step_by(step)
        .fold(body.len() as u64, |h, b| (h ^ u64::from(*b)).wrapping_mul(0x0100_0000_01B3))
}
