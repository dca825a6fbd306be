-- A memory that leans on one that ended ("commutes by tram from Graz", when "lives in Graz" ended) is
-- to be checked by the person: it still holds, and answers are told that it may not. The mark counts
-- as long as the ended one stays ended; it goes with either of the two, when the person says that it
-- is still true, when it is said again, and when its text changes.
create table public.memory_checks (
  memory_id varchar not null,
  because_of varchar not null,
  user_id uuid not null default auth.uid() references auth.users (id) on delete cascade,
  marked_at timestamptz not null default now(),
  -- both memories are tied in private.tie_checks(), since vecs.memories may not exist yet
  primary key (memory_id, because_of, user_id),
  check (memory_id <> because_of)
);
create index memory_checks_by_user on public.memory_checks (user_id);
create index memory_checks_by_because_of on public.memory_checks (because_of, user_id);
alter table public.memory_checks enable row level security;
create policy "Users can read what they are to check" on public.memory_checks
  for select to authenticated using (user_id = (select auth.uid()));
create policy "Users can mark what they are to check" on public.memory_checks
  for insert to authenticated with check (user_id = (select auth.uid()));
create policy "Users can mark again what they are to check" on public.memory_checks
  for update to authenticated
  using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy "Users can say that they have checked" on public.memory_checks
  for delete to authenticated using (user_id = (select auth.uid()));
revoke all on public.memory_checks from public, anon, authenticated;
grant select, insert, delete on public.memory_checks to authenticated;
grant update (marked_at) on public.memory_checks to authenticated;

-- With another text a memory says something else, about which nothing was found.
create function private.drop_checks() returns trigger
language plpgsql set search_path = '' as $$
begin
  delete from public.memory_checks c where c.memory_id = new.id and c.user_id = new.owner;
  return null;
end
$$;
revoke execute on function private.drop_checks() from public;

create function private.tie_checks() returns void
language plpgsql set search_path = '' as $$
begin
  if not exists (select from pg_constraint where conname = 'memory_checks_memory_fkey') then
    alter table public.memory_checks
      add constraint memory_checks_memory_fkey foreign key (memory_id, user_id)
        references vecs.memories (id, owner) on delete cascade,
      add constraint memory_checks_because_of_fkey foreign key (because_of, user_id)
        references vecs.memories (id, owner) on delete cascade;
  end if;
  drop trigger if exists drop_checks on vecs.memories;
  create trigger drop_checks after update of metadata on vecs.memories
    for each row when (old.metadata ->> 'data' is distinct from new.metadata ->> 'data')
    execute function private.drop_checks();
  -- Which memories are to be checked, and what ended, with the rights of whoever looks.
  create or replace view own.reasons_to_check with (security_invoker = true) as
    select c.memory_id, c.marked_at, ended.metadata ->> 'data' as ended
    from public.memory_checks c
    join vecs.memories ended on ended.id = c.because_of and ended.owner = c.user_id
    where c.user_id = (select auth.uid()) and ended.invalid_at <= now();
  revoke all on own.reasons_to_check from public, anon, authenticated;
  grant select on own.reasons_to_check to authenticated;
end
$$;
revoke execute on function private.tie_checks() from public;

do $$
begin
  if to_regclass('vecs.memories') is not null then
    perform private.tie_checks();
  end if;
end
$$;

-- As before, and what leans on an end is marked; what is said again needs no check.
create or replace function own.keep_memories(changes jsonb, graph jsonb) returns void
language plpgsql set search_path = extensions, public as $$
begin
  insert into vecs.memories (id, vec, metadata, turn_id, valid_from, invalid_at, waits_for, judged)
  select a.id, cast(a.vec as vector), a.metadata, a.turn_id, a.valid_from, a.invalid_at, a.waits_for,
         a.judged
  from rows from (jsonb_to_recordset(changes -> 'added')
    as (id varchar, vec text, metadata jsonb, turn_id uuid, valid_from timestamptz,
        invalid_at timestamptz, waits_for text, judged text)) with ordinality as a
    (id, vec, metadata, turn_id, valid_from, invalid_at, waits_for, judged, n)
  order by a.n;
  update vecs.memories m
  set vec = cast(t.vec as vector),
      metadata = m.metadata || jsonb_build_object(
        'data', t.text, 'hash', md5(t.text), 'updated_at', t.updated_at)
  from jsonb_to_recordset(changes -> 'refined')
    as t (id varchar, text text, vec text, updated_at text)
  where m.owner = (select auth.uid()) and m.id = t.id;
  -- It holds no longer: from when the new fact holds, but not before it began itself.
  update vecs.memories m
  set invalid_at = greatest(e.invalid_at, m.valid_from), superseded_by = e.superseded_by
  from jsonb_to_recordset(changes -> 'ended')
    as e (id varchar, invalid_at timestamptz, superseded_by varchar)
  where m.owner = (select auth.uid()) and m.id = e.id;
  insert into public.memory_checks (memory_id, because_of)
  select m.id, c.because_of
  from jsonb_to_recordset(changes -> 'to_check') as c (id varchar, because_of varchar)
  join vecs.memories m on m.id = c.id and m.owner = (select auth.uid())
    and (m.invalid_at is null or m.invalid_at > now())
  on conflict (memory_id, because_of, user_id) do update set marked_at = now();
  delete from public.memory_checks c
  using jsonb_to_recordset(changes -> 'noted') as n (id varchar, event text)
  where c.user_id = (select auth.uid()) and c.memory_id = n.id and n.event = 'CONFIRM';
  insert into public.memory_history (memory_id, event, old_memory, new_memory, turn_id)
  select h.id, h.event, h.old, h.new, h.turn_id
  from rows from (jsonb_to_recordset(changes -> 'noted')
    as (id text, event text, old text, new text, turn_id uuid)) with ordinality as h
    (id, event, old, new, turn_id, n)
  order by h.n;
  perform own.describe_memories(graph);
end
$$;
