//! The docs site: what its data says, that nothing that was written can run, and what the server lets see.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use libtest_mimic::{Failed, Trial};
use serde_json::{Value, json};

use crate::case::{root, scratch, teal};

/// Trials of the docs site.
pub(crate) fn cases() -> Vec<Trial> {
    vec![
        Trial::test("site::data", data),
        Trial::test("site::nothing_written_can_run", nothing_written_can_run),
        Trial::test("site::results_outlive_a_compilation", results_outlive_a_compilation),
        Trial::test("site::server", server),
    ]
}

/// The project of the case `docs_site`, built, with its site.
fn made() -> Result<tempfile::TempDir, Failed> {
    let project = scratch(&root().join("tests/cases/docs_site"))?;
    run(project.path(), "build --quiet")?;
    run(project.path(), "docs generate --quiet")?;
    Ok(project)
}

fn run(project: &Path, line: &str) -> Result<(), Failed> {
    let words: Vec<_> = line.split(' ').map(str::to_owned).collect();
    let (code, text) = teal(project, &words)?;
    if code == 0 { Ok(()) } else { Err(format!("`teal {line}` exited with {code}\n{text}").into()) }
}

/// The data that a piece hands over.
fn piece(project: &Path, name: &str) -> Result<Value, Failed> {
    let text = fs::read_to_string(project.join(format!("target/site/{name}.js")))?;
    let data =
        text.strip_prefix(&format!("teal.take(\"{name}\", ")).and_then(|rest| rest.strip_suffix(");\n"));
    Ok(serde_json::from_str(data.ok_or("the piece is no call")?)?)
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
        ("undocumented", json!([reachable])),
        ("personal", json!([{"node": people, "column": "email", "classes": ["pii"]}])),
    ] {
        equal(&health[key], wanted, key)?;
    }
    equal(
        &nodes[usize::try_from(health["failing"][0].as_u64().unwrap_or(999))?]["st"],
        json!("warn"),
        "what failed",
    )?;
    let details = piece(project.path(), "piece/0")?;
    let columns = &details[contacts]["cols"];
    equal(&columns[1]["n"], json!("address"), "the second column")?;
    equal(&columns[1]["t"], json!("VARCHAR"), "its type")?;
    equal(&columns[1]["from"], json!([[people, "email", "rename"]]), "what it is made of")?;
    equal(&columns[1]["by"], json!(people), "whose description it has")?;
    equal(&columns[2]["from"], json!([[people, "id", "transform"]]), "what doubled is made of")?;
    // A copy of a copy has the description of the first.
    equal(&details[reachable]["cols"][0]["by"], json!(people), "whose description the copy has")?;
    let index = piece(project.path(), "index")?;
    let words = index["words"].as_array().ok_or("no words")?;
    let word = words.iter().position(|word| word == "doubled").ok_or("`doubled` is not in the index")?;
    let entries = &index["entries"][word];
    equal(entries, json!([contacts * 5 + 1, contacts * 5 + 4]), "where `doubled` stands")
}

fn nothing_written_can_run() -> Result<(), Failed> {
    let project = made()?;
    run(project.path(), "docs generate --static --quiet")?;
    let details = piece(project.path(), "piece/0")?;
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
    if opened != page.matches("</script>").count() || opened != 7 || page.contains("src=\"") {
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

/// Ends the server with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn server() -> Result<(), Failed> {
    let project = made()?;
    fs::write(project.path().join("target/secret.txt"), "hidden")?;
    let child = Command::new(env!("CARGO_BIN_EXE_teal"))
        .args(["docs", "serve", "--port", "0", "--no-browser"])
        .current_dir(project.path())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut running = Running(child);
    let mut lines = BufReader::new(running.0.stdout.take().ok_or("no output")?).lines();
    let address = loop {
        let line = lines.next().ok_or("the server ended")??;
        if let Some((_, address)) = line.split_once("http://") {
            break address.trim_end_matches('/').to_owned();
        }
    };
    if !address.starts_with("127.0.0.1:") {
        return Err(format!("it listens on {address}").into());
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
    // The site follows its artifacts.
    fs::write(project.path().join("models/new.sql"), "select 1 as one")?;
    run(project.path(), "parse --quiet")?;
    if ask("GET /site/core.js")?.contains("model.shop.new") {
        Ok(())
    } else {
        Err("the site is the old one".into())
    }
}
