-- How much each account uses: answers at once, messages a minute, stored bytes, model tokens a day.
-- Counted here, so that all processes share it, and by the server alone: no role of people reaches
-- these tables, so nobody raises or clears a count of theirs.
create table private.fair_use (
  user_id uuid primary key references auth.users (id) on delete cascade,
  messages int not null default 0,
  messages_until timestamptz not null default '-infinity',
  tokens bigint not null default 0,
  tokens_until timestamptz not null default '-infinity',
  stored_bytes bigint not null default 0,
  stored_at timestamptz not null default '-infinity',
  -- when the memory worker last took turns of this person
  served_at timestamptz
);

-- What is under way: answers being written, bytes on their way into the tables. One whose process has
-- died is over by itself.
create table private.uses_under_way (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references auth.users (id) on delete cascade,
  answers int not null,
  bytes bigint not null,
  until timestamptz not null
);
create index uses_under_way_by_person on private.uses_under_way (user_id);

alter table private.fair_use enable row level security;
alter table private.uses_under_way enable row level security;
revoke all on private.fair_use, private.uses_under_way
  from public, anon, authenticated, service_role, keepsake_server;

-- The collection is made at the first start, after the migrations.
create function private.bytes_of_memories(person uuid) returns bigint
language plpgsql stable security definer set search_path = '' as $$
declare
  found_bytes bigint := 0;
begin
  if to_regclass('vecs.memories') is not null then
    execute 'select coalesce(sum(pg_column_size(m.vec) + octet_length(m.metadata::text)), 0)
             from vecs.memories m where m.owner = $1' into found_bytes using person;
  end if;
  return found_bytes;
end
$$;

-- What a person's texts, files and memories take up.
create function private.stored_bytes(person uuid) returns bigint
language sql stable security definer set search_path = '' as $$
  select (select coalesce(sum(a.size_bytes), 0) from public.attachments a where a.user_id = person)
       + (select coalesce(sum(octet_length(m.content)), 0) from public.messages m
          where m.user_id = person)
       + (select coalesce(sum(octet_length(e.content)), 0) from public.earlier_answers e
          where e.user_id = person)
       + (select coalesce(sum(octet_length(coalesce(h.old_memory, ''))
                              + octet_length(coalesce(h.new_memory, ''))), 0)
          from public.memory_history h where h.user_id = person)
       + private.bytes_of_memories(person)
$$;

-- Tokens that a model was sent or has written for this person. A day begins with its first use.
create function private.spend_tokens(person uuid, spent bigint) returns void
language sql security definer set search_path = '' as $$
  insert into private.fair_use as f (user_id, tokens, tokens_until)
  select u.id, spent, clock_timestamp() + interval '1 day' from auth.users u where u.id = person
  on conflict (user_id) do update set
    tokens = spent + case when f.tokens_until <= clock_timestamp() then 0 else f.tokens end,
    tokens_until = case when f.tokens_until <= clock_timestamp() then excluded.tokens_until
                        else f.tokens_until end
$$;

-- A use is over: its answers and bytes no longer count as under way.
create function private.end_use(use uuid, person uuid, spent bigint) returns void
language plpgsql security definer set search_path = '' as $$
declare
  ended private.uses_under_way;
begin
  delete from private.uses_under_way w where w.id = use and w.user_id = person returning * into ended;
  update private.fair_use f set stored_bytes = f.stored_bytes + ended.bytes
  where f.user_id = person and ended.bytes > 0;
  if spent > 0 then
    perform private.spend_tokens(person, spent);
  end if;
end
$$;

-- Several that have ended, each with what was spent; null where only tokens are to be noted.
create function private.end_uses(uses uuid[], persons uuid[], spent bigint[]) returns void
language plpgsql security definer set search_path = '' as $$
declare
  one record;
begin
  for one in
    select * from unnest(uses, persons, spent) as e (use, person, spent) order by e.person
  loop
    perform private.end_use(one.use, one.person, one.spent);
  end loop;
end
$$;

-- Begins a use, if no limit stands in the way; a limit of 0 is none. What the asking process knows to
-- have ended, and what was spent, is noted first. `refused` names the first that
-- does, and wait_s says in how many seconds it no longer will, 0 where no clock decides. One account at
-- a time, by the lock of its row.
create function private.begin_use(
  person uuid, new_answers int, new_messages int, new_bytes bigint,
  most_at_once int, most_a_minute int, most_bytes bigint, most_tokens bigint, lease_s int,
  ended uuid[], spent bigint
) returns table (id uuid, refused text, wait_s int)
language plpgsql security definer set search_path = '' as $$
declare
  u private.fair_use;
  running bigint;
  reserved bigint;
  moment timestamptz;
  one uuid;
