//! `teal docs inherit`: descriptions and classes of columns that are plain copies of columns that have them.
//!
//! In reading order: this file finds what could be inherited, `said` is what property files say as it is written,
//! `origin` goes up the lineage to it, `place` decides where it goes and makes the new texts, `convention` names
//! files that are not there yet, `show` shows it all and `write` puts it into the files.

mod convention;
mod origin;
mod place;
mod said;
mod show;
mod write;

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::lineage::make_with;
use super::load::Loaded;
use super::select::{self, Kinds, Purpose};
use super::{Failure, Invocation, Verdict, pii};
use crate::compile::lineage::{ColumnRef, Origin};
use crate::console::Event;
use crate::manifest::ResourceType::{Model, Snapshot};
use crate::manifest::{Column, UniqueId};
use origin::{Heard, Origins};
use said::Said;

/// What inherits.
const KINDS: Kinds = Kinds::only(&[Model, Snapshot]);

/// What a column could inherit.
#[derive(Debug, Clone, PartialEq)]
struct Proposal {
    column: ColumnRef,
    /// Its description as it is to be written; nothing where it has one, or there is none.
    description: Option<String>,
    /// Its classes; none where it says some, or there are none.
    classes: BTreeSet<String>,
    /// How its entry is to say them.
    form: Map<String, Value>,
    /// Where both are said.
    from: Vec<ColumnRef>,
}

/// A column that is left alone, and why.
#[derive(Debug, Clone)]
struct Left {
    column: ColumnRef,
    why: String,
    /// What it could have been given.
    heard: Vec<(ColumnRef, String)>,
}

impl Proposal {
    /// The keys that its entry gets.
    fn keys(&self) -> Map<String, Value> {
        let description =
            self.description.iter().map(|text| ("description".to_owned(), Value::from(text.as_str())));
        description.chain(self.form.clone()).collect()
    }

    fn left(&self, why: String) -> Left {
        let heard = self
            .description
            .iter()
            .filter_map(|text| self.from.first().map(|from| (from.clone(), text.clone())));
        Left { column: self.column.clone(), why, heard: heard.collect() }
    }
}

/// Shows what could be inherited, and writes it where that is asked for.
pub(super) fn run(invocation: &Invocation, loaded: &Loaded) -> Result<Verdict, Failure> {
    let flags = &invocation.flags;
    let selected = select::selection(invocation, loaded, KINDS, Purpose::List)?;
    let wanted: Vec<UniqueId> = selected.iter().cloned().collect();
    let catalog = crate::artifact::read_catalog(&loaded.target(invocation).join("catalog.json"));
    let breakers = pii::breakers(invocation, loaded)?;
    let lineage = make_with(loaded, Some(&wanted), &catalog, &breakers);
    let said = Said::new(&invocation.sources, &loaded.project.root);
    let mut origins = Origins::new(&loaded.manifest, &lineage, &said);
    let (mut proposals, mut left) = (Vec::new(), Vec::new());
    for id in lineage.nodes.keys().filter(|id| selected.contains(*id)) {
        let is_own = |id: &UniqueId| {
            loaded.manifest.nodes.get(id).is_some_and(|node| node.package_name == loaded.project.root)
        };
        for column in
            lineage.named_columns(id).filter(|column| column.origin != Origin::Documented && is_own(id))
        {
            let column = ColumnRef { node: UniqueId::clone(id), column: column.name.clone() };
            if let Some(heard) = origins.of(&column) {
                propose(&column, &heard, &origins, &mut proposals, &mut left);
            }
        }
    }
    let plan = place::plan(invocation, loaded, &said, proposals, left);
    if flags.on("write") {
        write::write(&plan.files).map_err(|error| vec![*error])?;
    }
    let shown = match flags.output.as_deref() {
        Some("json") => format!("{:#}", show::json(invocation, loaded, &plan)),
        _ => show::text(invocation, loaded, &plan),
    };
    invocation.console.emit(Event::output(shown.trim_end().to_owned()));
    let failed = flags.on("check") && !plan.placed.is_empty();
    Ok(if failed { Verdict::Failed } else { Verdict::Passed })
}

fn propose(
    column: &ColumnRef,
    heard: &Heard,
    origins: &Origins<'_>,
    proposals: &mut Vec<Proposal>,
    left: &mut Vec<Left>,
) {
    let own: Option<&Column> = origins.documented(column).map(|(own, _)| own);
    let is_described = own.is_some_and(|own| !own.description.trim().is_empty());
    let is_classified = own.is_some_and(|own| own.classifiers.is_some() || !own.classes().is_empty());
    let mut proposal = Proposal {
        column: column.clone(),
        description: None,
        classes: BTreeSet::new(),
        form: Map::new(),
        from: Vec::new(),
    };
    match heard.description().filter(|_| !is_described) {
        Some(Ok(text)) => {
            proposal.description = Some(text);
            proposal.from.extend(heard.described.iter().map(|(origin, _)| origin.clone()));
        }
        Some(Err(why)) => {
            let texts = heard.described.iter();
            let texts = texts.filter_map(|(origin, text)| Some((origin.clone(), text.clone().ok()?)));
            left.push(Left { column: column.clone(), why, heard: texts.collect() });
        }
        None => {}
    }
    if !is_classified && !heard.classified.is_empty() {
        let known = heard.classified.iter().filter_map(|origin| origins.documented(origin));
        proposal.classes = known.flat_map(|(known, _)| known.classes()).collect();
        proposal.form = origins.classes(&heard.classified);
        for origin in &heard.classified {
            if !proposal.from.contains(origin) {
                proposal.from.push(origin.clone());
            }
        }
    }
    if !proposal.from.is_empty() {
        proposals.push(proposal);
    }
}
