//! `teal deps` against a small server, git repositories made here, folders and hostile archives.

mod git;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use libtest_mimic::{Failed, Trial};
use serde_json::{Value, json};
use teal::diagnostic::Sources;
use teal::jinja::YamlJinja;

use crate::case::{root, teal};
use crate::server::{Answer, Server};

type Case = fn() -> Result<(), Failed>;

/// All cases of this file.
pub(crate) fn cases() -> Vec<Trial> {
    let all: [(&str, Case); 19] = [
        ("hash_of_dbt", hash_of_dbt),
        ("registry", registry),
        ("lock_without_names", lock_without_names),
        ("prereleases", prereleases),
        ("upgrade", upgrade),
        ("retries", retries),
        ("failure_keeps_what_is_there", failure_keeps_what_is_there),
        ("missing_things", missing_things),
        ("conflict_names_both", conflict_names_both),
        ("tarball", tarball),
        ("hostile_archives", hostile_archives),
        ("git_revisions", git::revisions),
        ("git_secrets", git::secrets),
        ("git_mistakes", git::mistakes),
        ("local", local),
        ("local_where_packages_are_installed", local_where_packages_are_installed),
        ("add_package", add_package),
        ("install_path", install_path),
        ("proxy_and_certificates", proxy_and_certificates),
    ];
    all.into_iter().map(|(name, case)| Trial::test(format!("deps::{name}"), case)).collect()
}

/// A project in a folder of its own, and a registry for it.
struct World {
    folder: tempfile::TempDir,
    hub: Server,
    index: BTreeMap<String, Value>,
}

impl World {
    fn new(packages: &str) -> Result<Self, Failed> {
        let folder = tempfile::tempdir()?;
        let world = Self { folder, hub: Server::start()?, index: BTreeMap::new() };
        world.write("shop/dbt_project.yml", "name: shop\nversion: 1.0.0\n")?;
        world.write("shop/packages.yml", packages)?;
        Ok(world)
    }

    /// The project's folder.
    fn shop(&self) -> PathBuf {
        self.folder.path().join("shop")
    }

    fn write(&self, path: &str, text: &str) -> Result<(), Failed> {
        let path = self.folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap_or(self.folder.path()))?;
        Ok(fs::write(path, text)?)
    }

    fn read(&self, path: &str) -> Result<String, Failed> {
        let path = self.folder.path().join(path);
        fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()).into())
    }

    /// Puts one version of a package into the registry, with what it asks for.
    fn publish(&mut self, package: &str, version: &str, packages: Value) -> Result<(), Failed> {
        let name = package.rsplit('/').next().unwrap_or(package).to_owned();
        let tarball = format!("archives/{name}-{version}.tar.gz");
        let project = format!("name: {name}\nversion: {version}\n");
        self.hub.put(
            &format!("/{tarball}"),
            archive(&[(&format!("{name}-{version}/dbt_project.yml"), &project)])?,
        );
        let release = json!({"name": name, "version": version, "packages": packages,
            "downloads": {"tarball": format!("{}{tarball}", self.hub.url())}});
        let entry =
            self.index.entry(package.to_owned()).or_insert_with(|| json!({"name": name, "versions": {}}));
        entry["versions"][version] = release;
        self.hub.put(&format!("/api/v1/{package}.json"), entry.to_string());
        let names: Vec<&String> = self.index.keys().collect();
        self.hub.put("/api/v1/index.json", json!(names).to_string());
        Ok(())
    }

    /// Runs a command line in the project, with the registry in reach; `wanted` is its exit code.
    fn run(&self, line: &str, wanted: i32) -> Result<String, Failed> {
        let hub = format!("DBT_PACKAGE_HUB_URL={}", self.hub.url());
        let words: Vec<String> = std::iter::once(hub).chain(line.split(' ').map(str::to_owned)).collect();
        let (code, text) = teal(&self.shop(), &words)?;
        if code == wanted { Ok(text) } else { Err(format!("`{line}` exited with {code}\n{text}").into()) }
    }

    /// Folders of what is installed.
    fn installed(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.shop().join("dbt_packages"))
            .into_iter()
            .flatten()
            .flatten()
            .filter(|entry| entry.path().is_dir())
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }
}

/// Fails unless a text holds all of these.
fn holds(text: &str, parts: &[&str]) -> Result<(), Failed> {
    match parts.iter().find(|part| !text.contains(**part)) {
        None => Ok(()),
        Some(part) => Err(format!("`{part}` is not in:\n{text}").into()),
    }
}

