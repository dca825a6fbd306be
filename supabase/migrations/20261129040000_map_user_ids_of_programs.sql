-- Programs that know people by ids of their own, without accounts: each such id stands for a row of
-- auth.users that nobody can sign in to, so that owners, policies and deletion are those of everybody.
create table private.own_user_ids (
  own_id text primary key check (char_length(own_id) between 1 and 200),
  user_id uuid not null unique references auth.users (id) on delete cascade,
  created_at timestamptz not null default now()
);
alter table private.own_user_ids enable row level security;
revoke all on private.own_user_ids from public, anon, authenticated;

-- The person of this id, made where there is none. Two that ask at once get the same one.
create function private.user_of_own_id(wanted text) returns uuid
language plpgsql security definer set search_path = '' as $$
declare
  found_id uuid;
begin
  select user_id into found_id from private.own_user_ids where own_id = wanted;
  if found_id is null then
    perform pg_advisory_xact_lock(hashtextextended('own user id ' || wanted, 0));
    select user_id into found_id from private.own_user_ids where own_id = wanted;
  end if;
  if found_id is null then
    insert into auth.users (id) values (gen_random_uuid()) returning id into found_id;
    insert into private.own_user_ids (own_id, user_id) values (wanted, found_id);
  end if;
  return found_id;
end
$$;

-- The end of such a person, with all that they have; never of an account that somebody signs in to.
create function private.delete_own_id(wanted text) returns boolean
language sql security definer set search_path = '' as $$
  with gone as (
    delete from auth.users u using private.own_user_ids o
    where o.own_id = wanted and u.id = o.user_id returning 1
  )
  select exists (select from gone)
$$;

revoke execute on function private.user_of_own_id(text), private.delete_own_id(text) from public;
grant execute on function private.user_of_own_id(text), private.delete_own_id(text)
  to keepsake_server;
