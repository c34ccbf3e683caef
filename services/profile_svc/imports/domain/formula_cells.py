"""Cells that a spreadsheet program would run as formulas: marked on their way out, and read back as they were.

A cell beginning with = + - @, a tab or a line break gets an apostrophe before it on export, and so does one that
begins with apostrophes and then one of these; on import one apostrophe of such a cell is taken away. So nothing that
somebody wrote into a file runs in a colleague's spreadsheet, and what is exported and imported again is the same.
An imported cell that begins so without the mark is kept as the text it is, and counted.
"""

import re

DANGEROUS = re.compile(r"'*[=+\-@\t\r\n]")
MARKED = re.compile(r"'+[=+\-@\t\r\n]")
TELEPHONE_OR_NUMBER = re.compile(r"[+-][0-9 ()./;+-]*")


def neutralised(cell: str) -> str:
    """The cell as it may stand in a file that a spreadsheet program opens."""
    return f"'{cell}" if DANGEROUS.match(cell) else cell


def restored(cell: str) -> str:
    """What a cell said before it was neutralised."""
    return cell[1:] if MARKED.match(cell) else cell


def is_formula(cell: str) -> bool:
    """Whether a spreadsheet program would run it: not what is a telephone number or a number by its form."""
    return cell[:1] in ("=", "@", "+", "-") and not TELEPHONE_OR_NUMBER.fullmatch(cell)
