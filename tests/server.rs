//! A small HTTP server for tests: answers from memory, counts, and is gone when dropped.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

/// What is answered to one path.
#[derive(Clone)]
pub(crate) struct Answer {
    /// The whole body.
    pub body: Vec<u8>,
    /// How often 503 is said before.
    pub refusals: usize,
    /// How often only half of the body is sent before.
    pub halves: usize,
}

#[derive(Default)]
struct Shared {
    answers: Mutex<HashMap<String, Answer>>,
    requests: Mutex<Vec<String>>,
    is_over: AtomicBool,
}

/// A server on a port of its own.
pub(crate) struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// One that answers 404 to everything.
    pub(crate) fn start() -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::default());
        let own = Arc::clone(&shared);
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if own.is_over.load(Ordering::Relaxed) {
                    break;
                }
                // A client that goes away is a matter of its test.
                let _ = serve(&own, stream);
            }
        });
        Ok(Self { address, shared, thread: Some(thread) })
    }

    /// Its address, with `/` at the end.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Answers to a path from now on.
    pub(crate) fn put(&self, path: &str, body: impl Into<Vec<u8>>) {
        self.answer(path, Answer { body: body.into(), refusals: 0, halves: 0 });
    }

    /// The same, in a way of its own.
    pub(crate) fn answer(&self, path: &str, answer: Answer) {
        self.shared.answers.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_owned(), answer);
    }

    /// What was asked since the last time: the first lines of requests, without the version.
    pub(crate) fn requests(&self) -> Vec<String> {
        std::mem::take(&mut *self.shared.requests.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::Relaxed);
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(shared: &Shared, mut stream: TcpStream) -> std::io::Result<()> {
    let mut line = String::new();
    let mut reader = BufReader::new(stream.try_clone()?);
    reader.read_line(&mut line)?;
    let mut header = String::new();
    while reader.read_line(&mut header)? > 2 {
        header.clear();
    }
    let asked = line.trim_end().trim_end_matches(" HTTP/1.1").to_owned();
    let path = asked.split(' ').nth(1).unwrap_or_default().to_owned();
    shared.requests.lock().unwrap_or_else(PoisonError::into_inner).push(asked);
    let mut answers = shared.answers.lock().unwrap_or_else(PoisonError::into_inner);
    let (status, body, sent) = match answers.get_mut(&path) {
        None => ("404 Not Found", Vec::new(), 0),
        Some(answer) if answer.refusals > 0 => {
            answer.refusals -= 1;
            ("503 Service Unavailable", Vec::new(), 0)
        }
        Some(answer) if answer.halves > 0 => {
            answer.halves -= 1;
            ("200 OK", answer.body.clone(), answer.body.len() / 2)
        }
        Some(answer) => ("200 OK", answer.body.clone(), answer.body.len()),
    };
    drop(answers);
    write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len())?;
    stream.write_all(&body[..sent])
}
