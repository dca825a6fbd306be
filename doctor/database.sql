-- name: holes
-- What is wrong with each of these tables for people (`authenticated`): missing, open, or shut to its
-- owner. Asked as the login role: before the first start people may not enter schema vecs.
select t.name, h.kind, h.detail
from unnest(cast(:tables as text[])) as t (name)
left join pg_class c on c.oid = to_regclass(t.name)
cross join lateral (
  select 'missing' as kind, '' as detail where c.oid is null
  union all
  select 'no row level security', '' where not c.relrowsecurity
  union all
  select 'owned', pg_get_userbyid(c.relowner)
  where pg_has_role('authenticated', c.relowner, 'member')
  union all
  select 'truncate', '' where has_table_privilege('authenticated', c.oid, 'truncate')
  union all
  select 'anon', p.privilege
  from unnest(cast('{select,insert,update,delete}' as text[])) as p (privilege)
  where c.oid is not null and has_table_privilege('anon', c.oid, p.privilege)
  union all
  select 'policy', cast(p.polname as text)
  from pg_policy p
  where p.polrelid = c.oid and p.polpermissive
    and exists (select from unnest(array[pg_get_expr(p.polqual, p.polrelid),
                                         pg_get_expr(p.polwithcheck, p.polrelid)]) as said
                where said !~ '^\((user_id|owner) = \( SELECT auth\.uid\(\) AS uid\)\)$')
  union all
  select 'unreadable', '' where c.relrowsecurity and not exists (
    select from pg_policy p
    where p.polrelid = c.oid and p.polpermissive and p.polcmd in ('r', '*'))
  union all
  select 'one factor', '' where t.name like 'public.%' and c.oid is not null and not exists (
    select from pg_policy p
    where p.polrelid = c.oid and not p.polpermissive and p.polcmd = '*'
      and pg_get_expr(p.polqual, p.polrelid) like '%own.proved_by_all_factors()%')
) h
order by t.name, h.kind, h.detail;

-- name: open_tables
-- Tables of others in the exposed schema that anybody with the publishable key gets at.
select cast(c.relname as text) as name from pg_class c
where c.relnamespace = cast('public' as regnamespace) and c.relkind in ('r', 'p')
  and not c.relrowsecurity
  and (has_table_privilege('anon', c.oid, 'select')
       or has_table_privilege('authenticated', c.oid, 'select'))
order by 1;

-- name: open_views
-- Views that show these tables with the eyes of whoever made them, to everybody who may look.
select distinct cast(cast(v.oid as regclass) as text) as name
from pg_class v
join pg_rewrite w on w.ev_class = v.oid
join pg_depend d on d.objid = w.oid and d.classid = cast('pg_rewrite' as regclass)
where v.relkind in ('v', 'm')
  and d.refobjid in (select to_regclass(t) from unnest(cast(:tables as text[])) as t)
  and (v.relkind = 'm' or not coalesce(v.reloptions, '{}') && cast('{security_invoker=true,security_invoker=on}' as text[]))
  and has_schema_privilege('authenticated', v.relnamespace, 'usage')
  and (has_table_privilege('anon', v.oid, 'select')
       or has_table_privilege('authenticated', v.oid, 'select'))
order by 1;

-- name: open_schemas
-- Schemas that a role of people may enter and must not.
select n.nspname || ' to ' || r.role as entered
from (values ('private', 'anon'), ('private', 'authenticated'), ('vecs', 'anon')) as r (schema, role)
join pg_namespace n on n.nspname = r.schema
where has_schema_privilege(r.role, n.oid, 'usage')
order by 1;

-- name: open_doors
-- Functions of the server's that a role of people may call.
select cast(cast(p.oid as regprocedure) as text) as name
from pg_proc p
where p.pronamespace = to_regnamespace('private')
  and (has_function_privilege('anon', p.oid, 'execute')
       or has_function_privilege('authenticated', p.oid, 'execute'))
order by 1;

-- name: exposed_by_setting
-- Schemas that a setting of the database's tells the Data API to serve.
select trim(both ' ' from schema) as schema
from pg_db_role_setting s
cross join unnest(s.setconfig) as said
cross join string_to_table(split_part(said, '=', 2), ',') as schema
where said like 'pgrst.db_schemas=%'
  and s.setdatabase in (0, (select oid from pg_database where datname = current_database()))
  and trim(both ' ' from schema) = any (cast(:hidden as text[]));

-- name: about
-- The server's version and time, and whether its extension is there.
select current_setting('server_version_num')::int as version, clock_timestamp() as now,
       current_user::text as login,
       (select extversion from pg_extension where extname = 'vector') as vector;

-- name: backend
select pg_backend_pid();

-- name: some_vectors
-- A few stored vectors with their texts, the newest: whether the embedding model still gives the same.
-- What stays inside is not sent there, and its vector may say nothing.
select metadata ->> 'data' as text, coalesce(metadata ->> 'cues', '') as cues,
       cast(vec as real[]) as vec from vecs.memories
where coalesce(metadata ->> 'data', '') <> '' and not private.stays_inside(owner, id, metadata)
order by seq desc limit 3;
