-- name: put
-- Of memories that are still there with the text that they are of.
insert into public.memory_passages (memory_id, user_id, number, start_char, end_char, vec)
select m.id, m.owner, p.number, p.start_char, p.end_char, cast(p.vec as vector)
from jsonb_to_recordset(cast(:rows as jsonb)) as p
  (memory_id varchar, hash text, number int, start_char int, end_char int, vec text)
join vecs.memories m on m.id = p.memory_id and md5(m.metadata ->> 'data') = p.hash
on conflict (user_id, memory_id, number) do nothing;

-- name: nearest
-- Of one memory, the passage that is nearest to a query.
select p.start_char, p.end_char from public.memory_passages p
where p.user_id = (select auth.uid()) and p.memory_id = :memory_id and p.vec is not null
order by p.vec <=> cast(:vec as vector), p.number limit 1;
