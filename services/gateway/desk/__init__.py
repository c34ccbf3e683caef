"""desk: a web page to look at the system: the pyramid, who moved, warnings, cases; a customer and why its tier.

Owns: `/desk` and its pages, their texts in English and Chinese, signing in with a development token.

Does not own: any figure. It asks the services as the person who looks, so it shows what that person may see.

Invariants
- It only reads. No script runs, everything is escaped, nothing is loaded from elsewhere.
- Partners have no desk. Figures are shown by audience: margins to manager, head, analyst, admin and auditor only.
- A page answers within 2 s with any service hung, and says which part is missing.
- Every code that is shown has a name in both languages; contrast is at least 4.5 : 1.

Time: instants are shown in the zone of the business, due times from now on.

Why it is right: the templates escape by default and refuse undefined names; the cookie is HttpOnly and SameSite.
"""
