-- A session knows how far its person was proved: aal1 by one factor, aal2 by two, as the access token
-- says. One that was proved by one factor finds nobody any more once the account has a second one.
alter table private.browser_sessions
  add column aal text not null default 'aal1' check (aal in ('aal1', 'aal2'));

create function private.note_assurance(hash bytea, level text) returns void
language sql security definer set search_path = '' as $$
  update private.browser_sessions s set aal = level where s.secret_hash = hash and s.aal <> level
$$;

-- Auth keeps factors in auth.mfa_factors. Where there is no such table, or it may not be read, there
-- are none here; Auth itself still refuses to refresh such a session.
create function private.has_second_factor(person uuid) returns boolean
language plpgsql stable security definer set search_path = '' as $$
begin
  if to_regclass('auth.mfa_factors') is null then
    return false;
  end if;
  if not has_table_privilege('auth.mfa_factors', 'select') then
    return false;
  end if;
  return exists (
    select from auth.mfa_factors f where f.user_id = person and f.status::text = 'verified');
end
$$;

-- As before, and only where the session was proved as far as its account wants.
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
    and (s.aal = 'aal2' or not private.has_second_factor(s.user_id))
$$;

-- Whether this is used for the first time in so many seconds: a code of a second factor counts once.
create function private.use_once(mark bytea, seconds int) returns boolean
language sql security definer set search_path = '' as $$
  with taken as (
    insert into private.attempts as a (key, count, ends_at)
    values (mark, 1, now() + make_interval(secs => seconds))
    on conflict (key) do update set ends_at = excluded.ends_at where a.ends_at <= now()
    returning 1
  )
  select exists (select from taken)
$$;

-- Codes for whoever has lost the second factor, as hashes. They belong to it: all of them go when one
-- is used or the factor is removed. Nobody writes them but the functions below.
create table public.recovery_codes (
  user_id uuid not null default auth.uid() references auth.users (id) on delete cascade,
  code_hash bytea not null check (octet_length(code_hash) = 32),
  created_at timestamptz not null default now(),
  primary key (user_id, code_hash)
);
alter table public.recovery_codes enable row level security;

create policy "Users can see their own recovery codes" on public.recovery_codes
  for select to authenticated using (user_id = (select auth.uid()));

revoke all on public.recovery_codes from public, anon, authenticated;
grant select on public.recovery_codes to authenticated;

-- Takes the place of the bound person's former codes. A token of Auth's that was got with a password
-- alone says aal1: whoever has one must not make codes that take the second factor away.
create function own.keep_recovery_codes(hashes bytea[]) returns void
language plpgsql security definer set search_path = '' as $$
begin
  if auth.jwt() ->> 'aal' = 'aal1' then
    raise insufficient_privilege using message = 'this needs the second factor';
  end if;
  delete from public.recovery_codes r where r.user_id = auth.uid();
  insert into public.recovery_codes (user_id, code_hash)
  select auth.uid(), one.hash from unnest(hashes) as one (hash);
end
$$;

-- Uses a code up and takes the second factor off the account. Whether there was such a code.
create function private.use_recovery_code(person uuid, hash bytea, here text) returns boolean
language plpgsql security definer set search_path = '' as $$
begin
  delete from public.recovery_codes r where r.user_id = person and r.code_hash = hash;
  if not found then
    return false;
  end if;
  delete from public.recovery_codes r where r.user_id = person;
  if to_regclass('auth.mfa_factors') is not null then
    delete from auth.mfa_factors f where f.user_id = person;
  end if;
  perform private.note_audit(person, 'recovery_code_used', null, here);
  return true;
end
$$;

-- The audit log takes these too, besides whatever it takes already.
do $$
declare
  known text[];
begin
  select array_agg(m.event[1] order by m.place) into known
  from pg_constraint c,
    regexp_matches(pg_get_constraintdef(c.oid), '''([a-z_]+)''::text', 'g')
      with ordinality as m (event, place)
  where c.conname = 'audit_log_event_check' and c.conrelid = 'public.audit_log'::regclass;
  known := known || array['factor_enrolled', 'factor_removed', 'factor_failed',
                          'recovery_codes_made', 'recovery_code_used'];
  alter table public.audit_log drop constraint audit_log_event_check;
  execute format('alter table public.audit_log add constraint audit_log_event_check'
                 ' check (event in (%s))',
                 (select string_agg(quote_literal(one), ', ') from unnest(known) as one));
end $$;

revoke execute on function
  private.note_assurance(bytea, text), private.has_second_factor(uuid),
  private.use_once(bytea, int), own.keep_recovery_codes(bytea[]),
  private.use_recovery_code(uuid, bytea, text)
  from public;
grant execute on function own.keep_recovery_codes(bytea[]) to authenticated;
grant execute on function
  private.note_assurance(bytea, text), private.use_once(bytea, int),
  private.use_recovery_code(uuid, bytea, text)
  to keepsake_server;
