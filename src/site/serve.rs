//! Serves the site from the target folder and makes it anew when an artifact changes.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Component, Path, PathBuf};
use std::time::SystemTime;

use tiny_http::{Method, Request};

use super::write_folder;
use crate::diagnostic::{Code, Diagnostic, Result};

/// What a browser may do with the site: run its own scripts and nothing else, and ask nobody else.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// Where pages ask whether the site is still what they show.
const STAMP: &str = "site/stamp";
/// The files the site is made from.
const MADE_FROM: &[&str] =
    &["manifest.json", "catalog.json", "lineage.json", "run_results.json", "sources.json"];
/// Types of what is served, by the ending of the file.
const TYPES: &[(&str, &str)] = &[
    ("html", "text/html; charset=utf-8"),
    ("js", "text/javascript; charset=utf-8"),
    ("css", "text/css; charset=utf-8"),
    ("json", "application/json"),
    ("svg", "image/svg+xml"),
    ("png", "image/png"),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("gif", "image/gif"),
    ("webp", "image/webp"),
];

/// A server that listens.
#[expect(missing_debug_implementations, reason = "the crate's server has none")]
pub struct Server {
    server: tiny_http::Server,
    folder: PathBuf,
}

impl Server {
    /// Listens on an address; port 0 takes a free one.
    ///
    /// # Errors
    /// The address cannot be listened on.
    pub fn open(folder: &Path, host: &str, port: u16) -> Result<Self> {
        let server = tiny_http::Server::http((host, port)).map_err(|error| {
            let message = format!("cannot listen on {host}:{port}: {error}");
            let why = Diagnostic::error(Code::ConnectionFailed, message);
            Box::new(why.help("another server may be there: choose another with `--port`"))
        })?;
        Ok(Self { server, folder: folder.to_owned() })
    }

    /// Where a browser finds it.
    pub fn address(&self) -> String {
        let address = self.server.server_addr().to_ip();
        address.map_or_else(String::new, |address| format!("http://{address}/"))
    }
}

/// Answers requests until the process is ended.
///
/// # Errors
/// The connection breaks.
pub fn serve(server: &Server) -> io::Result<()> {
    let mut made = newest(&server.folder);
    loop {
        let request = server.server.recv()?;
        let now = newest(&server.folder);
        // A command may be halfway through its artifacts; what cannot be read now is read at the next request.
        if now > made && write_folder(&server.folder).is_ok() {
            made = newest(&server.folder).max(now);
        }
        // A browser that went away is no mistake of ours.
        let _ = answer(request, &server.folder, made);
    }
}

/// When the last of the artifacts was written.
fn newest(folder: &Path) -> Option<SystemTime> {
    MADE_FROM.iter().filter_map(|name| fs::metadata(folder.join(name)).ok()?.modified().ok()).max()
}

fn answer(request: Request, folder: &Path, made: Option<SystemTime>) -> io::Result<()> {
    let found = match request.method() {
        Method::Get | Method::Head => content(request.url(), folder, made),
        _ => Err("405 Method Not Allowed"),
    };
    let (status, kind, body) = match found {
        Ok((kind, body)) => ("200 OK", kind, body),
        Err(status) => (status, "text/plain", status.as_bytes().to_vec()),
    };
    let length = body.len();
    let body = if *request.method() == Method::Head { &[] } else { body.as_slice() };
    // The crate may leave a connection waiting for as long as others are kept open, so none is.
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\
         Content-Security-Policy: {POLICY}\r\nX-Content-Type-Options: nosniff\r\n\
         Referrer-Policy: no-referrer\r\nCache-Control: no-cache\r\n\r\n"
    );
    let mut writer = request.into_writer();
    writer.write_all(head.as_bytes())?;
    writer.write_all(body)?;
    writer.flush()
}

/// The type and the bytes behind an address, or the status of a refusal.
fn content(
    url: &str,
    folder: &Path,
    made: Option<SystemTime>,
) -> std::result::Result<(&'static str, Vec<u8>), &'static str> {
    let path = url.split(['?', '#']).next().unwrap_or_default().trim_start_matches('/');
    if path == STAMP {
        let stamp = made.and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok());
        return Ok(("text/plain", stamp.unwrap_or_default().as_millis().to_string().into_bytes()));
    }
    let path = if path.is_empty() { "index.html" } else { path };
    let file = || Some((kind(path)?, fs::read(inside(folder, path)?).ok()?));
    file().ok_or("404 Not Found")
}

fn kind(path: &str) -> Option<&'static str> {
    let ending = path.rsplit_once('.')?.1;
    TYPES.iter().find(|(known, _)| *known == ending).map(|(_, kind)| *kind)
}

/// A file of the folder; nothing for a path that leads out of it or into a hidden place.
fn inside(folder: &Path, path: &str) -> Option<PathBuf> {
    let relative = Path::new(path);
    let plain = |part: Component<'_>| matches!(part, Component::Normal(name) if !name.to_string_lossy().starts_with('.'));
    if !relative.components().all(plain) {
        return None;
    }
    let file = fs::canonicalize(folder.join(relative)).ok()?;
    file.starts_with(fs::canonicalize(folder).ok()?).then_some(file)
}
