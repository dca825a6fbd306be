-- Signed-in browsers, one-time tickets that hand a browser its cookie, and attempts that are counted.
-- All of it lies in `private` and is reached only through the functions below, as keepsake_server.
-- The cookie's secret and the tickets are stored hashed; Supabase tokens are encrypted with a key that
-- only the secret gives, so a copy of these tables signs nobody in.
create table private.browser_sessions (
  id uuid primary key,
  user_id uuid not null references auth.users (id) on delete cascade,
  email text not null,
  secret_hash bytea not null unique check (octet_length(secret_hash) = 32),
  tokens bytea not null,
  -- when the access token has to be refreshed; later than its end while Auth does not answer
  refresh_at timestamptz not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null
);
create index browser_sessions_by_user on private.browser_sessions (user_id);
create index browser_sessions_by_expiry on private.browser_sessions (expires_at);

create table private.session_tickets (
  ticket_hash bytea primary key check (octet_length(ticket_hash) = 32),
  session_id uuid not null references private.browser_sessions (id) on delete cascade,
  browser_hash bytea not null check (octet_length(browser_hash) = 32),
  -- the cookie's secret, encrypted with a key that only the ticket gives
  secret bytea not null,
  expires_at timestamptz not null
);
create index session_tickets_by_session on private.session_tickets (session_id);

create table private.attempts (
  key bytea primary key check (octet_length(key) = 32),
  count int not null,
  ends_at timestamptz not null
);
create index attempts_by_end on private.attempts (ends_at);

alter table private.browser_sessions enable row level security;
alter table private.session_tickets enable row level security;
alter table private.attempts enable row level security;
revoke all on private.browser_sessions, private.session_tickets, private.attempts
  from public, anon, authenticated, service_role;

-- What has expired goes whenever somebody signs in.
create function private.purge_sessions() returns void
language sql security definer set search_path = '' as $$
  delete from private.session_tickets where expires_at <= now();
  delete from private.browser_sessions where expires_at <= now();
  delete from private.attempts where ends_at <= now();
$$;

create function private.open_session(
  new_id uuid, person uuid, person_email text, hash bytea, sealed bytea, refresh_due timestamptz,
  days int
) returns timestamptz
language sql security definer set search_path = '' as $$
  insert into private.browser_sessions
    (id, user_id, email, secret_hash, tokens, refresh_at, expires_at)
  values
    (new_id, person, person_email, hash, sealed, refresh_due, now() + make_interval(days => days))
  returning expires_at
$$;

-- The session of a cookie, if it still lives. Its end moves on with use, written once an hour at most,
-- and never waits for a refresh that holds the row.
create function private.find_session(hash bytea, days int)
returns table (id uuid, user_id uuid, email text, refresh_due boolean)
language sql security definer set search_path = '' as $$
  with used as (
    select s.id from private.browser_sessions s
    where s.secret_hash = hash and s.expires_at > now()
      and s.expires_at < now() + make_interval(days => days) - interval '1 hour'
    for update skip locked
  ), prolonged as (
    update private.browser_sessions s set expires_at = now() + make_interval(days => days)
    from used where s.id = used.id
  )
  select s.id, s.user_id, s.email, s.refresh_at <= now()
  from private.browser_sessions s
  where s.secret_hash = hash and s.expires_at > now()
$$;

-- The encrypted tokens of a session whose refresh is due, with its row locked until the transaction
-- ends; nothing if another tab or process is at it or was faster.
create function private.lock_session_for_refresh(hash bytea) returns table (id uuid, tokens bytea)
language sql security definer set search_path = '' as $$
  select s.id, s.tokens from private.browser_sessions s
  where s.secret_hash = hash and s.refresh_at <= now() and s.expires_at > now()
  for update skip locked
$$;

create function private.store_tokens(
  hash bytea, person_email text, sealed bytea, refresh_due timestamptz
) returns void
language sql security definer set search_path = '' as $$
  update private.browser_sessions
  set tokens = sealed, refresh_at = refresh_due, email = person_email
  where secret_hash = hash
$$;

create function private.postpone_refresh(hash bytea, seconds int) returns void
language sql security definer set search_path = '' as $$
  update private.browser_sessions set refresh_at = now() + make_interval(secs => seconds)
  where secret_hash = hash
$$;

-- Ends one session and gives back its tokens, so that Auth can be told.
create function private.end_session(hash bytea) returns table (id uuid, tokens bytea)
language sql security definer set search_path = '' as $$
  delete from private.browser_sessions s where s.secret_hash = hash returning s.id, s.tokens
