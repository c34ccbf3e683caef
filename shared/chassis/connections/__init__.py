"""Connections, before there is a request: what a client may send, how slowly, and how many of them it may hold.

`guarded_protocol` is the server's protocol, `request_head` what a head must be like, `settings` the server's
environment. What is refused here never reaches an application; it is answered with a problem all the same.
"""
