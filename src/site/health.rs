//! The state of the project as the home page shows it: what is documented and tested, what failed, what is
//! slow or large, and where personal data is.

use serde_json::{Value, json};

use super::artifacts::Artifacts;
use super::resource::{Resource, is_test};

/// How many of the slowest nodes and of the largest relations are shown.
const MOST: usize = 10;

/// Numbers and lists for the home page; nodes are given by their place in the list of resources.
pub(super) fn health(artifacts: &Artifacts, resources: &[Resource<'_>]) -> Value {
    let root = artifacts.root();
    let own = || resources.iter().enumerate().filter(|(_, resource)| resource.package() == root);
    let models: Vec<_> = own().filter(|(_, resource)| resource.kind == "model").collect();
    let described = |resource: &Resource<'_>| !resource.text("description").trim().is_empty();
    let columns = || models.iter().flat_map(|(_, model)| &model.columns);
    let status =
        |resource: &Resource<'_>| artifacts.result(resource.id)["status"].as_str().unwrap_or_default();
    let bad = ["fail", "error", "warn", "runtime error", "partial success"];
    let failing: Vec<_> = resources
        .iter()
        .filter(|resource| bad.contains(&status(resource)))
        .map(|resource| {
            let result = artifacts.result(resource.id);
            let seconds = &result["seconds"];
            json!({"id": resource.id, "n": resource.name(), "t": resource.kind, "st": status(resource), "sec": seconds})
        })
        .collect();
    let stale = own().filter(|(_, resource)| {
        let status = artifacts.freshness(resource.id)["status"].as_str();
        status.is_some_and(|status| status != "pass")
    });
    let passed =
        resources.iter().filter(|resource| is_test(resource.kind) && status(resource) == "pass").count();
    let known =
        resources.iter().filter(|resource| is_test(resource.kind) && !status(resource).is_empty()).count();
    let most = |of: &dyn Fn(&Resource<'_>) -> Option<f64>| -> Vec<usize> {
        let mut found: Vec<_> = own().filter_map(|(at, resource)| Some((at, of(resource)?))).collect();
        found.sort_by(|a, b| b.1.total_cmp(&a.1));
        found.into_iter().take(MOST).map(|(at, _)| at).collect()
    };
    let slowest = most(&|resource| {
        let is_built = matches!(resource.kind, "model" | "seed" | "snapshot");
        if is_built { artifacts.result(resource.id)["seconds"].as_f64() } else { None }
    });
    let largest = most(&|resource| artifacts.size(resource.id, "rows").as_f64());
    let without = |is_there: &dyn Fn(&Resource<'_>) -> bool| -> Vec<usize> {
        models.iter().filter(|(_, model)| !is_there(model)).map(|(at, _)| *at).collect()
    };
    let undocumented = without(&described);
    let untested = without(&|model| !model.tests.is_empty());
    let personal: Vec<_> = own()
        .flat_map(|(at, resource)| {
            let classified = resource.columns.iter().filter(|column| !column.classes.is_empty());
            classified
                .map(move |column| json!({"node": at, "column": column.name, "classes": column.classes}))
        })
        .collect();
    json!({
        "models": models.len(),
        "documented": models.len() - undocumented.len(),
        "tested": models.len() - untested.len(),
        "columns": columns().count(),
        "columns_documented": columns().filter(|column| !column.description.is_empty()).count(),
        "tests": known,
        "tests_passed": passed,
        "failing": failing,
        "stale": stale.map(|(at, _)| at).collect::<Vec<_>>(),
        "slowest": slowest,
        "largest": largest,
        "undocumented": undocumented,
        "untested": untested,
        "personal": personal,
    })
}
