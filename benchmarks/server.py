"""One system under test, or the upstream, as a process: `python -m benchmarks.server KIND [DATABASE UPSTREAM]`."""

from __future__ import annotations

import asyncio
import contextlib
import cProfile
import os
import sys
from collections.abc import Coroutine, Iterator
from pathlib import Path

#: Set to a file: the event loop's thread is profiled from start to end. The figures of such a run mean nothing.
PROFILE = "BENCHMARK_PROFILE"


def _serve(kind: str, arguments: list[str]) -> Coroutine[None, None, None]:
    # each kind imports only what it needs: the start and the memory are measured too
    if kind == "upstream":
        from benchmarks import upstream

        return upstream.serve()
    if kind == "product":
        from benchmarks import product

        return product.serve_product(Path(arguments[0]), arguments[1])
    from benchmarks import floors

    if kind == "bare":
        return floors.serve_bare()
    if kind == "durable":
        return floors.serve_durable(Path(arguments[0]))
    if kind == "pipeline":
        return floors.serve_pipeline(Path(arguments[0]), arguments[1])
    raise SystemExit(f"no such kind: {kind}")


@contextlib.contextmanager
def _profiled() -> Iterator[None]:
    file = os.environ.get(PROFILE)
    if not file:
        yield
        return
    with cProfile.Profile() as profile:
        yield
    profile.dump_stats(file)


if __name__ == "__main__":
    with _profiled():
        asyncio.run(_serve(sys.argv[1], sys.argv[2:]))
