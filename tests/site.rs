//! The docs site: what its data says, that nothing that was written can run, what the server lets see, and what a
//! reader sees in a browser.
//!
//! The trials in a browser need Chromium, and Node with what `tests/browser/package.json` names; without them they
//! are ignored.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use libtest_mimic::{Failed, Trial};
use serde_json::{Value, json};

use crate::case::{root, scratch, teal};
use crate::{example, selector};

/// Trials of the docs site.
pub(crate) fn cases() -> Vec<Trial> {
    vec![
        Trial::test("site::data", data),
        Trial::test("site::nothing_written_can_run", nothing_written_can_run),
        Trial::test("site::results_outlive_a_compilation", results_outlive_a_compilation),
        Trial::test("site::history", history),
        Trial::test("site::layers", layers),
        Trial::test("site::server", server),
        Trial::test("site::selectors", selectors).with_ignored_flag(!has("node")),
        Trial::test("site::browser_folder", || look("index.html")).with_ignored_flag(!has_browser()),
        Trial::test("site::browser_page", || look("static_index.html")).with_ignored_flag(!has_browser()),
        Trial::test("site::browser_served", served).with_ignored_flag(!has_browser()),
        Trial::test("site::browser_crawl", || example("crawl")).with_ignored_flag(!has_browser()),
        Trial::test("site::browser_accessible", || example("accessible")).with_ignored_flag(!has_browser()),
    ]
}

/// Whether a program is on the path.
fn has(program: &str) -> bool {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&paths).any(|folder| folder.join(program).is_file())
}

/// Whether there is a browser and what drives it.
fn has_browser() -> bool {
    let is_installed = |name: &str| root().join("tests/browser/node_modules").join(name).is_dir();
    let browser = std::env::var_os("CHROMIUM").is_some() || has("chromium");
    browser && has("node") && is_installed("playwright-core") && is_installed("axe-core")
}

/// The project of the case `docs_site`, built, with its site.
fn made() -> Result<tempfile::TempDir, Failed> {
    let project = scratch(&root().join("tests/cases/docs_site"))?;
    run(project.path(), "build --quiet")?;
    run(project.path(), "source freshness --quiet")?;
    run(project.path(), "docs generate --quiet")?;
    Ok(project)
}

fn run(project: &Path, line: &str) -> Result<(), Failed> {
    let words: Vec<_> = line.split(' ').map(str::to_owned).collect();
    let (code, text) = teal(project, &words)?;
    if code == 0 { Ok(()) } else { Err(format!("`teal {line}` exited with {code}\n{text}").into()) }
}

/// The data that a piece hands over: JSON in a text of JavaScript, in which `\`, `'` and `<` are escaped.
fn piece(project: &Path, name: &str) -> Result<Value, Failed> {
    let script = fs::read_to_string(project.join(format!("target/site/{name}.js")))?;
    let data = script.strip_prefix(&format!("teal.take(\"{name}\", JSON.parse('"));
    let data = data.and_then(|rest| rest.strip_suffix("'));\n")).ok_or("the piece is no call")?;
    let (mut json, mut rest) = (String::new(), data);
    while let Some(at) = rest.find('\\') {
        json.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix("u003c") {
            json.push('<');
            rest = after;
        } else {
            json.push_str(rest.get(..1).ok_or("an escape ends the piece")?);
            rest = &rest[1..];
        }
    }
    json.push_str(rest);
    Ok(serde_json::from_str(&json)?)
}

fn equal(found: &Value, wanted: Value, what: &str) -> Result<(), Failed> {
    if *found == wanted { Ok(()) } else { Err(format!("{what} is {found}, not {wanted}").into()) }
}

