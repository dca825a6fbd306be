-- name: owned
-- Those of these memories that the person has, kept from being changed meanwhile.
select id from vecs.memories
where owner = (select auth.uid()) and id = any (cast(:ids as text[])) order by seq for update;

-- name: all_owned
select id from vecs.memories where owner = (select auth.uid()) order by seq for update;

-- name: of_memories
-- Whole rows as JSON, as they are before they go; a vector is written so that it reads back equal.
select to_jsonb(m)::text as row from vecs.memories m
where m.owner = (select auth.uid()) and m.id = any (cast(:ids as text[])) order by m.seq;

-- name: of_passages
select to_jsonb(p)::text as row from public.memory_passages p
where p.user_id = (select auth.uid()) and p.memory_id = any (cast(:ids as text[]));

-- name: of_history
select to_jsonb(h)::text as row from public.memory_history h
where h.user_id = (select auth.uid()) and h.memory_id = any (cast(:ids as text[])) order by h.seq;

-- name: of_entities
select to_jsonb(e)::text as row from public.entities e
where e.user_id = (select auth.uid())
  and e.id in (select s.entity_id from public.memory_entities s
               where s.user_id = (select auth.uid())
                 and s.memory_id = any (cast(:ids as text[])));

-- name: of_mentions
select to_jsonb(s)::text as row from public.memory_entities s
where s.user_id = (select auth.uid()) and s.memory_id = any (cast(:ids as text[]));

-- name: of_names
select to_jsonb(n)::text as row from public.entity_names n
where n.user_id = (select auth.uid()) and n.memory_id = any (cast(:ids as text[]));

-- name: of_relations
select to_jsonb(r)::text as row from public.relations r
where r.user_id = (select auth.uid()) and r.memory_id = any (cast(:ids as text[]));

-- name: of_recalled
select to_jsonb(r)::text as row from public.recalled_memories r
where r.user_id = (select auth.uid()) and r.memory_id = any (cast(:ids as text[]));

-- name: of_replaced
-- Memories whose place one of these took.
select jsonb_build_object('id', m.id, 'superseded_by', m.superseded_by)::text as row
from vecs.memories m
where m.owner = (select auth.uid()) and m.superseded_by = any (cast(:ids as text[]));

-- name: of_checks
-- What is to be checked among them, or because of one of them.
select to_jsonb(c)::text as row from public.memory_checks c
where c.user_id = (select auth.uid())
  and (c.memory_id = any (cast(:ids as text[])) or c.because_of = any (cast(:ids as text[])));

-- name: of_store
-- What mem0's entity store keeps about them.
select to_jsonb(e)::text as row from vecs.memories_entities e
where e.owner = (select auth.uid())
  and e.metadata -> 'linked_memory_ids' ?| cast(:ids as text[]);

-- name: of_turns
-- Turns that were still to be remembered.
select jsonb_build_object('id', t.id, 'memory_state', t.memory_state)::text as row
from public.turns t
where t.user_id = (select auth.uid())
  and t.memory_state in ('waiting', 'pending', 'working', 'failed');

-- name: delete_many
delete from vecs.memories
where owner = (select auth.uid()) and id = any (cast(:ids as text[]));

-- name: put_memories
-- What took their place is named afterwards, when all are there. Of all other tables the columns need
-- not be named; here some are generated.
insert into vecs.memories
  (id, vec, metadata, seq, turn_id, valid_from, invalid_at, superseded_by, recorded_at, waits_for,
   edited_at, judged)
overriding system value
select r.id, r.vec, r.metadata, r.seq, t.id, r.valid_from, r.invalid_at, null, r.recorded_at,
       r.waits_for, r.edited_at, r.judged
from jsonb_populate_recordset(null::vecs.memories, cast(:rows as jsonb)) r
left join public.turns t on t.id = r.turn_id;

-- name: put_passages
insert into public.memory_passages
select p.* from jsonb_populate_recordset(null::public.memory_passages, cast(:rows as jsonb)) p
on conflict do nothing;

-- name: put_replaced
update vecs.memories m set superseded_by = r.superseded_by
from jsonb_to_recordset(cast(:rows as jsonb)) as r (id varchar, superseded_by varchar)
where m.owner = (select auth.uid()) and m.id = r.id and m.superseded_by is null
  and exists (select from vecs.memories by where by.id = r.superseded_by);

