-- A refresh no longer keeps a transaction open while Auth is asked: a due one is claimed by moving it
-- on, and what comes of it counts only where the tokens are still those that were claimed. A change
-- of the password meanwhile has brought newer ones.

-- The encrypted tokens of a session whose refresh is due, which is due again after these seconds;
-- nothing if another tab or process is at it or was faster.
create function private.claim_refresh(hash bytea, seconds int) returns table (id uuid, tokens bytea)
language sql security definer set search_path = '' as $$
  update private.browser_sessions s set refresh_at = now() + make_interval(secs => seconds)
  where s.secret_hash = hash and s.refresh_at <= now() and s.expires_at > now()
  returning s.id, s.tokens
$$;

create function private.store_refreshed(
  hash bytea, former bytea, person_email text, sealed bytea, refresh_due timestamptz
) returns void
language sql security definer set search_path = '' as $$
  update private.browser_sessions
  set tokens = sealed, refresh_at = refresh_due, email = person_email
  where secret_hash = hash and tokens = former
$$;

-- Ends a session whose tokens Auth refused; whether it has ended.
create function private.end_refused(hash bytea, former bytea) returns boolean
language sql security definer set search_path = '' as $$
  with ended as (
    delete from private.browser_sessions where secret_hash = hash and tokens = former returning 1
  )
  select exists (select from ended)
$$;

revoke execute on function
  private.claim_refresh(bytea, int),
  private.store_refreshed(bytea, bytea, text, bytea, timestamptz),
  private.end_refused(bytea, bytea)
  from public;
grant execute on function
  private.claim_refresh(bytea, int),
  private.store_refreshed(bytea, bytea, text, bytea, timestamptz),
  private.end_refused(bytea, bytea)
  to keepsake_server;
drop function private.lock_session_for_refresh(bytea);
