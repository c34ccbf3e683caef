"""Profile's jobs in a process of their own, which dies at a named point: `python -m tests.profile_svc.imports.killed`.

The environment says where (PATRON_FAULT); the arguments are the database, the folder of files and the folder of keys.
"""

import asyncio
import sys
from pathlib import Path

from services.profile_svc.subscriptions import jobs
from shared.messaging import Database
from tests import harness


async def main(url: str, files: str, keys: str) -> None:
    app = harness.app_of("profile", Database(url), harness.Keys(Path(keys)), files=files)
    jobs.hold_seconds = 0
    await jobs.finish_all(app.state.service)
    await app.state.service.database.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
