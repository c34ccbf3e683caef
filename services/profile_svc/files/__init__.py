"""Files: one file a customer, none missing, none double (P1).

Owns: `customer`, one row whose `facts` are what the HTTP shape checked, and the rows made from it so that it can be
found: names in every reading (pinyin, words, pairs of characters), telephone numbers in E.164, e-mail addresses (P12).
How complete a file is, and what it lacks, is computed from one table of weights.

Does not own: what happened to the customer (overview), who looks after it (teams), what others call it (references).

Invariants: a file of a known kind has a name. An organisation never becomes a person. A telephone number, a name, an
address stands once in a file. A file has one id for ever; whoever opens it again with the same content gets it, with
other content a 409. A customer of whom only a reference is known has a stub, which somebody completes. Facts leave
profile only as traits that others grade by (region, industry, bands …), never names, numbers or birthdays.

Time: a change needs the version that was seen (If-Match). `updated_at` is when it was changed; what a file said before
is not kept. A day is in the future when it is so in every time zone.

Why it is right: a file and its search rows are written in one transaction; two that open the same id at once are told
apart by its primary key, and the later one begins again and finds the file.
"""
