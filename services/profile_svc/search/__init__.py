"""Search: customers listed and searched for, best first (P12).

Owns: how a text that somebody typed is read (a name, pinyin, a telephone number, an e-mail address, an id), and how the
answers to its meanings are ranked.

Does not own: the index (files writes it with the file), the references (the gateway's registry, asked by way of
references).

Invariants: a customer is found once, by its best answer: an id, an equal reference, an equal number or address, an
equal name, a beginning, a word, a piece of a word. What merely resembles the text is shown only when nothing answers
it. Nothing that is typed is an operator of the database. Pages follow by score and id, without loss or repeat. A
partner finds its own customers only, and by its own references only.

Why it is right: every meaning is looked up by an index of its own, measured at 2,500 files against comparing every
name.
"""
