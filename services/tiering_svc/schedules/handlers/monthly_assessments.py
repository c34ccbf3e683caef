"""The scheduled assessment of a month (T15): a job of one step that stores it, if nobody has done so before."""

from datetime import date

from services.tiering_svc.service_quality.handlers.assessments import assess_a_month
from services.tiering_svc.service_quality.repository.assessments import list_assessments
from shared.jobs import Done, Job, Outcome, request_job
from shared.messaging import Transaction

ASSESSMENT = "assessment"  # the kind of job


async def request_assessment(tx: Transaction, day: date, by: str) -> Job:
    """The assessment of the month that the day lies in, which is over."""
    return await request_job(tx, ASSESSMENT, {"month": day.replace(day=1)}, by=by)


async def assess_scheduled_month(tx: Transaction, job: Job) -> Outcome:
    """The only step of the job. A month that was assessed by somebody stays as it is; the progress then counts none."""
    month = date.fromisoformat(job.params["month"])
    if await list_assessments(tx, month, "manager", tx.at) or await list_assessments(tx, month, "centre", tx.at):
        return Done()
    return Done(len(await assess_a_month(tx, month, job.requested_by)))
