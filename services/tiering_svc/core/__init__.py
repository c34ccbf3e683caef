"""Core: what all areas of tiering share: the business, its calendar, exact numbers, and when a question is about.

Owns: `business` (one row: time zone and currency), the arithmetic of calendar months, reading and writing exact
numbers, `PointInTime`, the metadata and column types of all tables, and the tables of rule sets and jobs.

Does not own: any rule about a customer. Versions of rule sets and the running of jobs are `shared.rule_sets` and
`shared.jobs`; each area says what its own rule sets and jobs mean.

Invariants: time zone and currency are fixed at the first start; a month once counted stays the same month. A number is
a decimal from end to end, never a binary fraction; what is not known is None, never 0, and what is computed from it is
not known either.

Time: an instant has a zone and is stored in UTC. A month is written as its first day and begins where the business is,
so the evening of the last day in UTC may be the next month in Shanghai. A question has two times: `as_of`, when it was
so, and `known_at`, when it was recorded; either may be left out for now, none may lie in the future.

Why it is right: months across zones and at the turn of the year are tested by cases worked out by hand, and every
figure that is counted by month is compared with a count that knows no months (`indicators`).
"""
