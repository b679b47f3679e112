//! HTTP with patience: time-outs, retries, the system's certificates and proxies.
//!
//! `file:` URLs are read from disk, so that a copy of a registry in a folder serves as one where there is no
//! network.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;
use std::time::Duration;

use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

use super::{Deps, Settings, Step, visible};
use crate::diagnostic::{Code, Diagnostic, Result};

/// How often a call is tried again after it failed the first time.
const RETRIES: usize = 5;

/// The wait before the first retry; each further one is twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(200);

/// Answers longer than this are not the registry's.
const LONGEST_ANSWER: u64 = 64 << 20;

/// Why a call failed.
#[derive(Debug)]
pub(super) enum Trouble {
    /// There is no such thing: 404 or 410.
    Absent,
    /// It makes no sense to try again.
    Final(String),
    /// It may go well next time.
    Passing(String),
}

/// One connection pool.
#[derive(Debug)]
pub(super) struct Http(ureq::Agent);

impl Http {
    pub(super) fn new(settings: &Settings) -> Result<Self> {
        let roots = match &settings.certificates {
            Some(path) => RootCerts::from(certificates(path)?),
            None => RootCerts::PlatformVerifier,
        };
        // The proxy is the environment's: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, but for NO_PROXY.
        let config = ureq::Agent::config_builder()
            .tls_config(TlsConfig::builder().root_certs(roots).build())
            .user_agent(concat!("teal/", env!("CARGO_PKG_VERSION")))
            .timeout_connect(Some(settings.timeout))
            .timeout_recv_response(Some(settings.timeout))
            .timeout_per_read(Some(settings.timeout))
            .build();
        Ok(Self(config.new_agent()))
    }

    /// The text at a URL, and the status of the answer.
    pub(super) fn text(&self, url: &str) -> Result<String, Trouble> {
        let mut text = String::new();
        let read = self.open(url)?.take(LONGEST_ANSWER).read_to_string(&mut text);
        read.map_err(|error| Trouble::Passing(error.to_string()))?;
        Ok(text)
    }

    /// Writes what is at a URL to a file.
    pub(super) fn download(&self, url: &str, path: &Path) -> Result<(), Trouble> {
        let mut body = self.open(url)?;
        let copied = File::create(path).and_then(|mut file| {
            io::copy(&mut body, &mut file)?;
            file.flush()
        });
        copied.map_err(|error| Trouble::Passing(error.to_string()))
    }

    fn open(&self, url: &str) -> Result<Box<dyn Read>, Trouble> {
        if let Some(path) = url.strip_prefix("file://") {
            return match File::open(path) {
                Ok(file) => Ok(Box::new(file)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Err(Trouble::Absent),
                Err(error) => Err(Trouble::Final(error.to_string())),
            };
        }
        match self.0.get(url).call() {
            Ok(response) => Ok(Box::new(response.into_body().into_with_config().limit(u64::MAX).reader())),
            Err(error) => Err(trouble(&error)),
        }
    }
}

fn trouble(error: &ureq::Error) -> Trouble {
    use ureq::Error;
    let text = visible(&error.to_string());
    match error {
        Error::StatusCode(404 | 410) => Trouble::Absent,
        // Too Many Requests and Request Timeout pass.
        Error::StatusCode(status @ 400..=499) if !matches!(status, 408 | 429) => Trouble::Final(text),
        // A server that is not trusted is not trusted a second later either.
        Error::Io(_) if text.contains("certificate") => Trouble::Final(text),
        Error::BadUri(_) | Error::Http(_) | Error::Tls(_) | Error::Rustls(_) | Error::TooManyRedirects => {
            Trouble::Final(text)
        }
        _ => Trouble::Passing(text),
    }
}

/// Calls until it goes well, fails for good or has failed too often.
pub(super) fn patiently<T>(
    deps: &Deps<'_>,
    mut call: impl FnMut() -> Result<T, Trouble>,
) -> Result<T, Trouble> {
    let mut wait = FIRST_WAIT;
    for attempt in 0..RETRIES {
        match call() {
            Err(Trouble::Passing(why)) => (deps.tell)(Step::Retry { attempt, most: RETRIES, why }),
            outcome => return outcome,
        }
        std::thread::sleep(wait);
        wait *= 2;
    }
    call()
}

fn certificates(path: &Path) -> Result<Vec<Certificate<'static>>> {
    let wrong = |why: &str| {
        let message = format!("the certificates of `{}` cannot be read: {why}", path.display());
        let help = "SSL_CERT_FILE and REQUESTS_CA_BUNDLE name a file of PEM certificates to trust";
        Box::new(Diagnostic::error(Code::FileAccess, message).help(help))
    };
    let text = std::fs::read(path).map_err(|error| wrong(&error.to_string()))?;
    let mut found = Vec::new();
    for item in parse_pem(&text) {
        if let PemItem::Certificate(certificate) = item.map_err(|error| wrong(&error.to_string()))? {
            found.push(certificate);
        }
    }
    if found.is_empty() { Err(wrong("there is none in it")) } else { Ok(found) }
}
