-- Accounts that are made for a check or a demonstration, and removed after it. Which ones these are is
-- kept here, by addresses that this database makes up itself: no account that somebody has can come
-- onto the list, and nobody can put themselves or others onto it. An address is noted before its
-- account is made, so that one whose process dies in between is found all the same.
create table private.throw_away_accounts (
  email text primary key,
  made_for uuid not null,
  purpose text not null check (purpose in ('check', 'demonstration')),
  -- afterwards nobody works with it any more, whatever became of whoever made it
  ends_at timestamptz not null
);
create index throw_away_accounts_by_person on private.throw_away_accounts (made_for, purpose);
alter table private.throw_away_accounts enable row level security;
revoke all on private.throw_away_accounts from public, anon, authenticated, service_role;

-- Removes what is over, whoever made it. An address is kept for a day more, in case that a sign-up
-- with it comes through late.
create function private.sweep_throw_aways() returns int
language sql security definer set search_path = '' as $$
  with swept as (
    delete from auth.users u using private.throw_away_accounts t
    where u.email = t.email and t.ends_at <= now()
    returning 1
  ), aged as (
    delete from private.throw_away_accounts t where t.ends_at < now() - interval '1 day'
  )
  select count(*)::int from swept
$$;

-- Addresses for `how_many` accounts; none while the person has others of this purpose.
create function private.begin_throw_aways(
  person uuid, wanted text, how_many int, lifetime_s int
) returns setof text
language plpgsql security definer set search_path = '' as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('throw away ' || person::text, 0));
  perform private.sweep_throw_aways();
  if exists (select from private.throw_away_accounts t
             where t.made_for = person and t.purpose = wanted and t.ends_at > now()) then
    return;
  end if;
  return query
    insert into private.throw_away_accounts (email, made_for, purpose, ends_at)
    select 'throw-away-' || replace(gen_random_uuid()::text, '-', '') || '@example.com',
           person, wanted, now() + make_interval(secs => lifetime_s)
    from generate_series(1, least(how_many, 2))
    returning email;
end
$$;

-- An account without a password, which nobody can sign in to, at an address of the list.
create function private.make_decoy(address text) returns uuid
language sql security definer set search_path = '' as $$
  insert into auth.users (id, email)
  select gen_random_uuid(), t.email from private.throw_away_accounts t
  where t.email = address and t.purpose = 'check' and t.ends_at > now()
  returning id
$$;

create function private.end_throw_aways(person uuid, wanted text) returns int
language sql security definer set search_path = '' as $$
  with ended as (
    update private.throw_away_accounts t set ends_at = least(t.ends_at, now())
    where t.made_for = person and t.purpose = wanted
    returning t.email
  ), removed as (
    delete from auth.users u using ended where u.email = ended.email returning 1
  )
  select count(*)::int from removed
$$;

-- Rows of a throw-away account and a hash over them, by which a change shows; of others nothing.
create function private.fingerprint(account uuid)
returns table (name text, rows bigint, mark text)
language plpgsql stable security definer set search_path = '' as $$
declare
  one record;
begin
  if not exists (select from auth.users u
                 join private.throw_away_accounts t on t.email = u.email
                 where u.id = account and t.ends_at > now()) then
    raise insufficient_privilege using message = 'this is no throw-away account';
  end if;
  for one in select t.name, t.owner_column from private.personal_tables() t
             where t.name not like 'private.%' loop
    return query execute format(
      'select %L::text, count(*), md5(coalesce(string_agg(t::text, '','' order by t::text), ''''))
       from %s t where t.%I = $1', one.name, one.name, one.owner_column)
      using account;
  end loop;
end
$$;

revoke execute on function
  private.sweep_throw_aways(), private.begin_throw_aways(uuid, text, int, int),
  private.make_decoy(text), private.end_throw_aways(uuid, text), private.fingerprint(uuid)
  from public;
grant execute on function
  private.sweep_throw_aways(), private.begin_throw_aways(uuid, text, int, int),
  private.make_decoy(text), private.end_throw_aways(uuid, text), private.fingerprint(uuid)
  to keepsake_server;
