-- What happened to an account, one line each, without content: no text, no address. Lines are only
-- added, and each one's hash covers the line and the hash before it, so that one that was changed or
-- taken out shows (`python -m database.audit verify`). A log goes with its account.
create table public.audit_log (
  user_id uuid not null default auth.uid() references auth.users (id) on delete cascade,
  number bigint not null check (number > 0),
  at timestamptz not null,
  event text not null check (event in (
    'signed_up', 'signed_in', 'sign_in_failed', 'password_wrong',
    'signed_out', 'session_ended', 'sessions_ended', 'session_refused',
    'password_changed', 'address_changed',
    'data_exported', 'memories_exported', 'memories_imported',
    'memories_forgotten', 'all_forgotten', 'forgetting_undone', 'deletion_asked')),
  -- how many memories or sessions
  count int check (count >= 0),
  -- such as "Firefox on Windows"
  browser text check (browser ~ '^[[:alnum:] ._-]{1,80}$'),
  hash bytea not null check (octet_length(hash) = 32),
  primary key (user_id, number)
);

-- The last line of each log, by which one that was cut off at its end shows. Its row is the lock in
-- which an account's lines are written one after the other.
create table private.audit_heads (
  user_id uuid primary key references auth.users (id) on delete cascade,
  number bigint not null,
  hash bytea not null check (octet_length(hash) = 32)
);

alter table public.audit_log enable row level security;
alter table private.audit_heads enable row level security;

create policy "Users can read their own audit log" on public.audit_log
  for select to authenticated using (user_id = (select auth.uid()));

revoke all on public.audit_log, private.audit_heads from public, anon, authenticated, service_role;
grant select on public.audit_log to authenticated;

-- Neither changed nor deleted by anybody, owners included, but with the whole account.
create function private.keep_audit_log() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if tg_op = 'DELETE' then
    if not exists (select from auth.users u where u.id = old.user_id) then
      return old;
    end if;
  end if;
  raise insufficient_privilege using message = 'lines of the audit log are only added';
end
$$;
create trigger keep_lines before update or delete on public.audit_log
  for each row execute function private.keep_audit_log();
create trigger keep_table before truncate on public.audit_log
  for each statement execute function private.keep_audit_log();

-- Of the hash before it and the line, each part on a line of its own, in UTF-8.
create function private.audit_hash(
  before bytea, person uuid, number bigint, at timestamptz, event text, how_many int, browser text
) returns bytea
language sql stable set search_path = '' as $$
  select sha256(convert_to(concat_ws(
    E'\n', encode(before, 'hex'), person::text, number::text,
    to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), event,
    coalesce(how_many::text, ''), coalesce(browser, '')), 'UTF8'))
$$;

-- Adds a line. An account that is gone has no log.
create function private.note_audit(person uuid, event text, how_many int, browser text) returns void
language plpgsql security definer set search_path = '' as $$
declare
  head private.audit_heads;
  moment timestamptz;
begin
  perform from auth.users u where u.id = person for key share;
  if not found then
    return;
  end if;
  insert into private.audit_heads (user_id, number, hash)
  values (person, 0, decode(repeat('00', 32), 'hex')) on conflict (user_id) do nothing;
  select * into head from private.audit_heads h where h.user_id = person for update;
  head.number := head.number + 1;
  moment := clock_timestamp();
  head.hash := private.audit_hash(
    head.hash, person, head.number, moment, event, how_many, browser);
  insert into public.audit_log (user_id, number, at, event, count, browser, hash)
  values (person, head.number, moment, event, how_many, browser, head.hash);
  update private.audit_heads h set number = head.number, hash = head.hash where h.user_id = person;
end
$$;

-- For the bound person, and for nobody else.
create function own.note_audit(event text, how_many int, browser text) returns void
language sql security definer set search_path = '' as $$
  select private.note_audit(auth.uid(), event, how_many, browser)
$$;

-- A sign-in with this address that failed, if there is an account with it; it does not tell.
create function private.note_failed_sign_in(address text, browser text) returns void
language sql security definer set search_path = '' as $$
  select private.note_audit(u.id, 'sign_in_failed', null, browser)
  from auth.users u where u.email = address
$$;

revoke execute on function
  private.keep_audit_log(),
  private.audit_hash(bytea, uuid, bigint, timestamptz, text, int, text),
  private.note_audit(uuid, text, int, text), own.note_audit(text, int, text),
  private.note_failed_sign_in(text, text)
  from public;
grant execute on function own.note_audit(text, int, text) to authenticated;
grant execute on function private.note_failed_sign_in(text, text) to keepsake_server;
