-- name: claim
select user_id, let_out_at from private.claim_let_out(:lease_s);

-- name: page
-- The next memories that may leave, and how the vector of each begins.
select id, metadata ->> 'data' as text, coalesce(metadata ->> 'cues', '') as cues,
       cast((cast(vec as real[]))[1:4] as float[]) as begins, seq
from vecs.memories
where owner = (select auth.uid()) and seq > :after and metadata ->> 'data' <> ''
  and not own.stays_inside(id, metadata)
order by seq limit :most;

-- name: renew
-- For the next step; no row where more was let out meanwhile, or the lease ran out and another worker
-- has the person.
update public.preferences set let_out_at = now() + make_interval(secs => :lease_s)
where user_id = (select auth.uid()) and let_out_at = :let_out_at
returning let_out_at;

-- name: set
-- Where the text and the cues are still those that the vector was made of.
update vecs.memories m set vec = cast(f.vec as vector)
from jsonb_to_recordset(cast(:found as jsonb)) as f (id varchar, text text, cues text, vec text)
where m.owner = (select auth.uid()) and m.id = f.id and m.metadata ->> 'data' = f.text
  and coalesce(m.metadata ->> 'cues', '') = f.cues;

-- name: done
-- Unless more was let out meanwhile.
update public.preferences set let_out_at = null
where user_id = (select auth.uid()) and let_out_at = :let_out_at;
