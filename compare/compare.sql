-- name: texts
-- Of these memories the ones that are still there, as they are now.
select id, metadata ->> 'data' as text from vecs.memories
where owner = (select auth.uid()) and id = any (cast(:ids as text[]));

-- name: latest
-- What holds now, latest first; which of it stays inside.
select metadata ->> 'data' as text, own.stays_inside(id, metadata) as stays_inside
from vecs.memories
where owner = (select auth.uid()) and waits_for is null
  and (invalid_at is null or invalid_at > now())
order by seq desc limit :most;
