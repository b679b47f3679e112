//! Brings DuckDB's ICU extension, which is not in DuckDB's crate, so that the binary can carry it.
//!
//! `TEAL_ICU` names its file, or is `no`; otherwise pip takes it from DuckDB's wheel. Where neither works, Teal is built
//! without: time zones then need the file at run time, as `src/adapter/duckdb/extension.rs` says.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// DuckDB's version; an extension is of one version.
const WHEEL: &str = "duckdb-extension-icu==1.5.5";

/// Packs the extension's file, or the one in the wheel of a folder: `python3 -c PACK from to`.
const PACK: &str = "
import glob, gzip, os, sys, zipfile
source, packed = sys.argv[1:]
if os.path.isdir(source):
    wheel = zipfile.ZipFile(glob.glob(os.path.join(source, '*.whl'))[0])
    data = wheel.read(next(name for name in wheel.namelist() if name.endswith('icu.duckdb_extension')))
else:
    data = open(source, 'rb').read()
with open(packed, 'wb') as out:
    out.write(gzip.compress(data, mtime=0))
";

fn main() {
    println!("cargo::rustc-check-cfg=cfg(icu)");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=TEAL_ICU");
    // A DuckDB that is linked has what it has, and the wheel is for the machine that builds.
    let is_cross = env::var("HOST") != env::var("TARGET");
    let choice = env::var("TEAL_ICU").unwrap_or_default();
    if env::var_os("CARGO_FEATURE_BUNDLED").is_none() || is_cross && choice.is_empty() || choice == "no" {
        return;
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    let packed = out.join("icu.duckdb_extension.gz");
    let source = if choice.is_empty() { out.join("wheel") } else { PathBuf::from(choice) };
    if (source.is_file() || download(&source)) && pack(&source, &packed) {
        println!("cargo::rustc-cfg=icu");
    } else {
        println!("cargo::warning=built without DuckDB's ICU extension, for pip could not bring {WHEEL}");
    }
}

fn download(folder: &Path) -> bool {
    let words = ["-m", "pip", "download", "--quiet", "--no-deps", "--retries", "1", "--dest"];
    succeeds(Command::new("python3").args(words).arg(folder).arg(WHEEL))
}

fn pack(source: &Path, packed: &Path) -> bool {
    succeeds(Command::new("python3").args(["-c", PACK]).arg(source).arg(packed))
}

fn succeeds(command: &mut Command) -> bool {
    command.stdin(Stdio::null()).status().is_ok_and(|status| status.success())
}
