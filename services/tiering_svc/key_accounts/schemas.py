"""Key accounts, excluded customers, risk flags and their rules over HTTP (T8)."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, Field

from services.tiering_svc.core.schemas.shapes import Count, Exact, NamedCustomerRead, NamesShape, Whole
from shared.chassis import AnnouncedCode, Code, Id, Instant, Read, Shape, SignedAmount, Text

KeyAccountKindCode = Literal["economic", "important", "group", "strategic"]
RiskCode = Literal["finance", "profit", "management", "churn", "concentration"]
Status = Literal["open", "approved", "rejected", "cancelled"]


def _each_once(kinds: list[Any]) -> list[Any]:
    if len(set(kinds)) != len(kinds):
        raise ValueError("each kind once")
    return kinds


Reason = Annotated[Text, Field(min_length=1)]
Kinds = Annotated[list[KeyAccountKindCode], Field(min_length=1, max_length=4), AfterValidator(_each_once)]


class EvidenceWrite(Shape):
    says: Reason = Field(description="what the nominator knows")
    indicator: Code | None = Field(default=None, description="the indicator it is about, if any")


class NominationCreate(Shape):
    customer_id: Id
    kinds: Kinds
    evidence: list[EvidenceWrite] = Field(min_length=1, max_length=20)
    reason: Reason


class ExclusionCreate(Shape):
    customer_id: Id
    evidence: list[EvidenceWrite] = Field(default=[], max_length=20)
    reason: Reason


class ApprovalCreate(Shape):
    note: Reason | None = None
    override_reason: Reason | None = Field(
        default=None, description="why it shall be a key account though it meets a disqualifying rule"
    )


class NoteCreate(Shape):
    note: Reason | None = None


class RejectionCreate(Shape):
    note: Reason


class EndingCreate(Shape):
    reason: Reason


class EvidenceRead(Read):
    says: str
    indicator: str | None


class ExaminedConditionRead(Read):
    indicator: str
    value: str | None
    comparison: str
    bound: str
    met: bool | None = Field(description="null: the value is not known")


class ExaminationRead(Read):
    code: str
    name: dict[str, str]
    met: bool | None = Field(description="null: not known")
    parts: list[ExaminedConditionRead]


class NominationFiguresRead(Read):
    """What the system found when the nomination was made. It is never computed again."""

    as_of: datetime
    months: Count
    rules_version: Count
    of_group: bool = Field(description="the figures are those of the customer and all below it")
    values: dict[str, str | None]
    disqualifications: list[ExaminationRead]


class NominationRead(NamedCustomerRead):
    id: UUID
    kinds: list[str]
    reason: str
    evidence: list[EvidenceRead]
    figures: NominationFiguresRead
    status: str
    nominated_by: str
    nominated_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    note: str | None
    override_reason: str | None
    findings: list[ExaminationRead] | None = Field(description="the disqualifying rules when it was approved")


class AccountClassRead(NamedCustomerRead):
    """A time in which a customer is a key account, or excluded."""

    id: UUID = Field(description="the nomination's")
    kinds: list[str]
    since: datetime
    until: datetime | None
    ended_by: str | None
    end_cause: str | None
    end_reason: str | None


class CustomerKeyAccountRead(Read):
    customer_id: UUID
    as_of: datetime
    is_key_account: bool
    excluded: bool
    held: AccountClassRead | None
    nomination: NominationRead | None
    history: list[AccountClassRead] = Field(description="all its times as key account or excluded, oldest first")
    words: str


class CandidateRead(NamedCustomerRead):
    kind: str
    amount: SignedAmount | None = Field(description="in the window; of a group, of all its members")
    because: ExaminationRead
    disqualifications_not_known: list[str] = Field(description="disqualifying rules whose figures are not known")
    words: str


class CandidatesRead(Read):
    as_of: datetime
    kind: str
    rules_version: Count
    months: Count
    passed_over: Count = Field(description="of this page: who meets a disqualifying rule or not the conditions")
    items: list[CandidateRead] = Field(description="by amount; a page may be short, follow `next`")
    next: str | None


class RiskFlagCreate(Shape):
    risk: RiskCode
    reason: Reason
    until: Instant = Field(description="cleared then by itself")


class RiskFlagRead(Read):
    id: UUID
    risk: str
    source: str = Field(description="rule, hand")
    rule: str | None
    reason: str | None
    evidence: dict[str, Any] = Field(description="what the rule found, as far as the reader may read it")
    raised_by: str | None = Field(description="null for partners")
    raised_at: datetime
    until: datetime | None
    cleared_at: datetime | None
    clear_cause: str | None
    words: str


class CustomerRisksRead(Read):
    customer_id: UUID
    as_of: datetime
    checked_at: datetime | None = Field(
        description="when the rules last checked it; null: they check key accounts only"
    )
    items: list[RiskFlagRead]


class IndicatorConditionWrite(Shape):
    """One indicator and exactly one of the comparisons."""

    indicator: Code
    at_least: Exact | None = None
    over: Exact | None = None
    at_most: Exact | None = None
    under: Exact | None = None


class DisqualificationWrite(Shape):
    code: AnnouncedCode
    name: NamesShape
    when: list[IndicatorConditionWrite] = Field(max_length=20, description="all of them")


class RiskRuleWrite(DisqualificationWrite):
    risk: RiskCode


class CriterionWrite(Shape):
    kind: KeyAccountKindCode
    name: NamesShape
    top_percent: Exact | None = Field(default=None, description="among the first so many percent by amount")
    when: list[IndicatorConditionWrite] = Field(max_length=20, description="and all of them")


class KeyAccountRulesDocument(Shape):
    window_months: Whole
    disqualifications: list[DisqualificationWrite] = Field(max_length=50)
    risks: list[RiskRuleWrite] = Field(max_length=50)
    candidates: list[CriterionWrite] = Field(max_length=4)
