-- name: export
-- The person's memories (:ids null: all) as they take them along, oldest first.
select m.id, m.metadata ->> 'data' as text, m.valid_from, m.invalid_at, m.superseded_by,
       m.recorded_at, m.edited_at, m.waits_for,
       coalesce(m.metadata ->> 'stays_inside' = 'true', false) as stays_inside, q.content as said, q.created_at as said_at
from vecs.memories m
left join public.messages q on q.turn_id = m.turn_id and q.role = 'user'
where m.owner = (select auth.uid())
  and (cast(:ids as text[]) is null or m.id = any (cast(:ids as text[])))
order by m.seq;

-- name: events
select memory_id, event, old_memory, new_memory, created_at from public.memory_history
where user_id = (select auth.uid())
  and (cast(:ids as text[]) is null or memory_id = any (cast(:ids as text[])))
order by seq;

-- name: known
-- What is there already, by its text and its times.
select metadata ->> 'data' as text, valid_from, invalid_at from vecs.memories
where owner = (select auth.uid());

-- name: keeps_other
-- Whether all that names nothing stays inside, as every memory of a file does at first.
select coalesce((select 'other' = any (kinds_inside) from public.preferences
                 where user_id = (select auth.uid())), false);

-- name: put_imported
-- The times of the file; what it does not say is now. What took the place of what is named afterwards.
insert into vecs.memories
  (id, vec, metadata, valid_from, invalid_at, recorded_at, edited_at, waits_for)
select r.id, r.vec, r.metadata, coalesce(r.valid_from, now()), r.invalid_at,
       coalesce(r.recorded_at, now()), r.edited_at, r.waits_for
from jsonb_populate_recordset(null::vecs.memories, cast(:rows as jsonb)) r;

-- name: note_imported
-- What happened to them before, as the file tells it, and that they were imported.
with past as (
  insert into public.memory_history (memory_id, event, old_memory, new_memory, created_at)
  select p.id, p.event, p.old, p.new, p.at
  from rows from (jsonb_to_recordset(cast(:past as jsonb))
    as (id text, event text, old text, new text, at timestamptz)) with ordinality as p
    (id, event, old, new, at, n)
  order by p.n
  returning seq
)
insert into public.memory_history (memory_id, event, new_memory)
select r.id, 'IMPORT', r.metadata ->> 'data'
from jsonb_populate_recordset(null::vecs.memories, cast(:rows as jsonb)) r
where (select count(*) from past) >= 0;