begin
  insert into private.fair_use (user_id) values (person) on conflict (user_id) do nothing;
  foreach one in array ended loop
    perform private.end_use(one, person, 0);
  end loop;
  if spent > 0 then
    perform private.spend_tokens(person, spent);
  end if;
  select * into u from private.fair_use f where f.user_id = person for update;
  moment := clock_timestamp();
  delete from private.uses_under_way w where w.user_id = person and w.until <= moment;
  select coalesce(sum(w.answers), 0), coalesce(sum(w.bytes), 0) into running, reserved
  from private.uses_under_way w where w.user_id = person;
  if u.messages_until <= moment then
    u.messages := 0;
    u.messages_until := moment + interval '1 minute';
  end if;
  wait_s := 0;
  if most_tokens > 0 and u.tokens_until > moment and u.tokens >= most_tokens then
    refused := 'tokens';
    wait_s := greatest(ceil(extract(epoch from u.tokens_until - moment))::int, 1);
  elsif most_at_once > 0 and new_answers > 0 and running + new_answers > most_at_once then
    refused := 'answers';
  elsif most_a_minute > 0 and new_messages > 0 and u.messages + new_messages > most_a_minute then
    refused := 'messages';
    wait_s := greatest(ceil(extract(epoch from u.messages_until - moment))::int, 1);
  elsif most_bytes > 0 and new_bytes > 0 then
    if u.stored_at < moment - interval '10 minutes'
       or u.stored_bytes + reserved + new_bytes > most_bytes then
      u.stored_bytes := private.stored_bytes(person);
      u.stored_at := moment;
    end if;
    if u.stored_bytes + reserved + new_bytes > most_bytes then
      refused := 'bytes';
    end if;
  end if;
  if refused is null then
    u.messages := u.messages + new_messages;
    insert into private.uses_under_way (user_id, answers, bytes, until)
    values (person, new_answers, new_bytes, moment + make_interval(secs => lease_s))
    returning uses_under_way.id into id;
  end if;
  update private.fair_use f
  set messages = u.messages, messages_until = u.messages_until,
      stored_bytes = u.stored_bytes, stored_at = u.stored_at
  where f.user_id = person;
  return next;
end
$$;

-- They are still under way.
create function private.renew_uses(uses uuid[], lease_s int) returns void
language sql security definer set search_path = '' as $$
  update private.uses_under_way w set until = clock_timestamp() + make_interval(secs => lease_s)
  where w.id = any (uses)
$$;

-- Seconds until this account may ask models again; 0: now.
create function private.wait_for_tokens(person uuid, most_tokens bigint) returns int
language sql stable security definer set search_path = '' as $$
  select coalesce(max(greatest(ceil(extract(epoch from f.tokens_until - clock_timestamp()))::int, 1)), 0)
  from private.fair_use f
  where f.user_id = person and most_tokens > 0 and f.tokens >= most_tokens
    and f.tokens_until > clock_timestamp()
$$;

-- As in 20261122090300, but whoever was served longest ago comes first: turns of somebody with hundreds
-- that wait, however old, no longer stand before the one of somebody else. wait_s: in how many seconds
-- this account may ask models again, 0 for now.
drop function private.claim_turns(int, int);
create function private.claim_turns(lease_s int, most int, most_tokens bigint default 0)
returns table (turn_id uuid, user_id uuid, lease uuid, attempts int, wait_s int)
language plpgsql security definer set search_path = '' as $$
declare
  person uuid;
  failed_before boolean;
  token uuid := gen_random_uuid();
begin
  for person in
    select waiting.user_id from (
      select t.user_id, min(t.memory_due_at) as due_at from public.turns t
      where t.memory_state = 'pending' and t.memory_due_at <= now()
         or t.memory_state = 'working' and t.memory_leased_until < now()
      group by t.user_id
    ) waiting
    left join private.fair_use f on f.user_id = waiting.user_id
    order by f.served_at nulls first, waiting.due_at limit 50
  loop
    continue when not pg_try_advisory_xact_lock(hashtextextended('remember ' || person::text, 0));
    continue when exists (
      select from public.turns t where t.user_id = person
        and t.memory_state = 'working' and t.memory_leased_until >= now());
    select t.memory_attempts > 0 into failed_before from public.turns t
    where t.user_id = person
      and (t.memory_state = 'pending' and t.memory_due_at <= now()
           or t.memory_state = 'working' and t.memory_leased_until < now())
    order by t.seq limit 1;
    return query
      with due as (
        select t.id from public.turns t
        where t.user_id = person
          and (t.memory_state = 'pending' and t.memory_due_at <= now()
               or t.memory_state = 'working' and t.memory_leased_until < now())
        order by t.seq limit case when failed_before then 1 else most end for update skip locked
      )
      update public.turns t
      set memory_state = 'working', memory_attempts = t.memory_attempts + 1, memory_lease = token,
          memory_leased_until = now() + make_interval(secs => lease_s)
      from due where t.id = due.id
      returning t.id, t.user_id, t.memory_lease, t.memory_attempts,
                private.wait_for_tokens(person, most_tokens);
    if found then
      -- Another's count of uses may hold the row: then the order is a little older, and nobody waits.
      perform from private.fair_use f where f.user_id = person for update skip locked;
      if found then
        update private.fair_use f set served_at = clock_timestamp() where f.user_id = person;
      else
        insert into private.fair_use (user_id, served_at) values (person, clock_timestamp())
        on conflict do nothing;
      end if;
      return;
    end if;
  end loop;
end
$$;

revoke execute on function
  private.stored_bytes(uuid), private.bytes_of_memories(uuid),
  private.begin_use(uuid, int, int, bigint, int, int, bigint, bigint, int, uuid[], bigint),
  private.spend_tokens(uuid, bigint), private.end_use(uuid, uuid, bigint),
  private.end_uses(uuid[], uuid[], bigint[]), private.renew_uses(uuid[], int), private.wait_for_tokens(uuid, bigint),
  private.claim_turns(int, int, bigint)
  from public;
grant execute on function
  private.begin_use(uuid, int, int, bigint, int, int, bigint, bigint, int, uuid[], bigint),
  private.end_uses(uuid[], uuid[], bigint[]), private.renew_uses(uuid[], int), private.wait_for_tokens(uuid, bigint),
  private.claim_turns(int, int, bigint)
  to keepsake_server;
