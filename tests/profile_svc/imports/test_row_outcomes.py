"""What becomes of each row of an import, and of its customers when it is undone (P12), without a database."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, get_args
from uuid import UUID

import pytest

from services.profile_svc.files.domain.combined_file import CombinedFile, FileMerge, combine
from services.profile_svc.files.domain.customer_file import CustomerFile, CustomerKind
from services.profile_svc.files.domain.registration import RegistrationBatch
from services.profile_svc.imports.domain.reversal import ImportedCustomer, reverse
from services.profile_svc.imports.domain.row_outcomes import (
    ImportBatch,
    ImportRow,
    OnExisting,
    Reason,
    RowOutcome,
    RowRequest,
    reason_of,
)
from services.profile_svc.references.domain import Reference
from shared.errors import conflict, invalid
from shared.events import CustomerRegistered, CustomerTraitsChanged

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)
ADA, BOB, STUB, NEW = (UUID(int=number) for number in (1, 2, 3, 100))
ADAS: dict[str, Any] = {"names": [{"name": "Ada"}], "region": "east"}


def file_of(id: UUID, kind: CustomerKind = "person", version: int = 1, **facts: Any) -> CustomerFile:
    return CustomerFile(id, kind, facts, version, NOON, NOON)


def batch_of(
    *files: CustomerFile,
    on_existing: OnExisting = "update",
    hidden: Iterable[UUID] = (),
    merged: dict[UUID, CombinedFile] | None = None,
) -> ImportBatch:
    known = {file.id: file for file in files}
    return ImportBatch(RegistrationBatch(known), on_existing, set(known) - set(hidden), merged or {})


class Ids:
    """New ids, one after the other."""

    def __init__(self) -> None:
        self.numbers: Iterator[int] = iter(range(NEW.int, NEW.int + 50))

    def __call__(self) -> UUID:
        return UUID(int=next(self.numbers))


def take(
    batch: ImportBatch,
    customer_id: UUID | None = None,
    *,
    kind: CustomerKind | None = None,
    id: UUID | None = None,
    reference: Reference | None = None,
    new_id: Ids | None = None,
    **facts: Any,
) -> RowOutcome:
    """The outcome of a row; one that names an id means the customer of that id."""
    row = ImportRow(2, RowRequest(kind, facts, reference, id), "content")
    return batch.take(row, customer_id or id, LATER, new_id or Ids(), ["CN"])


def refused_for(outcome: RowOutcome) -> tuple[str, str | None] | None:
    assert outcome.outcome == "refused"
    return None if outcome.reason is None else (outcome.reason.code, outcome.reason.field)


def test_P12_a_row_of_nobody_known_opens_a_file() -> None:
    batch = batch_of()
    outcome = take(batch, kind="person", **ADAS)
    assert (outcome.outcome, outcome.before) == ("opened", None)
    assert outcome.file == CustomerFile(NEW, "person", ADAS, 1, LATER, LATER)
    assert batch.registration.opened == {NEW: outcome.file}
    assert [type(event) for event in batch.registration.events] == [CustomerRegistered, CustomerTraitsChanged]
    assert (batch.amended, batch.events) == ({}, [])


def test_P12_a_new_customer_needs_a_kind_and_a_name() -> None:
    batch = batch_of()
    assert refused_for(take(batch, **ADAS)) == ("kind_required", "kind")
    assert refused_for(take(batch, kind="person", region="east")) == ("name_required", "names")
    assert (batch.registration.files, batch.registration.events) == ({}, [])


def test_P12_a_reference_opens_under_the_id_of_the_registry_and_its_source_knows_the_customer() -> None:
    batch = batch_of()
    outcome = take(batch, BOB, kind="person", reference=Reference("erp", "C-2"), names=[{"name": "Bob"}])
    assert outcome.file is not None
    assert (outcome.outcome, outcome.file.id) == ("opened", BOB)
    assert batch.registration.sources == {(BOB, "erp")}


@pytest.mark.parametrize(
    ("on_existing", "outcome"), [("update", "updated"), ("skip", "skipped"), ("refuse", "refused")]
)
def test_P12_what_becomes_of_a_customer_who_is_there_is_the_requests_choice(
    on_existing: OnExisting, outcome: str
) -> None:
    ada = file_of(ADA, **ADAS)
    batch = batch_of(ada, on_existing=on_existing)
    taken = take(batch, id=ADA, region="west")
    assert taken.outcome == outcome
    if on_existing == "update":
        assert taken.file == CustomerFile(ADA, "person", ADAS | {"region": "west"}, 2, NOON, LATER)
        assert (batch.amended, batch.originals) == ({ADA: taken.file}, {ADA: ada})
        assert taken.before == {"kind": "person", "facts": ADAS}
        assert [event.region for event in batch.events if isinstance(event, CustomerTraitsChanged)] == ["west"]
    else:
        assert (batch.amended, batch.events, batch.registration.files[ADA]) == ({}, [], ada)
    if on_existing == "refuse":
        assert refused_for(taken) == ("file_exists", None)


@pytest.mark.parametrize("on_existing", get_args(OnExisting))
def test_P12_a_row_that_says_what_the_file_says_changes_nothing(on_existing: OnExisting) -> None:
    ada = file_of(ADA, **ADAS)
    batch = batch_of(ada, on_existing=on_existing)
    taken = take(batch, ADA, kind="person", reference=Reference("erp", "C-1"), region="east")
    assert (taken.outcome, taken.file, taken.before) == ("unchanged", ada, None)
    assert (batch.amended, batch.registration.sources) == ({}, set())


def test_P12_an_update_by_reference_tells_its_source() -> None:
    batch = batch_of(file_of(ADA, **ADAS))
    assert take(batch, ADA, reference=Reference("erp", "C-1"), region="west").outcome == "updated"
    assert batch.registration.sources == {(ADA, "erp")}


@pytest.mark.parametrize("on_existing", get_args(OnExisting))
@pytest.mark.parametrize("named", ["id", "reference"])
def test_P12_a_stub_becomes_somebody_whatever_is_there_to_be_done(on_existing: OnExisting, named: str) -> None:
    batch = batch_of(file_of(STUB, "unknown"), on_existing=on_existing)
    by: dict[str, Any] = {"id": STUB} if named == "id" else {"reference": Reference("erp", "C-3")}
    taken = take(batch, STUB, kind="organisation", **by, names=[{"name": "Crane"}])
    assert taken.file is not None
    assert (taken.outcome, taken.file.version) == ("opened", 2)
    assert taken.before == {"kind": "unknown", "facts": {}}  # so that undoing leaves the stub
    assert batch.registration.completed == {STUB: taken.file}
    assert (batch.registration.opened, batch.amended) == ({}, {})


@pytest.mark.parametrize(
    ("customer_id", "by", "field"),
    [
        (None, {"id": BOB}, "id"),  # nobody
        (ADA, {"id": ADA}, "id"),  # somebody else's
        (ADA, {"reference": Reference("erp", "C-1")}, "ref"),
        (STUB, {"id": STUB}, "id"),
    ],
)
def test_P12_whom_nobody_may_see_is_not_there(customer_id: UUID | None, by: dict[str, Any], field: str) -> None:
    batch = batch_of(file_of(ADA, **ADAS), file_of(STUB, "unknown"), hidden=[ADA, STUB])
    assert refused_for(take(batch, customer_id, kind="person", **by, **ADAS)) == ("customer_not_found", field)
    assert (batch.amended, batch.registration.completed, batch.registration.events) == ({}, {}, [])


def test_P12_what_the_import_opened_itself_it_may_change() -> None:
    """Nobody has said yet that who asks may see the new customer; the rows before it did."""
    batch, reference = batch_of(), Reference("erp", "C-2")
    first = take(batch, BOB, kind="person", reference=reference, names=[{"name": "Bob"}])
    again = take(batch, BOB, reference=reference, region="west")
    same = take(batch, BOB, reference=reference, region="west")
    assert [first.outcome, again.outcome, same.outcome] == ["opened", "updated", "unchanged"]
    assert batch.registration.opened == {BOB: again.file}  # written once, as the last row left it
    assert (batch.amended, batch.originals) == ({}, {})


def test_P12_a_stub_that_an_earlier_row_completed_is_written_once() -> None:
    batch = batch_of(file_of(STUB, "unknown"))
    take(batch, id=STUB, kind="person", names=[{"name": "Eve"}])
    again = take(batch, id=STUB, region="west")
    assert again.outcome == "updated"
    assert (batch.registration.completed, batch.amended) == ({STUB: again.file}, {})


def test_P12_rows_of_one_customer_each_see_what_the_ones_before_did() -> None:
    ada = file_of(ADA, **ADAS)
    batch = batch_of(ada)
    outcomes = [take(batch, id=ADA, region=region) for region in ("west", "west", "north")]
    assert [outcome.outcome for outcome in outcomes] == ["updated", "unchanged", "updated"]
    assert outcomes[-1].before == {"kind": "person", "facts": ADAS | {"region": "west"}}
    assert batch.originals == {ADA: ada}  # as the database has it, for the lock on its version
    assert batch.amended[ADA].version == 3
    assert [event.region for event in batch.events if isinstance(event, CustomerTraitsChanged)] == ["west", "north"]


@pytest.mark.parametrize(
    ("row", "code", "field"),
    [
        ({"kind": "organisation"}, "kind_is_fixed", None),
        ({"tax_id": "T1"}, "field_not_of_this_kind", "tax_id"),
        ({"names": None}, "name_required", "names"),
        ({"phones": [{"number": "12"}]}, "phone_not_possible", "phones"),
        ({"emails": [{"address": "a@b.c"}, {"address": "A@B.C"}]}, "given_twice", "emails"),
        ({"birth_date": {"calendar": "solar", "year": 2026, "month": 6, "day": 31}}, "no_such_day", "birth_date"),
    ],
)
def test_P12_what_a_file_would_be_refused_for_a_row_is_too(row: dict[str, Any], code: str, field: str | None) -> None:
    batch = batch_of(file_of(ADA, **ADAS))
    assert refused_for(take(batch, id=ADA, **row)) == (code, field)
    assert batch.amended == {}


def test_P12_an_id_and_a_reference_of_two_customers_are_refused() -> None:
    """Whose file would change? Nobody's: one of the two is a slip in the table."""
    batch = batch_of(file_of(ADA, **ADAS), file_of(BOB, names=[{"name": "Bob"}]))
    outcome = take(batch, BOB, id=ADA, reference=Reference("erp", "C-2"), region="west")
    assert refused_for(outcome) == ("names_two_customers", "id")
    assert batch.amended == {}
    assert take(batch, BOB, id=BOB, reference=Reference("erp", "C-2"), region="west").outcome == "updated"


