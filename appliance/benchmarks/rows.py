"""A row of the table: what it measures, and what came out."""

import dataclasses
import statistics

import machine


@dataclasses.dataclass
class Result:
    unit: str
    target: float | None
    # One pair (ours, peer) for each round, or one value.
    ours: list
    peer: list = dataclasses.field(default_factory=list)
    # What is held against the target: "ratio" of the pairs, or "ours".
    notes: list = dataclasses.field(default_factory=list)

    @property
    def values(self):
        """What is held against the target, for each round."""
        if self.peer:
            return [ours / peer for ours, peer in zip(self.ours, self.peer)]
        return self.ours

    @property
    def value(self):
        return statistics.median(self.values)

    @property
    def misses(self):
        return self.target is not None and self.value > self.target

    @property
    def spread(self):
        return machine.spread(self.values)

    def record(self):
        return {
            "value": self.value, "unit": "ratio" if self.peer else self.unit,
            "target": self.target, "misses": self.misses, "spread": self.spread,
            "ours": self.ours, "peer": self.peer, "sampleUnit": self.unit, "notes": self.notes,
        }


@dataclasses.dataclass
class Row:
    name: str
    what: str
    # Measures; takes the `Bench`. `None`: not built yet.
    measure: object = None


def pairs(unit, target, measured, *notes):
    return Result(
        unit, target, [pair[0] for pair in measured], [pair[1] for pair in measured], list(notes)
    )
