"""Search in the database (P12): every meaning of a query is a branch, the best answer of a customer counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from services.profile_svc.files.domain.customer_file import CustomerKind
from services.profile_svc.search.domain import SearchQuery
from shared.chassis import Actor, DataScope, data_scope
from shared.messaging import Transaction

TRIGRAM_LENGTH = 3
MAX_SIMILARITY_SCORE = 100  # less than any answer that matches

SUMMARY = """c.id, c.root_id, c.kind, c.facts #>> '{names,0,name}' as name, c.facts ->> 'region' as region,
       c.completeness, o.tier, o.account_manager"""


@dataclass(frozen=True, slots=True)
class SearchResult:
    """A customer in a list. `score` says how well it answers a query, 0 where nothing was asked."""

    id: UUID
    root_id: UUID | None  # where it was merged (P12)
    kind: CustomerKind
    name: str | None
    region: str | None
    completeness: int
    tier: str | None
    account_manager: str | None
    score: int
    merged_from: tuple[UUID, ...] = ()


class SqlParameters:
    """Numbers the values of a statement that is put together."""

    def __init__(self) -> None:
        self.values: list[object] = []

    def add(self, value: object) -> str:
        """The placeholder that stands for this value: $1, $2 …"""
        self.values.append(value)
        return f"${len(self.values)}"


async def list_customers(
    tx: Transaction, actor: Actor, after: UUID | None, limit: int, ids: Sequence[UUID] | None = None
) -> list[SearchResult]:
    """Those that the actor may see, in the order of their ids, that is of their registration; of `ids` when given. Each
    customer once, by whoever stands for it."""
    parameters = SqlParameters()
    scope = data_scope(tx, actor)
    where = [*_visible(scope, parameters), f"(c.root_id is null or c.id = {_stands_for('c', scope, parameters)})"]
    if ids is not None:
        named = [f"n.id = any({parameters.add(list(ids))}::uuid[])", *_visible(scope, parameters, "n")]
        where.append(f"c.id in (select {_stands_for('n', scope, parameters)} from customer n {_where(named)})")
    if after is not None:
        where.append(f"c.id > {parameters.add(after)}")
    sql = f"""
        select {SUMMARY}, 0 as score from customer c left join overview o on o.customer_id = c.id
        {_where(where)} order by c.id limit {parameters.add(limit)}"""
    return [SearchResult(**row) for row in await tx.raw.fetch(sql, *parameters.values)]


async def search_customers(
    tx: Transaction, query: SearchQuery, actor: Actor, after: tuple[int, UUID] | None, limit: int
) -> list[SearchResult]:
    """Best first; `after` is the score and id of the last one of the page before. What merely resembles the query
    is looked for only when nothing matches it: similarity is dear, and only helps who mistyped."""
    if after is None or after[0] > MAX_SIMILARITY_SCORE:
        parameters = SqlParameters()
        results = await _run(tx, _branches(query, parameters), parameters, actor, after, limit)
        if results or after is not None:
            return results
    parameters = SqlParameters()
    # the planner takes word similarity for cheap and reads every name: 28 ms at 2,500 files, 3 ms by its own index
    await tx.raw.execute("set local enable_seqscan = off")
    return await _run(tx, _resembling(query, parameters), parameters, actor, after, limit)


async def _run(
    tx: Transaction,
    branches: Sequence[str],
    parameters: SqlParameters,
    actor: Actor,
    after: tuple[int, UUID] | None,
    limit: int,
) -> list[SearchResult]:
    if not branches:
        return []
    scope = data_scope(tx, actor)
    where = _visible(scope, parameters)
    stands_for = _stands_for("m", scope, parameters)
    visible = _where(_visible(scope, parameters, "m"))
    if after is not None:
        score, last = parameters.add(after[0]), parameters.add(after[1])
        where.append(f"(b.score < {score} or (b.score = {score} and c.id > {last}))")
    sql = f"""
        with matched as ({" union all ".join(branches)}),
             best as (select {stands_for} as customer_id, max(score) as score
                      from matched join customer m on m.id = matched.customer_id {visible} group by 1)
        select {SUMMARY}, b.score
        from best b join customer c on c.id = b.customer_id left join overview o on o.customer_id = c.id
        {_where(where)} order by b.score desc, c.id limit {parameters.add(limit)}"""
    return [SearchResult(**row) for row in await tx.raw.fetch(sql, *parameters.values)]


def _visible(scope: DataScope, parameters: SqlParameters, customer: str = "c") -> list[str]:
    """Conditions that hold the table `customer` under this name to what a scope has (G1): of erased ones (P13)
    nobody sees any."""
    living = f"not exists (select from erased_customer e where e.customer_id = {customer}.id and e.person_id is null)"
    within = scope.condition(f"{customer}.id", parameters.add)
    return [living] if within is None else [living, within]


def _stands_for(customer: str, scope: DataScope, parameters: SqlParameters) -> str:
    """Who stands for the customer of this table (P12): the root; for a partner the first of the members it sees."""
    if scope.actor.source is None:
        return f"coalesce({customer}.root_id, {customer}.id)"
    members = [f"o.root_id = {customer}.root_id", *_visible(scope, parameters, "o")]
    first = f"select o.id from customer o {_where(members)} order by o.id <> o.root_id, o.id limit 1"
    return f"coalesce(({first}), {customer}.id)"


def _where(conditions: Sequence[str]) -> str:
    return f"where {' and '.join(conditions)}" if conditions else ""


def _branches(query: SearchQuery, parameters: SqlParameters) -> list[str]:
    branches = []
    if query.id is not None:
        branches.append(f"select id as customer_id, 1000 as score from customer where id = {parameters.add(query.id)}")
    if query.references:
        ids, scores = parameters.add(list(query.references)), parameters.add(list(query.references.values()))
        branches.append(f"select * from unnest({ids}::uuid[], {scores}::int[]) as r(customer_id, score)")
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
