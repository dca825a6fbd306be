-- A vector is of the beginning of a text only, as far as the embedding model reads. Of a longer text each
-- passage has a vector of its own, made when the text is written. See memory/store/passages.py.
create table public.memory_passages (
  memory_id varchar not null,
  user_id uuid not null default auth.uid() references auth.users (id) on delete cascade,
  number int not null,
  -- in characters of the memory's text, from 0; end_char is the one after the last
  start_char int not null check (start_char >= 0),
  end_char int not null,
  -- the memory is tied in private.tie_passages(), since vecs.memories may not exist yet
  primary key (user_id, memory_id, number),
  check (start_char < end_char)
) with (toast_tuple_target = 8160);  -- as vecs.memories: a search reads every vector of a person
-- Its vector, of the dimensions of vecs.memories: see private.tie_passages(). Null until
-- python -m memory.reembed has made it. The type lies where the project's extension does.
do $$
begin
  execute format('alter table public.memory_passages add column vec %I.vector', (
    select n.nspname from pg_extension e join pg_namespace n on n.oid = e.extnamespace
    where e.extname = 'vector'));
end
$$;
create index memory_passages_by_memory on public.memory_passages (memory_id, user_id);
alter table public.memory_passages enable row level security;
create policy "Users can read their own passages" on public.memory_passages
  for select to authenticated using (user_id = (select auth.uid()));
create policy "Users can add passages of their own memories" on public.memory_passages
  for insert to authenticated with check (user_id = (select auth.uid()));
create policy "Users can delete their own passages" on public.memory_passages
  for delete to authenticated using (user_id = (select auth.uid()));
select private.ask_for_all_factors('public.memory_passages');
revoke all on public.memory_passages from public, anon, authenticated;
grant select, insert, delete on public.memory_passages to authenticated;

-- Another text has other passages.
create function private.drop_passages() returns trigger
language plpgsql set search_path = '' as $$
begin
  delete from public.memory_passages p where p.memory_id = new.id and p.user_id = new.owner;
  return null;
end
$$;

create function private.tie_passages() returns void
language plpgsql set search_path = extensions, public as $$
declare
  dims int := (select atttypmod from pg_attribute
               where attrelid = 'vecs.memories'::regclass and attname = 'vec');
begin
  if not exists (select from pg_constraint where conname = 'memory_passages_memory_fkey') then
    alter table public.memory_passages
      add constraint memory_passages_memory_fkey foreign key (memory_id, user_id)
        references vecs.memories (id, owner) on delete cascade;
  end if;
  if dims is distinct from (select atttypmod from pg_attribute
                            where attrelid = 'public.memory_passages'::regclass
                              and attname = 'vec') then
    -- vectors of another dimension are of another model
    execute format('alter table public.memory_passages alter column vec type vector(%1$s)'
                   ' using null::vector(%1$s)', dims);
  end if;
  drop trigger if exists drop_passages on vecs.memories;
  create trigger drop_passages after update of metadata on vecs.memories
    for each row when (old.metadata ->> 'data' is distinct from new.metadata ->> 'data')
    execute function private.drop_passages();
end
$$;
revoke execute on function private.drop_passages(), private.tie_passages() from public;

do $$
begin
  if to_regclass('vecs.memories') is not null then
    perform private.tie_passages();
  end if;
end
$$;

-- As before, and a memory is as near by meaning as the nearest of its passages, if that is nearer.
create or replace function own.rank_memories(
  asked_vec text, asked text, as_of timestamptz, with_past boolean, top_k int)
