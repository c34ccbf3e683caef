"""Messages: what a customer is to be told, asked for here and sent by somebody else.

Patron never sends a message itself. What other services announce (a case was acknowledged) becomes a request here:
which template, to whom, by which channel, for which purpose. A sender outside fetches the requests, has each one
rendered at that moment, sends it as it sends everything, and reports what became of it.

Owns: `message_request`, one row a message, with the codes, ids and instants that its text is rendered from; and
`message_report`, what senders said of it. The templates are texts of this area, in English and Chinese.

Does not own: whether somebody may be written to: that is consent, and where nobody has said anything it is the
deployment's default for the purpose. Nor names and addresses: they are the file's, read when a message is rendered, so
a request has nothing personal in it and erasing a file leaves nothing to be sent.

Whom a case names beside its customer is a contact, whose id is the case's: it is told in the customer's place, if it
allows that and can be reached. Name and address are asked of complaint when the message is rendered.

Invariants: one request for each occasion, however often it is announced. A request that may not be made, or that no
address is known for, is kept as `withheld` with the reason and is never announced. The state is what the latest report
says, by the time it happened; `withheld` is final.

Time: what happened long ago (`PATRON_MESSAGE_HOURS`) asks for no message: a subscription that is made anew, or an owner
that comes back from a backup, does not write to everybody again. Consent is what it is when the request is made; the
rendered text says whether it still is.

Why it is right: the text is made of what the file says when it is sent, not when it was asked for; and a sender that
fails loses nothing, since what it has not reported is still in the feed.
"""
