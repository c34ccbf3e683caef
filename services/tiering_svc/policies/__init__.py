"""Policies: which level a customer's figures give. Six kinds of rule, each a document that people write (T2-T7, T9).

Owns: the document of a tier policy and its checks, the kinds (bands of one indicator, scorecard, value matrix, ABC,
pyramid, stars), conditions in CEL that limit a level, and which policy is in force with which cut-offs.

Does not own: what becomes of a customer's tier when its figures change (`tiers`), the reviews that compute cut-offs
(`reviews`), drafts, approval and activation (`shared.rule_sets`).

Invariants: a version never changes. A document that could grade nobody, or that could fail for some customer, is
refused when it is written, at the field that is wrong. Levels are ordered; more of what a policy wants is never a lower
level. A value that is not known gives the level the policy says, the lowest where it says nothing. A policy of shares
grades by the cut-offs of the last applied review, and gives the lowest level before the first.

Time: a policy is in force from its activation, or from the later day it names, until the next one is. Windows are
calendar months, that of the instant included; stars look at full months before it. Decisions keep which version, and
whose cut-offs, graded them, so each can be explained for ever.

Why it is right: everything is a pure function of a document and a snapshot of one customer. Scores are compared with
sums of fractions, cut-offs with ranks counted by pandas, the way to the next level is walked and arrives; any text is
an expression or refused, and no expression can loop or divide.
"""