def test_P12_a_reference_that_is_new_does_not_go_to_a_customer_by_an_import() -> None:
    """The registry made a new id for it: to open a second customer there is not what the row's id says."""
    batch = batch_of(file_of(ADA, **ADAS))
    outcome = take(batch, NEW, kind="person", id=ADA, reference=Reference("erp", "C-9"), **ADAS)
    assert refused_for(outcome) == ("names_two_customers", "id")
    assert (batch.registration.files.keys(), batch.registration.sources) == ({ADA}, set())


@pytest.mark.parametrize(
    ("on_existing", "region", "outcome", "code"),
    [
        ("update", "south", "unchanged", None),
        ("refuse", "south", "unchanged", None),
        ("skip", "west", "skipped", None),
        ("update", "west", "updated", None),
        ("refuse", "west", "refused", "file_exists"),
    ],
)
def test_P12_a_merged_customer_is_compared_with_what_all_say_and_the_roots_file_changed(
    on_existing: OnExisting, region: str, outcome: str, code: str | None
) -> None:
    own = {BOB: file_of(BOB, names=[{"name": "Ada"}]), ADA: file_of(ADA, names=[{"name": "A."}], region="south")}
    together = combine(own, (BOB, ADA), [FileMerge(NEW, BOB, ADA)])
    batch = batch_of(own[ADA], on_existing=on_existing, merged={ADA: together, BOB: together})
    # an export names the root by its id, with the reference of any member
    taken = take(batch, ADA, id=BOB, reference=Reference("erp", "C-1"), region=region)
    assert (taken.outcome, taken.reason and taken.reason.code) == (outcome, code)
    if outcome != "updated":
        assert (batch.amended, batch.edited, batch.events) == ({}, [], [])
        return
    assert list(batch.amended) == [BOB]
    assert dict(batch.amended[BOB].facts) == {"names": own[BOB].facts["names"], "region": "west"}
    assert batch.edited == [(together, frozenset({"region"}))]
    assert take(batch, ADA, region="west").outcome == "unchanged"  # a later row sees what it did


