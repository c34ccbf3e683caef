"""Merges over HTTP (P12)."""

from typing import Any, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from services.profile_svc.merges.domain import Merge, Preview
from shared.chassis import Code, Id, Instant, Read, Shape

Side = Literal["root", "absorbed"]


class AbsorbedCustomer(Shape):
    """The customer that is absorbed: Patron's `id`, or a `source` and its `ref`."""

    id: Id | None = None
    source: Code | None = Field(default=None, description="the company's own, when it is not said")
    ref: Code | None = None

    @model_validator(mode="after")
    def _is_one_of_both(self) -> Self:
        if (self.id is None) == (self.ref is None) or (self.id is not None and self.source is not None):
            raise PydanticCustomError("customer_address", "Give either id, or source and ref")
        return self


class MergeCreate(Shape):
    """Which customer is absorbed, and of which fields the absorbed one's value is kept."""

    absorbed: AbsorbedCustomer
    keep: dict[Code, Side] = Field(
        default={},
        max_length=100,
        description="field of the file, or account_manager -> whose value counts; the root's, where it is not said",
    )


class MergeRead(Read):
    """Two customers who are, or were, one."""

    merge_id: Id
    root_id: Id = Field(description="who stands for both")
    absorbed_id: Id
    keep: dict[str, Side]
    merged_at: Instant
    merged_by: str
    unmerged_at: Instant | None = Field(description="null: they are one to this day")
    unmerged_by: str | None


class MergeList(Read):
    """All merges of a customer, undone ones too."""

    items: list[MergeRead] = Field(description="oldest first")


class FieldPreview(Read):
    """What a merge would make of a field of the file."""

    field: str
    root: Any
    absorbed: Any
    survives: Side
    conflict: bool = Field(description="both have a value, and they differ")


class OnePreview(Read):
    """Of what there is one at a time: what each of the two has, and which stays while they are one."""

    root: str | None
    absorbed: str | None
    stays: str | None


class MergeRefusal(Read):
    """Why the two cannot be merged."""

    code: str
    detail: str


class TierOutline(Read):
    """A tier now."""

    tier: str
    rank: int


class TierChanges(Read):
    """Both tiers now. From the merge on both are graded together, by the orders of both."""

    root: TierOutline | None
    absorbed: TierOutline | None
    at_least: TierOutline | None = Field(description="the better of both; together they may come further")


class PointsOutline(Read):
    """Points now."""

    balance: int
    held: int
    debt: int


class PointsChanges(Read):
    """Both wallets now. They stay apart; a redemption takes from the one it names first, then from the other."""

    root: PointsOutline
    absorbed: PointsOutline
    together: PointsOutline


class CaseChanges(Read):
    """How many cases are open, and how many of them may get earlier deadlines, by the better tier; never later ones."""

    root: int
    absorbed: int
    next_due_at: Instant | None
    deadlines_may_shorten: int | None = Field(description="null: no tier is known")


class MergeChanges(Read):
    """What a merge changes beside the file; null where the service did not answer."""

    tier: TierChanges | None
    points: PointsChanges | None
    cases: CaseChanges | None


class MergePreview(Read):
    """What a merge would do, as far as the file, the team and the group go. Nothing is changed by looking."""

    root_id: Id
    absorbed_id: Id
    refusal: MergeRefusal | None = Field(description="why it would be refused; null: it would not")
    fields: list[FieldPreview]
    account_manager: OnePreview = Field(description="codes of employees")
    group_parent: OnePreview = Field(description="ids of customers")
    completeness: int = Field(description="of the merged file, in percent")
    changes: MergeChanges | None = Field(
        default=None, description="what it changes in the other services, which the gateway asks"
    )
    did_not_answer: list[str] = Field(default=[], description="services that were asked and did not answer in time")


def show_merge(merge: Merge) -> MergeRead:
    """A merge as it was decided."""
    return MergeRead.model_validate(merge)


def show_preview(preview: Preview) -> MergePreview:
    """What a merge would do."""
    refusal = preview.refusal
    return MergePreview(
        root_id=preview.root_id,
        absorbed_id=preview.absorbed_id,
        refusal=None if refusal is None else MergeRefusal(code=refusal.code, detail=refusal.detail),
        fields=[
            FieldPreview(
                field=field.name,
                root=field.root,
                absorbed=field.absorbed,
                survives=field.survives,
                conflict=field.conflict,
            )
            for field in preview.fields
        ],
        account_manager=OnePreview.model_validate(preview.account_manager),
        group_parent=OnePreview.model_validate(preview.group_parent),
        completeness=preview.completeness,
    )