$$;

-- Ends all sessions of a person but the one with this secret (null: all).
create function private.end_sessions_of(person uuid, but_hash bytea) returns int
language sql security definer set search_path = '' as $$
  with ended as (
    delete from private.browser_sessions s
    where s.user_id = person and s.secret_hash is distinct from but_hash
    returning 1
  )
  select count(*)::int from ended
$$;

create function private.issue_ticket(
  hash bytea, session uuid, browser bytea, sealed bytea, seconds int
) returns void
language sql security definer set search_path = '' as $$
  insert into private.session_tickets (ticket_hash, session_id, browser_hash, secret, expires_at)
  values (hash, session, browser, sealed, now() + make_interval(secs => seconds))
$$;

-- Once, and only for the browser that the ticket was made for; any try uses it up.
create function private.redeem_ticket(hash bytea, browser bytea) returns bytea
language sql security definer set search_path = '' as $$
  with taken as (
    delete from private.session_tickets t where t.ticket_hash = hash
    returning t.secret, t.browser_hash, t.expires_at
  )
  select t.secret from taken t where t.browser_hash = browser and t.expires_at > now()
$$;

-- Counts one attempt under each key, all or none: returns 0, or the seconds to wait if one of them is
-- used up. Refused attempts are not counted, so a window always ends. Keys are taken in order, so two
-- attempts cannot block each other.
create function private.count_attempt(keys bytea[], most int[], window_s int) returns int
language plpgsql security definer set search_path = '' as $$
declare
  wait int := 0;
  one record;
  seen record;
begin
  for one in
    select k.key, k.most from unnest(keys, most) as k (key, most) order by k.key
  loop
    insert into private.attempts as a (key, count, ends_at)
    values (one.key, 1, now() + make_interval(secs => window_s))
    on conflict (key) do update set
      count = case when a.ends_at <= now() then 1 else a.count + 1 end,
      ends_at = case when a.ends_at <= now() then excluded.ends_at else a.ends_at end
    returning a.count, a.ends_at into seen;
    if seen.count > one.most then
      wait := greatest(wait, ceil(extract(epoch from seen.ends_at - now()))::int, 1);
    end if;
  end loop;
  if wait > 0 then
    update private.attempts a set count = a.count - 1 where a.key = any (keys);
  end if;
  return wait;
end
$$;

create function private.clear_attempts(keys bytea[]) returns void
language sql security definer set search_path = '' as $$
  delete from private.attempts a where a.key = any (keys)
$$;

-- Remembers something for a while under a key: a browser that has signed in to an address before.
create function private.keep_mark(mark bytea, days int) returns void
language sql security definer set search_path = '' as $$
  insert into private.attempts as a (key, count, ends_at)
  values (mark, 0, now() + make_interval(days => days))
  on conflict (key) do update set ends_at = excluded.ends_at
$$;

create function private.has_mark(mark bytea) returns boolean
language sql security definer set search_path = '' as $$
  select exists (select from private.attempts a where a.key = mark and a.ends_at > now())
$$;

revoke execute on function
  private.purge_sessions(),
  private.open_session(uuid, uuid, text, bytea, bytea, timestamptz, int),
  private.find_session(bytea, int),
  private.lock_session_for_refresh(bytea),
  private.store_tokens(bytea, text, bytea, timestamptz),
  private.postpone_refresh(bytea, int),
  private.end_session(bytea),
  private.end_sessions_of(uuid, bytea),
  private.issue_ticket(bytea, uuid, bytea, bytea, int),
  private.redeem_ticket(bytea, bytea),
  private.count_attempt(bytea[], int[], int),
  private.clear_attempts(bytea[]),
  private.keep_mark(bytea, int),
  private.has_mark(bytea)
  from public;
grant execute on function
  private.purge_sessions(),
  private.open_session(uuid, uuid, text, bytea, bytea, timestamptz, int),
  private.find_session(bytea, int),
  private.lock_session_for_refresh(bytea),
  private.store_tokens(bytea, text, bytea, timestamptz),
  private.postpone_refresh(bytea, int),
  private.end_session(bytea),
  private.end_sessions_of(uuid, bytea),
  private.issue_ticket(bytea, uuid, bytea, bytea, int),
  private.redeem_ticket(bytea, bytea),
  private.count_attempt(bytea[], int[], int),
  private.clear_attempts(bytea[]),
  private.keep_mark(bytea, int),
  private.has_mark(bytea)
  to keepsake_server;
