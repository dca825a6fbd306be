-- name: without_cues
-- Everybody's memories that no cues were asked for yet, a person's together.
select id, owner, metadata ->> 'data' as text,
       private.stays_inside(owner, id, metadata) as stays_inside
from vecs.memories
where not metadata ? 'cues' and metadata ->> 'data' <> ''
order by owner, seq;

-- name: set_cues
-- Where the text is still the one that they were made for; "" says that there are none.
update vecs.memories m
set metadata = m.metadata || jsonb_build_object('cues', f.cues)
from jsonb_to_recordset(cast(:found as jsonb)) as f (id varchar, text text, cues text)
where m.id = f.id and m.metadata ->> 'data' = f.text;

-- name: begin_embedding
select private.begin_embedding(:name, :dims, :model);

-- name: switch_vectors
select private.switch_vectors(:name, :dims);

-- name: hold_writes
-- Searches go on; whoever writes waits until the vectors have changed.
lock table vecs.memories, vecs.memories_entities in share row exclusive mode;

-- name: inside_memories
-- Which of these never leave for a model elsewhere.
select id from vecs.memories
where id = any (cast(:ids as text[])) and private.stays_inside(owner, id, metadata);

-- name: inside_memories_entities
-- Which of these names mem0 keeps for a memory that never leaves.
select e.id from vecs.memories_entities e
where e.id = any (cast(:ids as text[]))
  and exists (select from vecs.memories m
              where m.owner = e.owner and e.metadata -> 'linked_memory_ids' ? m.id
                and private.stays_inside(m.owner, m.id, m.metadata));
