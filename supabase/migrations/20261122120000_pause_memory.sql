-- While a person has memory paused, what they say is never remembered, not even once they go on: a
-- turn is marked as paused when it is said or when its answer is saved, whoever saves it.
alter table public.turns drop constraint turns_memory_state_check;
alter table public.turns add constraint turns_memory_state_check
  check (memory_state in ('waiting', 'pending', 'working', 'done', 'failed', 'paused'));

create function private.heed_pause() returns trigger
language plpgsql set search_path = '' as $$
begin
  if exists (
    select from public.preferences p where p.user_id = new.user_id and p.memory_paused
  ) then
    new.memory_state := 'paused';
  end if;
  return new;
end
$$;
revoke execute on function private.heed_pause() from public;

create trigger heed_pause_when_said before insert on public.turns
  for each row when (new.memory_state = 'waiting')
  execute function private.heed_pause();
create trigger heed_pause_when_saved before update of memory_state on public.turns
  for each row when (old.memory_state = 'waiting' and new.memory_state = 'pending')
  execute function private.heed_pause();
