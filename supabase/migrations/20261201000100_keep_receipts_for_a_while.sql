-- What an answer was given is most of all bytes (docs/many.md): where RECEIPTS_KEPT_DAYS says so, it goes
-- after that time, and the turn says whether there was something.
alter table public.turns drop constraint turns_recall_state_check;
alter table public.turns add constraint turns_recall_state_check
  check (recall_state in ('waiting', 'done', 'failed', 'off', 'unkept', 'nothing'));

create index turns_with_receipts on public.turns (created_at) where recall_state = 'done';

-- Of the oldest turns, at most so many: how many there were. An old question whose answer was given again
-- keeps its receipts as long as a new one.
create function private.prune_receipts(kept_days int, most int) returns int
language plpgsql security definer set search_path = '' as $$
declare
  pruned int;
  since timestamptz := now() - make_interval(days => kept_days);
begin
  with old as (
    select t.id from public.turns t
    where t.recall_state = 'done' and t.created_at < since
      and not exists (select from public.messages a
                      where a.turn_id = t.id and a.role = 'assistant' and a.updated_at >= since)
    order by t.created_at limit most for update skip locked
  ), gone as (
    delete from public.recalled_memories r using old where r.turn_id = old.id returning r.turn_id, r.is_given
  )
  update public.turns t
  set recall_state = case when exists (select from gone g where g.turn_id = t.id and g.is_given)
                          then 'unkept' else 'nothing' end
  from old where t.id = old.id;
  get diagnostics pruned = row_count;
  return pruned;
end
$$;
revoke execute on function private.prune_receipts(int, int) from public;
grant execute on function private.prune_receipts(int, int) to keepsake_server;
