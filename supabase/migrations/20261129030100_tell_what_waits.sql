-- Two more doors of the server, which learn ids and counts only.

-- Which of these turns no worker is to look at any more. One question for all notes that wait in a
-- process, whoever remembers. A turn that is gone is settled too.
create function private.settled_turns(ids uuid[]) returns setof uuid
language sql stable security definer set search_path = '' as $$
  select asked.id from unnest(ids) as asked (id)
  where not exists (
    select from public.turns t
    where t.id = asked.id and t.memory_state in ('waiting', 'pending', 'working'))
$$;

-- How much waits to be remembered and since when, how much is at work, and how many answers are
-- being written, of all processes.
create function private.queue_state()
returns table (pending bigint, due bigint, working bigint, oldest_due_s float8, answers bigint)
language sql stable security definer set search_path = '' as $$
  select count(*) filter (where t.memory_state = 'pending'),
         count(*) filter (where t.memory_state = 'pending' and t.memory_due_at <= now()),
         count(*) filter (where t.memory_state = 'working'),
         coalesce(extract(epoch from now() - min(t.memory_due_at)
           filter (where t.memory_state = 'pending' and t.memory_due_at <= now())), 0)::float8,
         (select count(*) from public.messages m where m.state = 'streaming')
  from public.turns t where t.memory_state in ('pending', 'working')
$$;

revoke execute on function private.settled_turns(uuid[]), private.queue_state() from public;
grant execute on function private.settled_turns(uuid[]), private.queue_state() to keepsake_server;
