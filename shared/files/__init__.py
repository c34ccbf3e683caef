"""Files: bytes that come in by uploads or are made by jobs, kept outside of the database, with a row that says so.

Owns: `stored_file`, a file's row (size, digest, media type found by its content, name, whose it is, until when), and
`stored_part`, its pieces in order; the port to where bytes lie (`store.py`), resumable uploads, downloads, the sweeper.

Does not own: what is in a file, or what becomes of it: whoever uses one names its area (`imports`, `exports`).

Invariants: bytes are written first, under a key that nobody had before; the row that names them commits afterwards,
so a process that is killed between the two leaves bytes without a row, which the sweeper takes away, and never a row
without bytes. A part is never written twice or changed. A file is `ready` when all its bytes are there and its digest
is over all of them; before that nobody reads it. Deleting goes the other way: the rows go, their keys are kept in
`removed_part` by the same transaction, and the bytes go after the commit, at the latest by the sweeper.

Time: `expires_at` ends every file; a name and the bytes are personal data and go when a person is erased.

Why it is right: a file is its parts, so an upload that was cut goes on where the last part ended, a job adds one part
with each of its steps, and the same code works on a local folder and on S3, which can not append.
"""

from shared.files.reading import read_bytes, read_range
from shared.files.removal import erase_files_of, remove_files
from shared.files.settings import FileSettings, file_store
from shared.files.store import FileStore, ObjectFileStore, open_store
from shared.files.stored_file import PartRow, StoredFile
from shared.files.sweeping import sweep_files_as_time_passes
from shared.files.writing import add_part, complete_file, open_generated_file

__all__ = [
    "FileSettings",
    "FileStore",
    "ObjectFileStore",
    "PartRow",
    "StoredFile",
    "add_part",
    "complete_file",
    "erase_files_of",
    "file_store",
    "open_generated_file",
    "open_store",
    "read_bytes",
    "read_range",
    "remove_files",
    "sweep_files_as_time_passes",
]
