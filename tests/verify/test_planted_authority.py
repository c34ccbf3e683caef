"""Faults of authority, planted one at a time into a system that has lived: what one person gave and two decided."""

from tests.verify.planted import Fault, LivedSystem, each_of

APPROVED = "(select id from settlement_approval where state = 'approved')"
ALONE = "(select id from proposal where approved_by is null and accepted and points > 0 order by id limit 1)"
FAULTS = [
    # what one person proposed alone in cases; figures of money, so that nothing else of points is touched
    Fault("settlement-beyond-the-limit", "complaint",
          f"update proposal set roles = '{{agent}}', amount = 50.01 where id = {ALONE}",
          {"settlements_within_authority", "cases_announced"}),
    Fault("settlement-by-a-role-without-authority", "complaint",
          f"update proposal set roles = '{{auditor}}' where id = {ALONE}", {"settlements_within_authority"}),
    Fault("settlement-by-rules-that-are-none", "complaint",
          f"update proposal set authority_version = 77 where id = {ALONE}", {"settlements_within_authority"}),
    Fault("settlement-approval-forgotten", "complaint",
          f"update proposal set approved_by = null, roles = '{{head}}', authority_version = 1 where id = {APPROVED}",
          {"settlements_within_authority", "settlements_approved_by_two"}),
    # what another person approved
    Fault("approved-by-who-asked-in-another-spelling", "complaint",
          f"""update proposal set approved_by = ' ' || upper(proposed_by) where id = {APPROVED};
              update settlement_approval set decided_by = ' ' || upper(requested_by) where id = {APPROVED}""",
          {"settlements_approved_by_two"}),
    Fault("approval-by-another", "complaint",
          f"update settlement_approval set decided_by = 'eve' where id = {APPROVED}", {"settlements_approved_by_two"}),
    Fault("approval-deleted", "complaint",
          "delete from settlement_approval where state = 'approved'", {"settlements_approved_by_two"}),
    Fault("approval-of-less", "complaint",
          f"update settlement_approval set amount = 1 where id = {APPROVED}", {"settlements_approved_by_two"}),
    Fault("approved-and-never-proposed", "complaint",
          "update settlement_approval set state = 'approved' where state = 'rejected'",
          {"settlements_approved_by_two"}),
    # adjustments, transfers and grants
    Fault("adjustments-beyond-the-day", "loyalty",
          "update adjustment set alone = true, decided_by = requested_by, limits_reached = '{}' where points = 5000",
          {"adjustments_within_limits", "entry_causes"}),
    Fault("adjustment-beyond-a-limit-alone", "loyalty",
          "update adjustment set limits_reached = '{day}' where points = 25", {"adjustments_by_two"}),
    Fault("adjustment-counted-for-another-person", "loyalty",
          "update adjustment set requester_id = gen_random_uuid() where points = 25", {"adjustments_by_two"}),
    Fault("settlements-beyond-the-ceiling", "loyalty",
          """insert into adjustment (id, customer_id, points, reason, state, requested_by, requested_at, decided_by,
                                     decided_at, entry_id, kind, case_id, occurred_at, requester_id, counted_on, alone,
                                     limits_reached)
             select gen_random_uuid(), customer_id, 20001, reason, 'posted', requested_by, requested_at, decided_by,
                    decided_at, gen_random_uuid(), kind, case_id, occurred_at, requester_id, counted_on, true, '{}'
             from adjustment where kind = 'settlement' limit 1""",
          {"adjustments_within_limits", "given_points_have_a_decision"}),
    Fault("grant-without-a-decision", "loyalty",
          "delete from adjustment where kind = 'settlement' and points > 30", {"given_points_have_a_decision"}),
    Fault("transfer-without-a-decision", "loyalty",
          "delete from adjustment where kind = 'transfer'", {"given_points_have_a_decision"}),
]  # fmt: skip


@each_of(FAULTS)
async def test_a_fault_is_found(lived: LivedSystem, fault: Fault) -> None:
    assert await lived.broken_by(fault) == fault.codes
