-- The long-term memory. The collection vecs.memories itself is made by the vecs library when the app
-- starts, because its dimension belongs to the embedding model; private.protect_memories() then gives
-- it an owner, times, a full-text vector, indexes and policies, and may be called again at any time.
-- memories_entities is mem0's entity store, made and protected in the same way.
-- Stays beside private: history and what was recalled for a turn.
create schema if not exists extensions;
create extension if not exists vector with schema extensions;
create schema if not exists vecs;

create table public.memory_history (
  id uuid primary key default gen_random_uuid(),
  seq bigint generated always as identity,
  user_id uuid not null default auth.uid() references auth.users (id) on delete cascade,
  memory_id text not null,
  turn_id uuid,
  -- DELETE leaves a row without any text: what was forgotten is gone everywhere
  event text not null check (event in ('ADD', 'UPDATE', 'DELETE')),
  old_memory text,
  new_memory text,
  role text,
  actor_id text,
  created_at timestamptz not null default now(),
  check (event <> 'DELETE' or (old_memory is null and new_memory is null)),
  foreign key (turn_id, user_id) references public.turns (id, user_id)
    on delete set null (turn_id)
);
create index memory_history_by_memory on public.memory_history (user_id, memory_id, seq);
create index memory_history_by_turn on public.memory_history (turn_id);

create table public.recalled_memories (
  turn_id uuid not null,
  user_id uuid not null default auth.uid() references auth.users (id) on delete cascade,
  memory_id varchar not null,
  rank int not null,
  score double precision not null,
  text text not null,
  primary key (turn_id, memory_id),
  foreign key (turn_id, user_id) references public.turns (id, user_id) on delete cascade
);
create index recalled_memories_by_memory on public.recalled_memories (memory_id);
create index recalled_memories_by_user on public.recalled_memories (user_id);

alter table public.memory_history enable row level security;
alter table public.recalled_memories enable row level security;

create policy "Users can read their own history" on public.memory_history
  for select to authenticated using (user_id = (select auth.uid()));
create policy "Users can add to their own history" on public.memory_history
  for insert to authenticated with check (user_id = (select auth.uid()));
create policy "Users can delete their own history" on public.memory_history
  for delete to authenticated using (user_id = (select auth.uid()));

create policy "Users can read what was recalled for them" on public.recalled_memories
  for select to authenticated using (user_id = (select auth.uid()));
create policy "Users can note what was recalled for them" on public.recalled_memories
  for insert to authenticated with check (user_id = (select auth.uid()));
create policy "Users can delete what was recalled for them" on public.recalled_memories
  for delete to authenticated using (user_id = (select auth.uid()));

revoke all on public.memory_history, public.recalled_memories from public, anon, authenticated;
grant select, insert, delete on public.memory_history, public.recalled_memories to authenticated;

-- Owner, policies and rights for one collection. mem0 writes the person into metadata as `user_id`.
create function private.protect_collection(collection text) returns void
language plpgsql set search_path = '' as $$
begin
  execute format(
    'alter table vecs.%I add column if not exists owner uuid not null
       generated always as ((metadata ->> ''user_id'')::uuid) stored', collection);
  if not exists (select from pg_constraint where conname = collection || '_owner_fkey') then
    execute format(
      'alter table vecs.%1$I add constraint %2$I foreign key (owner)
         references auth.users (id) on delete cascade', collection, collection || '_owner_fkey');
  end if;
  execute format('alter table vecs.%I enable row level security', collection);
  execute format('drop policy if exists "Users can read their own" on vecs.%I', collection);
  execute format('drop policy if exists "Users can add their own" on vecs.%I', collection);
  execute format('drop policy if exists "Users can change their own" on vecs.%I', collection);
  execute format('drop policy if exists "Users can delete their own" on vecs.%I', collection);
  execute format(
    'create policy "Users can read their own" on vecs.%I
       for select to authenticated using (owner = (select auth.uid()))', collection);
  execute format(
    'create policy "Users can add their own" on vecs.%I
       for insert to authenticated with check (owner = (select auth.uid()))', collection);
  execute format(
    'create policy "Users can change their own" on vecs.%I for update to authenticated
       using (owner = (select auth.uid())) with check (owner = (select auth.uid()))', collection);
  execute format(
    'create policy "Users can delete their own" on vecs.%I
       for delete to authenticated using (owner = (select auth.uid()))', collection);
  execute format('revoke all on vecs.%I from public, anon, authenticated', collection);
  execute format('grant select, insert, update, delete on vecs.%I to authenticated', collection);
end
$$;

-- Times, source and full text of the memories; mem0 writes the text into metadata as `data`.
create function private.protect_memories() returns void
language plpgsql set search_path = '' as $$
begin
  perform private.protect_collection('memories');
  perform private.protect_collection('memories_entities');
  alter table vecs.memories
    add column if not exists fts tsvector
      generated always as (
        to_tsvector('pg_catalog.english', left(coalesce(metadata ->> 'data', ''), 20000))) stored,
    add column if not exists seq bigint generated always as identity,
    add column if not exists turn_id uuid,
    add column if not exists valid_from timestamptz not null default now(),
    add column if not exists invalid_at timestamptz,
    add column if not exists superseded_by varchar,
    add column if not exists recorded_at timestamptz not null default now();
  if not exists (select from pg_constraint where conname = 'memories_turn_fkey') then
    alter table vecs.memories
      add constraint memories_turn_fkey foreign key (turn_id)
        references public.turns (id) on delete set null,
      add constraint memories_superseded_by_fkey foreign key (superseded_by)
        references vecs.memories (id) on delete set null;
    alter table public.recalled_memories
      add constraint recalled_memories_memory_fkey foreign key (memory_id)
        references vecs.memories (id) on delete cascade;
  end if;
  create index if not exists memories_by_owner on vecs.memories (owner, seq desc);
  create index if not exists memories_by_turn on vecs.memories (turn_id);
  create index if not exists memories_superseded_by on vecs.memories (superseded_by);
  create index if not exists memories_fts on vecs.memories using gin (fts);
  create index if not exists memories_entities_by_owner on vecs.memories_entities (owner);
  grant usage on schema vecs to authenticated;
end
$$;
revoke execute on function private.protect_collection(text), private.protect_memories() from public;
