-- name: changes
-- What one turn changed in memories that are still there, newest first. `taken_back`: the person has
-- done that already; `touched`: they edited the memory since, or something else changed or confirmed
-- it.
select h.seq, h.memory_id, h.event, h.old_memory, h.new_memory,
       m.metadata ->> 'data' as text, m.invalid_at, m.superseded_by,
       own.stays_inside(m.id, m.metadata) as stays_inside,
       exists (select from public.memory_history u
               where u.user_id = h.user_id and u.memory_id = h.memory_id and u.turn_id = h.turn_id
                 and u.event = 'UNDO' and u.seq > h.seq
                 and case when h.event = 'SUPERSEDE' then u.old_memory is null
                     else u.old_memory = h.new_memory and u.new_memory = h.old_memory end)
         as taken_back,
       coalesce(m.edited_at > h.created_at, false)
       or exists (select from public.memory_history l
                  where l.user_id = h.user_id and l.memory_id = h.memory_id and l.seq > h.seq
                    and l.turn_id is distinct from h.turn_id) as touched
from public.memory_history h
join vecs.memories m on m.id = h.memory_id and m.owner = h.user_id
where h.user_id = (select auth.uid()) and h.turn_id = :turn_id
  and h.event in ('ADD', 'UPDATE', 'SUPERSEDE')
order by h.seq desc;

-- name: text_of
-- A memory's text as it is stored.
select vec::text as vec, metadata::text as metadata from vecs.memories
where owner = (select auth.uid()) and id = :id;

-- name: put_text
-- The stored text of before, as a change of now.
update vecs.memories
set vec = cast(:vec as vector),
    metadata = cast(:metadata as jsonb)
      || jsonb_build_object('updated_at', cast(:updated_at as text))
where owner = (select auth.uid()) and id = :id returning id;

-- name: hold_again
update vecs.memories set invalid_at = null, superseded_by = null
where owner = (select auth.uid()) and id = :id and invalid_at is not null returning id;

-- name: end_again
-- It ends as it did before that was taken back; what took its place may be gone by now.
update vecs.memories m
set invalid_at = :invalid_at,
    superseded_by = (select by.id from vecs.memories by
                     where by.owner = m.owner and by.id = :superseded_by)
where m.owner = (select auth.uid()) and m.id = :id returning m.id;

-- name: note_undo
insert into public.memory_history (memory_id, event, old_memory, new_memory, turn_id)
values (:memory_id, 'UNDO', :old, :new, :turn_id) returning id;

-- name: drop_undo
delete from public.memory_history
where user_id = (select auth.uid()) and id = :id and event = 'UNDO';

-- name: close_turn
-- Nothing more is remembered of this turn; what it was, if it was still to be remembered.
with open as (
  select id, memory_state from public.turns
  where user_id = (select auth.uid()) and id = :turn_id
    and memory_state in ('waiting', 'pending', 'working', 'failed')
  for update
)
update public.turns t
set memory_state = 'done', memory_lease = null, memory_leased_until = null, memory_error = null
from open where t.id = open.id
returning jsonb_build_object('id', open.id, 'memory_state', open.memory_state)::text as row;
