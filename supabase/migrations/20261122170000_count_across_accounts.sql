-- The doors of the Isolation page and of "Delete account", for keepsake_server only. Nothing of what
-- people wrote passes through any of them.

-- Tables that hold rows of people: those whose one column refers to auth.users.
create function private.personal_tables() returns table (name text, owner_column name)
language sql stable security definer set search_path = '' as $$
  select format('%I.%I', n.nspname, c.relname), a.attname
  from pg_constraint o
  join pg_class c on c.oid = o.conrelid
  join pg_namespace n on n.oid = c.relnamespace
  join pg_attribute a on a.attrelid = c.oid and a.attnum = o.conkey[1]
  where o.contype = 'f' and o.confrelid = 'auth.users'::regclass and cardinality(o.conkey) = 1
    and n.nspname in ('public', 'vecs', 'private')
  order by 1
$$;

-- How many rows there are in all, shown to whoever is signed in beside how many they see. It tells
-- how much the whole place is used, and nothing of anybody.
create function private.count_rows() returns table (name text, rows bigint)
language plpgsql stable security definer set search_path = '' as $$
declare
  one record;
begin
  for one in select t.name from private.personal_tables() t where t.name not like 'private.%' loop
    return query execute format('select %L::text, count(*) from %s', one.name, one.name);
  end loop;
end
$$;

-- What an account left behind that is no more; of one that is there it says nothing.
create function private.rows_left(account uuid) returns table (name text, rows bigint)
language plpgsql stable security definer set search_path = '' as $$
declare
  one record;
begin
  if exists (select from auth.users u where u.id = account) then
    raise insufficient_privilege using message = 'this account is still there';
  end if;
  for one in select t.name, t.owner_column from private.personal_tables() t loop
    return query execute format(
      'select %L::text, count(*) from %s t where t.%I = $1', one.name, one.name, one.owner_column)
      using account;
  end loop;
end
$$;

-- Deletes the account of a living session, and all that refers to it. The hash of the cookie's secret
-- is asked for, so that no mistaken id can delete somebody else.
create function private.delete_account(person uuid, hash bytea) returns void
language plpgsql security definer set search_path = '' as $$
begin
  if not exists (
    select from private.browser_sessions s
    where s.user_id = person and s.secret_hash = hash and s.expires_at > now()
  ) then
    raise insufficient_privilege using message = 'only the signed-in person can delete an account';
  end if;
  delete from auth.users u using private.throw_away_accounts t
  where u.email = t.email and t.made_for = person;
  delete from private.throw_away_accounts t where t.made_for = person;
  delete from auth.users u where u.id = person;
end
$$;

-- The encrypted tokens of a living session, which only its cookie's secret opens.
create function private.sealed_tokens(hash bytea) returns table (id uuid, tokens bytea)
language sql stable security definer set search_path = '' as $$
  select s.id, s.tokens from private.browser_sessions s
  where s.secret_hash = hash and s.expires_at > now()
$$;

revoke execute on function
  private.personal_tables(), private.count_rows(), private.rows_left(uuid),
  private.delete_account(uuid, bytea), private.sealed_tokens(bytea)
  from public;
grant execute on function
  private.count_rows(), private.rows_left(uuid), private.delete_account(uuid, bytea),
  private.sealed_tokens(bytea)
  to keepsake_server;
