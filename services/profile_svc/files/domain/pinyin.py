"""How a Chinese name sounds: every reading of it that somebody may type, the likeliest first (P12).

pypinyin misreads surnames (单 is Shan in a name, not dan), so the first character has a table of its own, and every
reading of a character is indexed, so that neither the table nor the dictionary has to be right.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import islice, product

from pypinyin import Style, pinyin

HAN = "\u2e80-\u2fdf\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
HAN_RUN = re.compile(f"[{HAN}]+")

SURNAMES = {
    "单": "shan", "單": "shan", "仇": "qiu", "解": "xie", "区": "ou", "區": "ou", "曾": "zeng",
    "查": "zha", "朴": "piao", "盖": "ge", "蓋": "ge", "乐": "yue", "樂": "yue", "缪": "miao",
    "繆": "miao", "折": "she", "黑": "he", "繁": "po", "秘": "bi", "重": "chong", "翟": "zhai",
    "覃": "qin", "员": "yun", "員": "yun", "洗": "xian", "祭": "zhai", "召": "shao", "种": "chong",
    "種": "chong", "隗": "wei", "句": "gou", "阚": "kan", "闞": "kan", "乜": "nie", "不": "fou",
    "便": "pian", "佴": "nai", "能": "nai", "适": "kuo", "颉": "xie", "頡": "xie", "都": "du",
}  # fmt: skip

MAX_READINGS = 24  # of a whole name; a file is not a dictionary
SHORT = 4  # characters: a person's name, where every combination of readings is worth having


@lru_cache(maxsize=8192)
def readings_of(character: str) -> tuple[str, ...]:
    """Every reading of one character, without tones."""
    return tuple(
        dict.fromkeys(plain(syllable) for syllable in pinyin(character, style=Style.NORMAL, heteronym=True)[0])
    )


def plain(syllable: str) -> str:
    """As it is typed: ü is u or v on a keyboard; v is the input methods' way."""
    return syllable.replace("ü", "v").replace("ê", "e")


def syllables(run: str) -> list[tuple[str, ...]]:
    """For each character of a run of Chinese its readings: the one it has in this phrase first, then all others."""
    in_phrase = [plain(syllable[0]) for syllable in pinyin(run, style=Style.NORMAL)]
    if len(in_phrase) != len(run):  # a character without a reading was kept together with its neighbours
        in_phrase = [readings_of(character)[0] for character in run]
    likeliest = list(in_phrase)
    if run[0] in SURNAMES and len(run) <= SHORT:
        likeliest[0] = SURNAMES[run[0]]
    return [
        tuple(dict.fromkeys((first, second, *readings_of(character))))
        for first, second, character in zip(likeliest, in_phrase, run, strict=True)
    ]


def readings(run: str) -> list[tuple[str, ...]]:
    """Readings of a whole run, the likeliest first: every combination of a short one, single changes of a long one."""
    choices = syllables(run)
    likeliest = tuple(choice[0] for choice in choices)
    if len(run) <= SHORT:
        return list(islice(product(*choices), MAX_READINGS))
    variants = [likeliest]
    for place, choice in enumerate(choices):
        variants += [(*likeliest[:place], other, *likeliest[place + 1 :]) for other in choice[1:]]
    return variants[:MAX_READINGS]


def initials(reading: Sequence[str]) -> str:
    """The first letters of a reading's syllables: `chong qing` gives `cq`."""
    return "".join(syllable[:1] for syllable in reading)
