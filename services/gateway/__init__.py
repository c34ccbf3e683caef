"""gateway: the one public entrance of Patron, and the intake of what the outside reports.

Every request from outside comes in here: from people (the desk, a front end), partners and the company's own systems.
The gateway verifies who asks (`access`), takes in orders, returns, deliveries, receivables and payments (`intake`,
`receivables`) under references that are unique per source (`references`, `partners`), hands everything else to the
service that answers it (`forwarding`), describes the whole (`contract`) and shows it (`desk`).

Areas, lower ones first; an area imports only lower ones:
`core < references < partners < access < intake < {receivables, forwarding, contract} < desk`.
"""
