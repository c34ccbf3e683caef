"""Exports: customer files as a file, CSV or NDJSON, for a spreadsheet or another system (P12).

Owns: `customer_export`, which fields of which customers somebody asked for and in what form; the file lies with all
files (`shared.files`) until it expires.

Does not own: what columns are called and how a cell is written: as imports read them, so that what is exported and
imported again changes nothing.

Invariants: only customers and fields that who asked may see, judged anew for each page, by that actor. Each customer in
the file has a line in the access trail that names the file; so erasing a person finds every export that holds it. Cells
that a spreadsheet program would run are marked. Customers who are one are one row.

Time: a customer is exported as it is when its page is read, pages are read in the order of ids, and a file can be
fetched until `expires_at`.

Why it is right: a step puts a page's bytes first and then commits their row, the trail and the place of the next page
together, so after kill -9 the next page is the next page, and bytes that were put in vain are swept.
"""