returns table (seq bigint, similarity float8, keyword float8, score float8)
language plpgsql stable rows 10
set search_path = extensions, public set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_column
begin
  return query
  with word as materialized (
    select row_number() over (order by positions[1], lexeme)::int as n, positions is null as is_part,
           ('''' || replace(replace(lexeme, '\', '\\'), '''', '''''') || '''')::tsquery as query
    from unnest(own.stems_of(asked, true)) order by positions[1], lexeme limit 60
  ), q as materialized (
    select cast(asked_vec as vector) as vec,
           (select string_agg(query::text, '|')::tsquery from word) as any_word
  ), part as materialized (
    -- by itself, so that no vector is sorted or hashed
    select p.memory_id, 1 - (p.vec <=> q.vec) as similarity
    from public.memory_passages p cross join q where p.user_id = (select auth.uid())
  ), held as materialized (
    select m.seq, greatest(1 - (m.vec <=> q.vec), nearest.similarity) as similarity,
           case when m.fts @@ q.any_word then m.fts end as fts
    from vecs.memories m cross join q
    left join (select memory_id, max(part.similarity) as similarity from part group by memory_id)
      nearest on nearest.memory_id = m.id
    where m.owner = (select auth.uid()) and m.waits_for is null
      and (m.invalid_at is null or m.invalid_at > coalesce(as_of, now())
           -- said to be over, but neither superseded nor merged into another
           or (as_of is null and with_past and m.superseded_by is null
               and m.valid_from < m.invalid_at
               and not exists (select from public.memory_history h
                               where h.memory_id = m.id and h.event in ('SUPERSEDE', 'MERGE'))))
      and (as_of is null or m.valid_from <= as_of)
  ), said as materialized (
    select h.seq, h.fts from held h where h.fts is not null
  ), found as materialized (
    select s.seq, w.n from said s join word w on s.fts @@ w.query
  ), weight as materialized (
    select n, rarity / sum(rarity) over () as weight
    from (select w.n, ln(1 + ((select count(*) from held) - count(f.seq) + 0.5::float8)
                             / (count(f.seq) + 0.5::float8))
                      * case when w.is_part and count(f.seq) = 0 then 0.3::float8 else 1 end as rarity
          from word w left join found f using (n) group by w.n, w.is_part) counted
  ), here as (
    select f.seq, sum(w.weight) as share, bit_or(1::bigint << f.n) as words
    from found f join weight w using (n) group by f.seq
  ), passage as materialized (
    select seq, h.similarity, coalesce(t.share, 0) as keyword,
           avg(h.similarity) over around as similarity_around,
           bit_or(t.words) over around as words_around
    from held h left join here t using (seq)
    window around as (order by seq rows between 2 preceding and 2 following)
  ), shared as (
    select p.words_around, sum(w.weight) as share
    from (select distinct words_around from passage where words_around is not null) p
    join weight w on p.words_around & (1::bigint << w.n) <> 0
    group by p.words_around
  )
  select p.seq, p.similarity, p.keyword,
         p.similarity + 0.6::float8 * p.similarity_around
         + 2 * (0.4::float8 * p.keyword + 0.6::float8 * coalesce(s.share, 0)) ^ 2 as score
  from passage p left join shared s using (words_around)
  order by score desc, seq desc limit top_k;
end
$$;

-- For python -m memory.reembed, as before, and the passages of the memories change their vectors with
-- them: in one transaction, so that no search meets those of two models.
create or replace function private.begin_embedding(collection text, dims int, model text) returns void
language plpgsql set search_path = extensions, public as $$
declare
  place regclass := format('vecs.%I', collection)::regclass;
begin
  if not exists (select from pg_attribute where attrelid = place and attname = 'next_vec'
                 and not attisdropped and col_description(attrelid, attnum) = model
                 and atttypmod = dims) then
    perform private.end_embedding(collection);
    execute format('alter table vecs.%I add column next_vec vector(%s)', collection, dims);
    execute format('comment on column vecs.%I.next_vec is %L', collection, model);
    execute format('create trigger drop_next_vector before update on vecs.%I for each row
      execute function private.drop_next_vector()', collection);
  end if;
  if collection = 'memories' then
    execute format(
      'alter table public.memory_passages add column if not exists next_vec vector(%s)', dims);
  end if;
end
$$;

create or replace function private.end_embedding(collection text) returns void
language plpgsql set search_path = '' as $$
begin
  execute format('drop trigger if exists drop_next_vector on vecs.%I', collection);
  execute format('alter table vecs.%I drop column if exists next_vec', collection);
  if collection = 'memories' then
    alter table public.memory_passages drop column if exists next_vec;
  end if;
end
$$;

create or replace function private.switch_vectors(collection text, dims int) returns void
language plpgsql set search_path = extensions, public as $$
begin
  execute format('lock table vecs.%I in access exclusive mode', collection);
  execute format(
    'alter table vecs.%I alter column vec type vector(%s) using next_vec', collection, dims);
  if collection = 'memories' then
    execute format(
      'alter table public.memory_passages alter column vec type vector(%s) using next_vec', dims);
  end if;
  perform private.end_embedding(collection);
end
$$;
