//! An adapter that records statements instead of running them.

/// Records statements.
#[derive(Debug)]
pub struct Recorder;