fn data() -> Result<(), Failed> {
    let project = made()?;
    let core = piece(project.path(), "core")?;
    let nodes = core["nodes"].as_array().ok_or("no nodes")?;
    let place = |id: &str| nodes.iter().position(|node| node["id"] == id).ok_or(format!("no {id}"));
    let (people, contacts) = (place("seed.shop.people")?, place("model.shop.contacts")?);
    let (reachable, board) = (place("model.shop.reachable")?, place("exposure.shop.board")?);
    let (visits, doubler) = (place("source.shop.raw.visits")?, place("macro.shop.doubler")?);
    equal(&nodes[contacts]["in"], json!([people]), "what contacts reads")?;
    equal(&nodes[contacts]["st"], json!("success"), "the status of contacts")?;
    equal(&nodes[people]["pii"], json!(true), "that people has personal data")?;
    let x = |at: usize| nodes[at]["xy"][0].as_i64();
    if !(x(people) < x(contacts) && x(contacts) < x(reachable) && x(reachable) < x(board)) {
        return Err(format!("the layers do not run from left to right: {nodes:#?}").into());
    }
    let health = &core["health"];
    for (key, wanted) in [
        ("models", json!(2)),
        ("documented", json!(1)),
        ("tested", json!(1)),
        ("columns", json!(4)),
        ("columns_documented", json!(1)),
        ("tests", json!(3)),
        ("tests_passed", json!(2)),
        ("undocumented", json!([reachable])),
        ("personal", json!([{"node": people, "column": "email", "classes": ["pii"]}])),
        ("stale", json!([visits])),
    ] {
        equal(&health[key], wanted, key)?;
    }
    equal(&health["failing"][0]["st"], json!("warn"), "what failed")?;
    for at in [visits, people, contacts, reachable] {
        equal(&nodes[at]["rows"], json!(2), "rows")?;
    }
    equal(&core["tests"], json!(2), "the number of generic tests, which are a piece of their own")?;
    let tests = piece(project.path(), "tests")?;
    equal(&tests[0]["in"], json!([contacts]), "what the first test is about")?;
    let details = piece(project.path(), "page/0")?;
    let columns = &details[contacts]["cols"];
    equal(&columns[1]["n"], json!("address"), "the second column")?;
    equal(&columns[1]["t"], json!("VARCHAR"), "its type")?;
    equal(&columns[1]["by"], json!(people), "whose description it has")?;
    // A copy of a copy has the description of the first.
    equal(&details[reachable]["cols"][0]["by"], json!(people), "whose description the copy has")?;
    let tests = details[contacts]["tests"].as_array().ok_or("no tests")?;
    let about = tests.iter().find(|test| test["c"] == "address").ok_or("address has no test")?;
    equal(&about["n"], json!("accepted_values (values: [\"a@example.com\"])"), "how the test is named")?;
    equal(&about["st"], json!("warn"), "its status")?;
    equal(&details[contacts]["macros"], json!([doubler]), "what contacts calls")?;
    equal(&details[doubler]["out"], json!([contacts]), "what calls doubler")?;
    equal(&details[visits]["fresh"]["status"], json!("warn"), "how fresh the source is")?;
    let steps = piece(project.path(), "column/0")?;
    let wanted = json!(["address", [[people, "email", "rename"]], [[reachable, "address", "copy"]]]);
    equal(&steps[contacts][1], wanted, "the steps of address")?;
    let wanted = json!(["doubled", [[people, "id", "transform"]], []]);
    equal(&steps[contacts][2], wanted, "the steps of doubled")?;
    let index = piece(project.path(), "index")?;
    let words = index["words"].as_array().ok_or("no words")?;
    let word = words.iter().position(|word| word == "doubled").ok_or("`doubled` is not in the index")?;
    // The second of its entries is given by what it is further on.
    equal(&index["entries"][word], json!([contacts * 5 + 1, 3]), "where `doubled` stands")
}

fn nothing_written_can_run() -> Result<(), Failed> {
    let project = made()?;
    run(project.path(), "docs generate --static --quiet")?;
    let details = piece(project.path(), "page/0")?;
    let shown = details
        .as_array()
        .into_iter()
        .flatten()
        .find(|d| d["d"].as_str().is_some_and(|d| d.contains("People")));
    let html = shown.ok_or("no description")?["d"].as_str().unwrap_or_default().to_owned();
    for (text, is_there) in [
        ("<strong>People</strong>", true),
        ("&lt;script&gt;", true),
        ("href=\"https://example.com/a?b=c\"", true),
        ("<script", false),
        ("<img src=x", false),
        ("javascript:", false),
        ("pixel.png", false),
    ] {
        if html.contains(text) != is_there {
            return Err(
                format!("`{text}` {}: {html}", if is_there { "is missing" } else { "is there" }).into()
            );
        }
    }
    let page = fs::read_to_string(project.path().join("target/static_index.html"))?;
    let opened = page.matches("<script>").count();
    // Scripts of the page itself and its data, and none that was smuggled in with a model's code.
    if opened != page.matches("</script>").count() || opened != 11 || page.contains("src=\"") {
        return Err(
            format!("{opened} scripts are opened, {} closed", page.matches("</script>").count()).into()
        );
    }
    if page.contains("</script><script>window") {
        Err("code of a model ends a script".into())
    } else {
        Ok(())
    }
}

