"""Complaint: what went wrong, and putting it right in time (C1, C2, C3, C5).

    cases       a case, its steps along one path, its history, and what happens to it when nobody acts
    deadlines   how much working time each stage of a case is given, and what becomes of a deadline
    remedies    what may be offered to settle a case, and how much of it by whom
    calendars   working time: opening hours, public holidays, make-up days, an operator's word over them
    customers   who is known, and in which tier: a copy of what profile and tiering announced
    core        what all tables share

An area knows only those below it: cases, then deadlines and remedies, then calendars and customers, then core.
"""
