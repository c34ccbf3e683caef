"""What identifies a person by its form, and so has no place in an event: a telephone number where a code is expected.

Events hold codes of printable ASCII without spaces and without "@": a sentence, a name of two words and an e-mail
address are none by that alone. A telephone number is one, and so are the numbers of identity cards and bank cards. They
are recognised by their form and not by comparing them with files: nobody's file needs to be there, and a customer who
is called like a code ("GOLD") makes no code personal.
"""

import re

LEAST_DIGITS = 10
"""So many digits a number has that reaches a person by itself, with its country or area. Shorter ones number articles,
classes of goods (UNSPSC, CN and HS codes have eight at most) and employees."""

# Nothing but so many digits and what parts them. Before them may stand what they are; behind them an extension, or the
# check letter of an identity card.
_FORM = re.compile(
    r"(?:(?:tel|phone|mobile|fax|sms|callto)[:./_-]{0,2})?"
    rf"\+?[0-9](?:[._:/-]{{0,2}}[0-9]){{{LEAST_DIGITS - 1},}}[xet0-9._:/-]{{0,8}}",
    re.IGNORECASE | re.ASCII,
)


WITHHELD = "withheld"
"""What stands in an event in place of a code that looks personal."""


def looks_personal(code: str) -> bool:
    """Whether a code has the form of a telephone number, or of the number of an identity card."""
    return _FORM.fullmatch(code) is not None