fn results_outlive_a_compilation() -> Result<(), Failed> {
    let project = made()?;
    run(project.path(), "run --quiet --select contacts")?;
    run(project.path(), "docs generate --quiet")?;
    run(project.path(), "docs generate --quiet")?;
    let results: Value = serde_json::from_slice(&fs::read(project.path().join("target/site/results.json"))?)?;
    equal(&results["seed.shop.people"]["status"], json!("success"), "the seed's status")?;
    equal(&results["model.shop.contacts"]["status"], json!("success"), "the model's status")
}

/// A run counts once, however often the site is made, and the last twenty are kept.
fn history() -> Result<(), Failed> {
    let project = made()?;
    let runs = |project: &Path| -> Result<Value, Failed> {
        run(project, "docs generate --quiet --no-compile")?;
        let results: Value = serde_json::from_slice(&fs::read(project.join("target/site/results.json"))?)?;
        Ok(results["model.shop.contacts"]["history"].clone())
    };
    let last = project.path().join("target/run_results.json");
    run(project.path(), "run --quiet --select contacts")?;
    runs(project.path())?;
    let twice = runs(project.path())?;
    equal(&json!(twice.as_array().map(Vec::len)), json!(2), "the number of runs")?;
    let text = fs::read_to_string(&last)?;
    let completed = twice[1][0].as_str().ok_or("the run has no time")?;
    for second in 10..40 {
        fs::write(&last, text.replace(completed, &format!("2031-01-01T00:00:{second}Z")))?;
        runs(project.path())?;
    }
    let many = runs(project.path())?;
    equal(&json!(many.as_array().map(Vec::len)), json!(20), "the number of runs that are kept")?;
    equal(&many[19][0], json!("2031-01-01T00:00:39Z"), "the newest")?;
    // What is no result of a run does not harm.
    fs::write(&last, "{\"args\": {}}")?;
    equal(&runs(project.path())?, many, "the runs after none")
}

/// What reads stands to the right of what it reads, however many nodes and steps there are.
fn layers() -> Result<(), Failed> {
    let (random, long) = (|at: usize, turn: usize| (at * 7919 + turn * 104_729) % at, |at: usize| at - 1);
    for (count, turns) in [(40, 2), (300, 2), (3000, 3)] {
        let model = |at: usize| {
            let mut parents: Vec<usize> =
                if at == 0 { Vec::new() } else { (0..turns).map(|turn| random(at, turn)).collect() };
            parents.extend((at % 3 == 1).then(|| long(at)));
            let parents: Vec<_> = parents.iter().map(|parent| format!("model.p.m{parent}")).collect();
            let node =
                json!({"resource_type": "model", "name": format!("m{at}"), "depends_on": {"nodes": parents}});
            (format!("model.p.m{at}"), node)
        };
        let nodes: serde_json::Map<_, _> = (0..count).map(model).collect();
        let project = tempfile::tempdir()?;
        let target = project.path().join("target");
        fs::create_dir(&target)?;
        fs::write(target.join("manifest.json"), json!({"nodes": nodes}).to_string())?;
        teal::site::write_folder(&target).map_err(|error| error.message)?;
        let core = piece(project.path(), "core")?;
        let nodes = core["nodes"].as_array().ok_or("no nodes")?;
        let x = |at: usize| nodes[at]["xy"][0].as_i64();
        for (at, node) in nodes.iter().enumerate() {
            for parent in node["in"].as_array().into_iter().flatten().filter_map(Value::as_u64) {
                let parent = usize::try_from(parent)?;
                if x(parent).is_none() || x(parent) >= x(at) {
                    return Err(format!(
                        "of {count}, {at} stands at {:?} and reads {parent} at {:?}",
                        x(at),
                        x(parent)
                    )
                    .into());
                }
            }
        }
    }
    Ok(())
}

/// Runs a script with Node.
fn node(words: &[&str]) -> Result<String, Failed> {
    let done = Command::new("node").args(words).current_dir(root()).output()?;
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    if done.status.success() { Ok(text(done.stdout)) } else { Err(text(done.stderr).into()) }
}

/// The selectors of the page mean what those of the command line mean.
fn selectors() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    fs::write(folder.path().join("manifest.json"), selector::manifest()?.to_string())?;
    teal::site::write_folder(folder.path()).map_err(|error| error.message)?;
    let asked = selector::drawn()?;
    fs::write(folder.path().join("asked.json"), json!(asked).to_string())?;
    let told = node(&["tests/browser/select.mjs", &folder.path().to_string_lossy()])?;
    if told.trim() == format!("{} selections", asked.len()) { Ok(()) } else { Err(told.into()) }
}

/// Everything a reader does, with the site on disk.
fn look(page: &str) -> Result<(), Failed> {
    let project = made()?;
    run(project.path(), "docs generate --static --quiet")?;
    let page = project.path().join("target").join(page);
    node(&["tests/browser/site.mjs", "look", &format!("file://{}", page.display())]).map(drop)
}

