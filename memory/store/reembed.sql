-- name: without_cues
-- Everybody's memories that no cues were asked for yet, a person's together.
select id, owner, metadata ->> 'data' as text from vecs.memories
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
