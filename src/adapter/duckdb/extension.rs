//! Extensions of DuckDB: where their files are looked for, and how to get one that is not there.
//!
//! ICU, without which DuckDB cannot compute with zoned timestamps, is no part of DuckDB's crate; the build script puts
//! it into the binary, as DuckDB's makers built and signed it.

use std::path::{Path, PathBuf};

use super::super::{AdapterError, ErrorKind, Result};
use super::failure;
use super::settings::{Extension, Profile, literal};

/// Loads what the profile names.
pub(super) fn load(root: &duckdb::Connection, profile: &Profile) -> Result<()> {
    profile.extensions.iter().try_for_each(|extension| load_extension(root, extension))
}

/// Loads ICU from its file, or else from the binary; a query that needs it says so if it is in neither. It takes 50 ms,
/// in which DuckDB checks its signature.
pub(super) fn load_icu(root: &duckdb::Connection) {
    let found = find_extension(root, "icu").is_some_and(|file| load_file(root, &file).is_ok());
    if let (false, Some(packed)) = (found, icu::PACKED) {
        let _ = icu::load(root, packed);
    }
}

fn load_file(root: &duckdb::Connection, file: &Path) -> duckdb::Result<()> {
    root.execute_batch(&format!("load {}", literal(&file.to_string_lossy())))
}

/// ICU as the binary carries it.
mod icu {
    use std::fs;
    use std::io::{Error, Result};
    use std::path::Path;

    #[cfg(icu)]
    pub(super) const PACKED: Option<&[u8]> =
        Some(include_bytes!(concat!(env!("OUT_DIR"), "/icu.duckdb_extension.gz")));
    #[cfg(not(icu))]
    pub(super) const PACKED: Option<&[u8]> = None;

    /// Loads it by way of a file of its own, which stays for the next time. DuckDB checks its signature.
    pub(super) fn load(root: &duckdb::Connection, packed: &[u8]) -> Result<()> {
        let file = std::env::temp_dir().join("teal-icu-1.5.5").join("icu.duckdb_extension");
        if file.is_file() && super::load_file(root, &file).is_ok() {
            return Ok(());
        }
        unpack(packed, &file)?;
        super::load_file(root, &file).map_err(Error::other)
    }

    /// Writes the file whole or not at all.
    fn unpack(packed: &[u8], file: &Path) -> Result<()> {
        let folder = file.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        let mut part = tempfile::NamedTempFile::new_in(folder)?;
        std::io::copy(&mut flate2::read::GzDecoder::new(packed), &mut part)?;
        part.persist(file)?;
        Ok(())
    }
}

/// Loads an extension: built in, found in a folder, installed before, or else installed as the profile asks.
fn load_extension(root: &duckdb::Connection, extension: &Extension) -> Result<()> {
    let name = &extension.name;
    let run = |sql: &str| root.execute_batch(sql);
    if run(&format!("load {name}")).is_ok() {
        return Ok(());
    }
    if let Some(file) = find_extension(root, name)
        && load_file(root, &file).is_ok()
    {
        return Ok(());
    }
    let from =
        extension.repository.as_ref().map_or(String::new(), |repository| format!(" from {repository}"));
    run(&format!("install {name}{from}")).and_then(|()| run(&format!("load {name}"))).map_err(|error| {
        let words = failure(&error).error.message;
        // Where it was looked for says nothing that the help does not.
        let is_offline = words.contains("Failed to download") || words.contains("HTTP");
        let why = if is_offline { "it is not here, and DuckDB cannot download it" } else { &words };
        let message = format!("extension `{name}` cannot be loaded: {why}");
        AdapterError::new(ErrorKind::ExtensionMissing, message).with_help(file_help(name))
    })
}

/// The file of an extension: beside the binary, in a folder the environment names, in Teal's, in DuckDB's.
fn find_extension(root: &duckdb::Connection, name: &str) -> Option<PathBuf> {
    let file = format!("{name}.duckdb_extension");
    let home = std::env::home_dir();
    let mut folders = Vec::new();
    folders.extend(std::env::current_exe().ok().and_then(|program| Some(program.parent()?.to_owned())));
    folders.extend(std::env::var_os("TEAL_EXTENSION_DIR").map(PathBuf::from));
    folders.extend(home.as_ref().map(|home| home.join(".teal/extensions")));
    if let Some(found) = folders.iter().map(|folder| folder.join(&file)).find(|path| path.is_file()) {
        return Some(found);
    }
    let installed = home?.join(".duckdb/extensions");
    if !installed.is_dir() {
        return None;
    }
    let text = |sql: &str| root.query_row(sql, [], |row| row.get::<_, String>(0)).ok();
    let path = installed.join(text("pragma version")?).join(text("pragma platform")?).join(file);
    path.is_file().then_some(path)
}

/// Where extensions are looked for.
const PLACES: &str =
    "beside the `teal` binary, in `~/.teal/extensions`, or in the folder that `TEAL_EXTENSION_DIR` names";

/// How to get an extension without DuckDB downloading it.
pub(super) fn help(name: &str) -> String {
    if name == "icu" {
        format!(
            "time zones need DuckDB's ICU extension: run `pip download --no-deps duckdb-extension-icu==1.5.5`, unzip \
             the wheel, and put its `icu.duckdb_extension` {PLACES}"
        )
    } else {
        format!(
            "name `{name}` under `extensions` in the profile to have DuckDB install it, or put \
             `{name}.duckdb_extension` {PLACES}"
        )
    }
}

/// What to do where the profile names an extension that is nowhere.
fn file_help(name: &str) -> String {
    format!("put `{name}.duckdb_extension` of the same version {PLACES}")
}

/// Whether a statement failed in a way that DuckDB without ICU fails: it cannot compute with zoned timestamps.
pub(super) fn smells_of_icu(error: &AdapterError) -> bool {
    let message = &error.message;
    if error.kind == ErrorKind::ExtensionMissing {
        return message.contains("icu");
    }
    let zoned = ["TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ", "TIMESTAMP_TZ", "TIME WITH TIME ZONE"];
    (message.contains("No function matches") || message.contains("Unimplemented type for cast"))
        && zoned.iter().any(|name| message.contains(name))
}