fn served() -> Result<(), Failed> {
    let project = made()?;
    let (_running, address) = start(project.path())?;
    let address = format!("http://{address}/");
    node(&["tests/browser/site.mjs", "look", &address])?;
    let manifest = project.path().join("target/manifest.json");
    node(&["tests/browser/site.mjs", "reload", &address, &manifest.to_string_lossy()]).map(drop)
}

/// What is done with the site of the example project.
fn example(what: &str) -> Result<(), Failed> {
    let page = example::folder()?.join("target/index.html");
    node(&["tests/browser/site.mjs", what, &format!("file://{}", page.display())]).map(drop)
}

/// Ends the server with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Serves a project's site; returns the server and where it listens.
fn start(project: &Path) -> Result<(Running, String), Failed> {
    let child = Command::new(env!("CARGO_BIN_EXE_teal"))
        .args(["docs", "serve", "--port", "0", "--no-browser"])
        .current_dir(project)
        .stdout(Stdio::piped())
        .spawn()?;
    let mut running = Running(child);
    let mut lines = BufReader::new(running.0.stdout.take().ok_or("no output")?).lines();
    loop {
        let line = lines.next().ok_or("the server ended")??;
        if let Some((_, address)) = line.split_once("http://") {
            return Ok((running, address.trim_end_matches('/').to_owned()));
        }
    }
}

fn server() -> Result<(), Failed> {
    let project = made()?;
    fs::write(project.path().join("target/secret.txt"), "hidden")?;
    let (_running, address) = start(project.path())?;
    if !address.starts_with("127.0.0.1:") {
        return Err(format!("it listens on {address}").into());
    }
    let port = address.rsplit(':').next().unwrap_or_default();
    let words = ["docs", "serve", "--no-browser", "--port", port].map(str::to_owned);
    let (code, told) = teal(project.path(), &words)?;
    if code != 2 || !told.contains(&format!("cannot listen on {address}")) || !told.contains("`--port`") {
        return Err(format!("a second server exits with {code}\n{told}").into());
    }
    let ask = |request: &str| -> Result<String, Failed> {
        let mut stream = TcpStream::connect(&address)?;
        write!(stream, "{request} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    let page = ask("GET /")?;
    for wanted in [
        "HTTP/1.1 200",
        "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'",
        "X-Content-Type-Options: nosniff",
        "Content-Type: text/html; charset=utf-8",
        "<main id=\"main\"",
    ] {
        if !page.contains(wanted) {
            return Err(format!("no `{wanted}` in\n{page}").into());
        }
    }
    for (request, wanted) in [
        ("GET /site/core.js", "200"),
        ("GET /manifest.json", "200"),
        ("GET /site/stamp", "200"),
        ("HEAD /index.html", "200"),
        ("POST /index.html", "405"),
        ("GET /secret.txt", "404"),
        ("GET /../dbt_project.yml", "404"),
        ("GET /../shop.duckdb", "404"),
        ("GET /site/../../models/properties.yml", "404"),
        ("GET //etc/passwd", "404"),
        ("GET /site/%2e%2e/%2e%2e/seeds/people.csv", "404"),
    ] {
        let answer = ask(request)?;
        if !answer.starts_with(&format!("HTTP/1.1 {wanted}")) {
            return Err(format!("`{request}`: {}", answer.lines().next().unwrap_or_default()).into());
        }
    }
    // A browser opens several connections at a time and would keep them open.
    let mut streams = Vec::new();
    for _ in 0..12 {
        let mut stream = TcpStream::connect(&address)?;
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        write!(stream, "GET /site/app.js HTTP/1.1\r\nHost: {address}\r\n\r\n")?;
        streams.push(stream);
    }
    let script = fs::read(project.path().join("target/site/app.js"))?;
    for stream in streams {
        let mut lines = BufReader::new(stream);
        let mut line = String::new();
        while line != "\r\n" {
            line.clear();
            lines.read_line(&mut line).map_err(|error| format!("a request has no answer: {error}"))?;
        }
        let mut answer = vec![0; script.len()];
        lines.read_exact(&mut answer)?;
        if answer != script {
            return Err("the answer is another file".into());
        }
    }
    // The site follows its artifacts.
    fs::write(project.path().join("models/new.sql"), "select 1 as one")?;
    run(project.path(), "parse --quiet")?;
    if ask("GET /site/core.js")?.contains("model.shop.new") {
        Ok(())
    } else {
        Err("the site is the old one".into())
    }
}
