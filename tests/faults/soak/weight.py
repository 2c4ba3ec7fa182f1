"""Weighs a process while it works."""

from __future__ import annotations

import asyncio
import time
from statistics import median

import psutil

_EVERY = 2.0
_WARM_UP = 0.2
"""How much of a run nobody counts, at most five minutes."""
_LONGEST_WARM_UP = 300.0
_PART = 0.15
"""How much of the rest is compared: its first part and its last."""


def warm_up(seconds: float) -> float:
    """How many seconds of so long a run are for warming up."""
    return min(seconds * _WARM_UP, _LONGEST_WARM_UP)


class Weight:
    """The memory of a process over time, in bytes, and its open files."""

    def __init__(self) -> None:
        self.samples: list[tuple[float, int, int]] = []
        """When (monotonic), resident bytes, open files."""

    async def watch(self, process: psutil.Process) -> None:
        """Weigh until cancelled, or until it has ended."""
        while process.is_running():
            self.samples.append((time.monotonic(), process.memory_info().rss, process.num_fds()))
            await asyncio.sleep(_EVERY)

    @property
    def now(self) -> int:
        """The last weight, in bytes."""
        return self.samples[-1][1] if self.samples else 0

    @property
    def first(self) -> float:
        """The median of the first part after warming up, in bytes."""
        return self._median(slice(0, self._part))

    @property
    def last(self) -> float:
        """The median of the last part, in bytes."""
        return self._median(slice(-self._part, None))

    @property
    def growth(self) -> float:
        """How much of it has been added between the two."""
        return self.last / self.first - 1

    @property
    def most(self) -> int:
        """The greatest weight after warming up."""
        return max(weight for _, weight, _ in self._warm)

    @property
    def files(self) -> tuple[int, int]:
        """Files that were open after warming up, fewest and most."""
        counts = [files for _, _, files in self._warm]
        return min(counts), max(counts)

    @property
    def _warm(self) -> list[tuple[float, int, int]]:
        begun, ended = self.samples[0][0], self.samples[-1][0]
        warm_at = begun + warm_up(ended - begun)
        return [sample for sample in self.samples if sample[0] >= warm_at]

    @property
    def _part(self) -> int:
        return max(1, int(len(self._warm) * _PART))

    def _median(self, part: slice) -> float:
        return median(weight for _, weight, _ in self._warm[part])
