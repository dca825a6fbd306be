-- What memories need to stay true: who changed them last, how they were judged, and whether they wait
-- for the person's yes. Also the person's own choices: memory paused, time zone.
create function private.judge_memories() returns void
language plpgsql set search_path = '' as $$
begin
  alter table vecs.memories
    -- why it is not remembered until the person says yes; null for all others
    add column if not exists waits_for text
      check (waits_for in ('instruction', 'credential', 'exfiltration', 'assistant_only')),
    -- when the person last wrote the text themselves
    add column if not exists edited_at timestamptz,
    -- new, refines, supersedes; null for what was kept as it was
    add column if not exists judged text;
  create index if not exists memories_that_hold on vecs.memories (owner, seq desc)
    where invalid_at is null and waits_for is null;
end
$$;
revoke execute on function private.judge_memories() from public;

do $$
begin
  if to_regclass('vecs.memories') is not null then
    perform private.judge_memories();
  end if;
end
$$;

-- Why an answer was given a memory, in words.
alter table public.recalled_memories add column why text not null default '';

-- CONFIRM: said again; SUPERSEDE: no longer holds; ACCEPT: the person said yes to what waited.
alter table public.memory_history drop constraint memory_history_event_check;
alter table public.memory_history add constraint memory_history_event_check
  check (event in ('ADD', 'UPDATE', 'DELETE', 'CONFIRM', 'SUPERSEDE', 'ACCEPT'));

create table public.preferences (
  user_id uuid primary key default auth.uid() references auth.users (id) on delete cascade,
  -- nothing new is remembered while this is set
  memory_paused boolean not null default false,
  time_zone text not null default 'UTC' check (char_length(time_zone) <= 64),
  updated_at timestamptz not null default now()
);
alter table public.preferences enable row level security;
create policy "Users can read their own preferences" on public.preferences
  for select to authenticated using (user_id = (select auth.uid()));
create policy "Users can set their own preferences" on public.preferences
  for insert to authenticated with check (user_id = (select auth.uid()));
create policy "Users can change their own preferences" on public.preferences
  for update to authenticated
  using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy "Users can delete their own preferences" on public.preferences
  for delete to authenticated using (user_id = (select auth.uid()));
revoke all on public.preferences from public, anon, authenticated;
grant select, insert, update, delete on public.preferences to authenticated;
