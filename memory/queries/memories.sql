-- name: search
-- The person's memories that hold, by meaning and by word, best first. plainto_tsquery asks for every
-- word, which most questions never find, so its words are joined by "or". 0.0608 is ts_rank's value
-- for one word found once; both constants were measured on LoCoMo (recall@5 59 against 40 by meaning
-- alone and 54 by word alone).
with q as (
  select cast(:vec as vector) as vec,
         nullif(replace(plainto_tsquery('english', :query)::text, '&', '|'), '')::tsquery as words
), scored as (
  select m.id, m.metadata, m.valid_from, m.invalid_at, m.superseded_by, m.recorded_at, m.turn_id,
         1 - (m.vec <=> q.vec) as similarity,
         coalesce(ts_rank(m.fts, q.words), 0) / 0.0608 as keyword
  from vecs.memories m cross join q
  where m.owner = (select auth.uid()) and m.invalid_at is null
)
select id, metadata, metadata ->> 'data' as text, metadata ->> 'updated_at' as updated_at,
       valid_from, invalid_at, superseded_by, recorded_at, turn_id, similarity,
       similarity + 0.5 * keyword as score
from scored order by score desc, recorded_at desc, id limit :top_k;

-- name: all_current
-- Everything that holds now, oldest first.
select id, metadata ->> 'data' as text, metadata ->> 'updated_at' as updated_at,
       valid_from, invalid_at, superseded_by, recorded_at, turn_id
from vecs.memories
where owner = (select auth.uid()) and invalid_at is null
order by seq;

-- name: one
select id, metadata ->> 'data' as text, metadata ->> 'updated_at' as updated_at,
       valid_from, invalid_at, superseded_by, recorded_at, turn_id
from vecs.memories where owner = (select auth.uid()) and id = :id;

-- name: known
-- Those of the texts that hold already, word for word.
select distinct metadata ->> 'data' as text from vecs.memories
where owner = (select auth.uid()) and invalid_at is null
  and metadata ->> 'data' = any (cast(:texts as text[]));

-- name: update_text
-- The new text of one memory; returns the text before.
with before as (
  select id, metadata ->> 'data' as text from vecs.memories
  where owner = (select auth.uid()) and id = :id for update
)
update vecs.memories m
set vec = cast(:vec as vector),
    metadata = m.metadata || jsonb_build_object(
      'data', cast(:text as text), 'hash', md5(:text), 'updated_at', cast(:updated_at as text))
from before where m.id = before.id
returning before.text as old_text;

-- name: delete_one
delete from vecs.memories where owner = (select auth.uid()) and id = :id returning id;

-- name: delete_all
delete from vecs.memories where owner = (select auth.uid()) returning id;

-- name: unlink_entities
-- What mem0's entity store keeps about forgotten memories goes with them.
with linked as (
  select id, (select coalesce(jsonb_agg(l), '[]'::jsonb)
              from jsonb_array_elements_text(metadata -> 'linked_memory_ids') l
              where l <> all (cast(:ids as text[]))) as remaining
  from vecs.memories_entities
  where owner = (select auth.uid()) and metadata -> 'linked_memory_ids' ?| cast(:ids as text[])
), kept as (
  update vecs.memories_entities e
  set metadata = jsonb_set(e.metadata, '{linked_memory_ids}', linked.remaining)
  from linked where e.id = linked.id and linked.remaining <> '[]'::jsonb
)
delete from vecs.memories_entities e using linked
where e.id = linked.id and linked.remaining = '[]'::jsonb;

-- name: forget_history
-- What was forgotten is gone from the history too.
delete from public.memory_history
where user_id = (select auth.uid()) and memory_id = any (cast(:ids as text[]));

-- name: history
select memory_id, event, old_memory, new_memory, created_at, turn_id
from public.memory_history
where user_id = (select auth.uid()) and memory_id = :memory_id order by seq;

-- name: note_change
insert into public.memory_history (memory_id, event, old_memory, new_memory)
values (:memory_id, :event, :old, :new);

-- name: note_forgotten
insert into public.memory_history (memory_id, event)
select id, 'DELETE' from unnest(cast(:ids as text[])) as id;
