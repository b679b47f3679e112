//! Doc blocks, and descriptions that use them.

use std::sync::{Arc, PoisonError};

use indexmap::map::Entry;
use rayon::prelude::*;

use super::properties::{Text, is_template};
use crate::diagnostic::{Code, Diagnostic, Sources};
use crate::jinja::{Block, BlockKind, Jinja, Scope, blocks};
use crate::manifest::{DocBlock, Manifest, UniqueId};
use crate::project::{File, FileKind};

/// Finds the doc blocks of all packages; the manifest returned holds nothing else.
pub(super) fn collect(files: &[File], jinja: &Arc<Jinja>, sources: &Sources) -> (Manifest, Vec<Diagnostic>) {
    let pages: Vec<_> = files.par_iter().filter(|file| file.kind == FileKind::Docs).collect();
    let read: Vec<_> = pages.par_iter().map(|file| page(file, jinja, sources)).collect();
    let mut manifest = Manifest::default();
    let mut found = Vec::new();
    for (docs, problems) in read {
        found.extend(problems);
        for doc in docs {
            match manifest.docs.entry(Arc::clone(&doc.unique_id)) {
                Entry::Vacant(free) => {
                    free.insert(Arc::new(doc));
                }
                Entry::Occupied(first) => found.push(duplicate(first.get(), &doc)),
            }
        }
    }
    (manifest, found)
}

fn page(file: &File, jinja: &Arc<Jinja>, sources: &Sources) -> (Vec<DocBlock>, Vec<Diagnostic>) {
    let Some(source) = file.source else { return Default::default() };
    let text = Arc::clone(&sources.get(source).text);
    if !text.contains("{%") {
        return Default::default();
    }
    match blocks(&text, source) {
        Err(diagnostic) => (Vec::new(), vec![*diagnostic]),
        Ok(found) => {
            let docs = found.iter().filter(|block| block.kind == BlockKind::Docs);
            (docs.map(|block| doc(file, block, &text, jinja)).collect(), Vec::new())
        }
    }
}

fn doc(file: &File, block: &Block, text: &str, jinja: &Arc<Jinja>) -> DocBlock {
    let written = text.get(block.body.clone()).unwrap_or_default().trim();
    let rendered = if is_template(written) {
        // A doc block may show Jinja in a raw block; what is no template at all is shown as written.
        jinja.render_text(written, Some(block.span), &Arc::new(Scope::parse(file.package.as_str()))).ok()
    } else {
        None
    };
    DocBlock {
        unique_id: UniqueId::from(format!("doc.{}.{}", file.package, block.name)),
        name: block.name.clone(),
        package_name: file.package.clone(),
        path: file.path.clone(),
        original_file_path: file.original_file_path.clone(),
        contents: rendered.map_or_else(|| written.to_owned(), |text| text.trim().to_owned()),
    }
}

fn duplicate(first: &DocBlock, second: &DocBlock) -> Diagnostic {
    let name = &first.name;
    Diagnostic::error(
        Code::DuplicateName,
        format!(
            "dbt found two docs with the name \"{name}\".\n\n\
             Since these resources have the same name, dbt will be unable to find the correct resource\n\
             when looking for doc(\"{name}\").\n\n\
             To fix this, change the name of one of these resources:\n- {} ({})\n- {} ({})",
            first.unique_id, first.original_file_path, second.unique_id, second.original_file_path,
        ),
    )
}

/// Renders the description of a resource; returns it with the ids of the doc blocks it shows.
pub(super) fn render(
    text: &Text,
    resource: &str,
    package: &str,
    jinja: &Arc<Jinja>,
    docs: &Arc<Manifest>,
    found: &mut Vec<Diagnostic>,
) -> (String, Vec<UniqueId>) {
    if !is_template(&text.text) {
        return (text.text.clone(), Vec::new());
    }
    let scope = Arc::new(Scope { manifest: Some(Arc::clone(docs)), ..Scope::parse(package) });
    match jinja.render_text(&text.text, text.span, &scope) {
        Err(mut diagnostic) => {
            // The template does not know whose description it is.
            diagnostic.message = diagnostic.message.replace("'<none>'", &format!("'{resource}'"));
            found.push(*diagnostic);
            (text.text.clone(), Vec::new())
        }
        Ok(rendered) => {
            let capture = scope.capture.lock().unwrap_or_else(PoisonError::into_inner);
            (rendered, capture.docs.iter().cloned().collect())
        }
    }
}
