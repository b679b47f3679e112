//! The state of the project as the home page shows it: what is documented and tested, what failed, what is
//! slow, and where personal data is.

use serde_json::{Value, json};

use super::artifacts::Artifacts;
use super::resource::Resource;

/// How many of the slowest nodes are shown.
const SLOWEST: usize = 10;

/// Numbers and lists for the home page; nodes are given by their place in the list of resources.
pub(super) fn health(artifacts: &Artifacts, resources: &[Resource<'_>]) -> Value {
    let root = artifacts.manifest["metadata"]["project_name"].as_str().unwrap_or_default();
    let own = || resources.iter().enumerate().filter(|(_, resource)| resource.package() == root);
    let models: Vec<_> = own().filter(|(_, resource)| resource.kind == "model").collect();
    let described = |resource: &Resource<'_>| !resource.text("description").trim().is_empty();
    let columns = || models.iter().flat_map(|(_, model)| model.columns(artifacts));
    let tested = models.iter().filter(|(_, model)| !model.tests.is_empty()).count();
    let status = |at: usize| resources[at].result(artifacts)["status"].as_str().unwrap_or_default();
    let failing: Vec<_> = (0..resources.len())
        .filter(|at| matches!(status(*at), "fail" | "error" | "warn" | "runtime error" | "partial success"))
        .collect();
    let mut slow: Vec<_> = own()
        .filter_map(|(at, resource)| Some((at, resource.result(artifacts)["seconds"].as_f64()?)))
        .filter(|(at, _)| matches!(resources[*at].kind, "model" | "seed" | "snapshot"))
        .collect();
    slow.sort_by(|a, b| b.1.total_cmp(&a.1));
    let undocumented: Vec<_> =
        models.iter().filter(|(_, model)| !described(model)).map(|(at, _)| *at).collect();
    let untested: Vec<_> =
        models.iter().filter(|(_, model)| model.tests.is_empty()).map(|(at, _)| *at).collect();
    let personal: Vec<_> = own()
        .flat_map(|(at, resource)| {
            resource
                .columns(artifacts)
                .into_iter()
                .filter(|column| !column.classes.is_empty())
                .map(move |column| json!({"node": at, "column": column.name, "classes": column.classes}))
        })
        .collect();
    json!({
        "models": models.len(),
        "documented": models.len() - undocumented.len(),
        "tested": tested,
        "columns": columns().count(),
        "columns_documented": columns().filter(|column| !column.description.is_empty()).count(),
        "failing": failing,
        "slowest": slow.into_iter().take(SLOWEST).map(|(at, _)| at).collect::<Vec<_>>(),
        "undocumented": undocumented,
        "untested": untested,
        "personal": personal,
    })
}
