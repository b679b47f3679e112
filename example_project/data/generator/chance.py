"""Randomness that gives the same answer on every machine and Python version.

Only `Random.random` is promised to be stable, so everything is built on it.
"""

import hashlib
import math
import random


class Chance:
    """A stream of choices named by its seed; streams do not disturb one another."""

    def __init__(self, name):
        self._rng = random.Random(f"harborline/{name}")

    def unit(self):
        return self._rng.random()

    def yes(self, probability):
        return self.unit() < probability

    def between(self, low, high):
        """A whole number, both ends included."""
        return low + int(self.unit() * (high - low + 1))

    def pick(self, items):
        return items[int(self.unit() * len(items))]

    def weighted(self, weights):
        """A key of `weights`, as often as its weight says."""
        point = self.unit() * sum(weights.values())
        for key, weight in weights.items():
            point -= weight
            if point < 0:
                return key
        return key

    def sample(self, items, count):
        pool = list(items)
        return [pool.pop(int(self.unit() * len(pool))) for _ in range(min(count, len(pool)))]

    def poisson(self, mean):
        """How many arrivals, by Knuth's product of uniforms."""
        limit, product, count = math.exp(-mean), self.unit(), 0
        while product > limit:
            product *= self.unit()
            count += 1
        return count


def key(kind, *parts, length=16):
    """A stable opaque identifier for the thing named by `kind` and `parts`."""
    text = "/".join(str(part) for part in (kind, *parts))
    return hashlib.sha256(text.encode()).hexdigest()[:length]
