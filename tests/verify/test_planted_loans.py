"""Faults of what wallets lent each other (P12) and of settlements that went to another customer (C1), planted one at a
time into a system that has lived."""

from tests.verify.planted import Fault, LivedSystem, each_of

ANN = "(select customer_id from wallet where debt = 0 and available > 0)"
OWED = "outstanding"
CODES_OF_POINTS = {
    *("loans_agree", "settlements_moved", "settlements_granted", "entry_causes", "entry_balances", "lots_made"),
    *("lots_used", "merges_agree", "given_points_have_a_decision", "ledger_entries", "ledger_sums"),
}

FAULTS = [
    Fault("loan-returned-without-an-entry", "loyalty",
          f"update borrowing set returned = returned + 1 where {OWED}", {"loans_agree"}),
    Fault("loan-of-more-points", "loyalty", f"update borrowing set points = points + 1 where {OWED}", {"loans_agree"}),
    Fault("loan-of-another-lender", "loyalty",
          f"update borrowing set lender_id = {ANN} where {OWED}", {"loans_agree", "entry_causes"}),
    Fault("loan-to-another-borrower", "loyalty",
          f"update borrowing set borrower_id = {ANN} where {OWED}", {"loans_agree", "entry_causes"}),
    Fault("loan-out-of-another-lot", "loyalty",
          f"""update borrowing set lender_lot = (select id from lot where customer_id = {ANN} limit 1) where {OWED}""",
          {"loans_agree"}),
    Fault("loan-forgotten", "loyalty", f"delete from borrowing where {OWED}", {"loans_agree", "entry_causes"}),
    Fault("loan-between-two-who-were-never-one", "loyalty",
          "delete from customer_merge where root_id in (select borrower_id from borrowing)",
          {"loans_agree", "merges_agree"}),
    Fault("repaid-for-another-loan", "loyalty",
          "update entry set fact_id = gen_random_uuid() where kind = 'repay'", {"loans_agree", "entry_causes"}),
    Fault("moved-by-more-points", "loyalty", "update settlement_move set points = points + 1", {"settlements_moved"}),
    Fault("moved-from-another", "loyalty",
          f"update settlement_move set from_customer = {ANN}", {"settlements_moved"}),
    Fault("moved-to-another", "loyalty", f"update settlement_move set to_customer = {ANN}", {"settlements_moved"}),
    Fault("move-forgotten", "loyalty", "delete from settlement_move",
          {"settlements_moved", "given_points_have_a_decision"}),
    Fault("withdrawn-of-another-grant", "loyalty",
          "update entry set reverses = gen_random_uuid() where kind = 'withdraw'",
          {"settlements_moved", "settlements_granted"}),
    Fault("withdrawn-and-granted-by-two-moves", "loyalty",
          "update entry set fact_id = gen_random_uuid() where kind = 'withdraw'", {"settlements_moved"}),
]  # fmt: skip


@each_of(FAULTS)
async def test_a_fault_is_found(lived: LivedSystem, fault: Fault) -> None:
    assert await lived.broken_by(fault, CODES_OF_POINTS) == fault.codes
