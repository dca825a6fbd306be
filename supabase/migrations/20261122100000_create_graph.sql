-- The graph: what the memories speak of (entities), which memory mentions what and how it spells it,
-- and how two of them are related according to one memory. All of it is taken from memories and goes
-- with them: a mention falls with its memory, a relation and the keys of a name with their mention,
-- an entity with its last mention. Whether something holds is asked of the memory itself (valid_from,
-- invalid_at) and copied nowhere.
create table public.entities (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null default auth.uid() references auth.users (id) on delete cascade,
  kind text not null check (kind in ('person', 'pet', 'place', 'organisation', 'thing', 'food',
                                     'activity', 'event', 'time', 'topic', 'other')),
  -- the person whose memories these are
  is_self boolean not null default false,
  created_at timestamptz not null default now(),
  unique (id, user_id)
);
create index entities_by_user on public.entities (user_id);
create unique index entities_one_self on public.entities (user_id) where is_self;

-- The user is part of every key, so that nothing can be hung onto another person's rows. The memory
-- is tied in private.protect_graph(), since vecs.memories may not exist yet.
create table public.memory_entities (
  memory_id varchar not null,
  entity_id uuid not null,
  user_id uuid not null default auth.uid() references auth.users (id) on delete cascade,
  -- as this memory spells it
  name text not null check (char_length(name) between 1 and 100),
  primary key (memory_id, entity_id, user_id),
  foreign key (entity_id, user_id) references public.entities (id, user_id) on delete cascade
);
create index memory_entities_by_entity on public.memory_entities (entity_id, user_id);
create index memory_entities_by_user on public.memory_entities (user_id);

-- The forms under which a name is found again: see memory/naming.py.
create table public.entity_names (
  memory_id varchar not null,
  entity_id uuid not null,
  user_id uuid not null default auth.uid() references auth.users (id) on delete cascade,
  key text not null check (char_length(key) between 1 and 200),
  primary key (memory_id, entity_id, key),
  foreign key (memory_id, entity_id, user_id)
    references public.memory_entities (memory_id, entity_id, user_id) on delete cascade
);
create index entity_names_by_key on public.entity_names (user_id, key);

create table public.relations (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null default auth.uid() references auth.users (id) on delete cascade,
  memory_id varchar not null,
  subject_id uuid not null,
  predicate text not null check (char_length(predicate) between 1 and 80),
  object_id uuid not null,
  unique (memory_id, subject_id, predicate, object_id),
  check (subject_id <> object_id),
  -- both ends are mentioned by the memory that says so
  foreign key (memory_id, subject_id, user_id)
    references public.memory_entities (memory_id, entity_id, user_id) on delete cascade,
  foreign key (memory_id, object_id, user_id)
    references public.memory_entities (memory_id, entity_id, user_id) on delete cascade
);
create index relations_by_user on public.relations (user_id);
create index relations_by_subject on public.relations (subject_id);
create index relations_by_object on public.relations (object_id);
create index relations_by_memory_object on public.relations (memory_id, object_id);

alter table public.entities enable row level security;
alter table public.memory_entities enable row level security;
alter table public.entity_names enable row level security;
alter table public.relations enable row level security;

create policy "Users can read their own entities" on public.entities
  for select to authenticated using (user_id = (select auth.uid()));
create policy "Users can add entities of their own" on public.entities
  for insert to authenticated with check (user_id = (select auth.uid()));
create policy "Users can change their own entities" on public.entities
  for update to authenticated
  using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy "Users can delete their own entities" on public.entities
  for delete to authenticated using (user_id = (select auth.uid()));

create policy "Users can read what their memories mention" on public.memory_entities
  for select to authenticated using (user_id = (select auth.uid()));
create policy "Users can note what their memories mention" on public.memory_entities
  for insert to authenticated with check (user_id = (select auth.uid()));
create policy "Users can change what their memories mention" on public.memory_entities
  for update to authenticated
  using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy "Users can delete what their memories mention" on public.memory_entities
  for delete to authenticated using (user_id = (select auth.uid()));

create policy "Users can read the names of their entities" on public.entity_names
  for select to authenticated using (user_id = (select auth.uid()));
create policy "Users can name entities of their own" on public.entity_names
  for insert to authenticated with check (user_id = (select auth.uid()));
create policy "Users can delete the names of their entities" on public.entity_names
  for delete to authenticated using (user_id = (select auth.uid()));

create policy "Users can read their own relations" on public.relations
  for select to authenticated using (user_id = (select auth.uid()));
create policy "Users can add relations of their own" on public.relations
  for insert to authenticated with check (user_id = (select auth.uid()));
create policy "Users can delete their own relations" on public.relations
  for delete to authenticated using (user_id = (select auth.uid()));

revoke all on public.entities, public.memory_entities, public.entity_names, public.relations
  from public, anon, authenticated;
grant select, insert, delete on
  public.entities, public.memory_entities, public.entity_names, public.relations to authenticated;
grant update (kind) on public.entities to authenticated;
grant update (name) on public.memory_entities to authenticated;

-- An entity goes with its last mention. The lock is the one that memory.graph.keep() takes: without it
-- a mention that is just being added would be swept away with an entity that seemed to have none.
create function private.drop_unmentioned_entities() returns trigger
language plpgsql set search_path = '' as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('graph ' || gone.user_id::text, 0))
  from (select distinct o.user_id from old_mentions o order by 1) gone;
  delete from public.entities e
  using (select distinct o.entity_id, o.user_id from old_mentions o) gone
  where e.id = gone.entity_id and e.user_id = gone.user_id
    and not exists (select from public.memory_entities m
                    where m.entity_id = e.id and m.user_id = e.user_id);
  return null;
end
$$;
create trigger drop_unmentioned_entities after delete on public.memory_entities
  referencing old table as old_mentions
  for each statement execute function private.drop_unmentioned_entities();

-- Ties the mentions to the memories, once these exist.
create function private.protect_graph() returns void
language plpgsql set search_path = '' as $$
begin
  if not exists (select from pg_constraint where conname = 'memories_id_owner_key') then
    alter table vecs.memories add constraint memories_id_owner_key unique (id, owner);
  end if;
  if not exists (select from pg_constraint where conname = 'memory_entities_memory_fkey') then
    delete from public.memory_entities e
    where not exists (select from vecs.memories m where m.id = e.memory_id and m.owner = e.user_id);
    alter table public.memory_entities
      add constraint memory_entities_memory_fkey foreign key (memory_id, user_id)
        references vecs.memories (id, owner) on delete cascade;
  end if;
end
$$;

-- As before, and the graph at the end.
create or replace function private.protect_memories() returns void
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
  perform private.protect_graph();
  grant usage on schema vecs to authenticated;
end
$$;
revoke execute on function
  private.drop_unmentioned_entities(), private.protect_graph(), private.protect_memories()
  from public;

do $$
begin
  if to_regclass('vecs.memories') is not null then
    perform private.protect_memories();
  end if;
end
$$;