-- name: drop_markers
-- That they were forgotten.
delete from public.memory_history
where user_id = (select auth.uid()) and memory_id = any (cast(:ids as text[]))
  and event = 'DELETE';

-- name: put_history
-- All columns, whichever there are; a turn that is gone by now is not named.
insert into public.memory_history overriding system value
select h.* from jsonb_populate_recordset(null::public.memory_history, (
  select jsonb_agg(case when t.id is null then r || '{"turn_id": null}' else r end)
  from jsonb_array_elements(cast(:rows as jsonb)) r
  left join public.turns t on t.id = cast(r ->> 'turn_id' as uuid))) h;

-- name: stand_ins
-- Entities that went with their last mention, and which one means the same today, if there is one:
-- the person themselves, or one of the same kind and name.
select was.id as was, today.id as today
from jsonb_populate_recordset(null::public.entities, cast(:entities as jsonb)) was
join lateral (
  select e.id from public.entities e
  where e.user_id = (select auth.uid())
    and ((e.is_self and was.is_self)
         or (not e.is_self and not was.is_self and e.kind = was.kind and exists (
               select from public.entity_names n
               join jsonb_populate_recordset(null::public.entity_names, cast(:names as jsonb)) o
                 on o.entity_id = was.id and o.key = n.key
               where n.entity_id = e.id and n.user_id = (select auth.uid()))))
  order by e.created_at, e.id limit 1
) today on true
where not exists (select from public.entities e where e.id = was.id);

-- name: put_entities
insert into public.entities
select e.* from jsonb_populate_recordset(null::public.entities, cast(:rows as jsonb)) e
on conflict (id) do nothing;

-- name: put_mentions
insert into public.memory_entities
select s.* from jsonb_populate_recordset(null::public.memory_entities, cast(:rows as jsonb)) s
on conflict do nothing;

-- name: put_names
insert into public.entity_names
select n.* from jsonb_populate_recordset(null::public.entity_names, cast(:rows as jsonb)) n
on conflict do nothing;

-- name: put_relations
insert into public.relations
select r.* from jsonb_populate_recordset(null::public.relations, cast(:rows as jsonb)) r
where r.subject_id <> r.object_id
on conflict do nothing;

-- name: put_recalled
-- As far as the turns are still there.
insert into public.recalled_memories
select r.* from jsonb_populate_recordset(null::public.recalled_memories, cast(:rows as jsonb)) r
join public.turns t on t.id = r.turn_id
on conflict do nothing;

-- name: put_checks
insert into public.memory_checks
select c.* from jsonb_populate_recordset(null::public.memory_checks, cast(:rows as jsonb)) c
join vecs.memories m on m.id = c.memory_id and m.owner = c.user_id
join vecs.memories ended on ended.id = c.because_of and ended.owner = c.user_id
on conflict do nothing;

-- name: put_store
insert into vecs.memories_entities as e (id, vec, metadata)
select id, vec, metadata
from jsonb_populate_recordset(null::vecs.memories_entities, cast(:rows as jsonb))
on conflict (id) do update set metadata = jsonb_set(
  e.metadata, '{linked_memory_ids}',
  (select jsonb_agg(distinct l) from jsonb_array_elements(
     (e.metadata -> 'linked_memory_ids') || (excluded.metadata -> 'linked_memory_ids')) l));

-- name: put_turns
update public.turns t
set memory_state = case when r.memory_state = 'failed' then 'failed' else 'pending' end,
    memory_due_at = now()
from jsonb_to_recordset(cast(:rows as jsonb)) as r (id uuid, memory_state text)
where t.user_id = (select auth.uid()) and t.id = r.id and t.memory_state = 'done';

-- name: drop_mentions
delete from public.memory_entities
where user_id = (select auth.uid()) and memory_id = any (cast(:ids as text[]));

-- name: drop_unnamed
-- What a memory mentions that its text, as it is now, does not name.
delete from public.memory_entities s
using vecs.memories m, public.entities e
where s.user_id = (select auth.uid()) and s.memory_id = :id
  and m.id = s.memory_id and m.owner = s.user_id
  and e.id = s.entity_id and e.user_id = s.user_id and not e.is_self
  and position(lower(s.name) in lower(m.metadata ->> 'data')) = 0;
