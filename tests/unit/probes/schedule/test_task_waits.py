"""Where a suspended task stands is seen below asynchronous generators and what is awaited by its ``__await__``, too."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Generator

from dryfit.probes.schedule.task_waits import frames_of


async def rows(future: asyncio.Future[int]) -> AsyncIterator[int]:
    yield await future


class Opening:
    def __init__(self, future: asyncio.Future[int]) -> None:
        self._future = future

    async def _open(self) -> list[int]:
        found = []
        async for row in rows(self._future):
            found.append(row)  # noqa: PERF401 - a comprehension has a frame of its own before Python 3.12
        return found

    def __await__(self) -> Generator[object, None, list[int]]:
        return self._open().__await__()


async def find(future: asyncio.Future[int]) -> list[int]:
    return await Opening(future)


def test_the_frames_below_what_has_none_are_seen() -> None:
    async def main() -> tuple[list[str], list[int]]:
        future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        task = asyncio.ensure_future(find(future))
        await asyncio.sleep(0)
        names = [frame.f_code.co_name for frame in frames_of(task)]
        future.set_result(3)
        return names, await task

    assert asyncio.run(main()) == (["find", "_open", "rows"], [3])
