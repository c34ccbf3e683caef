"""What a service's login role may do in its own database: read and write rows. The tables are their owner's.

Who owns a table may switch its triggers off, empty or drop it, whatever else it may not. So migrations run as a role
of their own, and a statement that a service is talked into can not take away what keeps rows as they were written.
"""

# run by the owner of the objects, again at each migration; tables are touched only where a right is missing
_RIGHTS = """
do $rights$
declare
    service_role constant text := {role};
    relation record;
begin
    for relation in
        select oid, relname, relkind from pg_class
        where relnamespace = 'public'::regnamespace and relowner = current_user::regrole
          and relkind in ('r', 'p', 'S', 'v')
    loop
        if relation.relkind = 'S' then
            if not has_sequence_privilege(service_role, relation.oid, 'usage') then
                execute format('grant usage on sequence public.%I to %I', relation.relname, service_role);
            end if;
        elsif relation.relname = 'alembic_version' or relation.relkind = 'v' then
            execute format('grant select on public.%I to %I', relation.relname, service_role);
        elsif not (has_table_privilege(service_role, relation.oid, 'select')
                   and has_table_privilege(service_role, relation.oid, 'insert')
                   and has_table_privilege(service_role, relation.oid, 'update')
                   and has_table_privilege(service_role, relation.oid, 'delete')) then
            execute format('grant select, insert, update, delete on public.%I to %I', relation.relname, service_role);
        end if;
    end loop;
    -- the months of the outbox that are made later
    execute format('alter default privileges in schema public grant select, insert, update, delete on tables to %I',
                   service_role);
    revoke execute on function make_outbox_partition(date), drop_outbox_partition(text) from public;
    execute format('grant execute on function make_outbox_partition(date), drop_outbox_partition(text) to %I',
                   service_role);
end $rights$
"""


def rights_of(service_role: str) -> str:
    """One statement of SQL, for the owner of a service's tables, that gives the service's login role its rights."""
    return _RIGHTS.format(role="'" + service_role.replace("'", "''") + "'")
