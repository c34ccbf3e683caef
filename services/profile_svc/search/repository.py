"""Search in the database (P12): every meaning of a query is a branch, the best answer of a customer counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from services.profile_svc.core.domain import Reader
from services.profile_svc.files.domain.customer_file import CustomerFile
from services.profile_svc.files.repository.customer_files import file_of_row
from services.profile_svc.files.tables import customer
from services.profile_svc.overview.tables import overview
from services.profile_svc.references.repository import visible_to
from services.profile_svc.search.domain import SearchQuery
from shared.messaging import Transaction

TRIGRAM_LENGTH = 3
MAX_SIMILARITY_SCORE = 100  # less than any answer that matches


@dataclass(frozen=True, slots=True)
class SearchResult:
    id: UUID
    kind: str
    name: str | None
    region: str | None
    completeness: int
    tier: str | None
    account_manager: str | None
    score: int


class SqlParameters:
    """Numbers the values of a statement that is put together."""

    def __init__(self) -> None:
        self.values: list[object] = []

    def add(self, value: object) -> str:
        self.values.append(value)
        return f"${len(self.values)}"


async def search_customers(
    tx: Transaction, query: SearchQuery, reader: Reader, after: tuple[int, UUID] | None, limit: int
) -> list[SearchResult]:
    """Best first; `after` is the score and id of the last one of the page before. What merely resembles the query
    is looked for only when nothing matches it: similarity is dear, and only helps who mistyped."""
    if after is None or after[0] > MAX_SIMILARITY_SCORE:
        parameters = SqlParameters()
        results = await _run(tx, _branches(query, reader, parameters), parameters, reader, after, limit)
        if results or after is not None:
            return results
    parameters = SqlParameters()
    # the planner takes word similarity for cheap and reads every name: 28 ms at 2,500 files, 3 ms by its own index
    await tx.raw.execute("set local enable_seqscan = off")
    return await _run(tx, _resembling(query, parameters), parameters, reader, after, limit)


async def _run(
    tx: Transaction,
    branches: list[str],
    parameters: SqlParameters,
    reader: Reader,
    after: tuple[int, UUID] | None,
    limit: int,
) -> list[SearchResult]:
    if not branches:
        return []
    where = []
    if reader.source is not None:
        where.append(
            "exists (select from customer_reference r where r.customer_id = c.id "
            f"and r.source = {parameters.add(reader.source)})"
        )
    if after is not None:
        score, last = parameters.add(after[0]), parameters.add(after[1])
        where.append(f"(b.score < {score} or (b.score = {score} and c.id > {last}))")
    manager = "o.account_manager" if reader.source is None else "null::text as account_manager"
    sql = f"""
        with matched as ({" union all ".join(branches)}),
             best as (select customer_id, max(score) as score from matched group by customer_id)
        select c.id, c.kind, c.facts #>> '{{names,0,name}}' as name, c.facts ->> 'region' as region, c.completeness,
               o.tier, {manager}, b.score
        from best b join customer c on c.id = b.customer_id left join overview o on o.customer_id = c.id
        {"where " + " and ".join(where) if where else ""}
        order by b.score desc, c.id limit {parameters.add(limit)}"""
    return [SearchResult(**row) for row in await tx.raw.fetch(sql, *parameters.values)]


def _branches(query: SearchQuery, reader: Reader, parameters: SqlParameters) -> list[str]:
    branches = []
    if query.id is not None:
        branches.append(f"select id as customer_id, 1000 as score from customer where id = {parameters.add(query.id)}")
    if query.reference is not None:
        of_reader = "" if reader.source is None else f" and source = {parameters.add(reader.source)}"
        branches.append(
            "select customer_id, 900 as score from customer_reference "
            f"where ref = {parameters.add(query.reference)}{of_reader}"
        )
    if query.e164:
        branches.append(
            "select customer_id, 850 as score from customer_phone "
            f"where e164 = any({parameters.add(query.e164)}::text[])"
        )
    if query.last_digits is not None:
        alike = parameters.add(query.last_digits)
        branches.append(f"select customer_id, 800 as score from customer_phone where last_digits = {alike}")
    if query.email is not None:
        whole, start = parameters.add(query.email), parameters.add(_escaped(query.email) + "%")
        branches.append(
            f"select customer_id, case when address = {whole}::text then 850 else 700 end as score "
            f"from customer_email where address like {start}"
        )
    branches.extend(_names(query, parameters))
    return branches


def _names(query: SearchQuery, parameters: SqlParameters) -> list[str]:
    """Names: equal, beginning so, a whole word, beginnings of words, a piece; in this order of worth."""
    conditions = []
    if query.whole:
        conditions.append((f"tokens @@ {parameters.add(query.whole)}::text::tsquery", 450))
    if query.words:
        conditions.append((f"tokens @@ {parameters.add(query.words)}::text::tsquery", 400))
    if len(query.folded) >= TRIGRAM_LENGTH:
        conditions.append((f"search_text like {parameters.add(query.pattern)}::text", 300))
    if not conditions:
        return []
    equal, begins = parameters.add(query.folded), parameters.add(_escaped(query.folded) + "%")
    scores = [f"when folded = {equal}::text then 600", f"when folded like {begins}::text then 500"]
    scores += [f"when {condition} then {score}" for condition, score in conditions]
    return [
        f"select customer_id, case {' '.join(scores)} else 0 end as score from customer_name "
        f"where {' or '.join(condition for condition, _ in conditions)}"
    ]


def _resembling(query: SearchQuery, parameters: SqlParameters) -> list[str]:
    if query.resembles is None:
        return []
    text = parameters.add(query.resembles)
    score = f"({MAX_SIMILARITY_SCORE} * word_similarity({text}::text, search_text))::int as score"
    return [
        f"(with near as materialized (select * from customer_name where {text}::text <% search_text) "
        f"select customer_id, {score} from near)"
    ]


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")


async def list_customers(
    tx: Transaction, reader: Reader, after: UUID | None, limit: int
) -> Sequence[tuple[CustomerFile, str | None, str | None]]:
    """Files in the order of their ids, that is of their registration, each with tier and account manager."""
    query = (
        select(customer, overview.c.tier, overview.c.account_manager)
        .outerjoin(overview, overview.c.customer_id == customer.c.id)
        .order_by(customer.c.id)
        .limit(limit)
    )
    if after is not None:
        query = query.where(customer.c.id > after)
    rows = await tx.sql.execute(visible_to(query, customer.c.id, reader))
    return [(file_of_row(row), row.tier, row.account_manager) for row in rows]
