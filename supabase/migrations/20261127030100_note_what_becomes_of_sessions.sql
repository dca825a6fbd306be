-- Beginnings and ends of sessions go into the audit log, in the transaction that makes them; and each
-- session knows which browser it is of, and when that was last seen.
alter table private.browser_sessions
  add column browser text check (browser ~ '^[[:alnum:] ._-]{1,80}$'),
  add column last_seen_at timestamptz not null default now();

-- All sessions of a person learn of a new address; one line tells of it, whichever is first.
create function private.take_address(person uuid, address text) returns void
language plpgsql security definer set search_path = '' as $$
begin
  if not exists (select from private.browser_sessions s
                 where s.user_id = person and s.email is distinct from address) then
    return;
  end if;
  perform from private.audit_heads h where h.user_id = person for update;
  update private.browser_sessions s set email = address
  where s.user_id = person and s.email is distinct from address;
  if found then
    perform private.note_audit(person, 'address_changed', null, null);
  end if;
end
$$;

drop function private.open_session(uuid, uuid, text, bytea, bytea, timestamptz, int);
create function private.open_session(
  new_id uuid, person uuid, person_email text, hash bytea, sealed bytea, refresh_due timestamptz,
  days int, how text, here text
) returns timestamptz
language sql security definer set search_path = '' as $$
  select private.take_address(person, person_email);
  select private.note_audit(person, how, null, here);
  insert into private.browser_sessions
    (id, user_id, email, secret_hash, tokens, refresh_at, expires_at, browser)
  values
    (new_id, person, person_email, hash, sealed, refresh_due, now() + make_interval(days => days),
     here)
  returning expires_at
$$;

-- As before; when it was last seen is written every five minutes at most.
create or replace function private.find_session(hash bytea, days int)
returns table (id uuid, user_id uuid, email text, refresh_due boolean)
language sql security definer set search_path = '' as $$
  with used as (
    select s.id from private.browser_sessions s
    where s.secret_hash = hash and s.expires_at > now()
      and (s.expires_at < now() + make_interval(days => days) - interval '1 hour'
           or s.last_seen_at < now() - interval '5 minutes')
    for update skip locked
  ), prolonged as (
    update private.browser_sessions s
    set expires_at = now() + make_interval(days => days), last_seen_at = now()
    from used where s.id = used.id
  )
  select s.id, s.user_id, s.email, s.refresh_at <= now()
  from private.browser_sessions s
  where s.secret_hash = hash and s.expires_at > now()
$$;

create or replace function private.store_tokens(
  hash bytea, person_email text, sealed bytea, refresh_due timestamptz
) returns void
language sql security definer set search_path = '' as $$
  select private.take_address(s.user_id, person_email)
  from private.browser_sessions s where s.secret_hash = hash;
  update private.browser_sessions set tokens = sealed, refresh_at = refresh_due
  where secret_hash = hash
$$;

create or replace function private.store_refreshed(
  hash bytea, former bytea, person_email text, sealed bytea, refresh_due timestamptz
) returns void
language sql security definer set search_path = '' as $$
  select private.take_address(s.user_id, person_email)
  from private.browser_sessions s where s.secret_hash = hash and s.tokens = former;
  update private.browser_sessions set tokens = sealed, refresh_at = refresh_due
  where secret_hash = hash and tokens = former
$$;

create or replace function private.end_session(hash bytea) returns table (id uuid, tokens bytea)
language plpgsql security definer set search_path = '' as $$
declare
  ended private.browser_sessions;
begin
  delete from private.browser_sessions s where s.secret_hash = hash returning s.* into ended;
  if found then
    perform private.note_audit(ended.user_id, 'signed_out', null, ended.browser);
    return query select ended.id, ended.tokens;
  end if;
end
$$;

create or replace function private.end_sessions_of(person uuid, but_hash bytea) returns int
language plpgsql security definer set search_path = '' as $$
declare
  ended int;
begin
  delete from private.browser_sessions s
  where s.user_id = person and s.secret_hash is distinct from but_hash;
  get diagnostics ended = row_count;
  if ended > 0 then
    perform private.note_audit(person, 'sessions_ended', ended, null);
  end if;
  return ended;
end
$$;

create or replace function private.end_refused(hash bytea, former bytea) returns boolean
language plpgsql security definer set search_path = '' as $$
declare
  ended private.browser_sessions;
begin
  delete from private.browser_sessions s where s.secret_hash = hash and s.tokens = former
  returning s.* into ended;
  if not found then
    return false;
  end if;
  perform private.note_audit(ended.user_id, 'session_refused', null, ended.browser);
  return true;
end
$$;

-- The living sessions of whoever has this living one, the latest seen first.
create function private.list_sessions(hash bytea)
returns table (id uuid, browser text, created_at timestamptz, last_seen_at timestamptz, here boolean)
language sql stable security definer set search_path = '' as $$
  select s.id, s.browser, s.created_at, s.last_seen_at, s.id = mine.id
  from private.browser_sessions mine
  join private.browser_sessions s on s.user_id = mine.user_id and s.expires_at > now()
  where mine.secret_hash = hash and mine.expires_at > now()
  order by s.id = mine.id desc, s.last_seen_at desc, s.id
$$;

-- Ends another session of whoever has this living one; whether there was such a session.
create function private.end_listed_session(hash bytea, wanted uuid) returns boolean
language plpgsql security definer set search_path = '' as $$
declare
  ended private.browser_sessions;
begin
  delete from private.browser_sessions s using private.browser_sessions mine
  where mine.secret_hash = hash and mine.expires_at > now()
    and s.user_id = mine.user_id and s.id = wanted and s.id <> mine.id
  returning s.* into ended;
  if not found then
    return false;
  end if;
  perform private.note_audit(ended.user_id, 'session_ended', null, ended.browser);
  return true;
end
$$;

revoke execute on function
  private.take_address(uuid, text),
  private.open_session(uuid, uuid, text, bytea, bytea, timestamptz, int, text, text),
  private.list_sessions(bytea), private.end_listed_session(bytea, uuid)
  from public;
grant execute on function
  private.open_session(uuid, uuid, text, bytea, bytea, timestamptz, int, text, text),
  private.list_sessions(bytea), private.end_listed_session(bytea, uuid)
  to keepsake_server;
