"""Indicators: what is known of a customer in numbers, as of any instant, as it was known at any other (T1, P2, T14).

Owns: facts as other services announced them (orders and what came back of them, receivables, payments, contacts,
cases, traits, groups), their sums by month (`indicator_month`), and the catalogue: nearly sixty indicators of four
classes (transaction, finance, contact, profile), each with unit, window and a definition in two languages.

Does not own: what a figure is worth: policies grade by it, `monitoring` and `retention` draw their own conclusions.
Orders, cases and files belong to the services that announce them.

Invariants: each order, return and cancellation counts once, however often it is announced. What came back of an order
is taken off the month in which the order was placed; that something came back is counted in its own month. The sums of
a month are those of its facts, at any time. What is not known is None, never 0: a margin without all costs, a figure of
a class that was not loaded. A reader gets the indicators that its role may read (`shared.chassis.audience`), and a
partner none of groups, which may hold others' customers.

Time: a window is so many calendar months in the business's zone; its last one is that of `as_of`, up to that instant.
Facts carry both times, so `known_at` leaves out what was recorded later. Traits hold from their change on, and the
first ones also before it: a region does not begin with being written down.

Why it is right: a state machine sends the same facts in any order, repeated and split in any way, and compares every
figure with a brute-force count that knows neither months nor statements; a real year of purchases is compared with
sums made by pandas; `patron verify` counts each month anew from its facts.
"""
