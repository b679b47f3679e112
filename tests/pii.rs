//! The example project's policies: they hold for `pii --check` and `check`, and each hash call that goes missing is found, with the way to where
//! the value must not be.

use std::fs;

use libtest_mimic::{Failed, Trial};

use crate::case::{root, scratch, teal};

/// A file of the example project, what stands in it, what is put in its place, and the way that must be told.
const LEAKS: &[(&str, &str, &str, &str)] = &[
    (
        "models/staging/crm/stg_crm__accounts.sql",
        "{{ hash_pii('owner_name') }} as owner_hash",
        "owner_name as owner_hash",
        "crm.account.owner_name -> stg_crm__accounts.owner_hash (rename) -> dim_accounts.owner_hash (copy)",
    ),
    (
        "macros/events.sql",
        "{{ hash_pii(\"json ->> '$.traits.email'\") }} as email_hash",
        "json ->> '$.traits.email' as email_hash",
        "events_web.identifies.json -> stg_web__identifies.email_hash (transform) -> fct_trial_requests.email_hash (",
    ),
];

/// The trials.
pub(crate) fn cases() -> Vec<Trial> {
    vec![Trial::test("pii::example_project", example_project)]
}

fn example_project() -> Result<(), Failed> {
    let project = scratch(&root().join("example_project"))?;
    let commands = ["pii --check --no-use-colors", "check --no-use-colors"];
    let commands = commands.map(|line| line.split(' ').map(str::to_owned).collect::<Vec<_>>());
    for words in &commands {
        let (code, output) = teal(project.path(), words)?;
        if code != 0 {
            return Err(format!("the policies do not hold: exit code {code}\n{output}").into());
        }
    }
    for (file, hashed, plain, way) in LEAKS {
        let path = project.path().join(file);
        let text = fs::read_to_string(&path)?;
        if !text.contains(hashed) {
            return Err(format!("{file} has no `{hashed}`").into());
        }
        fs::write(&path, text.replace(hashed, plain))?;
        for words in &commands {
            let (code, output) = teal(project.path(), words)?;
            if code != 1 || !output.contains("error[policy-violated]") || !output.contains(way) {
                return Err(format!("exit code {code}, and not `{way}` in\n{output}").into());
            }
        }
        fs::write(&path, text)?;
    }
    Ok(())
}
