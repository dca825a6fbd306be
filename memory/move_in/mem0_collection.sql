-- name: is_there
-- Whether there is a table of this name in schema vecs, and whether it is Keepsake's own: then it has
-- an owner.
select c.oid is not null as is_there,
       exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'owner'
               and a.attgenerated = 's') as is_ours
from (select to_regclass(format('vecs.%I', cast(:name as text))) as oid) c;

-- name: shape
-- What it is made of: its columns, the dimensions of its vectors, whether this role may move it, and
-- what else depends on it.
select c.relkind = 'r' as is_table,
       pg_has_role(current_user, c.relowner, 'usage') as is_movable,
       pg_get_userbyid(c.relowner) as owned_by,
       (select array_agg(cast(a.attname as text) order by a.attname) from pg_attribute a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
       (select a.atttypmod from pg_attribute a
        where a.attrelid = c.oid and a.attname = 'vec' and not a.attisdropped) as dims,
       array(select cast(cast(k.conrelid as regclass) as text) from pg_constraint k
             where k.confrelid = c.oid and k.conrelid <> c.oid
             union
             select cast(cast(w.ev_class as regclass) as text) from pg_depend d
             join pg_rewrite w on w.oid = d.objid
             where d.refobjid = c.oid and d.classid = cast('pg_rewrite' as regclass)
               and w.ev_class <> c.oid
             order by 1) as leaning
from pg_class c where c.oid = to_regclass(format('vecs.%I', cast(:name as text)));

-- name: others
-- Other collections of mem0's in schema vecs, by the metadata that mem0 gives to memories.
select cast(c.relname as text) as name from pg_class c
join pg_namespace n on n.oid = c.relnamespace
where n.nspname = 'vecs' and c.relkind = 'r' and c.relname not in ('memories', 'memories_entities')
  and c.relname !~ '_entities$' and c.relname <> 'mem0migrations'
  and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'vec')
order by 1;

-- name: make_room
-- Where the collection stands until it is taken over, in the same transaction. Nobody waits for ever
-- for a program that still uses it, and no limit ends the copying.
set local lock_timeout = '20s';
set local statement_timeout = 0;
create schema keepsake_move_in;
create function keepsake_move_in.put_away(collection text, called text) returns void
language plpgsql as $$
begin
  execute format('alter table vecs.%I set schema keepsake_move_in', collection);
  if collection <> called then
    execute format('alter table keepsake_move_in.%I rename to %I', collection, called);
  end if;
end
$$;

-- name: put_away
select keepsake_move_in.put_away(:collection, :called);

-- name: without_entities
-- Where there is no collection of entities: mem0 1 had none, mem0 2 makes it with the first.
create table if not exists keepsake_move_in.memories_entities (like keepsake_move_in.memories);

-- name: sort_out
-- Whose each row is, and why it is nobody's.
create temporary table sorted_out on commit drop as
select 'memories' as collection, s.id, u.id as owner,
       case when coalesce(s.metadata ->> 'user_id', '') = '' then 'no owner'
            when u.id is null then 'no account'
            when coalesce(s.metadata ->> 'data', '') !~ '\S' then 'no text'
            when there.id is not null then 'id taken' end as reason,
       made.at as created_at, changed.at as updated_at,
       private.time_in(s.metadata ->> 'expiration_date') as expires_at
from keepsake_move_in.memories s
cross join lateral private.time_in(s.metadata ->> 'created_at') as made (at)
cross join lateral private.time_in(s.metadata ->> 'updated_at') as changed (at)
left join auth.users u on u.id = private.uuid_in(s.metadata ->> 'user_id')
left join vecs.memories there on there.id = s.id
union all
select 'memories_entities', s.id, u.id,
       case when coalesce(s.metadata ->> 'user_id', '') = '' then 'no owner'
            when u.id is null then 'no account'
            when there.id is not null then 'id taken' end, null, null, null
from keepsake_move_in.memories_entities s
left join auth.users u on u.id = private.uuid_in(s.metadata ->> 'user_id')
left join vecs.memories_entities there on there.id = s.id;

