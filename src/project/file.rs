//! The files of every package: found by the folders that the project file names, told apart by
//! folder and extension, read in parallel.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use globset::{GlobBuilder, GlobMatcher};
use rayon::prelude::*;
use walkdir::WalkDir;

use super::packages::shown;
use super::{File, FileKind, Package, Project};
use crate::diagnostic::{Code, Diagnostic, Sources};

/// Lists and reads the files of all packages, in the order of packages, then of paths. Files that
/// cannot be read are reported and left out.
pub fn files(project: &Project, sources: &Sources) -> (Vec<File>, Vec<Diagnostic>) {
    let root = &project.root().folder;
    let mut found = Vec::new();
    let listed: Vec<Vec<File>> =
        project.packages.values().map(|package| list(package, root, &mut found)).collect();
    let mut files: Vec<File> = listed.into_iter().flatten().collect();
    let texts: Vec<_> = files.par_iter().map(|file| read(file, root)).collect();
    let mut texts = texts.into_iter();
    files.retain_mut(|file| match texts.next() {
        Some(Ok(Some(text))) => {
            file.source = Some(sources.add(shown(root, &file.absolute), text));
            true
        }
        Some(Ok(None)) | None => true,
        Some(Err(problem)) => {
            found.push(*problem);
            false
        }
    });
    (files, found)
}

/// A folder to search and what its files may be.
struct Search<'a> {
    folder: &'a str,
    roles: Vec<Role>,
}

/// One thing that files of some extensions in a folder are.
#[derive(Clone, Copy)]
struct Role {
    kind: FileKind,
    extensions: &'static [&'static str],
}

fn list(package: &Package, root: &Path, found: &mut Vec<Diagnostic>) -> Vec<File> {
    let ignored = Ignored::read(&package.folder, root, found);
    let jinja_extensions =
        package.flags.get("allow_jinja_file_extensions").and_then(serde_json::Value::as_bool) == Some(true);
    let searches = searches(package);
    let mut files: Vec<File> = searches
        .par_iter()
        .flat_map_iter(|search| {
            let folder = package.folder.join(search.folder);
            let walk =
                WalkDir::new(&folder).into_iter().flatten().filter(|entry| !entry.file_type().is_dir());
            let ignored = &ignored;
            walk.flat_map(move |entry| {
                let name = entry.file_name().to_string_lossy();
                let path = entry.path().strip_prefix(&folder).unwrap_or(entry.path()).to_string_lossy();
                let path = if cfg!(windows) { path.replace('\\', "/") } else { path.into_owned() };
                let original_file_path = joined(search.folder, &path);
                let matching = search.roles.iter().filter(|role| role.has(&name, &path, jinja_extensions));
                let regular = !entry.path_is_symlink() || entry.path().is_file();
                let wanted = regular && !ignored.is_match(&original_file_path);
                let kinds: Vec<_> = matching.filter(|_| wanted).map(|role| role.kind).collect();
                kinds.into_iter().map(move |kind| {
                    file(package, search.folder, kind, &path, &original_file_path, entry.path())
                })
            })
        })
        .collect();
    files.sort_by(|a, b| {
        (&a.original_file_path, a.kind, &a.root).cmp(&(&b.original_file_path, b.kind, &b.root))
    });
    // Folders within each other find a file more than once.
    files.dedup_by(|a, b| a.original_file_path == b.original_file_path && a.kind == b.kind);
    files
}

fn file(
    package: &Package,
    folder: &str,
    kind: FileKind,
    path: &str,
    original_file_path: &str,
    absolute: &Path,
) -> File {
    // Generic tests and fixtures have folders of their own within the test folder.
    let (root, path) = match (kind, path.split_once('/')) {
        (FileKind::GenericTest | FileKind::Fixture, Some((first, rest))) => (joined(folder, first), rest),
        _ => (folder.to_owned(), path),
    };
    File {
        kind,
        package: package.name.clone(),
        root,
        path: path.to_owned(),
        original_file_path: original_file_path.to_owned(),
        absolute: absolute.to_owned(),
        source: None,
    }
}

fn joined(folder: &str, path: &str) -> String {
    match folder.trim_start_matches("./") {
        "" | "." => path.to_owned(),
        folder => format!("{folder}/{path}"),
    }
}

impl Role {
    fn has(self, name: &str, path: &str, jinja_extensions: bool) -> bool {
        if name.starts_with(['.', '#', '~']) {
            return false;
        }
        let lower = name.to_ascii_lowercase();
        let templates = self.extensions.contains(&".sql") || self.extensions.contains(&".md");
        let plain = if jinja_extensions && templates {
            [".j2", ".jinja2", ".jinja"].iter().find_map(|end| lower.strip_suffix(end)).unwrap_or(&lower)
        } else {
            &lower
        };
        let first = path.split_once('/').map(|(first, _)| first);
        let in_place = match self.kind {
            FileKind::GenericTest => first == Some("generic"),
            FileKind::Fixture => first == Some("fixtures"),
            FileKind::SingularTest => !matches!(first, Some("generic" | "fixtures")),
            _ => true,
        };
        in_place && self.extensions.iter().any(|end| plain.ends_with(end))
    }
}

