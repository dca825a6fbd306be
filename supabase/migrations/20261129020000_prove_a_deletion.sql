-- What a deletion takes, and that nothing of it is left, table by table. Which tables hold rows of an
-- account is read from the catalog, in the Auth server's schema too: whatever comes later is counted.

-- Each column that names an account, and each table that hangs on one of those by a key that cascades.
create function private.places_of_people()
returns table (place text, owner_column name, owner_type text, parent text, parent_key name, child_key name)
language sql stable security definer set search_path = '' as $$
  with tables as (
    select c.oid, c.reltuples, format('%I.%I', n.nspname, c.relname) as place, n.nspname
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p') and not c.relispartition
      and n.nspname in ('public', 'vecs', 'private', 'auth')
  ), owned as (
    select distinct on (t.oid) t.oid, t.place, a.attname, format_type(a.atttypid, null) as type
    from tables t join pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
    where a.atttypid in ('uuid'::regtype, 'text'::regtype, 'varchar'::regtype)
      and (t.place = 'auth.users' and a.attname = 'id'
           or a.attname in ('user_id', 'owner', 'made_for')
           or exists (select from pg_constraint k where k.contype = 'f' and k.conrelid = t.oid
                        and k.confrelid = 'auth.users'::regclass and k.conkey = array[a.attnum]))
      -- A long table of the Auth server's is not read from end to end; its keys cascade.
      and (t.nspname <> 'auth' or t.reltuples < 200000
           or exists (select from pg_index i where i.indrelid = t.oid and i.indkey[0] = a.attnum))
    order by t.oid, a.attname = 'user_id' desc, a.attnum
  )
  select o.place, o.attname, o.type, null, null, null from owned o
  union all
  select t.place, o.attname, o.type, o.place, p.attname, c.attname
  from tables t
  join pg_constraint k on k.conrelid = t.oid and k.contype = 'f' and k.confdeltype = 'c'
                      and cardinality(k.conkey) = 1
  join owned o on o.oid = k.confrelid
  join pg_attribute p on p.attrelid = o.oid and p.attnum = k.confkey[1]
  join pg_attribute c on c.attrelid = t.oid and c.attnum = k.conkey[1]
  where t.oid not in (select oid from owned)
$$;

-- Rows of an account in each of them, and its files by kind, with their bytes. Null rows: this
-- database does not let us look.
create function private.count_account(account uuid)
returns table (place text, kind text, rows bigint, bytes bigint)
language plpgsql stable security definer set search_path = '' as $$
declare
  one record;
begin
  for one in select p.* from private.places_of_people() p loop
    if not has_table_privilege(one.place, 'select') then
      return query select one.place, null::text, null::bigint, null::bigint;
    elsif one.parent is null then
      return query execute format(
        'select %L::text, null::text, count(*), null::bigint from %s t where t.%I = $1::text::%s',
        one.place, one.place, one.owner_column, one.owner_type) using account;
    else
      return query execute format(
        'select %L::text, null::text, count(*), null::bigint from %s t
         join %s p on p.%I = t.%I where p.%I = $1::text::%s',
        one.place, one.place, one.parent, one.parent_key, one.child_key, one.owner_column,
        one.owner_type) using account;
    end if;
  end loop;
  return query
    select 'private.unowned_memories', null::text, count(*), null::bigint
    from private.unowned_memories m where m.metadata ->> 'user_id' = account::text;
  return query
    select 'public.attachments', k.kind, count(a.id), coalesce(sum(a.size_bytes), 0)::bigint
    from (values ('text file', false), ('picture', true)) as k (kind, is_picture)
    left join public.attachments a on a.user_id = account and (a.picture is not null) = k.is_picture
    group by k.kind;
end
$$;

-- Deletes the account of a living session, and all that refers to it; returns what there was. The hash
-- of the cookie's secret is asked for, so that no mistaken id can delete somebody else.
drop function private.delete_account(uuid, bytea);
create function private.delete_account(person uuid, hash bytea)
returns table (place text, kind text, rows bigint, bytes bigint)
language plpgsql security definer set search_path = '' as $$
begin
  if not exists (
    select from private.browser_sessions s
    where s.user_id = person and s.secret_hash = hash and s.expires_at > now()
  ) then
    raise insufficient_privilege using message = 'only the signed-in person can delete an account';
  end if;
  return query select * from private.count_account(person);
  delete from auth.users u using private.throw_away_accounts t
  where u.email = t.email and t.made_for = person;
  delete from private.throw_away_accounts t where t.made_for = person;
  -- Of sign-ins under way the Auth server keeps whose they are, without a key to the account.
  if to_regclass('auth.flow_state') is not null
     and has_table_privilege('auth.flow_state', 'select, delete') then
    execute 'delete from auth.flow_state f where f.user_id = $1' using person;
  end if;
  -- What was put aside under an id that is an account's by now.
  delete from private.unowned_memories m where m.metadata ->> 'user_id' = person::text;
  delete from auth.users u where u.id = person;
end
$$;

-- What an account left behind that is no more; of one that is there it says nothing.
create function private.count_left(account uuid)
returns table (place text, kind text, rows bigint, bytes bigint)
language plpgsql stable security definer set search_path = '' as $$
begin
  if exists (select from auth.users u where u.id = account) then
    raise insufficient_privilege using message = 'this account is still there';
  end if;
  return query select * from private.count_account(account);
end
$$;

revoke execute on function
  private.places_of_people(), private.count_account(uuid), private.delete_account(uuid, bytea),
  private.count_left(uuid)
  from public;
grant execute on function private.delete_account(uuid, bytea), private.count_left(uuid)
  to keepsake_server;
