//! The relations known to exist, schema by schema, shared by all workers.
//!
//! What templates do to relations is noted here at once, and wins over a listing of the schema that
//! another worker made meanwhile: that one cannot see what is not committed yet.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use indexmap::IndexMap;

use crate::relation::Relation;

/// Database and schema, in lower case.
type Place = (String, String);

/// The relations known to exist. Names are compared without regard to case.
#[derive(Debug, Default)]
pub struct RelationCache(Mutex<HashMap<Place, Schema>>);

#[derive(Debug, Default)]
struct Schema {
    /// Whether the warehouse was asked, so that what is not here does not exist.
    listed: bool,
    relations: IndexMap<String, Relation>,
    /// Dropped before the schema was listed.
    dropped: HashSet<String>,
}

impl RelationCache {
    /// Whether a schema was listed.
    pub fn is_listed(&self, database: Option<&str>, schema: Option<&str>) -> bool {
        self.schemas().get(&place(database, schema)).is_some_and(|schema| schema.listed)
    }

    /// The relations of a listed schema, in the order they became known.
    pub fn relations(&self, database: Option<&str>, schema: Option<&str>) -> Option<Vec<Relation>> {
        let schemas = self.schemas();
        let schema = schemas.get(&place(database, schema)).filter(|schema| schema.listed)?;
        Some(schema.relations.values().cloned().collect())
    }

    /// Notes what the warehouse lists of a schema.
    pub fn fill(&self, database: Option<&str>, schema: Option<&str>, relations: Vec<Relation>) {
        let mut schemas = self.schemas();
        let schema = schemas.entry(place(database, schema)).or_default();
        for relation in relations {
            let name = name(&relation);
            if !schema.dropped.contains(&name) {
                schema.relations.entry(name).or_insert(relation);
            }
        }
        schema.listed = true;
    }

    /// Notes that a relation exists now.
    pub fn add(&self, relation: &Relation) {
        let mut schemas = self.schemas();
        let schema = schemas.entry(place_of(relation)).or_default();
        let name = name(relation);
        schema.dropped.remove(&name);
        schema.relations.insert(name, relation.clone());
    }

    /// Notes that a relation is gone.
    pub fn drop_relation(&self, relation: &Relation) {
        let mut schemas = self.schemas();
        let schema = schemas.entry(place_of(relation)).or_default();
        let name = name(relation);
        schema.relations.shift_remove(&name);
        schema.dropped.insert(name);
    }

    /// Notes that a relation has another name now.
    pub fn rename(&self, from: &Relation, to: &Relation) {
        let kind = self.find(from).and_then(|found| found.kind).or(from.kind);
        self.drop_relation(from);
        self.add(&Relation { kind: kind.or(to.kind), ..to.clone() });
    }

    /// Notes that a schema is gone with everything in it.
    pub fn drop_schema(&self, database: Option<&str>, schema: Option<&str>) {
        let empty = Schema { listed: true, ..Schema::default() };
        self.schemas().insert(place(database, schema), empty);
    }

    /// Forgets everything.
    pub fn clear(&self) {
        self.schemas().clear();
    }

    /// The relation of this name, if it is known.
    pub fn find(&self, relation: &Relation) -> Option<Relation> {
        self.schemas().get(&place_of(relation))?.relations.get(&name(relation)).cloned()
    }

    fn schemas(&self) -> MutexGuard<'_, HashMap<Place, Schema>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn place(database: Option<&str>, schema: Option<&str>) -> Place {
    (database.unwrap_or_default().to_lowercase(), schema.unwrap_or_default().to_lowercase())
}

fn place_of(relation: &Relation) -> Place {
    place(relation.database.as_deref(), relation.schema.as_deref())
}

fn name(relation: &Relation) -> String {
    relation.identifier.as_deref().unwrap_or_default().to_lowercase()
}
