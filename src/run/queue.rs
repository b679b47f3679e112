//! A ready-queue: things with parents come out when all their parents are done. It knows nothing of what they are.
//!
//! What is nearer to the start comes out first, and among equals what was named first, so that the
//! order of a run does not depend on chance.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Things by their number, handed out parents first.
#[derive(Debug)]
pub(super) struct ReadyQueue {
    /// How many parents of each are not done.
    waiting: Vec<usize>,
    children: Vec<Vec<usize>>,
    level: Vec<usize>,
    ready: BinaryHeap<Reverse<(usize, usize)>>,
}

impl ReadyQueue {
    /// A queue of as many things as there are lists; each list names the parents of its thing. Things on a
    /// circle, and what is below them, never come out.
    pub(super) fn new(parents: &[Vec<usize>]) -> Self {
        let mut queue = Self {
            waiting: parents.iter().map(Vec::len).collect(),
            children: vec![Vec::new(); parents.len()],
            level: vec![0; parents.len()],
            ready: BinaryHeap::new(),
        };
        for (child, parents) in parents.iter().enumerate() {
            for parent in parents {
                queue.children[*parent].push(child);
            }
        }
        let roots = (0..parents.len()).filter(|thing| queue.waiting[*thing] == 0);
        queue.ready = roots.map(|thing| Reverse((0, thing))).collect();
        queue
    }

    /// The next thing whose parents are all done.
    pub(super) fn pop(&mut self) -> Option<usize> {
        self.ready.pop().map(|Reverse((_, thing))| thing)
    }

    /// Says that a thing that came out is done.
    pub(super) fn done(&mut self, thing: usize) {
        let below = self.level[thing] + 1;
        for child in &self.children[thing] {
            self.level[*child] = self.level[*child].max(below);
            self.waiting[*child] -= 1;
            if self.waiting[*child] == 0 {
                self.ready.push(Reverse((self.level[*child], *child)));
            }
        }
    }

    /// Everything below a thing, each once.
    pub(super) fn descendants(&self, thing: usize) -> Vec<usize> {
        let mut seen = vec![false; self.children.len()];
        let mut found = Vec::new();
        let mut open = self.children[thing].clone();
        while let Some(next) = open.pop() {
            if !std::mem::replace(&mut seen[next], true) {
                found.push(next);
                open.extend(&self.children[next]);
            }
        }
        found.sort_unstable();
        found
    }
}
