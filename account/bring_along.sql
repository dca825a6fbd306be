-- name: rows
select own.bring_rows(:place, cast(:rows as jsonb));

-- name: lock
-- One import at a time, and none beside what remembers.
select pg_advisory_xact_lock(hashtextextended('memories ' || (select auth.uid())::text, 0));

-- name: is_used
-- Whether there is anything already.
select exists (select from public.conversations where user_id = (select auth.uid()))
    or exists (select from vecs.memories where owner = (select auth.uid())) as used;

-- name: drop_preferences
-- Those of a new account are what the browser said.
delete from public.preferences where user_id = (select auth.uid());

-- name: link_turns
update public.turns t set version_of = r.version_of, hidden_with = r.hidden_with
from jsonb_to_recordset(cast(:rows as jsonb)) as r (id uuid, version_of uuid, hidden_with uuid)
where t.user_id = (select auth.uid()) and t.id = r.id;

-- name: vectors
-- What only machines read, and an account's file has in a part of its own.
select m.id, m.vec::text as vec from vecs.memories m where m.owner = (select auth.uid())
union all
select e.id, e.vec::text from vecs.memories_entities e where e.owner = (select auth.uid());
