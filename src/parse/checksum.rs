//! Fingerprints of files, as dbt takes them.

use std::fmt::Write as _;
use std::fs;

use sha2::{Digest, Sha256};

use crate::manifest::Checksum;
use crate::project::File;

/// The fingerprint of code: how it is laid out does not count.
pub(super) fn of_code(text: &str) -> Checksum {
    let mut digest = Sha256::new();
    for (at, word) in text.split_whitespace().enumerate() {
        digest.update(if at == 0 { "" } else { " " });
        digest.update(word);
    }
    sha256(digest)
}

fn sha256(digest: Sha256) -> Checksum {
    let hex = digest.finalize().iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    });
    Checksum { name: "sha256", checksum: hex }
}

/// The fingerprint of a seed: of one larger than `limit` bytes, its path alone. One that cannot be read has none: reading it to load it says why.
pub(super) fn of_seed(file: &File, limit: Option<u64>) -> Checksum {
    let is_large = |limit| fs::metadata(&file.absolute).is_ok_and(|data| data.len() > limit);
    if limit.is_some_and(is_large) {
        return Checksum { name: "path", checksum: file.original_file_path.clone() };
    }
    match fs::read(&file.absolute) {
        Ok(bytes) => {
            let text = String::from_utf8_lossy(&bytes).replace("\r\n", "\n");
            sha256(Sha256::new_with_prefix(text.trim()))
        }
        Err(_) => Checksum { name: "none", checksum: String::new() },
    }
}
