-- name: create
-- A new token, unless the person has as many as they may.
insert into public.access_tokens (name, token_hash, scopes, expires_at)
select :name, :hash, cast(:scopes as text[]), now() + make_interval(days => :days)
where (select count(*) from public.access_tokens where user_id = (select auth.uid())) < :most
returning id;

-- name: all
-- The person's tokens, newest first.
select id, name, scopes, created_at, expires_at, last_used_at, expires_at <= now() as expired
from public.access_tokens where user_id = (select auth.uid())
order by created_at desc, id;

-- name: revoke
delete from public.access_tokens where id = :id and user_id = (select auth.uid()) returning id;

-- name: use
-- Whose token this is; no row if it was never made, is revoked or has expired.
select user_id, scopes from private.use_access_token(:hash);
