"""Imports: many files at once, each with its own result (P12).

Owns: NDJSON in one request, up to 1,000 lines; `customer_import` and `import_row`, files of any size read in the
background: columns and cells, encodings, what became of each row, the file of refused rows, undoing.

Does not own: what a file may say or when it is a new one: that is decided where a single file is opened or amended
(files); where the bytes lie (`shared.files`); whose a reference is (the gateway's registry, asked batch by batch).

Invariants: a bad row does not stop the others; a file that is not text of one encoding, to its last byte, writes none.
Each row is written once, whatever is killed: a step's transaction holds its customers, its rows' outcomes and the place
of the next. A dry run writes nothing but outcomes. Undoing takes back what the import said, and only where nothing has
happened since. Rows of a request are one transaction; sent again, as they were, they change nothing.

Time: a customer is opened or changed at the instant of its batch. What an import kept is deleted at `expires_at`.

Why it is right: a row sees what the ones before it did, in memory within a batch and by the database before that; two
imports of one deployment go one after the other. A change of the same file in between is seen by its lock and version.
"""
