-- A sign-in at Google, GitHub or another provider that is under way, of one browser: the verifier of
-- its PKCE exchange, and then, for a minute, the tokens that came of it. Both are encrypted with a key
-- that only the browser's cookie gives. Reached through the functions below only.
create table private.provider_flows (
  secret_hash bytea primary key check (octet_length(secret_hash) = 32),
  browser_hash bytea not null check (octet_length(browser_hash) = 32),
  -- null once it was used
  verifier bytea,
  tokens bytea,
  expires_at timestamptz not null
);
create index provider_flows_by_browser on private.provider_flows (browser_hash);
create index provider_flows_by_expiry on private.provider_flows (expires_at);
alter table private.provider_flows enable row level security;
revoke all on private.provider_flows from public, anon, authenticated, service_role;

-- A browser has one at a time.
create function private.begin_provider_flow(hash bytea, browser bytea, sealed bytea, seconds int)
returns void
language sql security definer set search_path = '' as $$
  delete from private.provider_flows f where f.browser_hash = browser or f.expires_at <= now();
  insert into private.provider_flows (secret_hash, browser_hash, verifier, expires_at)
  values (hash, browser, sealed, now() + make_interval(secs => seconds))
$$;

-- The verifier, once, and for the browser that began only.
create function private.use_provider_flow(hash bytea, browser bytea) returns bytea
language sql security definer set search_path = '' as $$
  update private.provider_flows f set verifier = null
  from (
    select p.secret_hash, p.verifier from private.provider_flows p
    where p.secret_hash = hash and p.browser_hash = browser
      and p.verifier is not null and p.expires_at > now()
    for update
  ) as former
  where f.secret_hash = former.secret_hash
  returning former.verifier
$$;

create function private.finish_provider_flow(hash bytea, sealed bytea, seconds int) returns void
language sql security definer set search_path = '' as $$
  update private.provider_flows f
  set tokens = sealed, expires_at = now() + make_interval(secs => seconds)
  where f.secret_hash = hash and f.verifier is null and f.tokens is null
$$;

-- What came of it, once; any try of another browser uses it up.
create function private.take_provider_flow(hash bytea, browser bytea) returns bytea
language sql security definer set search_path = '' as $$
  with taken as (
    delete from private.provider_flows f where f.secret_hash = hash and f.tokens is not null
    returning f.tokens, f.browser_hash, f.expires_at
  )
  select t.tokens from taken t where t.browser_hash = browser and t.expires_at > now()
$$;

revoke execute on function
  private.begin_provider_flow(bytea, bytea, bytea, int),
  private.use_provider_flow(bytea, bytea),
  private.finish_provider_flow(bytea, bytea, int),
  private.take_provider_flow(bytea, bytea)
  from public;
grant execute on function
  private.begin_provider_flow(bytea, bytea, bytea, int),
  private.use_provider_flow(bytea, bytea),
  private.finish_provider_flow(bytea, bytea, int),
  private.take_provider_flow(bytea, bytea)
  to keepsake_server;
