//! As much of HTTP as it takes to ask a server once. Not all of them close the connection when they are
//! asked to, so an answer ends where it says.

use anyhow::{Context as _, Result, bail};
use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// Longest time for an answer.
const ANSWER_TIME: Duration = Duration::from_secs(120);

/// The status and the body of the answer of 127.0.0.1, on a connection of its own.
pub fn get(port: u16, path: &str) -> Result<(u16, Vec<u8>)> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(ANSWER_TIME))?;
    let head =
        format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes())?;
    let mut answer = BufReader::new(stream);
    let status = line(&mut answer)?;
    let status = status.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.context("an answer without a status")?;
    let (mut length, mut chunked) = (None, false);
    loop {
        let header = line(&mut answer)?.to_ascii_lowercase();
        match header.split_once(':') {
            Some(("content-length", value)) => length = Some(value.trim().parse()?),
            Some(("transfer-encoding", value)) => chunked = value.trim() == "chunked",
            Some(_) => {}
            None => break,
        }
    }
    let mut body = Vec::new();
    match length {
        Some(length) => read(&mut answer, length, &mut body)?,
        None if chunked => chunks(&mut answer, &mut body)?,
        None => drop(answer.read_to_end(&mut body)?),
    }
    Ok((status, body))
}

fn chunks(answer: &mut impl BufRead, body: &mut Vec<u8>) -> Result<()> {
    loop {
        let size = u64::from_str_radix(&line(answer)?, 16).context("a chunk without a size")?;
        read(answer, size, body)?;
        line(answer)?;
        if size == 0 {
            return Ok(());
        }
    }
}

fn read(answer: &mut impl BufRead, size: u64, body: &mut Vec<u8>) -> Result<()> {
    match answer.take(size).read_to_end(body)? as u64 == size {
        true => Ok(()),
        false => bail!("an answer that is cut off"),
    }
}

/// A line without its end.
fn line(answer: &mut impl BufRead) -> Result<String> {
    let mut line = String::new();
    match answer.read_line(&mut line)? {
        0 => bail!("no answer"),
        _ => Ok(line.trim_end().to_owned()),
    }
}