def test_P12_a_merged_customer_and_another_are_two() -> None:
    own = {BOB: file_of(BOB, **ADAS), ADA: file_of(ADA, **ADAS)}
    together = combine(own, (BOB, ADA), [FileMerge(NEW, BOB, ADA)])
    batch = batch_of(own[ADA], merged={ADA: together})
    outcome = take(batch, ADA, id=UUID(int=77), reference=Reference("erp", "C-1"), region="west")
    assert outcome.reason is not None
    assert outcome.reason.code == "names_two_customers"


def test_P12_a_row_that_could_not_be_read_keeps_its_reason() -> None:
    reason = Reason("too_many_cells", None, "The row has more cells than the header.")
    row = ImportRow(7, reason, "a,b,c")
    assert batch_of().take(row, None, LATER, Ids(), []) == RowOutcome(row, "refused", reason=reason)


def test_P12_a_reason_names_the_field_and_not_the_place_within() -> None:
    assert reason_of(invalid("given_twice", "Twice.", pointer="/emails/1/address")) == Reason(
        "given_twice", "emails", "Twice."
    )
    assert reason_of(conflict("file_exists", "There.")) == Reason("file_exists", None, "There.")
    assert reason_of(invalid("odd", pointer="/")).field is None


# --- undone ----------------------------------------------------------------------------------------------------


