-- What a person is told at the next visit, in each of their browsers but the one that did it: that
-- another browser signed in, that password, address or second factor were changed. Told until it is
-- dismissed there; a browser that has just come to the account cannot dismiss it elsewhere.
create table private.account_notices (
  id bigint generated always as identity primary key,
  user_id uuid not null references auth.users (id) on delete cascade,
  event text not null check (event in (
    'new_browser', 'password_changed', 'address_changed', 'factor_enrolled', 'factor_removed',
    'recovery_code_used')),
  at timestamptz not null default now(),
  browser text check (browser ~ '^[[:alnum:] ._-]{1,80}$'),
  by_browser bytea not null check (octet_length(by_browser) = 32),
  -- null once that session has ended
  by_session uuid references private.browser_sessions (id) on delete set null
);
create index account_notices_by_user on private.account_notices (user_id, id);
create index account_notices_by_session on private.account_notices (by_session);

-- Browsers that have signed in to an account, by a hash of account and cookie.
create table private.known_browsers (
  user_id uuid not null references auth.users (id) on delete cascade,
  browser_hash bytea not null check (octet_length(browser_hash) = 32),
  -- up to which notice its person has read them
  told bigint not null default 0,
  seen_at timestamptz not null default now(),
  primary key (user_id, browser_hash)
);

alter table private.account_notices enable row level security;
alter table private.known_browsers enable row level security;
revoke all on private.account_notices, private.known_browsers
  from public, anon, authenticated, service_role;

-- Sessions of before this have none, and programs that keep no cookies.
alter table private.browser_sessions
  add column browser_hash bytea check (octet_length(browser_hash) = 32);

-- A session has just begun in this browser (null: it keeps no cookies). Whether the account did not
-- know it, and has others that are to be told.
create function private.greet_browser(hash bytea, here bytea, days int) returns boolean
language plpgsql security definer set search_path = '' as $$
declare
  mine private.browser_sessions;
  is_first boolean;
begin
  update private.browser_sessions s set browser_hash = coalesce(here, sha256(s.id::text::bytea))
  where s.secret_hash = hash returning s.* into mine;
  if not found then
    return false;
  end if;
  delete from private.known_browsers k
  where k.user_id = mine.user_id and k.seen_at < now() - make_interval(days => days);
  delete from private.account_notices n
  where n.user_id = mine.user_id and n.at < now() - make_interval(days => days);
  update private.known_browsers k set seen_at = now()
  where k.user_id = mine.user_id and k.browser_hash = mine.browser_hash;
  if found then
    return false;
  end if;
  is_first := not exists (select from private.known_browsers k where k.user_id = mine.user_id)
    and not exists (select from private.browser_sessions s
                    where s.user_id = mine.user_id and s.id <> mine.id and s.expires_at > now());
  insert into private.known_browsers (user_id, browser_hash, told)
  select mine.user_id, mine.browser_hash, coalesce(max(n.id), 0)
  from private.account_notices n where n.user_id = mine.user_id
  on conflict do nothing;
  if not is_first then
    insert into private.account_notices (user_id, event, browser, by_browser, by_session)
    values (mine.user_id, 'new_browser', mine.browser, mine.browser_hash, mine.id);
  end if;
  return not is_first;
end
$$;

-- Something was done by whoever has this living session.
create function private.note_account_notice(hash bytea, what text) returns void
language sql security definer set search_path = '' as $$
  insert into private.account_notices (user_id, event, browser, by_browser, by_session)
  select s.user_id, what, s.browser, coalesce(s.browser_hash, sha256(s.id::text::bytea)), s.id
  from private.browser_sessions s where s.secret_hash = hash and s.expires_at > now()
$$;

-- What the person of this living session has not been told in this browser, oldest first. `session` is
-- the one to end, where it still lives.
create function private.unread_notices(hash bytea)
returns table (id bigint, event text, at timestamptz, browser text, session uuid)
language sql stable security definer set search_path = '' as $$
  select n.id, n.event, n.at, n.browser, n.by_session
  from private.browser_sessions mine
  join private.account_notices n on n.user_id = mine.user_id
  left join private.known_browsers k
    on k.user_id = mine.user_id and k.browser_hash = mine.browser_hash
  where mine.secret_hash = hash and mine.expires_at > now()
    and n.id > coalesce(k.told, 0)
    and n.by_browser <> coalesce(mine.browser_hash, sha256(mine.id::text::bytea))
  order by n.id
$$;

-- The person of this living session has read them up to this one, in this browser.
create function private.dismiss_notices(hash bytea, up_to bigint) returns void
language sql security definer set search_path = '' as $$
  with mine as (
    update private.browser_sessions s
    set browser_hash = coalesce(s.browser_hash, sha256(s.id::text::bytea))
    where s.secret_hash = hash and s.expires_at > now()
    returning s.user_id, s.browser_hash
  )
  insert into private.known_browsers as k (user_id, browser_hash, told)
  select m.user_id, m.browser_hash, up_to from mine m
  on conflict (user_id, browser_hash) do update set told = greatest(k.told, excluded.told)
$$;

revoke execute on function
  private.greet_browser(bytea, bytea, int), private.note_account_notice(bytea, text),
  private.unread_notices(bytea), private.dismiss_notices(bytea, bigint)
  from public;
grant execute on function
  private.greet_browser(bytea, bytea, int), private.note_account_notice(bytea, text),
  private.unread_notices(bytea), private.dismiss_notices(bytea, bigint)
  to keepsake_server;
