//! Fingerprints of files, as dbt takes them: SHA-256 of the text without the space around it.

use std::fmt::Write as _;
use std::fs;

use sha2::{Digest, Sha256};

use crate::manifest::Checksum;
use crate::project::File;

/// Larger seeds are known by their path alone.
const LARGEST_SEED: u64 = 1024 * 1024;

/// The fingerprint of a text.
pub(super) fn of_text(text: &str) -> Checksum {
    let text = text.trim();
    let digest = if text.contains('\r') {
        Sha256::digest(text.replace("\r\n", "\n").as_bytes())
    } else {
        Sha256::digest(text.as_bytes())
    };
    let hex = digest.iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    Checksum { name: "sha256", checksum: hex }
}

/// The fingerprint of a seed. One that cannot be read has none: reading it to load it says why.
pub(super) fn of_seed(file: &File) -> Checksum {
    let large = fs::metadata(&file.absolute).is_ok_and(|data| data.len() > LARGEST_SEED);
    if large {
        return Checksum { name: "path", checksum: file.original_file_path.clone() };
    }
    match fs::read(&file.absolute) {
        Ok(bytes) => of_text(&String::from_utf8_lossy(&bytes)),
        Err(_) => Checksum { name: "none", checksum: String::new() },
    }
}
