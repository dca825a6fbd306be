-- name: listed
-- What was put aside, by the user id that it was made for. Nobody but the login role may look.
select coalesce(metadata ->> 'user_id', '') as user_id, count(*) as memories
from private.unowned_memories
where collection = 'memories' and reason in ('no owner', 'no account')
group by 1 order by 2 desc, 1;

-- name: account
select id, email from auth.users
where cast(id as text) = lower(:account) or lower(email) = lower(:account);

-- name: keeps_other
-- Whether all that names nothing stays inside, as every memory does that is given now.
select coalesce((select 'other' = any (kinds_inside) from public.preferences
                 where user_id = :owner), false);

-- name: taken_up
-- All that was made for one user id, oldest first, out of where it was put aside.
with taken as (
  delete from private.unowned_memories
  where metadata ->> 'user_id' = :former and reason = 'no account' returning *
)
select collection, id, metadata, coalesce(metadata ->> 'data', '') as text from taken order by seq;

-- name: make_place
-- As if it had just been put away: see memory/move_in/mem0_collection.sql.
create table keepsake_move_in.memories as
  select id, vec, metadata from vecs.memories with no data;
create table keepsake_move_in.memories_entities as
  select id, vec, metadata from vecs.memories_entities with no data;

-- name: put_memory
insert into keepsake_move_in.memories (id, vec, metadata)
values (:id, cast(:vec as vector), cast(:metadata as jsonb) || jsonb_build_object('user_id', :owner));

-- name: put_entity
insert into keepsake_move_in.memories_entities (id, vec, metadata)
values (:id, cast(:vec as vector), cast(:metadata as jsonb) || jsonb_build_object('user_id', :owner));
