-- name: mark_done
-- These claimed turns are through; those that still were the worker's.
update public.turns
set memory_state = 'done', memory_error = null, memory_lease = null, memory_leased_until = null
where id = any (cast(:turn_ids as uuid[])) and memory_lease = :lease and memory_state = 'working'
returning id;

-- name: still_open
-- Those of these turns that somebody else remembers, now or later.
select id from public.turns
where id = any (cast(:turn_ids as uuid[])) and memory_state in ('pending', 'working');

-- name: brought_by
-- Memories of the platform's that came from these turns and were not forgotten since, newest first.
select h.memory_id, h.turn_id, h.new_memory as text from public.memory_history h
where h.user_id = (select auth.uid()) and h.turn_id = any (cast(:turn_ids as uuid[]))
  and h.event = 'ADD'
order by h.seq desc;

-- name: forget_noted
-- What is noted here of memories that are gone there: what turns added, and what answers were given.
with unsaid as (
  delete from public.memory_history
  where user_id = (select auth.uid()) and memory_id = any (cast(:ids as text[]))
)
delete from public.recalled_memories
where user_id = (select auth.uid()) and platform_id = any (cast(:ids as text[]));

-- name: noted_ids
-- All memories of the platform's that something is noted of.
select platform_id as id from public.recalled_memories
where user_id = (select auth.uid()) and platform_id is not null
union
select h.memory_id from public.memory_history h
where h.user_id = (select auth.uid()) and h.event <> 'DELETE'
  and not exists (select from vecs.memories m
                  where m.owner = (select auth.uid()) and m.id = h.memory_id);
