-- name: to_merge
-- Those of these memories that hold now, kept from being changed meanwhile.
select id, metadata ->> 'data' as text, valid_from, invalid_at from vecs.memories
where owner = (select auth.uid()) and id = any (cast(:ids as text[])) and waits_for is null
  and (invalid_at is null or invalid_at > now())
order by seq for update;

-- name: cues_of
-- What they answer is what their merged text answers.
select metadata ->> 'cues' as cues from vecs.memories
where owner = (select auth.uid()) and id = any (cast(:ids as text[])) and metadata ->> 'cues' <> ''
order by seq;

-- name: put_merged
-- By the person's own hand; it holds since all that it was made of did.
insert into vecs.memories (id, vec, metadata, valid_from, invalid_at, edited_at)
values (:id, cast(:vec as vector), cast(:metadata as jsonb), :valid_from, :invalid_at, now());

-- name: end_merged
update vecs.memories
set invalid_at = greatest(now(), valid_from), superseded_by = :into
where owner = (select auth.uid()) and id = any (cast(:ids as text[]));

-- name: note_merged
insert into public.memory_history (memory_id, event, old_memory)
select m.id, 'MERGE', m.metadata ->> 'data' from vecs.memories m
where m.owner = (select auth.uid()) and m.id = any (cast(:ids as text[]))
returning id;

-- name: copy_mentions
-- It speaks of all that they spoke of.
insert into public.memory_entities (memory_id, entity_id, name)
select :into, entity_id, min(name) from public.memory_entities
where user_id = (select auth.uid()) and memory_id = any (cast(:ids as text[]))
group by entity_id;

-- name: copy_names
insert into public.entity_names (memory_id, entity_id, key)
select distinct :into, entity_id, key from public.entity_names
where user_id = (select auth.uid()) and memory_id = any (cast(:ids as text[]));

-- name: copy_relations
insert into public.relations (memory_id, subject_id, predicate, object_id)
select distinct :into, subject_id, predicate, object_id from public.relations
where user_id = (select auth.uid()) and memory_id = any (cast(:ids as text[]));

-- name: unmerge
-- They hold again as they did before.
update vecs.memories m set invalid_at = was.invalid_at, superseded_by = null
from jsonb_to_recordset(cast(:rows as jsonb)) as was (id varchar, invalid_at timestamptz)
where m.owner = (select auth.uid()) and m.id = was.id;

-- name: drop_notes
delete from public.memory_history
where user_id = (select auth.uid()) and id = any (cast(:notes as uuid[])) and event = 'MERGE';
