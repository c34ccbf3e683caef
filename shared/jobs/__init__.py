"""Long work in small steps: asked for in a transaction, done in the background, never lost and never done twice.

A **job** is a row: what is to be done (`kind`, `params`), how far it is (`cursor`, `done` of `total`), and its status:
waiting, running, done, failed or cancelled. A **step** is one transaction: it does a batch, and the same transaction
keeps the new cursor, so whatever kills the process, the next one goes on where the last commit was.

    async def export_next_batch(tx: Transaction, job: Job) -> Outcome:        # handlers
        customers = await list_customers(tx, after=job.cursor, limit=500)
        await add_exported(tx, job.id, customers)
        return job.next(customers[-1], done=500) if len(customers) == 500 else Done(len(customers))

    jobs = Jobs({"export": export_next_batch})                                 # subscriptions.py, the table of contents
    job = await request_job(tx, "export", {"format": "csv"}, by=actor.subject)  # whoever asks; commits with the request
    create_service(..., background=[jobs.work_on_jobs])                        # app.py

*Order*: jobs of one lane (by default, of one kind) are done one after another as they were asked for; lanes go on side
by side. *Replicas*: each may run them all; a step belongs to who holds the job's row, and a job stays for two seconds
with the process that did its last step. *Long looks* go into `prepare`, which runs before the step and without locks;
what it brought is thrown away if the job has changed meanwhile. *Failure*: lost connections and other services out of
reach are tried again for ever; any other error five times with growing pauses, then the job is `failed` with its code
and the lane goes on; `retry_job` takes it up again at its cursor.

A job owns nothing of its subject: results lie in the subject's tables, whose rows carry the job's id.
"""

from shared.jobs.batches import BatchSizer
from shared.jobs.job import Done, Failed, Job, Outcome, Wait
from shared.jobs.runner import JobContext, JobKind, Jobs, RunningService
from shared.jobs.store import (
    cancel_job,
    find_job,
    is_unfinished,
    job_columns,
    job_of,
    list_jobs,
    load_job,
    request_job,
    request_job_once,
    retry_job,
    wake_jobs,
)
from shared.jobs.table import CREATE_JOB_TABLE, job_table

__all__ = [
    "CREATE_JOB_TABLE",
    "BatchSizer",
    "Done",
    "Failed",
    "Job",
    "JobContext",
    "JobKind",
    "Jobs",
    "Outcome",
    "RunningService",
    "Wait",
    "cancel_job",
    "find_job",
    "is_unfinished",
    "job_columns",
    "job_of",
    "job_table",
    "list_jobs",
    "load_job",
    "request_job",
    "request_job_once",
    "retry_job",
    "wake_jobs",
]
