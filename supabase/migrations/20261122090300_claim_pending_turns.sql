-- The worker's door: it learns ids only; everything else happens under the person's own claims.

-- Turns of one person that are due, at most `most`, now leased to the caller. One person is served by
-- one worker at a time, whichever process it runs in. A turn that failed before comes alone, so that
-- it cannot take others with it.
create function private.claim_turns(lease_s int, most int)
returns table (turn_id uuid, user_id uuid, lease uuid, attempts int)
language plpgsql security definer set search_path = '' as $$
declare
  person uuid;
  failed_before boolean;
  token uuid := gen_random_uuid();
begin
  for person in
    select t.user_id from public.turns t
    where t.memory_state = 'pending' and t.memory_due_at <= now()
       or t.memory_state = 'working' and t.memory_leased_until < now()
    group by t.user_id order by min(t.memory_due_at) limit 50
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
      returning t.id, t.user_id, t.memory_lease, t.memory_attempts;
    if found then
      return;
    end if;
  end loop;
end
$$;

-- Answers whose generation died with its process: what was said is kept, the turn goes on to memory.
create function private.recover_answers(stale_s int) returns int
language sql security definer set search_path = '' as $$
  with dead as (
    update public.messages m set state = 'interrupted', updated_at = now()
    where m.state = 'streaming' and m.updated_at < now() - make_interval(secs => stale_s)
    returning m.turn_id
  ), freed as (
    update public.turns t set memory_state = 'pending', memory_due_at = now()
    from dead where t.id = dead.turn_id and t.memory_state = 'waiting'
    returning t.id
  )
  select count(*)::int from dead
$$;

revoke execute on function private.claim_turns(int, int), private.recover_answers(int) from public;
grant execute on function private.claim_turns(int, int), private.recover_answers(int)
  to keepsake_server;
