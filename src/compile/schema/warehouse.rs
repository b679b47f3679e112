//! The real warehouse, as far as columns go: what it has now, and what an earlier look at it saw.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::adapter::ColumnInfo;
use crate::jinja::Session;
use crate::relation::Relation;

/// The columns of relations by name, as the warehouse had them when it was last looked at.
pub type Remembered = BTreeMap<String, Vec<ColumnInfo>>;

/// What is known of the columns of a relation.
#[derive(Debug, Clone)]
pub(super) enum Sight {
    /// The warehouse has it.
    Now(Vec<ColumnInfo>),
    /// An earlier look at the warehouse saw it.
    Before(Vec<ColumnInfo>),
    /// It was never seen.
    Never,
}

/// A warehouse that is asked for columns.
pub(super) struct Warehouse {
    session: Arc<Session>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Whether it can be opened, and why not.
    reach: Option<Result<(), String>>,
    seen: BTreeMap<String, Sight>,
    remembered: Remembered,
}

impl Warehouse {
    /// One that nothing was asked of, with what is remembered of it. The session must be no one else's.
    pub(super) fn new(session: Arc<Session>, remembered: Remembered) -> Self {
        Self { session, state: Mutex::new(State { remembered, ..State::default() }) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The way to it, for templates.
    pub(super) fn session(&self) -> &Arc<Session> {
        &self.session
    }

    /// The columns of a relation, or of the files that stand for one; asked for once.
    pub(super) fn look(&self, relation: &Relation) -> Sight {
        let name = relation.name();
        let mut state = self.state();
        if let Some(sight) = state.seen.get(&name) {
            return sight.clone();
        }
        if state.reach.is_none() {
            let opened = self.session.describe("select 1").map(drop);
            state.reach = Some(opened.map_err(|error| error.message));
            self.session.take_error();
        }
        let is_open = matches!(state.reach, Some(Ok(())));
        let found = if is_open { self.session.describe(&format!("select * from {name}")).ok() } else { None };
        // That it is not there is an answer.
        self.session.take_error();
        let sight = match found.filter(|columns| !columns.is_empty()) {
            Some(columns) => Sight::Now(columns),
            None => state.remembered.get(&name).cloned().map_or(Sight::Never, Sight::Before),
        };
        state.seen.insert(name, sight.clone());
        sight
    }

    /// The columns that a relation has in the warehouse now.
    pub(super) fn has(&self, relation: &Relation) -> Option<Vec<ColumnInfo>> {
        match self.look(relation) {
            Sight::Now(columns) => Some(columns),
            Sight::Before(_) | Sight::Never => None,
        }
    }

    /// Why nothing can be asked of it, once that was tried.
    pub(super) fn out_of_reach(&self) -> Option<String> {
        self.state().reach.as_ref().and_then(|reach| reach.as_ref().err()).cloned()
    }

    /// Everything that it was seen to have.
    pub(super) fn seen(&self) -> Remembered {
        let state = self.state();
        let now = state.seen.iter().filter_map(|(name, sight)| match sight {
            Sight::Now(columns) => Some((name.clone(), columns.clone())),
            Sight::Before(_) | Sight::Never => None,
        });
        now.collect()
    }
}