fn equal<T: PartialEq + std::fmt::Debug>(actual: T, wanted: T) -> Result<(), Failed> {
    if actual == wanted { Ok(()) } else { Err(format!("{actual:?} is not {wanted:?}").into()) }
}

/// A gzipped tar archive of plain files.
fn archive(files: &[(&str, &str)]) -> Result<Vec<u8>, Failed> {
    let entries: Vec<Part<'_>> = files.iter().map(|(path, text)| Part::file(path, text)).collect();
    packed(&entries)
}

/// One entry of an archive, as hostile as one likes.
struct Part<'a> {
    path: &'a str,
    kind: tar::EntryType,
    text: &'a str,
    target: &'a str,
}

impl<'a> Part<'a> {
    fn file(path: &'a str, text: &'a str) -> Self {
        Self { path, kind: tar::EntryType::Regular, text, target: "" }
    }

    fn link(kind: tar::EntryType, path: &'a str, target: &'a str) -> Self {
        Self { path, kind, text: "", target }
    }
}

fn packed(parts: &[Part<'_>]) -> Result<Vec<u8>, Failed> {
    let gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut builder = tar::Builder::new(gzip);
    for part in parts {
        let mut header = tar::Header::new_ustar();
        header.set_entry_type(part.kind);
        header.set_mode(0o644);
        header.set_size(part.text.len() as u64);
        // The crate's own setters refuse what is to be tried here.
        let old = header.as_old_mut();
        old.name[..part.path.len()].copy_from_slice(part.path.as_bytes());
        old.linkname[..part.target.len()].copy_from_slice(part.target.as_bytes());
        header.set_cksum();
        builder.append(&header, part.text.as_bytes())?;
    }
    Ok(builder.into_inner()?.finish()?)
}

/// The hash that Python dbt 1.12 computes for this list.
fn hash_of_dbt() -> Result<(), Failed> {
    let world = World::new(
        "packages:\n\
         - {package: dbt-labs/dbt_utils, version: ['>=0.8.0', '<2.0.0']}\n\
         - {package: a/b, version: 1.0.0, install_prerelease: true}\n\
         - {package: a/c, version: 1.5}\n\
         - {package: a/d, version: 1}\n\
         - {git: 'https://x/y.git', revision: main, warn-unpinned: false, subdirectory: x}\n\
         - {git: 'https://x/é.git', revision: 1}\n\
         - {git: g}\n\
         - {local: ../x, name: q}\n\
         - {local: ../x}\n\
         - {tarball: 'http://t', name: tt}\n\
         - {private: a/b, provider: github, revision: v1}\n",
    )?;
    let mut found = Vec::new();
    let jinja = YamlJinja::new(serde_json::Map::new(), None);
    let listing = teal::project::listing(&world.shop(), "", None, &jinja, &Sources::default(), &mut found);
    equal(found.len(), 0)?;
    equal(listing.sha1_hash().as_str(), "481e628566813198e63c706f2f330796415ed2b1")
}

fn registry() -> Result<(), Failed> {
    let mut world = World::new(
        "packages:\n  - package: acme/reports\n    version: [\">=0.8.0\", \"<2.0.0\"]\n  - package: acme/dates\n    version: 0.3.0\n",
    )?;
    world.publish("acme/reports", "0.7.0", json!([]))?;
    world.publish(
        "acme/reports",
        "1.9.0",
        json!([{"package": "acme/tools", "version": [">=1.0.0", "<2.0.0"]}]),
    )?;
    world.publish("acme/reports", "2.0.0", json!([]))?;
    world.publish("acme/dates", "0.3.0", json!([{"package": "acme/tools", "version": "<1.5.0"}]))?;
    for version in ["0.9.0", "1.0.0", "1.4.2", "1.5.0", "1.10.0"] {
        world.publish("acme/tools", version, json!([]))?;
    }
    let text = world.run("deps", 0)?;
    holds(
        &text,
        &[
            "Updating lock file in file path: ",
            "Installing acme/reports\n",
            "Installed from version 1.9.0\n",
            "Updated version available: 2.0.0\n",
            "Up to date!\n",
            "Installed from version 1.4.2\n",
            "Updates available for packages: acme/reports, acme/tools\n",
        ],
    )?;
    let lock = world.read("shop/package-lock.yml")?;
    let wanted = "packages:\n  - name: reports\n    package: acme/reports\n    version: 1.9.0\n  - name: dates\n    \
                  package: acme/dates\n    version: 0.3.0\n  - name: tools\n    package: acme/tools\n    version: \
                  1.4.2\nsha1_hash: ";
    holds(&lock, &[wanted])?;
    equal(world.installed(), vec!["dates".to_owned(), "reports".to_owned(), "tools".to_owned()])?;
    holds(&world.read("shop/dbt_packages/tools/dbt_project.yml")?, &["version: 1.4.2"])?;

    // What is installed as the lock has it needs no server, and stays as it is.
    world.hub.requests();
    world.write("shop/dbt_packages/tools/marker", "")?;
    let text = world.run("deps", 0)?;
    equal(world.hub.requests(), Vec::new())?;
    holds(&text, &["acme/tools is installed from version 1.4.2"])?;
    equal(world.read("shop/package-lock.yml")?, lock.clone())?;
    world.read("shop/dbt_packages/tools/marker")?;

    // A package that is gone is fetched again, by the lock although there is a newer version.
    world.publish("acme/reports", "1.9.9", json!([]))?;
    fs::remove_dir_all(world.shop().join("dbt_packages/reports"))?;
    let text = world.run("deps", 0)?;
    holds(&text, &["Installing acme/reports\n", "Installed from version 1.9.0\n"])?;
    equal(world.read("shop/package-lock.yml")?, lock)?;

    // Another list has another hash: what is not asked for any more goes.
    world.write("shop/packages.yml", "packages:\n  - package: acme/dates\n    version: 0.3.0\n")?;
    world.run("deps --lock", 0)?;
    equal(world.installed().len(), 3)?;
    world.run("deps", 0)?;
    equal(world.installed(), vec!["dates".to_owned(), "tools".to_owned()])?;

    // The last one gone, nothing is left to load.
    world.write("shop/packages.yml", "packages: []\n")?;
    holds(&world.run("deps", 0)?, &["Warning: No packages were found in packages.yml"])?;
    equal(world.installed(), Vec::new())?;
    holds(&world.read("shop/package-lock.yml")?, &["packages: []\n"])?;
    world.run("parse", 0).map(drop)
}

fn lock_without_names() -> Result<(), Failed> {
    let mut world = World::new("packages:\n  - package: acme/tools\n    version: 1.0.0\n")?;
    world.publish("acme/tools", "1.0.0", json!([]))?;
    world.run("deps", 0)?;
    let lock = world.read("shop/package-lock.yml")?.replace("- name: tools\n    package", "- package");
    world.write("shop/package-lock.yml", &lock)?;
    fs::remove_dir_all(world.shop().join("dbt_packages"))?;
    world.run("deps", 0)?;
    equal(world.installed(), vec!["tools".to_owned()])?;
    world.hub.requests();
    world.run("deps", 0)?;
    equal(world.hub.requests(), Vec::new())?;

    // A lock with a merge's conflict in it is made anew.
    world.write("shop/package-lock.yml", &format!("<<<<<<< HEAD\n{lock}=======\n>>>>>>> other\n"))?;
    holds(&world.run("deps", 0)?, &["Updating lock file in file path: "])
}

fn prereleases() -> Result<(), Failed> {
    let list = |rest: &str| format!("packages:\n  - package: acme/tools\n    {rest}\n");
    let mut world = World::new(&list("version: \">=1.0.0\""))?;
    world.publish("acme/tools", "1.0.0", json!([]))?;
    world.publish("acme/tools", "1.1.0-b1", json!([]))?;
    world.publish("acme/tools", "1.1.0-b2", json!([]))?;
    for (rest, version) in [
        ("version: \">=1.0.0\"", "1.0.0"),
        ("version: \">=1.0.0\"\n    install_prerelease: true", "1.1.0-b2"),
        ("version: 1.1.0-b1", "1.1.0-b1"),
        // A pre-release of what is excluded is excluded.
        ("version: [\">=1.0.0\", \"<1.1.0\"]\n    install_prerelease: true", "1.0.0"),
    ] {
        world.write("shop/packages.yml", &list(rest))?;
        world.run("deps", 0)?;
        holds(&world.read("shop/package-lock.yml")?, &[&format!("version: {version}\n")])?;
    }
    world.write("shop/packages.yml", &list("version: \">1.0.0\""))?;
    holds(
        &world.run("deps", 2)?,
        &["[package-version-not-found]", "install_prerelease: true", "Compatible versions: 1.0.0"],
    )
}

fn upgrade() -> Result<(), Failed> {
    let mut world =
        World::new("packages:\n  - package: acme/tools\n    version: [\">=1.0.0\", \"<2.0.0\"]\n")?;
    world.publish("acme/tools", "1.0.0", json!([]))?;
    world.run("deps", 0)?;
    world.publish("acme/tools", "1.1.0", json!([]))?;
    world.run("deps", 0)?;
    holds(&world.read("shop/package-lock.yml")?, &["version: 1.0.0"])?;
    world.run("deps --upgrade", 0)?;
    holds(&world.read("shop/package-lock.yml")?, &["version: 1.1.0"])?;
    holds(&world.read("shop/dbt_packages/tools/dbt_project.yml")?, &["version: 1.1.0"])
}

fn retries() -> Result<(), Failed> {
    let mut world = World::new("packages:\n  - package: acme/tools\n    version: 1.0.0\n")?;
    world.publish("acme/tools", "1.0.0", json!([]))?;
    let metadata = world.index["acme/tools"].to_string().into_bytes();
    world.hub.answer("/api/v1/acme/tools.json", Answer { body: metadata, refusals: 1, halves: 1 });
    let project = "name: tools\nversion: 1.0.0\n";
    let body = archive(&[("tools-1.0.0/dbt_project.yml", project)])?;
    world.hub.answer("/archives/tools-1.0.0.tar.gz", Answer { body, refusals: 0, halves: 1 });
    let text = world.run("--debug deps", 0)?;
    holds(
        &text,
        &["Retrying external call. Attempt: 0 Max attempts: 5", "Retrying external call. Attempt: 1"],
    )?;
    equal(world.read("shop/dbt_packages/tools/dbt_project.yml")?.as_str(), project)
}

fn failure_keeps_what_is_there() -> Result<(), Failed> {
    let mut world = World::new(
        "packages:\n  - package: acme/tools\n    version: \">=1.0.0\"\n  - package: acme/dates\n    version: 1.0.0\n",
    )?;
    world.publish("acme/tools", "1.0.0", json!([]))?;
    world.publish("acme/dates", "1.0.0", json!([]))?;
    world.run("deps", 0)?;
    world.publish("acme/tools", "1.1.0", json!([]))?;
    world.hub.put("/archives/tools-1.1.0.tar.gz", "no archive at all");
    let text = world.run("deps --upgrade", 2)?;
    holds(
        &text,
        &["error[package-fetch-failed]: acme/tools cannot be downloaded", "--> package-lock.yml:2:5"],
    )?;
    holds(&world.read("shop/dbt_packages/tools/dbt_project.yml")?, &["version: 1.0.0"])?;
    equal(world.installed(), vec!["dates".to_owned(), "tools".to_owned()])?;
    // It is tried again, although the lock is what it was.
    let project = "name: tools\nversion: 1.1.0\n";
    world.hub.put("/archives/tools-1.1.0.tar.gz", archive(&[("t/dbt_project.yml", project)])?);
    world.run("deps", 0)?;
    equal(world.read("shop/dbt_packages/tools/dbt_project.yml")?.as_str(), project)?;
    // A package that is no project is none.
    world.write("shop/packages.yml", "packages:\n  - package: acme/bare\n    version: 1.0.0\n")?;
    world.publish("acme/bare", "1.0.0", json!([]))?;
    world.hub.put("/archives/bare-1.0.0.tar.gz", archive(&[("bare/README.md", "")])?);
    holds(&world.run("deps", 2)?, &["error[package-invalid]: acme/bare", "there is no dbt_project.yml in it"])
}

fn missing_things() -> Result<(), Failed> {
    let mut world = World::new("packages:\n  - package: acme/dbt-tools\n    version: 1.0.0\n")?;
    world.publish("other/dbt_tools", "1.0.0", json!([]))?;
    world.publish("acme/reports", "1.2.0", json!([]))?;
    world.publish("acme/reports", "1.3.0", json!([]))?;
    holds(
        &world.run("deps", 2)?,
        &[
            "Encountered an error:\nDependency Error\n",
            "error[package-not-found]: Package acme/dbt-tools was not found in the package index",
            "--> packages.yml:2:5",
            "did you mean `other/dbt_tools`?",
        ],
    )?;
    world.write("shop/packages.yml", "packages:\n  - package: acme/reprots\n    version: 1.0.0\n  - package: acme/reports\n    version: \">=2.0.0\"\n")?;
    holds(
        &world.run("deps", 2)?,
        &[
            "did you mean `acme/reports`?",
            "error[package-version-not-found]: Could not find a matching compatible version for package acme/reports",
            "Requested range: >=2.0.0",
            "Compatible versions: 1.3.0, 1.2.0",
            "packages.yml:4:5",
        ],
    )?;
    equal(world.shop().join("package-lock.yml").exists(), false)?;
    equal(world.shop().join("dbt_packages").exists(), false)
}

fn conflict_names_both() -> Result<(), Failed> {
    let mut world = World::new(
        "packages:\n  - package: acme/reports\n    version: 1.0.0\n  - local: ../inner\n  - package: acme/tools\n    version: 2.0.0\n",
    )?;
    world.write("inner/dbt_project.yml", "name: inner\nversion: 1.0.0\n")?;
    world.write(
        "inner/packages.yml",
        "packages:\n  # before\n  - package: acme/tools\n    version: [\">=0.1.0\", \"<1.0.0\"]\n",
    )?;
    world.publish("acme/reports", "1.0.0", json!([{"package": "acme/tools", "version": ">=2.1.0"}]))?;
    world.publish("acme/tools", "2.0.0", json!([]))?;
    let text = world.run("deps", 2)?;
    let inner = world.folder.path().join("inner/packages.yml");
    let inner = fs::canonicalize(&inner)?;
    holds(
        &text,
        &[
            "error[package-conflict]: Version error for package acme/tools",
            "`shop` asks for 2.0.0",
            "`acme/reports 1.0.0` asks for >=2.1.0",
            "`inner` asks for >=0.1.0, <1.0.0",
            &format!("{}:3:5", inner.display()),
            "packages.yml:5:5",
        ],
    )
}

fn tarball() -> Result<(), Failed> {
    let world = World::new("")?;
    let url = format!("{}files/x.tar.gz", world.hub.url());
    let list = format!("packages:\n  - tarball: {url}\n    name: tools\n");
    world.write("shop/packages.yml", &list)?;
    world.hub.put(
        "/files/x.tar.gz",
        archive(&[
            ("x-1/dbt_project.yml", "name: inside\nversion: 1.0.0\n"),
            ("x-1/macros/a.sql", "{% macro a() %}{% endmacro %}"),
        ])?,
    );
    let text = world.run("deps", 0)?;
    holds(&text, &["Installing tools\n", &format!("Installed from tarball (url: {url})\n")])?;
    equal(world.hub.requests().len(), 1)?;
    world.read("shop/dbt_packages/tools/macros/a.sql")?;
    holds(&world.read("shop/package-lock.yml")?, &[&format!("  - name: tools\n    tarball: {url}\n")])?;
    world.run("deps", 0)?;
    equal(world.hub.requests(), Vec::new())?;
    world.write("shop/packages.yml", &format!("packages:\n  - tarball: {url}\n"))?;
    holds(&world.run("deps", 2)?, &["a tarball package needs a `name`", "--> packages.yml:2:5"])?;
    // A file of this machine is one as well.
    let file = world.folder.path().join("x.tar.gz");
    fs::write(&file, archive(&[("x/dbt_project.yml", "name: disk\nversion: 1.0.0\n")])?)?;
    world.write(
        "shop/packages.yml",
        &format!("packages:\n  - tarball: file://{}\n    name: disk\n", file.display()),
    )?;
    world.run("deps", 0)?;
    equal(world.installed(), vec!["disk".to_owned()])
}

fn hostile_archives() -> Result<(), Failed> {
    use tar::EntryType::{Fifo, Link, Symlink};
    let world = World::new("")?;
    let list = format!("packages:\n  - tarball: {}x.tar.gz\n    name: tools\n", world.hub.url());
    world.write("shop/packages.yml", &list)?;
    let project = || Part::file("x/dbt_project.yml", "name: tools\nversion: 1.0.0\n");
    world.hub.put(
        "/x.tar.gz",
        packed(&[project(), Part::link(Symlink, "x/models", "macros/.."), Part::file("x/macros/a", "")])?,
    );
    world.run("deps", 0)?;
    let victim = world.folder.path().join("victim");
    let absolute = victim.to_string_lossy().into_owned();
    let attacks: Vec<(&str, Vec<Part<'_>>)> = vec![
        ("lies outside the package's folder", vec![project(), Part::file("x/../../victim", "bad")]),
        ("lies outside the package's folder", vec![project(), Part::file("../victim", "bad")]),
        ("lies outside the package's folder", vec![project(), Part::file(&absolute, "bad")]),
        ("is a link that leads out", vec![project(), Part::link(Symlink, "x/out", "../../..")]),
        ("is a link that leads out", vec![project(), Part::link(Symlink, "x/out", &absolute)]),
        (
            "is a link that leads out",
            vec![project(), Part::link(Link, "x/out", "x/../../shop/dbt_project.yml")],
        ),
        (
            "is a link to nothing in the package's folder",
            vec![
                project(),
                Part::file("x/a/b/c", ""),
                Part::link(Symlink, "x/a/up", "b/../.."),
                Part::link(Symlink, "x/out", "a/up/a/up/a/b/../../../nothing"),
            ],
        ),
        (
            "is a link to nothing in the package's folder",
            // Each step stays inside as it is written; both together do not.
            vec![
                project(),
                Part::file("x/a/b/c", ""),
                Part::link(Symlink, "x/a/b/top", "../.."),
                Part::link(Symlink, "x/out", "a/b/top/.."),
            ],
        ),
        ("is neither a file nor a folder", vec![project(), Part::link(Fifo, "x/pipe", "")]),
        ("needs to follow the structure", vec![project(), Part::file("y/other", "")]),
    ];
    for (at, (why, parts)) in attacks.iter().enumerate() {
        world.hub.put("/x.tar.gz", packed(parts)?);
        let text = world.run("deps --upgrade", 2)?;
        holds(&text, &["error[package-invalid]: tools cannot be installed", why])
            .map_err(|error| format!("attack {at}: {}", error.message().unwrap_or_default()))?;
        equal(victim.exists(), false)?;
        holds(&world.read("shop/dbt_packages/tools/dbt_project.yml")?, &["name: tools"])?;
        equal(world.installed(), vec!["tools".to_owned()])?;
    }
    Ok(())
}

fn local() -> Result<(), Failed> {
    let world = World::new("packages:\n  - local: ../one\n")?;
    world.write("one/dbt_project.yml", "name: one\nversion: 1.0.0\n")?;
    world.write("one/packages.yml", "packages:\n  - local: ../two\n")?;
    world.write("two/dbt_project.yml", "name: two\nversion: 1.0.0\n")?;
    world.write("two/dependencies.yml", "packages:\n  - local: ../one\n")?;
    let text = world.run("deps", 0)?;
    holds(&text, &["Installing ../one\n", "Installed from <local @ ../two>\n"])?;
    equal(world.installed(), vec!["one".to_owned(), "two".to_owned()])?;
    equal(
        fs::canonicalize(world.shop().join("dbt_packages/two"))?,
        fs::canonicalize(world.folder.path().join("two"))?,
    )?;
    holds(&world.run("deps", 0)?, &["../one is installed from <local @ ../one>"])?;
    holds(&world.run("parse", 0)?, &["Found"])?;
    // What is removed is the link, not what it leads to.
    world.write("shop/packages.yml", "packages:\n  - local: ../two\n")?;
    world.write("two/dependencies.yml", "projects: []\n")?;
    holds(&world.run("deps", 0)?, &["Removed dbt_packages/one, which no list of packages asks for\n"])?;
    equal(world.installed(), vec!["two".to_owned()])?;
    world.read("one/dbt_project.yml")?;
    world.write("shop/packages.yml", "packages:\n  - local: ../nowhere\n")?;
    holds(
        &world.run("deps", 2)?,
        &["error[package-invalid]: ../nowhere", "there is no folder `", "--> packages.yml:2:5"],
    )?;
    world.write("three/dbt_project.yml", "name: two\nversion: 1.0.0\n")?;
    world.write("shop/packages.yml", "packages:\n  - local: ../two\n  - local: ../three\n")?;
    holds(
        &world.run("deps", 2)?,
        &["error[package-conflict]: Found duplicate project \"two\"", "../two", "../three"],
    )?;
    world.write("three/dbt_project.yml", "name: shop\nversion: 1.0.0\n")?;
    holds(&world.run("deps", 2)?, &["Found a dependency with the same name as the root project \"shop\""])
}

fn local_where_packages_are_installed() -> Result<(), Failed> {
    let mut world = World::new("")?;
    world.publish("acme/tools", "1.0.0", json!([]))?;
    world.write("shop/dbt_packages/own/dbt_project.yml", "name: own\nversion: 1.0.0\n")?;
    world.write("shop/dbt_packages/own/models/orders.sql", "select 1 as id\n")?;
    #[cfg(unix)]
    std::os::unix::fs::symlink(world.shop().join("dbt_packages/own"), world.shop().join("linked"))?;
    let linked = if cfg!(unix) { "linked" } else { "dbt_packages/../dbt_packages/own" };
    let refusal = "cannot be installed: it lies in `dbt_packages`, where packages are installed";
    for folder in ["dbt_packages/own", "./x/../dbt_packages/own/", "../shop/dbt_packages/own", linked] {
        let packages =
            format!("packages:\n  - package: acme/tools\n    version: 1.0.0\n  - local: {folder}\n");
        world.write("shop/packages.yml", &packages)?;
        let error = format!("error[package-invalid]: {folder} {refusal}");
        holds(
            &world.run("deps", 2)?,
            &[&error, "--> packages.yml:4:5", "help: move the folder out of there"],
        )?;
        equal(world.installed(), vec!["own".to_owned()])?;
    }
    // Nor does a lock file of before lead to it.
    let mut found = Vec::new();
    let jinja = YamlJinja::new(serde_json::Map::new(), None);
    let listing = teal::project::listing(&world.shop(), "", None, &jinja, &Sources::default(), &mut found);
    let lock = format!(
        "packages:\n  - name: tools\n    package: acme/tools\n    version: 1.0.0\n  - name: own\n    local: dbt_packages/own\nsha1_hash: {}\n",
        listing.sha1_hash()
    );
    world.write("shop/package-lock.yml", &lock)?;
    holds(&world.run("deps", 2)?, &[refusal, "--> package-lock.yml:5:5"])?;
    equal(world.installed(), vec!["own".to_owned()])?;
    world.read("shop/dbt_packages/own/models/orders.sql")?;
    equal(world.read("shop/package-lock.yml")?, lock)
}

fn add_package() -> Result<(), Failed> {
    let before = "# what we use\npackages:\n  - package: acme/tools # as it is\n    version: 1.0.0\n\n  # dates\n  - package: acme/dates\n    version: 1.0.0 # pinned\n# the end\n";
    let mut world = World::new(before)?;
    for (package, version) in
        [("acme/tools", "1.0.0"), ("acme/tools", "1.1.0"), ("acme/dates", "1.0.0"), ("acme/reports", "2.0.0")]
    {
        world.publish(package, version, json!([]))?;
    }
    let text = world.run("deps --add-package acme/reports@>=1.0.0,<3.0.0", 0)?;
    holds(
        &text,
        &["Added new package acme/reports@>=1.0.0,<3.0.0 to packages.yml", "Installing acme/reports\n"],
    )?;
    let added = "  - package: acme/reports\n    version: [\">=1.0.0\", \"<3.0.0\"]\n";
    equal(world.read("shop/packages.yml")?, before.replace("# the end", &format!("{added}# the end")))?;
    let text = world.run("deps --add-package acme/tools@1.1.0", 0)?;
    holds(
        &text,
        &[
            "Found duplicate package in packages.yml, removing: {\"package\":\"acme/tools\",\"version\":\"1.0.0\"}",
        ],
    )?;
    let wanted = format!(
        "# what we use\npackages:\n\n  # dates\n  - package: acme/dates\n    version: 1.0.0 # pinned\n{added}  - package: acme/tools\n    version: 1.1.0\n# the end\n"
    );
    equal(world.read("shop/packages.yml")?, wanted.clone())?;
    // What cannot be had is not added.
    world.run("deps --add-package acme/nothing@1.0.0", 2)?;
    equal(world.read("shop/packages.yml")?, wanted)?;
    holds(&world.run("deps --add-package acme/tools", 2)?, &["Version is required in --add-package"])?;

    let cases = [
        (
            "packages: [{package: acme/dates, version: 1.0.0}] # here\n",
            "packages: [{package: acme/dates, version: 1.0.0}, {package: acme/tools, version: 1.1.0}] # here\n",
        ),
        ("packages: [] # none\n", "packages: # none\n  - package: acme/tools\n    version: 1.1.0\n"),
        ("packages:\n", "packages:\n  - package: acme/tools\n    version: 1.1.0\n"),
        (
            "packages:\n- package: acme/dates\n  version: 1.0.0",
            "packages:\n- package: acme/dates\n  version: 1.0.0\n- package: acme/tools\n  version: 1.1.0\n",
        ),
        ("# nothing", "# nothing\npackages:\n  - package: acme/tools\n    version: 1.1.0\n"),
    ];
    for (before, after) in cases {
        world.write("shop/packages.yml", before)?;
        world.run("deps --lock --add-package acme/tools@1.1.0", 0)?;
        equal(world.read("shop/packages.yml")?.as_str(), after)?;
    }
    fs::remove_file(world.shop().join("packages.yml"))?;
    holds(&world.run("deps --lock --add-package acme/tools@1.1.0", 0)?, &["Created packages.yml"])?;
    equal(
        world.read("shop/packages.yml")?.as_str(),
        "packages:\n  - package: acme/tools\n    version: 1.1.0\n",
    )?;
    fs::remove_file(world.shop().join("packages.yml"))?;
    world.write(
        "shop/dependencies.yml",
        "projects: []\npackages:\n  - package: acme/dates\n    version: 1.0.0\n",
    )?;
    world.write("three/dbt_project.yml", "name: three\nversion: 1.0.0\n")?;
    world.run("deps --lock --source local --add-package ../three", 0)?;
    holds(&world.read("shop/dependencies.yml")?, &["version: 1.0.0\n  - local: ../three\n"])?;
    let (folder, _) = world.repository("four", "", &["name: four\nversion: 1.0.0\n"])?;
    world.run(&format!("deps --lock --source git --add-package file://{}@v0", folder.display()), 0)?;
    holds(
        &world.read("shop/dependencies.yml")?,
        &[&format!("  - git: file://{}\n    revision: v0\n", folder.display())],
    )
}

fn install_path() -> Result<(), Failed> {
    let mut world = World::new("packages:\n  - package: acme/tools\n    version: 1.0.0\n")?;
    world.publish("acme/tools", "1.0.0", json!([]))?;
    // The project file may ask for the target, which is not known here.
    let project = "name: shop\nversion: 1.0.0\nmodels:\n  +enabled: \"{{ target.type != 'x' and target['name'] == '' }}\"\npackages-install-path: ";
    world.write("shop/dbt_project.yml", &format!("{project}inner/packages\n"))?;
    world.run("deps", 0)?;
    holds(&world.read("shop/inner/packages/tools/dbt_project.yml")?, &["name: tools"])?;
    world.run("parse", 0)?;
    for path in [".", "..", "x/.."] {
        world.write("shop/dbt_project.yml", &format!("{project}\"{path}\"\n"))?;
        holds(
            &world.run("deps", 2)?,
            &["error[package-invalid]: packages-install-path", "holds the project itself"],
        )?;
    }
    world.read("shop/dbt_project.yml").map(drop)
}

fn proxy_and_certificates() -> Result<(), Failed> {
    let mut world = World::new("packages:\n  - package: acme/tools\n    version: 1.0.0\n")?;
    world.publish("acme/tools", "1.0.0", json!([]))?;
    let proxy = Server::start()?;
    let proxied = |rest: &str| world.run(&format!("HTTPS_PROXY={} {rest} deps", proxy.url()), 0);
    proxied("NO_PROXY=127.0.0.1")?;
    equal(proxy.requests(), Vec::new())?;
    let line = format!("HTTPS_PROXY={} DBT_PACKAGE_HUB_URL=https://hub.invalid/ deps --upgrade", proxy.url());
    holds(&world.run(&line, 2)?, &["error[package-fetch-failed]: the package registry does not answer"])?;
    equal(proxy.requests().first().map(String::as_str), Some("CONNECT hub.invalid:443"))?;
    let text = world.run("SSL_CERT_FILE=/nothing/here deps", 2)?;
    holds(&text, &["the certificates of `/nothing/here` cannot be read"])?;
    let manifest = root().join("Cargo.toml");
    let text = world.run(&format!("SSL_CERT_FILE={} deps", manifest.display()), 2)?;
    holds(&text, &["there is none in it"])
}
