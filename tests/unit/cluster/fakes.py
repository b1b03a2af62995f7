"""A stand-in for Ray: tasks are done in this process when they are got, the latest first."""

from __future__ import annotations

from types import SimpleNamespace


def node(name, cores=1, alive=True):
    return {
        "NodeID": name,
        "NodeManagerHostname": name,
        "NodeManagerAddress": "10.0.0.1",
        "Alive": alive,
        "Resources": {"CPU": float(cores)} if cores else {},
    }


class FakeRay:
    """Keeps what it is given and has every task done at the first wait, the latest first.

    Attributes:
        stored: what was put, in order.
        asked: arguments of every task, in order.
        options: options of every remote function.
    """

    def __init__(self, nodes=(), answer=None, stuck=False):
        self.util = SimpleNamespace(
            scheduling_strategies=SimpleNamespace(
                NodeAffinitySchedulingStrategy=lambda node_id, soft: (node_id, soft)
            )
        )
        self.members = list(nodes)
        self.answer = answer
        self.stuck = stuck
        self.stored, self.asked, self.options = [], [], []

    def nodes(self):
        return self.members

    def put(self, value):
        self.stored.append(value)
        return ("stored", len(self.stored) - 1)

    def remote(self, **options):
        self.options.append(options)

        def decorate(function):
            def call(*args):
                self.asked.append(args)
                return ("task", len(self.asked) - 1, function)

            return SimpleNamespace(remote=call)

        return decorate

    def wait(self, references, num_returns, timeout):
        if self.stuck:
            return [], references
        return references[::-1], []

    def get(self, reference):
        kind, index, *function = reference
        if kind == "stored":
            return self.stored[index]
        args = [self.get(a) if isinstance(a, tuple) else a for a in self.asked[index]]
        return self.answer(*args) if self.answer else function[0](*args)
