"""Personal data (P13): none in any event, and nothing left of a customer whose data was erased."""

from deploy.verify.invariants.personal_data import erasure, events

INVARIANTS = (*events.INVARIANTS, *erasure.INVARIANTS)
