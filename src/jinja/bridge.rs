//! Templates' way to the warehouse.

use std::sync::Arc;

use crate::adapter::Adapter;

/// A worker's way to the warehouse.
#[derive(Debug)]
pub struct Session {
    adapter: Arc<dyn Adapter>,
    cache: Arc<RelationCache>,
}

impl Session {
    /// A session that connects when it is first used.
    pub fn new(adapter: Arc<dyn Adapter>, cache: Arc<RelationCache>) -> Arc<Self> {
        Arc::new(Self { adapter, cache })
    }
}

/// The relations known to exist, shared by all workers.
#[derive(Debug, Default)]
pub struct RelationCache;
