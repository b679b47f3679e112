//! Lineage as OpenLineage job events, one JSON document a line: each node that is built, with the
//! `columnLineage` facet of its output (specification 2-0-2, facet 1-2-0).

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::picture::Picture;
use crate::artifact::Stamp;
use crate::command::load::Loaded;
use crate::command::openlineage;
use crate::compile::lineage::{Decision, Link, NodeLineage, Origin};
use crate::manifest::UniqueId;
use crate::report::{PRODUCER, dataset_name};
use crate::sql::{EdgeKind, InfluenceKind};

const EVENT: &str = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/JobEvent";
const FACET: &str = "https://openlineage.io/spec/facets/1-2-0/ColumnLineageDatasetFacet.json#/$defs/ColumnLineageDatasetFacet";

/// The events of the nodes that are shown.
pub(super) fn events(picture: &Picture<'_>, loaded: &Loaded, stamp: &Stamp) -> String {
    let writer = Writer { picture, warehouse: openlineage::warehouse(loaded) };
    let mut lines = Vec::new();
    for (id, names) in picture.nodes() {
        let Some(node) = picture.lineage.nodes.get(&id) else { continue };
        if !matches!(picture.kind(&id), "model" | "snapshot") {
            continue;
        }
        // `model.package.name` without its kind.
        let job = id.split_once('.').map_or(&*id, |(_, name)| name);
        let event = json!({
            "eventTime": stamp.started_at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
            "producer": PRODUCER,
            "schemaURL": EVENT,
            "job": {"namespace": openlineage::jobs(), "name": job},
            "inputs": node.reads.iter().map(|read| writer.dataset(read)).collect::<Vec<_>>(),
            "outputs": [writer.output(&id, node, &names)],
        });
        lines.push(event.to_string());
    }
    lines.join("\n")
}

struct Writer<'a> {
    picture: &'a Picture<'a>,
    /// The namespace of datasets.
    warehouse: String,
}

impl Writer<'_> {
    /// A node as a dataset, under the names that the events of a run have.
    fn dataset(&self, id: &UniqueId) -> Value {
        let (namespace, name) = self.name(id);
        json!({"namespace": namespace, "name": name})
    }

    fn name(&self, id: &UniqueId) -> (String, String) {
        let manifest = self.picture.manifest;
        let node = manifest.nodes.get(id).and_then(|node| node.relation.as_ref());
        let relation = node.or_else(|| manifest.sources.get(id).map(|source| &source.relation));
        (self.warehouse.clone(), relation.map_or_else(|| self.picture.label(id), dataset_name))
    }

    fn output(&self, id: &UniqueId, node: &NodeLineage, names: &[String]) -> Value {
        let mut fields = Map::new();
        let shown = node
            .columns
            .iter()
            .filter(|column| names.contains(&column.name) && column.origin != Origin::Open);
        for column in shown {
            let direct = column.links.iter().filter_map(|link| self.direct(link));
            let indirect = column.influences.iter().filter_map(|one| self.indirect(one));
            let inputs: Vec<Value> = direct.chain(indirect).collect();
            fields.insert(column.name.clone(), json!({"inputFields": inputs}));
        }
        let mut met = BTreeSet::new();
        let rows = node.influences.iter().filter(|one| met.insert((&one.node, &one.column, one.kind)));
        let dataset: Vec<Value> = rows.filter_map(|one| self.indirect(one)).collect();
        let facet = json!({"_producer": PRODUCER, "_schemaURL": FACET, "fields": fields, "dataset": dataset});
        let mut output = self.dataset(id);
        output["facets"] = json!({"columnLineage": facet});
        output
    }

    fn field(&self, node: &UniqueId, column: Option<&str>, kind: &str, subtype: &str) -> Option<Value> {
        let (namespace, name) = self.name(node);
        let transformation = json!({"type": kind, "subtype": subtype, "description": "", "masking": false});
        Some(
            json!({"namespace": namespace, "name": name, "field": column?, "transformations": [transformation]}),
        )
    }

    fn direct(&self, link: &Link) -> Option<Value> {
        let subtype = match link.kind {
            EdgeKind::Copy | EdgeKind::Rename => "IDENTITY",
            EdgeKind::Cast | EdgeKind::Transform => "TRANSFORMATION",
            EdgeKind::Aggregate => "AGGREGATION",
        };
        self.field(&link.node, link.column.as_deref(), "DIRECT", subtype)
    }

    fn indirect(&self, one: &Decision) -> Option<Value> {
        let subtype = match one.kind {
            InfluenceKind::Filter => "FILTER",
            InfluenceKind::Join => "JOIN",
            InfluenceKind::Group => "GROUP_BY",
            InfluenceKind::Order => "SORT",
            InfluenceKind::Window => "WINDOW",
        };
        self.field(&one.node, one.column.as_deref(), "INDIRECT", subtype)
    }
}
