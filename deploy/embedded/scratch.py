"""A data directory for tests and measurements: reachable by the account Postgres runs as, gone afterwards."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.embedded.postgres import EmbeddedPostgres


@contextmanager
def scratch_data_dir(prefix: str = "patron-") -> Iterator[Path]:
    """Unlike pytest's tmp_path it can be walked into by others, so that as root the cluster lies in it too."""
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        EmbeddedPostgres(folder).remove()
        shutil.rmtree(folder, ignore_errors=True)