-- name: keep_memories
-- In the order in which they were made. What mem0 lets expire on a day holds until that day ends.
insert into vecs.memories (id, vec, metadata, valid_from, recorded_at, invalid_at)
select s.id, s.vec,
       (s.metadata - '{created_at,updated_at,cues}'::text[]) || jsonb_strip_nulls(jsonb_build_object(
         'user_id', o.owner, 'hash', md5(s.metadata ->> 'data'),
         'created_at', own_time.made,
         'updated_at', case when o.updated_at is not null then own_time.changed end,
         -- a name of ours: what a memory answers
         'cues_of_mem0', s.metadata -> 'cues')),
       own_time.began, own_time.began,
       case when o.expires_at is not null
            then greatest(o.expires_at + interval '1 day', own_time.began) end
from keepsake_move_in.memories s
join sorted_out o on o.collection = 'memories' and o.id = s.id
cross join lateral (
  -- nothing was remembered later than now
  select least(o.created_at, now()) as began,
         to_char(least(o.created_at, now()) at time zone 'UTC',
                 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"') as made,
         to_char(least(o.updated_at, now()) at time zone 'UTC',
                 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"') as changed
) own_time
where o.reason is null
order by o.created_at nulls last, s.id;

-- name: keep_entities
insert into vecs.memories_entities (id, vec, metadata)
select s.id, s.vec, s.metadata || jsonb_build_object('user_id', o.owner)
from keepsake_move_in.memories_entities s
join sorted_out o on o.collection = 'memories_entities' and o.id = s.id
where o.reason is null;

-- name: begin_history
-- mem0 keeps its history in a file beside the program; here each begins with how it came.
insert into public.memory_history (user_id, memory_id, event, new_memory, created_at)
select m.owner, m.id, 'ADD', m.metadata ->> 'data', m.recorded_at
from vecs.memories m
join sorted_out o on o.collection = 'memories' and o.id = m.id and o.reason is null
order by m.seq;

-- name: put_aside
insert into private.unowned_memories (collection, id, vec, metadata, reason)
select o.collection, s.id, s.vec::real[], s.metadata, o.reason
from sorted_out o
join (select 'memories' as collection, m.* from keepsake_move_in.memories m
      union all
      select 'memories_entities', e.* from keepsake_move_in.memories_entities e) s
  on s.collection = o.collection and s.id = o.id
where o.reason is not null
order by o.collection, o.created_at nulls last, s.id;

-- name: texts
-- What was taken over, for the look that every memory gets before it is kept.
select m.id, m.metadata ->> 'data' as text
from vecs.memories m
join sorted_out o on o.collection = 'memories' and o.id = m.id and o.reason is null
order by m.seq;

-- name: let_wait
update vecs.memories set waits_for = :reason where id = :id;

-- name: count
-- What became of the memories; `…_lost` is how many rows are in neither place, which must be none.
select (select count(*) from keepsake_move_in.memories s
        where not exists (select from vecs.memories m where m.id = s.id)
          and not exists (select from private.unowned_memories u
                          where u.collection = 'memories' and u.id = s.id)) as memories_lost,
       (select count(*) from keepsake_move_in.memories_entities s
        where not exists (select from vecs.memories_entities m where m.id = s.id)
          and not exists (select from private.unowned_memories u
                          where u.collection = 'memories_entities' and u.id = s.id))
         as entities_lost,
       count(*) filter (where reason is null) as kept,
       count(distinct owner) filter (where reason is null) as people,
       count(*) filter (where reason = 'no owner') as without_owner,
       count(*) filter (where reason = 'no account') as without_account,
       count(*) filter (where reason = 'no text') as without_text,
       count(*) filter (where reason = 'id taken') as known
from sorted_out where collection = 'memories';

-- name: clear_away
-- Only now, and without cascade: what leans on the former tables keeps them.
drop table sorted_out, keepsake_move_in.memories, keepsake_move_in.memories_entities;
drop function keepsake_move_in.put_away(text, text);
drop schema keepsake_move_in;
