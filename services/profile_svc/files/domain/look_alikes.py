"""Files that may be of the same customer (P12): what two files share that hardly two customers share."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args
from uuid import UUID

from services.profile_svc.files.domain.customer_file import CustomerFile
from services.profile_svc.files.domain.name_index import compact, fold
from services.profile_svc.files.domain.pinyin import HAN_RUN, readings
from shared.errors import DomainError, conflict

Evidence = Literal["tax_id", "phone", "email", "name"]
EVIDENCE: tuple[Evidence, ...] = get_args(Evidence)
"""What two files have in common, the strongest first."""

MAX_LOOK_ALIKES = 10


@dataclass(frozen=True, slots=True)
class LookAlike:
    """Another customer, and what its file has in common with one."""

    customer_id: UUID
    kind: str
    name: str | None
    evidence: tuple[Evidence, ...]  # the strongest first


def spellings(name: str) -> set[str]:
    """A name without case, accents and what is between its words, as it is written and as it may sound: two names that
    share one are written alike in some script (`Chang'an`, `长安`)."""
    folded = fold(name)
    written = {compact(folded)}
    variants = [folded]
    for run in HAN_RUN.findall(folded):
        variants = [variant.replace(run, "".join(sound), 1) for variant in variants for sound in readings(run)]
        variants = variants[:MAX_SPELLINGS]
    return {spelling for spelling in written | {compact(variant) for variant in variants} if spelling}


MAX_SPELLINGS = 64


def share_a_name(file: CustomerFile, names: Iterable[str]) -> bool:
    """Whether one of the names is written, or sounds, like one of the file's."""
    own = {spelling for name in file.texts("names", "name") for spelling in spellings(name)}
    return any(own & spellings(name) for name in names)


def strongest_first(shared_by: Mapping[UUID, set[Evidence]]) -> list[UUID]:
    """Customers by how much they have in common with a file, at most ten."""
    weight = {evidence: 2 ** (len(EVIDENCE) - place) for place, evidence in enumerate(EVIDENCE)}
    ranked = sorted(shared_by, key=lambda id: (-sum(weight[evidence] for evidence in shared_by[id]), id))
    return ranked[:MAX_LOOK_ALIKES]


def looks_like_another(look_alikes: Iterable[LookAlike]) -> DomainError:
    """409: the file was not opened, since it looks like others; which ones, and by what."""
    return conflict(
        "looks_like_another",
        "The file looks like that of a customer who is there. Add the reference to that one, or open it all the same.",
        candidates=[{"customer_id": str(alike.customer_id), "evidence": list(alike.evidence)} for alike in look_alikes],
    )
