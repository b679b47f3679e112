//! `teal init`: a small project that builds at once, on the embedded warehouse and with no profile.

use std::path::Path;

use super::{Failure, Invocation, Verdict};
use crate::adapter::EMBEDDED;
use crate::console::Event;
use crate::diagnostic::{Code, Diagnostic};

/// The files of a new project; `{name}` stands for its name, `{kind}` for the embedded warehouse.
const FILES: &[(&str, &str)] = &[
    (
        "dbt_project.yml",
        "name: {name}\nversion: 1.0.0\nprofile: {name}\n\nmodels:\n  {name}:\n    staging:\n      \
         +materialized: view\n    marts:\n      +materialized: table\n",
    ),
    (".gitignore", "target/\nlogs/\ndbt_packages/\n*.{kind}\n*.{kind}.wal\n"),
    (
        "README.md",
        "# {name}\n\n    teal build     load the seeds, build the models, run the tests\n    teal show \
         --select daily_orders\n\nData is kept in `{name}.{kind}` beside this file until a `profiles.yml` \
         says otherwise.\n",
    ),
    (
        "seeds/raw_orders.csv",
        "order_id,customer,ordered_on,amount\n1,ada,2026-01-03,19.50\n2,grace,2026-01-03,7.25\n\
         3,ada,2026-01-04,42.00\n4,edsger,2026-01-05,12.75\n",
    ),
    (
        "models/staging/stg_orders.sql",
        "select\n    order_id,\n    customer,\n    cast(ordered_on as date) as ordered_on,\n    \
         cast(amount as decimal(10, 2)) as amount\nfrom {{ ref('raw_orders') }}\n",
    ),
    (
        "models/marts/daily_orders.sql",
        "select\n    ordered_on,\n    count(*) as orders,\n    sum(amount) as amount\nfrom \
         {{ ref('stg_orders') }}\ngroup by ordered_on\norder by ordered_on\n",
    ),
    (
        "models/properties.yml",
        "version: 2\n\nmodels:\n  - name: stg_orders\n    description: One row an order.\n    columns:\n      \
         - name: order_id\n        data_tests: [unique, not_null]\n  - name: daily_orders\n    description: \
         Orders and their worth by day.\n    columns:\n      - name: ordered_on\n        data_tests: [unique, \
         not_null]\n",
    ),
];

/// Folders that a project may have and that start empty.
const FOLDERS: &[&str] = &["macros", "tests", "snapshots", "analyses"];

/// Writes a new project into a folder of its name.
pub(super) fn run(invocation: &Invocation) -> Result<Verdict, Failure> {
    let fail = |code, message: String| vec![Diagnostic::error(code, message)];
    let Some(name) = &invocation.word else {
        if invocation.folder.join("dbt_project.yml").exists() {
            let text =
                "This folder holds a project already. It needs no profile to run on the embedded warehouse.";
            invocation.console.emit(Event::info(text));
            return Ok(Verdict::Passed);
        }
        let help = "say `teal init my_project`";
        let why = Diagnostic::error(Code::Usage, "a new project needs a name").help(help);
        return Err(vec![why]);
    };
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if !name.chars().all(is_word) || !name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        let message = format!("`{name}` is no name for a project");
        let help = "letters, digits and underscores, a letter first";
        return Err(vec![Diagnostic::error(Code::Usage, message).help(help)]);
    }
    let folder = invocation.folder.join(name);
    if folder.exists() {
        return Err(fail(Code::Usage, format!("A project called {name} already exists here.")));
    }
    write(&folder, name)
        .map_err(|error| fail(Code::FileAccess, format!("cannot write `{}`: {error}", folder.display())))?;
    let text = format!("Your new project \"{name}\" was created! Next: cd {name}, then teal build");
    invocation.console.emit(Event::info(text));
    Ok(Verdict::Passed)
}

fn write(folder: &Path, name: &str) -> std::io::Result<()> {
    for (path, text) in FILES {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap_or(folder))?;
        std::fs::write(path, text.replace("{name}", name).replace("{kind}", EMBEDDED))?;
    }
    for empty in FOLDERS {
        std::fs::create_dir_all(folder.join(empty))?;
        std::fs::write(folder.join(empty).join(".gitkeep"), "")?;
    }
    Ok(())
}
