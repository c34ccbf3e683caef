"""Profile: one file per customer, who looks after it, and the overview kept from every service's events.

Areas, each knowing only those before it:

    core            who asks, and what a partner is not told
    audit           the trail of who saw or changed which file
    employees       the directory of the operator's people
    references      which sources know a customer; the references themselves are asked of the gateway's registry
    files           the customer file: opened, amended, complete or not
    imports         files by the thousand
    groups          customers below a parent
    overview        the 360: one row a customer
    teams           who looks after whom
    contacts        the contact log and its next steps
    search          customers listed and searched for
    calls           the call centre: calls, and what pops up while it rings

`subscriptions.py` says which event wakes what; `app.py` puts the routes together.
"""
