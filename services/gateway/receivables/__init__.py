"""receivables: money that customers owe and pay, as the outside reports it.

Owns: `receivable`, `payment`; the events `ReceivableIssued`, `PaymentReceived`.

Does not own: who is in arrears by how much (tiering and profile count it from the events), dunning.

Invariants
- A receivable is known once per (source, receivable_id), a payment per (source, payment_id); told again with the same
  content they are answered the same, with other content 409.
- Payments come in parts and never exceed what is owed: an overpayment belongs to nobody's receivable.
- A receivable for an order belongs to the order's customer.

Time: a receivable has days (`issued_on`, `due_on`) in the calendar of the business; a payment has an instant.

Why it is right: payments of one receivable come in turn, because its row is locked while they are summed.
"""
