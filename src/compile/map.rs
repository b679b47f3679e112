//! From a byte of finished SQL to the file it was written in, through the ephemeral models put in.

use std::sync::Arc;

use crate::diagnostic::Span;
use crate::jinja::SourceMap;

/// The pieces that a node's SQL was put together from.
#[derive(Debug, Clone, Default)]
pub struct CompiledMap(Vec<Piece>);

/// A stretch of SQL that came from one render.
#[derive(Debug, Clone)]
struct Piece {
    /// Its first byte in the SQL.
    start: usize,
    /// The render it came from; nothing for what Teal wrote.
    map: Option<Arc<SourceMap>>,
    /// Its first byte in that render.
    offset: usize,
}

impl CompiledMap {
    /// The place in a file that a byte of the SQL came from.
    pub fn locate(&self, byte: usize) -> Option<Span> {
        let after = self.0.partition_point(|piece| piece.start <= byte);
        let piece = self.0.get(after.checked_sub(1)?)?;
        piece.map.as_ref()?.locate(byte - piece.start + piece.offset)
    }

    /// The text of the expression in a file that a byte of the SQL is the value of.
    pub(super) fn expression(&self, byte: usize) -> Option<&str> {
        let after = self.0.partition_point(|piece| piece.start <= byte);
        let piece = self.0.get(after.checked_sub(1)?)?;
        piece.map.as_ref()?.expression(byte - piece.start + piece.offset)
    }

    /// Says that the SQL from `start` on came from byte `offset` of a render. Pieces come in order.
    pub(super) fn push(&mut self, start: usize, map: Option<Arc<SourceMap>>, offset: usize) {
        self.0.push(Piece { start, map, offset });
    }
}
