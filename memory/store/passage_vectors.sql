-- name: unsplit
-- The next memories whose texts may be too long for one vector, and that have no passages yet.
select m.id, m.metadata ->> 'data' as text from vecs.memories m
where m.id > :after and length(m.metadata ->> 'data') > :chars
  and not (:outside and private.stays_inside(m.owner, m.id, m.metadata))
  and not exists (select from public.memory_passages p
                  where p.memory_id = m.id and p.user_id = m.owner)
order by m.id limit :most;

-- name: drop_inside
-- Those of memories that never leave for a model elsewhere.
delete from public.memory_passages p using vecs.memories m
where p.memory_id = m.id and p.user_id = m.owner
  and private.stays_inside(m.owner, m.id, m.metadata);

-- name: put_spans
-- Passages whose vectors are made next, of texts that are still those.
insert into public.memory_passages (memory_id, user_id, number, start_char, end_char)
select m.id, m.owner, s.number, s.start_char, s.end_char
from jsonb_to_recordset(cast(:spans as jsonb)) as s
  (memory_id varchar, hash text, number int, start_char int, end_char int)
join vecs.memories m on m.id = s.memory_id and md5(m.metadata ->> 'data') = s.hash
on conflict (user_id, memory_id, number) do nothing;

-- name: without
-- Those that have no new vector yet.
select p.memory_id, p.number,
       substr(m.metadata ->> 'data', p.start_char + 1, p.end_char - p.start_char) as text
from public.memory_passages p join vecs.memories m on m.id = p.memory_id and m.owner = p.user_id
where p.next_vec is null and (p.memory_id, p.number) > (:after, :number)
  and not (:outside and private.stays_inside(m.owner, m.id, m.metadata))
order by p.memory_id, p.number limit :most;

-- name: count
select count(*) as there, count(*) filter (where next_vec is null) as without
from public.memory_passages;

-- name: set
-- Where the passage is still the text that the vector was made of.
update public.memory_passages p set next_vec = cast(f.vec as vector)
from jsonb_to_recordset(cast(:found as jsonb)) as f (id varchar, number int, text text, vec text)
join vecs.memories m on m.id = f.id
where p.memory_id = m.id and p.user_id = m.owner and p.number = f.number
  and substr(m.metadata ->> 'data', p.start_char + 1, p.end_char - p.start_char) = f.text;
