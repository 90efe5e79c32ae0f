#!/usr/bin/python3
"""Runs a root's scheduled updates from an asyncio loop. Usage: scheduler_asyncio.py ROOT

The job's descriptor is watched by the loop, so nothing waits on a thread of Python's. The sleep is cut into minutes: others
may put something into the queue, and the clock may be set.
"""

import asyncio
import sys
import time

import multiosupdate as mos

LOOK_AGAIN_S = 60


async def run(job):
    """Runs a job without blocking the loop; its Outcome."""
    loop = asyncio.get_running_loop()
    changed = asyncio.Event()
    loop.add_reader(job.fileno(), changed.set)
    try:
        job.start()
        while not job.wait(0):
            await changed.wait()
            changed.clear()
            job.progress()  # makes the descriptor unreadable again
    except asyncio.CancelledError:
        job.cancel()  # what it is at goes back to how it was
        job.wait()
        raise
    finally:
        loop.remove_reader(job.fileno())
    return job.outcome()


async def serve(engine, until_idle=False, tell=print):
    """Runs what is due whenever something is; with until_idle it returns when nothing waits any more."""
    while True:
        try:
            with engine.run_due_job() as job:
                for row in (await run(job)).rows:
                    if row.kind != "next":
                        tell(row.kind, row.object, row.package)
        except mos.LockedError:
            pass  # somebody else changes the root just now
        next_s = engine.next_wakeup()
        if next_s is None and until_idle:
            return
        wait_s = LOOK_AGAIN_S if next_s is None else next_s - time.time()
        await asyncio.sleep(min(max(wait_s, 1), LOOK_AGAIN_S))


def main():
    with mos.Engine(sys.argv[1], actor="scheduler") as engine:
        asyncio.run(serve(engine))


if __name__ == "__main__":
    main()
