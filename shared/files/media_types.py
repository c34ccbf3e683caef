"""What a file is, by its content: nobody believes a name or a declared type."""

import codecs
import re

import orjson
import puremagic

from shared.chassis import Refused

CSV, NDJSON, PLAIN, BINARY = "text/csv", "application/x-ndjson", "text/plain", "application/octet-stream"
# What an upload may be. Archives are not among them, so nothing is ever unpacked and nothing can explode.
ACCEPTED = frozenset({CSV, NDJSON, PLAIN, "application/pdf", "image/png", "image/jpeg", "image/webp"})
HEAD_BYTES = 64 * 1024  # of the beginning are looked at
ENCODINGS = ("utf-8", "gb18030")
CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
MARKUP = re.compile(r"\s*<(!doctype|html|script|svg|\?xml)", re.IGNORECASE)
SAME = {"application/ndjson": NDJSON, "application/jsonl": NDJSON, "application/csv": CSV, "image/jpg": "image/jpeg"}
# a spreadsheet program's word for CSV, and the words of who does not know
UNKNOWN = frozenset({"", BINARY, "application/vnd.ms-excel"})


def find_media_type(head: bytes) -> str:
    """The media type of content that begins so. Text is text when it reads as UTF-8 or GB18030 without control
    characters; everything else is what its signature says, or `application/octet-stream`."""
    text = text_of(head)
    if text is None or text.startswith("%PDF-"):
        return _by_signature(head)
    if MARKUP.match(text):
        return "text/html"
    first_line = next((line for line in text.splitlines() if line.strip()), "")
    if first_line.lstrip("\ufeff \t").startswith("{"):
        return NDJSON if _is_json_object(first_line.lstrip("\ufeff")) or len(first_line) > 4096 else PLAIN
    return CSV if re.search(r"[,;\t|]", first_line) else PLAIN


def text_of(head: bytes) -> str | None:
    """The text of a beginning that may end in the middle of a character; None when it is none.

    A few broken bytes do not make a table into something else: whoever reads it says where they are.
    """
    for encoding in ENCODINGS:
        try:
            text = codecs.getincrementaldecoder(encoding)().decode(head[:HEAD_BYTES])
        except UnicodeDecodeError:
            continue
        return None if CONTROL.search(text) else text
    text = head[:HEAD_BYTES].decode("utf-8", "replace")
    return None if CONTROL.search(text) or _by_signature(head) != BINARY else text


def check_media_type(head: bytes, declared: str | None) -> str:
    """The type of the content; 415 `media_type_not_accepted` for what no upload may be, 422 `not_what_it_says` for
    content that is not of the declared type."""
    content_type = find_media_type(head)
    declared_type = SAME.get(declared or "", declared or "")
    if declared_type not in UNKNOWN and declared_type not in ACCEPTED:
        raise _not_accepted(declared_type)
    if content_type == PLAIN and declared_type == CSV:
        return CSV  # a table of one column has no delimiter
    if content_type == CSV and declared_type == PLAIN:
        return PLAIN  # commas are in every text
    if declared_type not in UNKNOWN and declared_type != content_type:
        raise Refused(
            422, "not_what_it_says", "The content is not of the media type that was declared.",
            declared=declared_type, found=content_type,
        )  # fmt: skip
    if content_type not in ACCEPTED:
        raise _not_accepted(content_type)
    return content_type


def _not_accepted(media_type: str) -> Refused:
    accepted = ", ".join(sorted(ACCEPTED))
    return Refused(415, "media_type_not_accepted", f"Files are of one of these types: {accepted}.")


def _by_signature(head: bytes) -> str:
    try:
        return puremagic.from_string(head, mime=True) or BINARY
    except (puremagic.PureError, ValueError):
        return BINARY


def _is_json_object(line: str) -> bool:
    try:
        return isinstance(orjson.loads(line), dict)
    except orjson.JSONDecodeError:
        return False