def test_P12_undone_a_customer_who_was_opened_is_an_empty_stub() -> None:
    file = file_of(ADA, version=3, **ADAS)
    reversal = reverse(ImportedCustomer(ADA, None, 3), file, set(), LATER)
    assert reversal.file == CustomerFile(ADA, "unknown", {}, 4, NOON, LATER)
    assert reversal.kept_because is None
    [event] = reversal.events
    assert isinstance(event, CustomerTraitsChanged)
    assert (event.kind, event.region, event.completeness, event.changed_at) == ("unknown", None, 0, LATER)


def test_P12_undone_a_customer_who_was_changed_says_what_it_said() -> None:
    before = {"kind": "person", "facts": ADAS}
    file = file_of(ADA, version=5, names=[{"name": "Ada"}], region="west")
    reversal = reverse(ImportedCustomer(ADA, before, 5), file, {ADA}, LATER)  # facts of its own do not matter here
    assert reversal.file == CustomerFile(ADA, "person", ADAS, 6, NOON, LATER)
    assert [event.region for event in reversal.events if isinstance(event, CustomerTraitsChanged)] == ["east"]


def test_P12_undoing_announces_nothing_where_no_trait_changes() -> None:
    before = {"kind": "person", "facts": ADAS | {"occupation": "smith"}}
    file = file_of(ADA, version=2, **ADAS, occupation="baker")
    reversal = reverse(ImportedCustomer(ADA, before, 2), file, set(), LATER)
    assert reversal.file is not None
    assert (reversal.file.facts["occupation"], reversal.events) == ("smith", ())


@pytest.mark.parametrize(
    ("file", "before", "with_facts", "reason"),
    [
        (None, None, set(), "gone"),
        (file_of(ADA, version=3, **ADAS), None, set(), "changed_since"),
        (file_of(ADA, version=3, **ADAS), None, {ADA}, "changed_since"),
        (file_of(ADA, version=3, **ADAS), {"kind": "person", "facts": {}}, set(), "changed_since"),
        (file_of(ADA, version=2, **ADAS), None, {ADA, BOB}, "fact_since"),
    ],
)
def test_P12_whose_customer_went_on_is_kept_with_its_reason(
    file: CustomerFile | None, before: dict[str, Any] | None, with_facts: set[UUID], reason: str
) -> None:
    reversal = reverse(ImportedCustomer(ADA, before, 2), file, with_facts, LATER)
    assert (reversal.customer_id, reversal.file, reversal.kept_because, reversal.events) == (ADA, None, reason, ())


def test_P12_an_import_undone_leaves_what_its_rows_began_with() -> None:
    """Rows of the same customer one after the other, undone by what the first of them found."""
    ada = file_of(ADA, **ADAS)
    batch = batch_of(ada, file_of(STUB, "unknown"))
    rows: list[tuple[UUID, dict[str, Any]]] = [
        (ADA, {"region": "west"}),
        (STUB, {"kind": "person", "names": [{"name": "Eve"}]}),
        (ADA, {"region": None, "car": "red"}),
        (STUB, {"region": "north"}),
    ]
    first: dict[UUID, dict[str, Any] | None] = {}
    for id, row in rows:
        outcome = take(batch, id=id, **row)
        first.setdefault(id, outcome.before)
    for id, was in ((ADA, ada), (STUB, file_of(STUB, "unknown"))):
        file = batch.registration.files[id]
        undone = reverse(ImportedCustomer(id, first[id], file.version), file, set(), LATER).file
        assert undone is not None
        assert (undone.kind, undone.facts, undone.registered_at) == (was.kind, was.facts, was.registered_at)
