//! Packages from git repositories: revisions, folders, secrets, mistakes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use libtest_mimic::Failed;
use serde_json::json;

use super::{World, equal, holds};

/// Runs git, with an author, in a folder.
pub(super) fn git(folder: &Path, line: &str) -> Result<String, Failed> {
    let output = Command::new("git")
        .args(["-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "init.defaultBranch=main"])
        .args(line.split(' '))
        .current_dir(folder)
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if output.status.success() {
        Ok(text)
    } else {
        Err(format!("git {line}: {}", String::from_utf8_lossy(&output.stderr)).into())
    }
}

impl World {
    /// A repository with a commit of each text of its project file, tagged `v0`, `v1`, …
    pub(super) fn repository(
        &self,
        name: &str,
        inside: &str,
        texts: &[&str],
    ) -> Result<(PathBuf, Vec<String>), Failed> {
        let folder = self.folder.path().join(name);
        fs::create_dir_all(&folder)?;
        git(&folder, "init --quiet")?;
        let mut commits = Vec::new();
        for (at, text) in texts.iter().enumerate() {
            self.write(&format!("{name}/{inside}dbt_project.yml"), text)?;
            git(&folder, "add .")?;
            git(&folder, "commit --quiet -m change")?;
            git(&folder, &format!("tag v{at}"))?;
            commits.push(git(&folder, "rev-parse HEAD")?);
        }
        Ok((folder, commits))
    }
}

pub(super) fn revisions() -> Result<(), Failed> {
    let world = World::new("")?;
    let version = |minor: usize| format!("name: tools\nversion: 1.{minor}.0\n");
    let texts = [version(0), version(1), version(2)];
    let (folder, commits) = world.repository("tools", "", &texts.each_ref().map(String::as_str))?;
    git(&folder, "checkout --quiet -b feature/x v0")?;
    git(&folder, "checkout --quiet main")?;
    let url = format!("file://{}", folder.display());
    for (revision, at) in [
        ("revision: v1", 1),
        ("revision: feature/x", 0),
        (&*format!("revision: {}", commits[1]), 1),
        (&*format!("revision: '{}'", &commits[0][..8]), 0),
        ("warn-unpinned: false", 2),
    ] {
        world.write("shop/packages.yml", &format!("packages:\n  - git: \"{url}\"\n    {revision}\n"))?;
        let text = world.run("deps", 0)?;
        holds(
            &text,
            &[&format!("Installing {url}\n"), &format!("Installed from revision {}\n", commits[at])],
        )?;
        equal(text.contains("WARNING"), false)?;
        equal(world.read("shop/dbt_packages/tools/dbt_project.yml")?, texts[at].clone())?;
        equal(world.shop().join("dbt_packages/tools/.git").exists(), false)?;
        holds(
            &world.read("shop/package-lock.yml")?,
            &[&format!("  - git: {url}\n    name: tools\n    revision: ")],
        )?;
    }
    // A branch that moved is not looked at until that is asked for.
    world.write("tools/dbt_project.yml", &version(3))?;
    git(&folder, "commit --quiet -a -m more")?;
    world.run("deps", 0)?;
    equal(world.read("shop/dbt_packages/tools/dbt_project.yml")?, version(2))?;
    world.run("deps --upgrade", 0)?;
    equal(world.read("shop/dbt_packages/tools/dbt_project.yml")?, version(3))?;
    // By the lock alone.
    fs::remove_dir_all(world.shop().join("dbt_packages"))?;
    world.run("deps", 0)?;
    equal(world.read("shop/dbt_packages/tools/dbt_project.yml")?, version(3))?;

    let (inner, commits) = world.repository("many", "projects/inner/", &["name: inner\nversion: 1.0.0\n"])?;
    let url = format!("file://{}", inner.display());
    world.write(
        "shop/packages.yml",
        &format!("packages:\n  - git: \"{url}\"\n    revision: main\n    subdirectory: projects/inner\n"),
    )?;
    let text = world.run("deps", 0)?;
    holds(
        &text,
        &[
            &format!(
                "[WARNING][package-unpinned]: The git package \"{url}\" is pinned to the \"main\" branch."
            ),
            &format!("Installing {url}/projects/inner\n"),
            "and subdirectory projects/inner\n",
        ],
    )?;
    holds(
        &world.read("shop/package-lock.yml")?,
        &[&format!("revision: {}\n    subdirectory: projects/inner\n", commits[0])],
    )?;
    equal(world.installed(), vec!["inner".to_owned()])?;
    holds(&world.run("deps --upgrade --warn-error", 2)?, &["error[package-unpinned]"])
}

pub(super) fn secrets() -> Result<(), Failed> {
    let world = World::new("")?;
    let (folder, _) = world.repository("s3cr3t", "", &["name: tools\nversion: 1.0.0\n"])?;
    let base = format!("file://{}", world.folder.path().display());
    let written = format!("{base}/{{{{ env_var('DBT_ENV_SECRET_PART') }}}}");
    world.write("shop/packages.yml", &format!("packages:\n  - git: \"{written}\"\n    revision: v0\n"))?;
    let run = |line: &str, wanted| world.run(&format!("DBT_ENV_SECRET_PART=s3cr3t {line}"), wanted);
    let text = run("--debug --log-format-file json deps", 0)?;
    holds(&text, &[&format!("Installing {base}/*****\n")])?;
    let lock = world.read("shop/package-lock.yml")?;
    holds(&lock, &[&written])?;
    for everything in
        [text, lock, world.read("shop/logs/dbt.log")?, world.read("shop/dbt_packages/package-lock.yml")?]
    {
        equal(everything.contains("s3cr3t"), false)?;
    }
    fs::remove_dir_all(world.shop().join("dbt_packages"))?;
    run("deps", 0)?;
    equal(world.installed(), vec!["tools".to_owned()])?;
    world
        .write("shop/packages.yml", &format!("packages:\n  - git: \"{written}\"\n    revision: nothing\n"))?;
    equal(run("deps", 2)?.contains("s3cr3t"), false)?;
    // Written in the open, it is taken out of the lock, which is said.
    world.write(
        "shop/packages.yml",
        &format!("packages:\n  - git: \"file://{}\"\n    revision: v0\n", folder.display()),
    )?;
    holds(&run("deps --lock", 0)?, &["Detected secret env var in"])?;
    equal(world.read("shop/package-lock.yml")?.contains("s3cr3t"), false)?;
    // A token in an address is not shown, be it in a variable or not.
    world.write(
        "shop/packages.yml",
        "packages:\n  - git: https://ada:t0k3n@127.0.0.1:9/x.git\n    revision: v0\n",
    )?;
    let text = run("deps", 2)?;
    holds(&text, &["error[package-fetch-failed]", "https://*****@127.0.0.1:9/x.git"])?;
    // The excerpt shows the line of the file, which is where it was written.
    let shown: Vec<&str> = text.lines().filter(|line| line.contains("t0k3n")).collect();
    equal(shown.len(), 1)?;
    // Private packages: by SSH to a provider, or by what the platform says.
    let places = json!([{"org": "acme", "provider": "github", "token": "t0k3n", "url": format!("file://{}/{{repo}}?{{token}}", world.folder.path().display())}]);
    world.write("shop/packages.yml", "packages:\n  - private: acme/other\n    revision: v0\n")?;
    let text = world
        .run(&format!("DBT_ENV_PRIVATE_GIT_PROVIDER_INFO={} deps", places.to_string().replace(' ', "")), 2)?;
    equal(text.contains("t0k3n"), false)
}

pub(super) fn mistakes() -> Result<(), Failed> {
    let world = World::new("")?;
    let (folder, _) = world.repository("tools", "sub/", &["name: tools\nversion: 1.0.0\n"])?;
    git(&folder, "tag release-2024")?;
    let url = format!("file://{}", folder.display());
    let check = |item: &str, parts: &[&str]| {
        world.write("shop/packages.yml", &format!("packages:\n  - {item}\n"))?;
        let text = world.run("deps", 2)?;
        holds(&text, parts)
    };
    check(
        &format!("git: {url}\n    revision: release-2042"),
        &["error[package-fetch-failed]", "did you mean `release-2024`?"],
    )?;
    check(
        &format!("git: {url}\n    revision: zzz"),
        &["branches and tags there: `v0`, `release-2024`, `main`"],
    )?;
    check(
        "git: file:///nothing/here\n    revision: v0",
        &["Error checking out spec='v0' for repo file:///nothing/here"],
    )?;
    check(
        &format!("git: {url}\n    revision: v0"),
        &["there is no dbt_project.yml in it", "as `subdirectory`"],
    )?;
    check(&format!("git: {url}\n    revision: v0\n    subdirectory: ../.."), &["error[package-invalid]"])?;
    check(&format!("git: {url}\n    revision: --upload-pack=touch"), &["would be an option of git"])?;
    check(
        &format!(
            "git: {url}\n    revision: v0\n    subdirectory: sub\n  - git: {url}.git\n    revision: main\n    subdirectory: sub"
        ),
        &[
            "error[package-conflict]: git dependencies should contain exactly one version",
            "`shop` asks for main",
            "`shop` asks for v0",
        ],
    )?;
    check("private: acme", &["`acme` is no name of a private package"])?;
    check("private: acme/x\n    provider: svn", &["Valid providers are: github, gitlab, ado, azure_devops"])
}
