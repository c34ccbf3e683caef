"""Imports: many files in one request, each with its own result (P12).

Owns: NDJSON in and out: up to 1,000 lines, a result a line, in order: opened, there already, or the problem.

Does not own: what a file may say or when it is a new one: that is decided where a single file is opened (files).

Invariants: a bad line does not stop the others. All lines of a batch are one transaction, so a batch is done or was
never begun. Lines sent again, as they were, open nothing and change nothing: an import that was cut short is simply
sent again. A line sees what the lines before it did.
"""
