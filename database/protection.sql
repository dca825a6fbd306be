-- name: who_am_i
-- The role of this transaction, whether it stands above the policies, and the person of its claims.
select current_user::text as role, (r.rolsuper or r.rolbypassrls) as bypasses,
       (select auth.uid()) as person
from pg_roles r where r.rolname = current_user;

-- name: unprotected_tables
-- Tables among those named that are missing, have no row level security, belong to this role (owners
-- are not bound) or may be truncated by it (TRUNCATE asks no policy).
select t.name from unnest(cast(:tables as text[])) as t(name)
left join pg_class c on c.oid = to_regclass(t.name)
where c.oid is null or not c.relrowsecurity or pg_has_role(current_user, c.relowner, 'member')
   or has_table_privilege(current_user, c.oid, 'truncate')
   -- a policy that says anything else than "your own" may let others in
   or exists (
     select from pg_policies p
     where to_regclass(format('%I.%I', p.schemaname, p.tablename)) = c.oid
       and p.permissive = 'PERMISSIVE'
       and exists (
         select from unnest(array[p.qual, p.with_check]) as said
         where said !~ '^\((user_id|owner) = \( SELECT auth\.uid\(\) AS uid\)\)$'));

-- name: write_as_another
-- Must be refused by the policy.
insert into public.conversations (user_id) values (:another);

-- name: collection_dims
select a.atttypmod from pg_attribute a
join pg_class c on c.oid = a.attrelid
join pg_namespace n on n.oid = c.relnamespace
where n.nspname = 'vecs' and c.relname = :name and a.attname = 'vec' and not a.attisdropped;

-- name: is_protected
-- Whether private.protect_memories() has run on both collections as they are.
select count(*) = 2 from pg_class c
join pg_constraint o on o.conrelid = c.oid and o.conname = c.relname || '_owner_fkey'
where c.relrowsecurity
  and c.oid in (to_regclass('vecs.memories'), to_regclass('vecs.memories_entities'));

-- name: holds_others
-- Whether vecs.memories stands there without an owner, and is not the empty one of a first start that
-- was cut short: that one has its entities beside it and no index but the key's.
select not exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'owner')
   and (to_regclass('vecs.memories_entities') is null
        or exists (select from vecs.memories)
        or (select count(*) from pg_index i where i.indrelid = c.oid) > 1)
from pg_class c where c.oid = to_regclass('vecs.memories');