/// Each folder once, with all that its files may be.
fn searches(package: &Package) -> Vec<Search<'_>> {
    use FileKind::{
        Analysis, Docs, Fixture, Function, GenericTest, Macro, Model, Properties, Seed, SingularTest,
        Snapshot,
    };
    let paths = &package.paths;
    let role = |kind, extensions| Role { kind, extensions };
    let groups: [(&[String], &[Role]); 8] = [
        (&paths.model, &[role(Model, &[".sql", ".py"])]),
        (&paths.seed, &[role(Seed, &[".csv"])]),
        (&paths.snapshot, &[role(Snapshot, &[".sql"])]),
        (&paths.analysis, &[role(Analysis, &[".sql"])]),
        (&paths.macros, &[role(Macro, &[".sql"])]),
        (
            &paths.test,
            &[role(SingularTest, &[".sql"]), role(GenericTest, &[".sql"]), role(Fixture, &[".csv", ".sql"])],
        ),
        (&paths.function, &[role(Function, &[".sql", ".py", ".js"])]),
        (&package.docs_paths, &[role(Docs, &[".md"])]),
    ];
    let mut searches: Vec<Search<'_>> = Vec::new();
    for (folders, roles) in groups {
        for folder in folders {
            let at = searches.iter().position(|search| search.folder == folder).unwrap_or_else(|| {
                searches.push(Search { folder, roles: Vec::new() });
                searches.len() - 1
            });
            searches[at].roles.extend_from_slice(roles);
            let is_resource = !roles.iter().any(|role| role.kind == Docs);
            if is_resource && !searches[at].roles.iter().any(|role| role.kind == Properties) {
                searches[at].roles.push(role(Properties, &[".yml", ".yaml"]));
            }
        }
    }
    searches
}

fn read(file: &File, root: &Path) -> Result<Option<Arc<str>>, Box<Diagnostic>> {
    if file.kind == FileKind::Seed {
        return Ok(None);
    }
    let problem = |what: String| {
        Diagnostic::error(Code::FileAccess, format!("`{}` {what}", shown(root, &file.absolute)))
    };
    let bytes = fs::read(&file.absolute).map_err(|error| problem(format!("cannot be read: {error}")))?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..at].split(|byte| *byte == b'\n').count();
        problem(format!("is not UTF-8: byte 0x{:02X} in line {line}", error.as_bytes()[at]))
            .help("save the file with the encoding UTF-8")
    })?;
    Ok(Some(Arc::from(text.strip_prefix('\u{feff}').unwrap_or(&text))))
}

/// The patterns of a `.dbtignore`, in the language of `.gitignore`.
struct Ignored(Vec<Pattern>);

struct Pattern {
    /// The path itself and what is below it.
    globs: [Option<GlobMatcher>; 2],
    /// A pattern with `!` takes back what an earlier one ignored.
    ignores: bool,
}

impl Ignored {
    fn read(folder: &Path, root: &Path, found: &mut Vec<Diagnostic>) -> Self {
        let path = folder.join(".dbtignore");
        let Ok(text) = fs::read_to_string(&path) else { return Self(Vec::new()) };
        let mut patterns = Vec::new();
        for (at, line) in text.lines().enumerate() {
            match pattern(line) {
                Ok(pattern) => patterns.extend(pattern),
                Err(error) => {
                    let place = format!("{}:{}", shown(root, &path), at + 1);
                    found.push(Diagnostic::warning(Code::FileAccess, format!("{place}: {error}")));
                }
            }
        }
        Self(patterns)
    }

    fn is_match(&self, path: &str) -> bool {
        let matches = |pattern: &&Pattern| pattern.globs.iter().flatten().any(|glob| glob.is_match(path));
        self.0.iter().rev().find(matches).is_some_and(|pattern| pattern.ignores)
    }
}

fn pattern(line: &str) -> Result<Option<Pattern>, globset::Error> {
    let line = line.trim_end();
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    let (ignores, line) = match line.strip_prefix('!') {
        Some(rest) => (false, rest),
        None => (true, line.strip_prefix('\\').unwrap_or(line)),
    };
    let folder_only = line.ends_with('/');
    let body = line.trim_end_matches('/');
    // A slash in front or in the middle ties a pattern to the folder of the file.
    let tied = body.contains('/');
    let body = body.trim_start_matches('/');
    let anchored = if tied { body.to_owned() } else { format!("**/{body}") };
    let glob = |pattern: &str| {
        GlobBuilder::new(pattern).literal_separator(true).build().map(|glob| glob.compile_matcher())
    };
    let itself = if folder_only { None } else { Some(glob(&anchored)?) };
    let below = glob(&format!("{}/**", anchored.trim_end_matches("/**")))?;
    Ok(Some(Pattern { globs: [itself, Some(below)], ignores }))
}
