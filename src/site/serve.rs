//! Serves the site from the target folder and makes it anew when an artifact changes.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::time::SystemTime;

use tiny_http::{Header, Method, Request, Response};

use super::write_folder;
use crate::diagnostic::{Code, Diagnostic, Result};

/// What a browser may do with the site: run its own scripts and nothing else, and ask nobody else.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// Where pages ask whether the site is still what they show.
const STAMP: &str = "site/stamp";
/// The files the site is made from.
const MADE_FROM: &[&str] = &["manifest.json", "catalog.json", "lineage.json", "run_results.json"];
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
    if !matches!(request.method(), Method::Get | Method::Head) {
        return request.respond(Response::from_string("only reading is possible").with_status_code(405));
    }
    let url = request.url().to_owned();
    let path = url.split(['?', '#']).next().unwrap_or_default().trim_start_matches('/');
    let (body, kind) = if path == STAMP {
        let stamp = made.and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok());
        (Some(stamp.unwrap_or_default().as_millis().to_string().into_bytes()), "text/plain")
    } else {
        let path = if path.is_empty() { "index.html" } else { path };
        let kind = kind(path);
        (kind.and_then(|_| fs::read(inside(folder, path)?).ok()), kind.unwrap_or("text/plain"))
    };
    let (body, status) = body.map_or_else(|| (b"not found".to_vec(), 404), |body| (body, 200));
    let mut response = Response::from_data(body).with_status_code(status);
    for (name, value) in [
        ("Content-Type", kind),
        ("Content-Security-Policy", POLICY),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
        ("Cache-Control", "no-cache"),
    ] {
        if let Ok(header) = Header::from_bytes(name, value) {
            response.add_header(header);
        }
    }
    request.respond(response)
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
