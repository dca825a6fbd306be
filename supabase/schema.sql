-- The schema as the migrations leave it, for readers; nothing applies this file.
-- Written by `python -m tests.support.schema` and checked by tests/database/test_schema.py.

-- SCHEMA own

CREATE SCHEMA own;

-- SCHEMA private

CREATE SCHEMA private;

-- SCHEMA public

CREATE SCHEMA public;

-- COMMENT SCHEMA public

COMMENT ON SCHEMA public IS 'standard public schema';

-- SCHEMA vecs

CREATE SCHEMA vecs;

-- FUNCTION own.begin_keeping(text[], uuid[], uuid, text[], text[])

CREATE FUNCTION own.begin_keeping(about text[], turn_ids uuid[], lease uuid, keys text[], long_keys text[]) RETURNS TABLE(version text, marked integer, held jsonb, known jsonb)
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
#variable_conflict use_column
begin
  perform pg_advisory_xact_lock(hashtextextended('memories ' || (select auth.uid())::text, 0));
  select jsonb_object_agg(m.id, jsonb_build_object(
           'text', m.metadata ->> 'data', 'edited_at', m.edited_at,
           'holds', m.invalid_at is null or m.invalid_at > now()))
  into held
  from (select * from vecs.memories
        where owner = (select auth.uid()) and id = any (about)
        order by id for no key update) m;
  version := own.memories_version();
  update public.turns t
  set memory_state = 'done', memory_error = null, memory_lease = null, memory_leased_until = null
  where t.id = any (turn_ids) and t.memory_lease = begin_keeping.lease
    and t.memory_state = 'working';
  get diagnostics marked = row_count;
  if begin_keeping.keys is not null then
    select jsonb_agg(to_jsonb(k)) into known
    from own.known_entities(begin_keeping.keys, begin_keeping.long_keys) k;
  end if;
  return next;
end
$$;

-- FUNCTION own.bring_rows(text, jsonb)

CREATE FUNCTION own.bring_rows(place text, contents jsonb) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $_$
declare
  target regclass := to_regclass(place);
  columns text;
  given text;
begin
  select string_agg(quote_ident(a.attname), ', ' order by a.attnum),
         string_agg(format('r.%I', a.attname), ', ' order by a.attnum)
  into columns, given
  from pg_attribute a
  where a.attrelid = target and a.attnum > 0 and not a.attisdropped
    and a.attgenerated = '' and a.attidentity = '' and contents -> 0 ? a.attname::text;
  execute format(
    'insert into %1$s (%2$s) select %3$s from jsonb_array_elements($1) with ordinality e (one, n)
       cross join lateral jsonb_populate_record(null::%1$s, e.one) r order by e.n',
    target, columns, given) using contents;
end
$_$;

-- FUNCTION own.conversation_family()

CREATE FUNCTION own.conversation_family() RETURNS TABLE(tbl regclass, depth integer, tie text, is_link boolean, columns text[])
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $_$
  with recursive named as (
    select c.conrelid, c.confrelid, c.confdeltype,
      array(select a.attname::text from unnest(c.conkey) with ordinality k(n, i)
            join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.n order by i) as here,
      array(select a.attname::text from unnest(c.confkey) with ordinality k(n, i)
            join pg_attribute a on a.attrelid = c.confrelid and a.attnum = k.n order by i) as there,
      array(select a.attname::text from unnest(coalesce(c.confdelsetcols, c.conkey)) k(n)
            join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.n) as lost
    from pg_constraint c
    where c.contype = 'f' and c.conrelid <> c.confrelid and c.confdeltype in ('c', 'n')
  ), family as (
    select 'public.conversations'::regclass::oid as tbl, 0 as depth, 'id = $1' collate "C" as tie,
           false as is_link, null::text[] collate "C" as columns
    union all
    select n.conrelid, f.depth + 1,
      format('(%s) in (select %s from %s where %s)',
        (select string_agg(quote_ident(h), ', ') from unnest(n.here) h),
        (select string_agg(quote_ident(h), ', ') from unnest(n.there) h),
        f.tbl::regclass, f.tie),
      n.confdeltype = 'n', n.lost
    from family f join named n on n.confrelid = f.tbl
    where not f.is_link and f.depth < 8
  )
  select distinct on (f.tbl) f.tbl::regclass, f.depth, f.tie, f.is_link, f.columns
  from family f order by f.tbl, f.is_link, f.depth desc
$_$;

-- FUNCTION own.describe_memories(jsonb)

CREATE FUNCTION own.describe_memories(graph jsonb) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  insert into public.entities (id, kind, is_self)
  select id, kind, is_self
  from jsonb_to_recordset(graph -> 'entities') as e (id uuid, kind text, is_self boolean);
  insert into public.memory_entities (memory_id, entity_id, name)
  select memory_id, entity_id, name
  from jsonb_to_recordset(graph -> 'mentions') as m (memory_id varchar, entity_id uuid, name text)
  on conflict (memory_id, entity_id, user_id) do update set name = excluded.name
  where memory_entities.name <> excluded.name;
  if graph -> 'described' <> '[]' then
    delete from public.memory_entities m
    where m.user_id = (select auth.uid())
      and m.memory_id = any (array(select jsonb_array_elements_text(graph -> 'described')))
      and not exists (
        select from jsonb_to_recordset(graph -> 'mentions') as s (memory_id varchar, entity_id uuid)
        where s.memory_id = m.memory_id and s.entity_id = m.entity_id);
    delete from public.entity_names n
    where n.user_id = (select auth.uid())
      and n.memory_id = any (array(select jsonb_array_elements_text(graph -> 'described')));
    delete from public.relations r
    where r.user_id = (select auth.uid())
      and r.memory_id = any (array(select jsonb_array_elements_text(graph -> 'described')));
  end if;
  insert into public.entity_names (memory_id, entity_id, key)
  select memory_id, entity_id, key
  from jsonb_to_recordset(graph -> 'names') as n (memory_id varchar, entity_id uuid, key text);
  insert into public.relations (memory_id, subject_id, predicate, object_id)
  select memory_id, subject_id, predicate, object_id
  from jsonb_to_recordset(graph -> 'relations')
    as r (memory_id varchar, subject_id uuid, predicate text, object_id uuid);
  update public.entities e set kind = k.kind
  from jsonb_to_recordset(graph -> 'kinds') as k (id uuid, kind text)
  where e.user_id = (select auth.uid()) and e.id = k.id and e.kind = 'other';
end
$$;

-- FUNCTION own.extras_of(jsonb)

CREATE FUNCTION own.extras_of(metadata jsonb) RETURNS jsonb
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO ''
    AS $$
  select metadata - '{data,hash,created_at,updated_at,user_id,role,attributed_to,text_lemmatized,expiration_date,linked_memory_ids,id,cues,stays_inside}'::text[]
$$;

-- FUNCTION own.folded(text)

CREATE FUNCTION own.folded(said text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO ''
    AS $$
  select lower(regexp_replace(own.unmarked(said), '[!-/:-@\[-`{-~]+', ' ', 'g'))
$$;

-- FUNCTION own.holds_at(timestamp with time zone, timestamp with time zone, timestamp with time zone, timestamp with time zone)

CREATE FUNCTION own.holds_at(began timestamp with time zone, ended timestamp with time zone, moment timestamp with time zone, named timestamp with time zone) RETURNS boolean
    LANGUAGE sql STABLE
    AS $$
  select (moment is null
          or began <= case when mod(extract(epoch from began), 86400) = 0 then named else moment end)
     and (ended is null
          or ended > case when moment is null then now()
                          when mod(extract(epoch from ended), 86400) = 0 then named
                          else moment end)
$$;

-- FUNCTION own.keep_memories(jsonb, jsonb)

CREATE FUNCTION own.keep_memories(changes jsonb, graph jsonb) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'extensions', 'public'
    AS $$
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
        || jsonb_strip_nulls(jsonb_build_object('cues', t.cues))
  from jsonb_to_recordset(changes -> 'refined')
    as t (id varchar, text text, vec text, cues text, updated_at text)
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

-- FUNCTION own.keep_recovery_codes(bytea[])

CREATE FUNCTION own.keep_recovery_codes(hashes bytea[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  if auth.jwt() ->> 'aal' = 'aal1' then
    raise insufficient_privilege using message = 'this needs the second factor';
  end if;
  delete from public.recovery_codes r where r.user_id = auth.uid();
  insert into public.recovery_codes (user_id, code_hash)
  select auth.uid(), one.hash from unnest(hashes) as one (hash);
end
$$;

-- FUNCTION own.key_of(regclass)

CREATE FUNCTION own.key_of(tbl regclass) RETURNS text[]
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select array_agg(a.attname::text) from pg_index i
  join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any (i.indkey)
  where i.indrelid = tbl and i.indisprimary
$$;

-- FUNCTION own.known_entities(text[], text[])

CREATE FUNCTION own.known_entities(named text[], mistypable text[]) RETURNS TABLE(id uuid, kind text, is_self boolean, keys text[])
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
#variable_conflict use_column
begin
  perform pg_advisory_xact_lock(hashtextextended('graph ' || (select auth.uid())::text, 0));
  return query
  select e.id, e.kind, e.is_self, array_agg(distinct n.key)
  from public.entities e
  left join public.entity_names n on n.entity_id = e.id and n.user_id = e.user_id
  where e.user_id = (select auth.uid()) and (
    e.is_self
    or e.id in (select w.entity_id from public.entity_names w
                where w.user_id = (select auth.uid()) and w.key = any (named))
    or e.id in (select w.entity_id from public.entity_names w
                join unnest(mistypable) as k (key)
                  on left(w.key, 1) = left(k.key, 1)
                 and right(w.key, 1) = right(k.key, 1)
                 and abs(char_length(w.key) - char_length(k.key)) <= 3
                where w.user_id = (select auth.uid()) and w.key <> k.key
                  and char_length(w.key) >= 6))
  group by e.id
  order by e.created_at, e.id;
end
$$;

-- FUNCTION own.leaned_on(text, text, text, text[])

CREATE FUNCTION own.leaned_on(asked text, answered text, language text, notes text[]) RETURNS integer[]
    LANGUAGE sql STABLE STRICT PARALLEL SAFE
    SET search_path TO ''
    AS $$
  with known as (
    select coalesce((select c.oid::regconfig from pg_catalog.pg_ts_config c
                     where c.cfgname = leaned_on.language
                       and c.cfgnamespace = 'pg_catalog'::regnamespace),
                    'pg_catalog.simple') as language
  ), answer as (
    select own.telling_words(answered, known.language) as words,
           own.telling_words(asked, known.language) as asked
    from known
  ), word as (
    select n.number::int, w.word, count(*) over (partition by w.word) as notes
    from known
    cross join unnest(notes) with ordinality as n (note, number)
    cross join lateral unnest(own.telling_words(n.note, known.language)) as w (word)
  ), scored as (
    select word.number, coalesce(
      sum((case when word.word = any (answer.asked) then 0.3 else 1.0 end) / word.notes)
        filter (where word.word = any (answer.words)), 0) / sqrt(count(*)) as score
    from word cross join answer group by word.number
  )
  select coalesce(array_agg(number order by number), '{}')
  from (select number, score, max(score) over () as best from scored) s
  where score >= greatest(0.25, best / 2)
$$;

-- FUNCTION own.matches(jsonb, jsonb)

CREATE FUNCTION own.matches(metadata jsonb, wanted jsonb) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path TO ''
    AS $$
declare
  one record;
  is_so boolean;
begin
  for one in select key, value from jsonb_each(wanted) loop
    is_so := case one.key
      when 'AND' then not exists (select from jsonb_array_elements(one.value) v
                                  where not own.matches(metadata, v))
      when 'OR' then exists (select from jsonb_array_elements(one.value) v
                             where own.matches(metadata, v))
      when 'NOT' then not exists (select from jsonb_array_elements(one.value) v
                                  where own.matches(metadata, v))
      else own.value_matches(metadata -> one.key, one.value) end;
    if not is_so then
      return false;
    end if;
  end loop;
  return true;
end
$$;

-- FUNCTION own.memories_version()

CREATE FUNCTION own.memories_version() RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path TO ''
    AS $$
begin
  return (
    select coalesce(max(seq), 0) || ' ' || count(*) || ' ' || count(invalid_at) || ' '
           || coalesce(max(metadata ->> 'updated_at'), '') || ' ' || count(waits_for)
    from vecs.memories where owner = (select auth.uid()));
end
$$;

-- FUNCTION own.note_audit(text, integer, text)

CREATE FUNCTION own.note_audit(event text, how_many integer, browser text) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select private.note_audit(auth.uid(), event, how_many, browser)
$$;

-- FUNCTION own.parts_of(text, boolean)

CREATE FUNCTION own.parts_of(said text, asked boolean) RETURNS text[]
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO ''
    AS $$
  select case when said !~ '[^\u0001-\u007f]' then '{}'::text[] else array(
    select found[1] from regexp_matches(said, '[\u0900-\u0963\u0966-\u0dff]+', 'g') found
    union
    select part from (
      select regexp_matches(said,
        '[\u0e00-\u0eff\u1000-\u11ff\u1780-\u17ff\u3005-\u3007\u3041-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3130-\u318f\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\U00020000-\U0003ffff]+',
        'g') as found
    ) run
    cross join lateral (
      select sign, lead(sign) over (order by n) as after, count(*) over () as length
      from string_to_table(run.found[1], null) with ordinality as signs (sign, n)
    ) signs
    cross join lateral (values (sign || after), (case when not asked or length = 1 then sign end))
      as parts (part)
    where part is not null
  ) end
$$;

-- FUNCTION own.proved_by_all_factors()

CREATE FUNCTION own.proved_by_all_factors() RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select auth.jwt() ->> 'client_id' is null
         and (coalesce(auth.jwt() ->> 'aal', '') <> 'aal1'
              or not private.has_second_factor(auth.uid()))
$$;

-- FUNCTION own.put_back_links(text, text[])

CREATE FUNCTION own.put_back_links(place text, contents text[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $_$
declare
  member record;
begin
  select * into strict member from own.conversation_family() f
  where f.tbl = to_regclass(place) and f.is_link;
  execute format(
    'update %1$s t set %2$s from unnest($1) as c(content),
       jsonb_populate_record(null::%1$s, c.content::jsonb) r where %3$s',
    member.tbl,
    (select string_agg(format('%1$I = r.%1$I', c), ', ') from unnest(member.columns) c),
    (select string_agg(format('t.%1$I = r.%1$I', k), ' and ') from unnest(own.key_of(member.tbl)) k)
    || (select string_agg(format(' and t.%I is null', c), '') from unnest(member.columns) c)
  ) using contents;
end
$_$;

-- FUNCTION own.put_back_rows(text, text[])

CREATE FUNCTION own.put_back_rows(place text, contents text[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $_$
declare
  target regclass;
  columns text;
  given text;
  present text;
begin
  select f.tbl into strict target from own.conversation_family() f
  where f.tbl = to_regclass(place) and not f.is_link;
  select string_agg(quote_ident(a.attname), ', ' order by a.attnum),
         string_agg(format('r.%I', a.attname), ', ' order by a.attnum)
  into columns, given from pg_attribute a
  where a.attrelid = target and a.attnum > 0 and not a.attisdropped and a.attgenerated = '';
  select coalesce(string_agg(format(
      '(not ((%1$s) is not null) or exists (select from %2$s o where (%3$s) = (%1$s)))',
      (select string_agg(format('r.%I', a.attname), ', ' order by i)
       from unnest(c.conkey) with ordinality k(n, i)
       join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.n),
      c.confrelid::regclass,
      (select string_agg(format('o.%I', a.attname), ', ' order by i)
       from unnest(c.confkey) with ordinality k(n, i)
       join pg_attribute a on a.attrelid = c.confrelid and a.attnum = k.n)), ' and '), 'true')
  into present from pg_constraint c
  where c.contype = 'f' and c.conrelid = target and c.confrelid <> 'auth.users'::regclass
    and c.confrelid not in (select f.tbl from own.conversation_family() f where not f.is_link);
  execute format(
    'insert into %1$s (%2$s) overriding system value select %3$s
     from unnest($1) as c(content), jsonb_populate_record(null::%1$s, c.content::jsonb) r where %4$s',
    target, columns, given, present) using contents;
end
$_$;

-- FUNCTION own.rank_memories(text, text, timestamp with time zone, boolean, integer)

CREATE FUNCTION own.rank_memories(asked_vec text, asked text, as_of timestamp with time zone, with_past boolean, top_k integer) RETURNS TABLE(seq bigint, similarity double precision, keyword double precision, score double precision)
    LANGUAGE plpgsql STABLE ROWS 10
    SET search_path TO 'extensions', 'public'
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_nestloop TO 'off'
    AS $$
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

-- FUNCTION own.spaced(text)

CREATE FUNCTION own.spaced(said text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO ''
    AS $$
  select case when said !~ '[^\u0001-\u007f]' then said else regexp_replace(said,
    '[\u0900-\u0eff\u1000-\u11ff\u1780-\u17ff\u3005-\u3007\u3041-\u30ff\u3130-\u318f\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\U00020000-\U0003ffff]+',
    ' ', 'g') end
$$;

-- FUNCTION own.stays_inside(text, jsonb)

CREATE FUNCTION own.stays_inside(memory text, metadata jsonb) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select coalesce(metadata ->> 'stays_inside' = 'true', false)
    or exists (
      select from public.preferences p
      where p.user_id = (select auth.uid()) and p.kinds_inside <> '{}'
        and (exists (select from public.memory_entities s
                     join public.entities e on e.id = s.entity_id and e.user_id = s.user_id
                     where s.user_id = p.user_id and s.memory_id = memory and not e.is_self
                       and e.kind = any (p.kinds_inside))
             or 'other' = any (p.kinds_inside)
                and not exists (select from public.memory_entities s
                                join public.entities e
                                  on e.id = s.entity_id and e.user_id = s.user_id
                                where s.user_id = p.user_id and s.memory_id = memory
                                  and not e.is_self and e.kind <> 'other')))
$$;

-- FUNCTION own.stems_of(text, boolean)

CREATE FUNCTION own.stems_of(said text, asked boolean) RETURNS tsvector
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO ''
    AS $$
  select to_tsvector('pg_catalog.english', own.spaced(unmarked))
      || array_to_tsvector(own.parts_of(unmarked, asked))
  from (select own.unmarked(left(said, 20000)) as unmarked) text
$$;

-- FUNCTION own.take_out_conversation(uuid)

CREATE FUNCTION own.take_out_conversation(conversation uuid) RETURNS TABLE(tbl text, is_link boolean, content text)
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
declare
  member record;
  shown text;
begin
  perform from public.conversations c where c.id = conversation for update;
  for member in select * from own.conversation_family() f order by f.is_link, f.depth, f.tbl loop
    shown := 'to_jsonb(t)';
    if member.is_link then
      select format('jsonb_build_object(%s)', string_agg(format('%L, t.%I', c, c), ', ')) into shown
      from unnest(own.key_of(member.tbl) || member.columns) c;
    end if;
    return query execute format(
      'select %L::text, %L::boolean, (%s)::text from %s t where %s',
      member.tbl, member.is_link, shown, member.tbl, member.tie) using conversation;
  end loop;
  delete from public.conversations c where c.id = conversation;
end
$$;

-- FUNCTION own.telling_words(text, regconfig)

CREATE FUNCTION own.telling_words(said text, language regconfig) RETURNS text[]
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO ''
    AS $$
  select array(
    select word from unnest(
      tsvector_to_array(to_tsvector(language, own.spaced(left(said, 20000))))
      || own.parts_of(own.unmarked(left(said, 20000)), true)) as found (word)
    where word <> 'user'
  )
$$;

-- FUNCTION own.unmarked(text)

CREATE FUNCTION own.unmarked(said text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO ''
    AS $$
  select case when said !~ '[^\u0001-\u007f]' then said else
    normalize(replace(replace(replace(replace(replace(replace(replace(replace(
      translate(
        regexp_replace(normalize(said, NFKD),
          '[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed\u093c\u09bc\u0a3c\u0abc\u0b3c\u0e47-\u0e4e\u0ec8-\u0ecd\u1ab0-\u1aff\u1dc0-\u1dff\u200b-\u200f\u20d0-\u20ff\u2060\ufe00-\ufe0f\ufe20-\ufe2f\ufeff]',
          '', 'g'),
        'łŁøØđĐðÐıħĦŧŦŋŊȷɨƗʉɇςأإآٱىة',
        'lLoOdDdDihHtTnNjiIueσاااايه'),
      'ß', 'ss'), 'ẞ', 'SS'), 'æ', 'ae'), 'Æ', 'AE'), 'œ', 'oe'), 'Œ', 'OE'), 'þ', 'th'), 'Þ', 'TH'),
      NFC) end
$$;

-- FUNCTION own.value_matches(jsonb, jsonb)

CREATE FUNCTION own.value_matches(have jsonb, wanted jsonb) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path TO ''
    AS $$
declare
  one record;
  is_so boolean;
begin
  if jsonb_typeof(wanted) = 'array' then
    return own.value_matches(have, jsonb_build_object('in', wanted));
  elsif jsonb_typeof(wanted) <> 'object' then
    return wanted = '"*"' and have is not null or coalesce(have, 'null') = wanted;
  end if;
  for one in select key, value from jsonb_each(wanted) loop
    is_so := case one.key
      when 'eq' then coalesce(have, 'null') = one.value
      when 'ne' then coalesce(have, 'null') <> one.value
      when 'in' then exists (select from jsonb_array_elements(one.value) v
                             where v = coalesce(have, 'null'))
      when 'nin' then not exists (select from jsonb_array_elements(one.value) v
                                  where v = coalesce(have, 'null'))
      when 'contains' then case jsonb_typeof(have)
        when 'string' then position(one.value #>> '{}' in have #>> '{}') > 0
        when 'array' then have @> jsonb_build_array(one.value) end
      when 'icontains' then case jsonb_typeof(have)
        when 'string' then position(lower(one.value #>> '{}') in lower(have #>> '{}')) > 0 end
      else case
        when jsonb_typeof(have) <> jsonb_typeof(one.value)
             or jsonb_typeof(have) not in ('number', 'string') then false
        when jsonb_typeof(have) = 'number' then case one.key
          when 'gt' then (have #>> '{}')::numeric > (one.value #>> '{}')::numeric
          when 'gte' then (have #>> '{}')::numeric >= (one.value #>> '{}')::numeric
          when 'lt' then (have #>> '{}')::numeric < (one.value #>> '{}')::numeric
          when 'lte' then (have #>> '{}')::numeric <= (one.value #>> '{}')::numeric end
        -- days and times as texts come in their order
        else case one.key
          when 'gt' then (have #>> '{}') collate "C" > (one.value #>> '{}')
          when 'gte' then (have #>> '{}') collate "C" >= (one.value #>> '{}')
          when 'lt' then (have #>> '{}') collate "C" < (one.value #>> '{}')
          when 'lte' then (have #>> '{}') collate "C" <= (one.value #>> '{}') end
      end
    end;
    if is_so is not true then
      return false;
    end if;
  end loop;
  return true;
end
$$;

-- FUNCTION own.words_of(text)

CREATE FUNCTION own.words_of(said text) RETURNS tsvector
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path TO ''
    AS $$
  select to_tsvector('pg_catalog.english', own.spaced(own.folded(left(said, 50000))))
      || to_tsvector('pg_catalog.simple', own.spaced(own.folded(left(said, 50000))))
$$;

-- FUNCTION private.ask_for_all_factors(regclass)

CREATE FUNCTION private.ask_for_all_factors(wanted regclass) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  execute format(
    'create policy "Whoever has a second factor needs it" on %s as restrictive for all'
    ' to authenticated using ((select own.proved_by_all_factors()))'
    ' with check ((select own.proved_by_all_factors()))', wanted);
end
$$;

-- FUNCTION private.audit_hash(bytea, uuid, bigint, timestamp with time zone, text, integer, text)

CREATE FUNCTION private.audit_hash(before bytea, person uuid, number bigint, at timestamp with time zone, event text, how_many integer, browser text) RETURNS bytea
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select sha256(convert_to(concat_ws(
    E'\n', encode(before, 'hex'), person::text, number::text,
    to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), event,
    coalesce(how_many::text, ''), coalesce(browser, '')), 'UTF8'))
$$;

-- FUNCTION private.begin_embedding(text, integer, text)

CREATE FUNCTION private.begin_embedding(collection text, dims integer, model text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'extensions', 'public'
    AS $$
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

-- FUNCTION private.begin_provider_flow(bytea, bytea, bytea, integer)

CREATE FUNCTION private.begin_provider_flow(hash bytea, browser bytea, sealed bytea, seconds integer) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
  delete from private.provider_flows f where f.browser_hash = browser or f.expires_at <= now();
  insert into private.provider_flows (secret_hash, browser_hash, verifier, expires_at)
  values (hash, browser, sealed, now() + make_interval(secs => seconds))
$$;

-- FUNCTION private.begin_throw_aways(uuid, text, integer, integer)

CREATE FUNCTION private.begin_throw_aways(person uuid, wanted text, how_many integer, lifetime_s integer) RETURNS SETOF text
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  perform pg_advisory_xact_lock(hashtextextended('throw away ' || person::text, 0));
  perform private.sweep_throw_aways();
  if exists (select from private.throw_away_accounts t
             where t.made_for = person and t.purpose = wanted and t.ends_at > now()) then
    return;
  end if;
  return query
    insert into private.throw_away_accounts (email, made_for, purpose, ends_at)
    select 'throw-away-' || replace(gen_random_uuid()::text, '-', '') || '@example.com',
           person, wanted, now() + make_interval(secs => lifetime_s)
    from generate_series(1, least(how_many, 2))
    returning email;
end
$$;

-- FUNCTION private.begin_use(uuid, integer, integer, bigint, integer, integer, bigint, bigint, integer, uuid[], bigint)

CREATE FUNCTION private.begin_use(person uuid, new_answers integer, new_messages integer, new_bytes bigint, most_at_once integer, most_a_minute integer, most_bytes bigint, most_tokens bigint, lease_s integer, ended uuid[], spent bigint) RETURNS TABLE(id uuid, refused text, wait_s integer)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
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

-- FUNCTION private.bytes_of_memories(uuid)

CREATE FUNCTION private.bytes_of_memories(person uuid) RETURNS bigint
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $_$
declare
  found_bytes bigint := 0;
begin
  if to_regclass('vecs.memories') is not null then
    execute 'select coalesce(sum(pg_column_size(m.vec) + octet_length(m.metadata::text)), 0)
             from vecs.memories m where m.owner = $1' into found_bytes using person;
  end if;
  return found_bytes;
end
$_$;

-- FUNCTION private.claim_let_out(integer)

CREATE FUNCTION private.claim_let_out(lease_s integer) RETURNS TABLE(user_id uuid, let_out_at timestamp with time zone)
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
  update public.preferences p set let_out_at = now() + make_interval(secs => lease_s)
  where p.user_id = (select w.user_id from public.preferences w where w.let_out_at <= now()
                     order by w.let_out_at limit 1 for update skip locked)
  returning p.user_id, p.let_out_at
$$;

-- FUNCTION private.claim_refresh(bytea, integer)

CREATE FUNCTION private.claim_refresh(hash bytea, seconds integer) RETURNS TABLE(id uuid, tokens bytea)
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
  update private.browser_sessions s set refresh_at = now() + make_interval(secs => seconds)
  where s.secret_hash = hash and s.refresh_at <= now() and s.expires_at > now()
  returning s.id, s.tokens
$$;

-- FUNCTION private.claim_turns(integer, integer, bigint)

CREATE FUNCTION private.claim_turns(lease_s integer, most integer, most_tokens bigint DEFAULT 0) RETURNS TABLE(turn_id uuid, user_id uuid, lease uuid, attempts integer, wait_s integer)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
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

-- FUNCTION private.clear_attempts(bytea[])

CREATE FUNCTION private.clear_attempts(keys bytea[]) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
  delete from private.attempts a where a.key = any (keys)
$$;

-- FUNCTION private.clear_auth_log(uuid)

CREATE FUNCTION private.clear_auth_log(account uuid) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  left_over bigint;
begin
  if exists (select from auth.users u where u.id = account) then
    raise insufficient_privilege using message = 'this account is still there';
  end if;
  if to_regclass('auth.audit_log_entries') is null then
    return 0;
  end if;
  if not has_table_privilege('auth.audit_log_entries', 'select') then
    return null;
  end if;
  if has_table_privilege('auth.audit_log_entries', 'delete') then
    delete from auth.audit_log_entries e where position(account::text in e.payload::text) > 0;
  end if;
  select count(*) into left_over
  from auth.audit_log_entries e where position(account::text in e.payload::text) > 0;
  return left_over;
end
$$;

-- FUNCTION private.count_account(uuid)

CREATE FUNCTION private.count_account(account uuid) RETURNS TABLE(place text, kind text, rows bigint, bytes bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $_$
declare
  one record;
begin
  for one in select p.* from private.places_of_people() p loop
    if not has_table_privilege(one.place, 'select') then
      return query select one.place, null::text, null::bigint, null::bigint;
    elsif one.parent is null then
      return query execute format(
        'select %L::text, null::text, count(*), null::bigint from %s t where t.%I = $1::text::%s',
        one.place, one.place, one.owner_column, one.owner_type) using account;
    else
      return query execute format(
        'select %L::text, null::text, count(*), null::bigint from %s t
         join %s p on p.%I = t.%I where p.%I = $1::text::%s',
        one.place, one.place, one.parent, one.parent_key, one.child_key, one.owner_column,
        one.owner_type) using account;
    end if;
  end loop;
  return query
    select 'private.unowned_memories', null::text, count(*), null::bigint
    from private.unowned_memories m where m.metadata ->> 'user_id' = account::text;
  return query
    select 'public.attachments', k.kind, count(a.id), coalesce(sum(a.size_bytes), 0)::bigint
    from (values ('text file', false), ('picture', true)) as k (kind, is_picture)
    left join public.attachments a on a.user_id = account and (a.picture is not null) = k.is_picture
    group by k.kind;
end
$_$;

-- FUNCTION private.count_attempt(bytea[], integer[], integer)

CREATE FUNCTION private.count_attempt(keys bytea[], most integer[], window_s integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  wait int := 0;
  one record;
  seen record;
begin
  for one in
    select k.key, k.most from unnest(keys, most) as k (key, most) order by k.key
  loop
    insert into private.attempts as a (key, count, ends_at)
    values (one.key, 1, now() + make_interval(secs => window_s))
    on conflict (key) do update set
      count = case when a.ends_at <= now() then 1 else a.count + 1 end,
      ends_at = case when a.ends_at <= now() then excluded.ends_at else a.ends_at end
    returning a.count, a.ends_at into seen;
    if seen.count > one.most then
      wait := greatest(wait, ceil(extract(epoch from seen.ends_at - now()))::int, 1);
    end if;
  end loop;
  if wait > 0 then
    update private.attempts a set count = a.count - 1 where a.key = any (keys);
  end if;
  return wait;
end
$$;

-- FUNCTION private.count_left(uuid)

CREATE FUNCTION private.count_left(account uuid) RETURNS TABLE(place text, kind text, rows bigint, bytes bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  if exists (select from auth.users u where u.id = account) then
    raise insufficient_privilege using message = 'this account is still there';
  end if;
  return query select * from private.count_account(account);
end
$$;

-- FUNCTION private.count_rows()

CREATE FUNCTION private.count_rows() RETURNS TABLE(name text, rows bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  one record;
begin
  for one in select t.name from private.personal_tables() t where t.name not like 'private.%' loop
    return query execute format('select %L::text, count(*) from %s', one.name, one.name);
  end loop;
end
$$;

-- FUNCTION private.delete_account(uuid, bytea)

CREATE FUNCTION private.delete_account(person uuid, hash bytea) RETURNS TABLE(place text, kind text, rows bigint, bytes bigint)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $_$
begin
  if not exists (
    select from private.browser_sessions s
    where s.user_id = person and s.secret_hash = hash and s.expires_at > now()
  ) then
    raise insufficient_privilege using message = 'only the signed-in person can delete an account';
  end if;
  return query select * from private.count_account(person);
  delete from auth.users u using private.throw_away_accounts t
  where u.email = t.email and t.made_for = person;
  delete from private.throw_away_accounts t where t.made_for = person;
  -- Of sign-ins under way the Auth server keeps whose they are, without a key to the account.
  if to_regclass('auth.flow_state') is not null
     and has_table_privilege('auth.flow_state', 'select, delete') then
    execute 'delete from auth.flow_state f where f.user_id = $1' using person;
  end if;
  -- What was put aside under an id that is an account's by now.
  delete from private.unowned_memories m where m.metadata ->> 'user_id' = person::text;
  delete from auth.users u where u.id = person;
end
$_$;

-- FUNCTION private.delete_own_id(text)

CREATE FUNCTION private.delete_own_id(wanted text) RETURNS boolean
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
  with gone as (
    delete from auth.users u using private.own_user_ids o
    where o.own_id = wanted and u.id = o.user_id returning 1
  )
  select exists (select from gone)
$$;

-- FUNCTION private.dismiss_notices(bytea, bigint)

CREATE FUNCTION private.dismiss_notices(hash bytea, up_to bigint) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
  with mine as (
    update private.browser_sessions s
    set browser_hash = coalesce(s.browser_hash, sha256(s.id::text::bytea))
    where s.secret_hash = hash and s.expires_at > now()
    returning s.user_id, s.browser_hash
  )
  insert into private.known_browsers as k (user_id, browser_hash, told)
  select m.user_id, m.browser_hash, up_to from mine m
  on conflict (user_id, browser_hash) do update set told = greatest(k.told, excluded.told)
$$;

-- FUNCTION private.drop_checks()

CREATE FUNCTION private.drop_checks() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  delete from public.memory_checks c where c.memory_id = new.id and c.user_id = new.owner;
  return null;
end
$$;

-- FUNCTION private.drop_cues()

CREATE FUNCTION private.drop_cues() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  new.metadata := new.metadata - 'cues';
  return new;
end
$$;

-- FUNCTION private.drop_next_vector()

CREATE FUNCTION private.drop_next_vector() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'extensions', 'public'
    AS $$
begin
  if new.metadata ->> 'data' is distinct from old.metadata ->> 'data'
     or new.metadata ->> 'cues' is distinct from old.metadata ->> 'cues'
     or new.metadata ->> 'stays_inside' is distinct from old.metadata ->> 'stays_inside'
     or new.vec is distinct from old.vec then
    new.next_vec := null;
  end if;
  return new;
end
$$;

-- FUNCTION private.drop_passages()

CREATE FUNCTION private.drop_passages() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  delete from public.memory_passages p where p.memory_id = new.id and p.user_id = new.owner;
  return null;
end
$$;

-- FUNCTION private.drop_unmentioned_entities()

CREATE FUNCTION private.drop_unmentioned_entities() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
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

-- FUNCTION private.empty_vectors(text, integer)

CREATE FUNCTION private.empty_vectors(collection text, dims integer) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'extensions', 'public'
    AS $$
begin
  execute format('lock table vecs.%I in access exclusive mode', collection);
  execute format('alter table vecs.%I alter column vec drop not null', collection);
  execute format(
    'alter table vecs.%I alter column vec type vector(%s) using null', collection, dims);
end
$$;

-- FUNCTION private.end_embedding(text)

CREATE FUNCTION private.end_embedding(collection text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  execute format('drop trigger if exists drop_next_vector on vecs.%I', collection);
  execute format('alter table vecs.%I drop column if exists next_vec', collection);
  if collection = 'memories' then
    alter table public.memory_passages drop column if exists next_vec;
  end if;
end
$$;

-- FUNCTION private.end_listed_session(bytea, uuid)

CREATE FUNCTION private.end_listed_session(hash bytea, wanted uuid) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  ended private.browser_sessions;
begin
  delete from private.browser_sessions s using private.browser_sessions mine
  where mine.secret_hash = hash and mine.expires_at > now()
    and s.user_id = mine.user_id and s.id = wanted and s.id <> mine.id
  returning s.* into ended;
  if not found then
    return false;
  end if;
  perform private.note_audit(ended.user_id, 'session_ended', null, ended.browser);
  return true;
end
$$;

-- FUNCTION private.end_refused(bytea, bytea)

CREATE FUNCTION private.end_refused(hash bytea, former bytea) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  ended private.browser_sessions;
begin
  delete from private.browser_sessions s where s.secret_hash = hash and s.tokens = former
  returning s.* into ended;
  if not found then
    return false;
  end if;
  perform private.note_audit(ended.user_id, 'session_refused', null, ended.browser);
  return true;
end
$$;

-- FUNCTION private.end_session(bytea)

CREATE FUNCTION private.end_session(hash bytea) RETURNS TABLE(id uuid, tokens bytea)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  ended private.browser_sessions;
begin
  delete from private.browser_sessions s where s.secret_hash = hash returning s.* into ended;
  if found then
    perform private.note_audit(ended.user_id, 'signed_out', null, ended.browser);
    return query select ended.id, ended.tokens;
  end if;
end
$$;

-- FUNCTION private.end_sessions_of(uuid, bytea)

CREATE FUNCTION private.end_sessions_of(person uuid, but_hash bytea) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  ended int;
begin
  delete from private.browser_sessions s
  where s.user_id = person and s.secret_hash is distinct from but_hash;
  get diagnostics ended = row_count;
  if ended > 0 then
    perform private.note_audit(person, 'sessions_ended', ended, null);
  end if;
  return ended;
end
$$;

-- FUNCTION private.end_throw_aways(uuid, text)

CREATE FUNCTION private.end_throw_aways(person uuid, wanted text) RETURNS integer
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
  with ended as (
    update private.throw_away_accounts t set ends_at = least(t.ends_at, now())
    where t.made_for = person and t.purpose = wanted
    returning t.email
  ), removed as (
    delete from auth.users u using ended where u.email = ended.email returning 1
  )
  select count(*)::int from removed
$$;

-- FUNCTION private.end_use(uuid, uuid, bigint)

CREATE FUNCTION private.end_use(use uuid, person uuid, spent bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
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

-- FUNCTION private.end_uses(uuid[], uuid[], bigint[])

CREATE FUNCTION private.end_uses(uses uuid[], persons uuid[], spent bigint[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
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

-- FUNCTION private.find_session(bytea, integer)

CREATE FUNCTION private.find_session(hash bytea, days integer) RETURNS TABLE(id uuid, user_id uuid, email text, refresh_due boolean)
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
  with used as (
    select s.id from private.browser_sessions s
    where s.secret_hash = hash and s.expires_at > now()
      and (s.expires_at < now() + make_interval(days => days) - interval '1 hour'
           or s.last_seen_at < now() - interval '5 minutes')
    for update skip locked
  ), prolonged as (
    update private.browser_sessions s
    set expires_at = now() + make_interval(days => days), last_seen_at = now()
    from used where s.id = used.id
  )
  select s.id, s.user_id, s.email, s.refresh_at <= now()
  from private.browser_sessions s
  where s.secret_hash = hash and s.expires_at > now()
    and (s.aal = 'aal2' or not private.has_second_factor(s.user_id))
$$;

-- FUNCTION private.fingerprint(uuid)

CREATE FUNCTION private.fingerprint(account uuid) RETURNS TABLE(name text, rows bigint, mark text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $_$
declare
  one record;
begin
  if not exists (select from auth.users u
                 join private.throw_away_accounts t on t.email = u.email
                 where u.id = account and t.ends_at > now()) then
    raise insufficient_privilege using message = 'this is no throw-away account';
  end if;
  for one in select t.name, t.owner_column from private.personal_tables() t
             where t.name not like 'private.%' loop
    return query execute format(
      'select %L::text, count(*), md5(coalesce(string_agg(t::text, '','' order by t::text), ''''))
       from %s t where t.%I = $1', one.name, one.name, one.owner_column)
      using account;
  end loop;
end
$_$;

-- FUNCTION private.finish_provider_flow(bytea, bytea, integer)

CREATE FUNCTION private.finish_provider_flow(hash bytea, sealed bytea, seconds integer) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
  update private.provider_flows f
  set tokens = sealed, expires_at = now() + make_interval(secs => seconds)
  where f.secret_hash = hash and f.verifier is null and f.tokens is null
$$;

-- FUNCTION private.fold_memories()

CREATE FUNCTION private.fold_memories() RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  if exists (select from pg_attribute a
             join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
             where a.attrelid = 'vecs.memories'::regclass and a.attname = 'folded'
               and pg_get_expr(d.adbin, d.adrelid) like '%unmarked%') then
    return;
  end if;
  alter table vecs.memories drop column if exists folded;
  alter table vecs.memories add column folded text
    generated always as (
      regexp_replace(normalize(lower(own.unmarked(coalesce(metadata ->> 'data', ''))), nfd),
                     '[\u3099\u309a]', '', 'g')) stored;
end
$$;

-- FUNCTION private.forget_deleted()

CREATE FUNCTION private.forget_deleted() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  delete from public.memory_history h using gone g
  where h.user_id = g.owner and h.memory_id = g.id and h.event <> 'DELETE';
  with linked as (
    select e.id, (select coalesce(jsonb_agg(l), '[]')
                  from jsonb_array_elements_text(e.metadata -> 'linked_memory_ids') l
                  where l not in (select g.id from gone g where g.owner = e.owner)) as remaining
    from vecs.memories_entities e
    where e.owner in (select g.owner from gone g)
      and jsonb_typeof(e.metadata -> 'linked_memory_ids') = 'array'
      and e.metadata -> 'linked_memory_ids' ?| array(
        select g.id::text from gone g where g.owner = e.owner)
  ), kept as (
    update vecs.memories_entities e
    set metadata = jsonb_set(e.metadata, '{linked_memory_ids}', l.remaining)
    from linked l where e.id = l.id and l.remaining <> '[]'
  )
  delete from vecs.memories_entities e using linked l where e.id = l.id and l.remaining = '[]';
  return null;
end
$$;

-- FUNCTION private.greet_browser(bytea, bytea, integer)

CREATE FUNCTION private.greet_browser(hash bytea, here bytea, days integer) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  mine private.browser_sessions;
  is_first boolean;
begin
  update private.browser_sessions s set browser_hash = coalesce(here, sha256(s.id::text::bytea))
  where s.secret_hash = hash returning s.* into mine;
  if not found then
    return false;
  end if;
  delete from private.known_browsers k
  where k.user_id = mine.user_id and k.seen_at < now() - make_interval(days => days);
  delete from private.account_notices n
  where n.user_id = mine.user_id and n.at < now() - make_interval(days => days);
  update private.known_browsers k set seen_at = now()
  where k.user_id = mine.user_id and k.browser_hash = mine.browser_hash;
  if found then
    return false;
  end if;
  is_first := not exists (select from private.known_browsers k where k.user_id = mine.user_id)
    and not exists (select from private.browser_sessions s
                    where s.user_id = mine.user_id and s.id <> mine.id and s.expires_at > now());
  insert into private.known_browsers (user_id, browser_hash, told)
  select mine.user_id, mine.browser_hash, coalesce(max(n.id), 0)
  from private.account_notices n where n.user_id = mine.user_id
  on conflict do nothing;
  if not is_first then
    insert into private.account_notices (user_id, event, browser, by_browser, by_session)
    values (mine.user_id, 'new_browser', mine.browser, mine.browser_hash, mine.id);
  end if;
  return not is_first;
end
$$;

-- FUNCTION private.has_mark(bytea)

CREATE FUNCTION private.has_mark(mark bytea) RETURNS boolean
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select exists (select from private.attempts a where a.key = mark and a.ends_at > now())
$$;

-- FUNCTION private.has_second_factor(uuid)

CREATE FUNCTION private.has_second_factor(person uuid) RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  if to_regclass('auth.mfa_factors') is null then
    return false;
  end if;
  if not has_table_privilege('auth.mfa_factors', 'select') then
    return false;
  end if;
  return exists (
    select from auth.mfa_factors f where f.user_id = person and f.status::text = 'verified');
end
$$;

-- FUNCTION private.heed_pause()

CREATE FUNCTION private.heed_pause() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  if exists (
    select from public.preferences p where p.user_id = new.user_id and p.memory_paused
  ) then
    new.memory_state := 'paused';
  end if;
  return new;
end
$$;

-- FUNCTION private.issue_ticket(bytea, uuid, bytea, bytea, integer)

CREATE FUNCTION private.issue_ticket(hash bytea, session uuid, browser bytea, sealed bytea, seconds integer) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
  insert into private.session_tickets (ticket_hash, session_id, browser_hash, secret, expires_at)
  values (hash, session, browser, sealed, now() + make_interval(secs => seconds))
$$;

-- FUNCTION private.judge_memories()

CREATE FUNCTION private.judge_memories() RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
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

-- FUNCTION private.keep_audit_log()

CREATE FUNCTION private.keep_audit_log() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  if tg_op = 'DELETE' then
    if not exists (select from auth.users u where u.id = old.user_id) then
      return old;
    end if;
  end if;
  raise insufficient_privilege using message = 'lines of the audit log are only added';
end
$$;

-- FUNCTION private.keep_mark(bytea, integer)

CREATE FUNCTION private.keep_mark(mark bytea, days integer) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
  insert into private.attempts as a (key, count, ends_at)
  values (mark, 0, now() + make_interval(days => days))
  on conflict (key) do update set ends_at = excluded.ends_at
$$;

-- FUNCTION private.list_sessions(bytea)

CREATE FUNCTION private.list_sessions(hash bytea) RETURNS TABLE(id uuid, browser text, created_at timestamp with time zone, last_seen_at timestamp with time zone, here boolean)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select s.id, s.browser, s.created_at, s.last_seen_at, s.id = mine.id
  from private.browser_sessions mine
  join private.browser_sessions s on s.user_id = mine.user_id and s.expires_at > now()
  where mine.secret_hash = hash and mine.expires_at > now()
  order by s.id = mine.id desc, s.last_seen_at desc, s.id
$$;

-- FUNCTION private.make_decoy(text)

CREATE FUNCTION private.make_decoy(address text) RETURNS uuid
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
  insert into auth.users (id, email)
  select gen_random_uuid(), t.email from private.throw_away_accounts t
  where t.email = address and t.purpose = 'check' and t.ends_at > now()
  returning id
$$;

-- FUNCTION private.note_account_notice(bytea, text)

CREATE FUNCTION private.note_account_notice(hash bytea, what text) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
  insert into private.account_notices (user_id, event, browser, by_browser, by_session)
  select s.user_id, what, s.browser, coalesce(s.browser_hash, sha256(s.id::text::bytea)), s.id
  from private.browser_sessions s where s.secret_hash = hash and s.expires_at > now()
$$;

-- FUNCTION private.note_assurance(bytea, text)

CREATE FUNCTION private.note_assurance(hash bytea, level text) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
  update private.browser_sessions s set aal = level where s.secret_hash = hash and s.aal <> level
$$;

-- FUNCTION private.note_audit(uuid, text, integer, text)

CREATE FUNCTION private.note_audit(person uuid, event text, how_many integer, browser text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  head private.audit_heads;
  moment timestamptz;
begin
  perform from auth.users u where u.id = person for key share;
  if not found then
    return;
  end if;
  insert into private.audit_heads (user_id, number, hash)
  values (person, 0, decode(repeat('00', 32), 'hex')) on conflict (user_id) do nothing;
  select * into head from private.audit_heads h where h.user_id = person for update;
  head.number := head.number + 1;
  moment := clock_timestamp();
  head.hash := private.audit_hash(
    head.hash, person, head.number, moment, event, how_many, browser);
  insert into public.audit_log (user_id, number, at, event, count, browser, hash)
  values (person, head.number, moment, event, how_many, browser, head.hash);
  update private.audit_heads h set number = head.number, hash = head.hash where h.user_id = person;
end
$$;

-- FUNCTION private.note_failed_sign_in(text, text)

CREATE FUNCTION private.note_failed_sign_in(address text, browser text) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select private.note_audit(u.id, 'sign_in_failed', null, browser)
  from auth.users u where u.email = address
$$;

-- FUNCTION private.note_let_out()

CREATE FUNCTION private.note_let_out() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  new.let_out_at := now();
  return new;
end
$$;

-- FUNCTION private.open_session(uuid, uuid, text, bytea, bytea, timestamp with time zone, integer, text, text)

CREATE FUNCTION private.open_session(new_id uuid, person uuid, person_email text, hash bytea, sealed bytea, refresh_due timestamp with time zone, days integer, how text, here text) RETURNS timestamp with time zone
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select private.take_address(person, person_email);
  select private.note_audit(person, how, null, here);
  insert into private.browser_sessions
    (id, user_id, email, secret_hash, tokens, refresh_at, expires_at, browser)
  values
    (new_id, person, person_email, hash, sealed, refresh_due, now() + make_interval(days => days),
     here)
  returning expires_at
$$;

-- FUNCTION private.pack_memories()

CREATE FUNCTION private.pack_memories() RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  alter table vecs.memories set (toast_tuple_target = 8160);
end
$$;

-- FUNCTION private.personal_tables()

CREATE FUNCTION private.personal_tables() RETURNS TABLE(name text, owner_column name)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select format('%I.%I', n.nspname, c.relname), a.attname
  from pg_constraint o
  join pg_class c on c.oid = o.conrelid
  join pg_namespace n on n.oid = c.relnamespace
  join pg_attribute a on a.attrelid = c.oid and a.attnum = o.conkey[1]
  where o.contype = 'f' and o.confrelid = 'auth.users'::regclass and cardinality(o.conkey) = 1
    and n.nspname in ('public', 'vecs', 'private')
  order by 1
$$;

-- FUNCTION private.places_of_people()

CREATE FUNCTION private.places_of_people() RETURNS TABLE(place text, owner_column name, owner_type text, parent text, parent_key name, child_key name)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  with tables as (
    select c.oid, c.reltuples, format('%I.%I', n.nspname, c.relname) as place, n.nspname
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p') and not c.relispartition
      and n.nspname in ('public', 'vecs', 'private', 'auth')
  ), owned as (
    select distinct on (t.oid) t.oid, t.place, a.attname, format_type(a.atttypid, null) as type
    from tables t join pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
    where a.atttypid in ('uuid'::regtype, 'text'::regtype, 'varchar'::regtype)
      and (t.place = 'auth.users' and a.attname = 'id'
           or a.attname in ('user_id', 'owner', 'made_for')
           or exists (select from pg_constraint k where k.contype = 'f' and k.conrelid = t.oid
                        and k.confrelid = 'auth.users'::regclass and k.conkey = array[a.attnum]))
      -- A long table of the Auth server's is not read from end to end; its keys cascade.
      and (t.nspname <> 'auth' or t.reltuples < 200000
           or exists (select from pg_index i where i.indrelid = t.oid and i.indkey[0] = a.attnum))
    order by t.oid, a.attname = 'user_id' desc, a.attnum
  )
  select o.place, o.attname, o.type, null, null, null from owned o
  union all
  select t.place, o.attname, o.type, o.place, p.attname, c.attname
  from tables t
  join pg_constraint k on k.conrelid = t.oid and k.contype = 'f' and k.confdeltype = 'c'
                      and cardinality(k.conkey) = 1
  join owned o on o.oid = k.confrelid
  join pg_attribute p on p.attrelid = o.oid and p.attnum = k.confkey[1]
  join pg_attribute c on c.attrelid = t.oid and c.attnum = k.conkey[1]
  where t.oid not in (select oid from owned)
$$;

-- FUNCTION private.point_to_own_rows()

CREATE FUNCTION private.point_to_own_rows() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  if (new.turn_id is not null
      and not exists (select from public.turns t where t.id = new.turn_id))
     or (new.superseded_by is not null
         and not exists (select from vecs.memories m where m.id = new.superseded_by)) then
    raise insufficient_privilege using message = 'a memory points at what is not its owner''s';
  end if;
  return new;
end
$$;

-- FUNCTION private.postpone_refresh(bytea, integer)

CREATE FUNCTION private.postpone_refresh(hash bytea, seconds integer) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
  update private.browser_sessions set refresh_at = now() + make_interval(secs => seconds)
  where secret_hash = hash
$$;

-- FUNCTION private.protect_collection(text)

CREATE FUNCTION private.protect_collection(collection text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $_$
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
$_$;

-- FUNCTION private.protect_graph()

CREATE FUNCTION private.protect_graph() RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
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

-- FUNCTION private.protect_memories()

CREATE FUNCTION private.protect_memories() RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
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

-- FUNCTION private.prune_receipts(integer, integer)

CREATE FUNCTION private.prune_receipts(kept_days integer, most integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
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

-- FUNCTION private.purge_sessions()

CREATE FUNCTION private.purge_sessions() RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
  delete from private.session_tickets where expires_at <= now();
  delete from private.browser_sessions where expires_at <= now();
  delete from private.attempts where ends_at <= now();
$$;

-- FUNCTION private.queue_state()

CREATE FUNCTION private.queue_state() RETURNS TABLE(pending bigint, due bigint, working bigint, oldest_due_s double precision, answers bigint)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select count(*) filter (where t.memory_state = 'pending'),
         count(*) filter (where t.memory_state = 'pending' and t.memory_due_at <= now()),
         count(*) filter (where t.memory_state = 'working'),
         coalesce(extract(epoch from now() - min(t.memory_due_at)
           filter (where t.memory_state = 'pending' and t.memory_due_at <= now())), 0)::float8,
         (select count(*) from public.messages m where m.state = 'streaming')
  from public.turns t where t.memory_state in ('pending', 'working')
$$;

-- FUNCTION private.recover_answers(integer)

CREATE FUNCTION private.recover_answers(stale_s integer) RETURNS integer
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
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

-- FUNCTION private.redeem_ticket(bytea, bytea)

CREATE FUNCTION private.redeem_ticket(hash bytea, browser bytea) RETURNS bytea
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
  with taken as (
    delete from private.session_tickets t where t.ticket_hash = hash
    returning t.secret, t.browser_hash, t.expires_at
  )
  select t.secret from taken t where t.browser_hash = browser and t.expires_at > now()
$$;

-- FUNCTION private.renew_uses(uuid[], integer)

CREATE FUNCTION private.renew_uses(uses uuid[], lease_s integer) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
  update private.uses_under_way w set until = clock_timestamp() + make_interval(secs => lease_s)
  where w.id = any (uses)
$$;

-- FUNCTION private.require_vectors(text)

CREATE FUNCTION private.require_vectors(collection text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  execute format('alter table vecs.%I alter column vec set not null', collection);
end
$$;

-- FUNCTION private.rows_left(uuid)

CREATE FUNCTION private.rows_left(account uuid) RETURNS TABLE(name text, rows bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $_$
declare
  one record;
begin
  if exists (select from auth.users u where u.id = account) then
    raise insufficient_privilege using message = 'this account is still there';
  end if;
  for one in select t.name, t.owner_column from private.personal_tables() t loop
    return query execute format(
      'select %L::text, count(*) from %s t where t.%I = $1', one.name, one.name, one.owner_column)
      using account;
  end loop;
end
$_$;

-- FUNCTION private.sealed_tokens(bytea)

CREATE FUNCTION private.sealed_tokens(hash bytea) RETURNS TABLE(id uuid, tokens bytea)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select s.id, s.tokens from private.browser_sessions s
  where s.secret_hash = hash and s.expires_at > now()
$$;

-- FUNCTION private.session_lives(uuid)

CREATE FUNCTION private.session_lives(session uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select exists (
    select from private.browser_sessions s
    where s.id = session and s.expires_at > now()
      and (s.aal = 'aal2' or not private.has_second_factor(s.user_id)))
$$;

-- FUNCTION private.settled_turns(uuid[])

CREATE FUNCTION private.settled_turns(ids uuid[]) RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select asked.id from unnest(ids) as asked (id)
  where not exists (
    select from public.turns t
    where t.id = asked.id and t.memory_state in ('waiting', 'pending', 'working'))
$$;

-- FUNCTION private.spend_tokens(uuid, bigint)

CREATE FUNCTION private.spend_tokens(person uuid, spent bigint) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
  insert into private.fair_use as f (user_id, tokens, tokens_until)
  select u.id, spent, clock_timestamp() + interval '1 day' from auth.users u where u.id = person
  on conflict (user_id) do update set
    tokens = spent + case when f.tokens_until <= clock_timestamp() then 0 else f.tokens end,
    tokens_until = case when f.tokens_until <= clock_timestamp() then excluded.tokens_until
                        else f.tokens_until end
$$;

-- FUNCTION private.stays_inside(uuid, text, jsonb)

CREATE FUNCTION private.stays_inside(person uuid, memory text, metadata jsonb) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO ''
    AS $$
  select coalesce(metadata ->> 'stays_inside' = 'true', false)
    or exists (
      select from public.preferences p
      where p.user_id = person and p.kinds_inside <> '{}'
        and (exists (select from public.memory_entities s
                     join public.entities e on e.id = s.entity_id and e.user_id = s.user_id
                     where s.user_id = p.user_id and s.memory_id = memory and not e.is_self
                       and e.kind = any (p.kinds_inside))
             or 'other' = any (p.kinds_inside)
                and not exists (select from public.memory_entities s
                                join public.entities e
                                  on e.id = s.entity_id and e.user_id = s.user_id
                                where s.user_id = p.user_id and s.memory_id = memory
                                  and not e.is_self and e.kind <> 'other')))
$$;

-- FUNCTION private.stem_memories()

CREATE FUNCTION private.stem_memories() RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  if exists (select from pg_attribute a
             join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
             where a.attrelid = 'vecs.memories'::regclass and a.attname = 'fts'
               and pg_get_expr(d.adbin, d.adrelid) like '%stems_of%') then
    return;
  end if;
  alter table vecs.memories drop column if exists fts;
  alter table vecs.memories add column fts tsvector
    generated always as (own.stems_of(coalesce(metadata ->> 'data', ''), false)) stored;
  create index memories_fts on vecs.memories using gin (fts);
end
$$;

-- FUNCTION private.store_refreshed(bytea, bytea, text, bytea, timestamp with time zone)

CREATE FUNCTION private.store_refreshed(hash bytea, former bytea, person_email text, sealed bytea, refresh_due timestamp with time zone) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select private.take_address(s.user_id, person_email)
  from private.browser_sessions s where s.secret_hash = hash and s.tokens = former;
  update private.browser_sessions set tokens = sealed, refresh_at = refresh_due
  where secret_hash = hash and tokens = former
$$;

-- FUNCTION private.store_tokens(bytea, text, bytea, timestamp with time zone)

CREATE FUNCTION private.store_tokens(hash bytea, person_email text, sealed bytea, refresh_due timestamp with time zone) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select private.take_address(s.user_id, person_email)
  from private.browser_sessions s where s.secret_hash = hash;
  update private.browser_sessions set tokens = sealed, refresh_at = refresh_due
  where secret_hash = hash
$$;

-- FUNCTION private.stored_bytes(uuid)

CREATE FUNCTION private.stored_bytes(person uuid) RETURNS bigint
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
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

-- FUNCTION private.sweep_throw_aways()

CREATE FUNCTION private.sweep_throw_aways() RETURNS integer
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
  with swept as (
    delete from auth.users u using private.throw_away_accounts t
    where u.email = t.email and t.ends_at <= now()
    returning 1
  ), aged as (
    delete from private.throw_away_accounts t where t.ends_at < now() - interval '1 day'
  )
  select count(*)::int from swept
$$;

-- FUNCTION private.switch_vectors(text, integer)

CREATE FUNCTION private.switch_vectors(collection text, dims integer) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'extensions', 'public'
    AS $$
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

-- FUNCTION private.take_address(uuid, text)

CREATE FUNCTION private.take_address(person uuid, address text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  if not exists (select from private.browser_sessions s
                 where s.user_id = person and s.email is distinct from address) then
    return;
  end if;
  perform from private.audit_heads h where h.user_id = person for update;
  update private.browser_sessions s set email = address
  where s.user_id = person and s.email is distinct from address;
  if found then
    perform private.note_audit(person, 'address_changed', null, null);
  end if;
end
$$;

-- FUNCTION private.take_back_attempt(bytea[])

CREATE FUNCTION private.take_back_attempt(keys bytea[]) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
  update private.attempts a set count = greatest(a.count - 1, 0)
  where a.key = any (keys) and a.ends_at > now()
$$;

-- FUNCTION private.take_provider_flow(bytea, bytea)

CREATE FUNCTION private.take_provider_flow(hash bytea, browser bytea) RETURNS bytea
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
  with taken as (
    delete from private.provider_flows f where f.secret_hash = hash and f.tokens is not null
    returning f.tokens, f.browser_hash, f.expires_at
  )
  select t.tokens from taken t where t.browser_hash = browser and t.expires_at > now()
$$;

-- FUNCTION private.tie_checks()

CREATE FUNCTION private.tie_checks() RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
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

-- FUNCTION private.tie_cues()

CREATE FUNCTION private.tie_cues() RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  drop trigger if exists drop_cues on vecs.memories;
  create trigger drop_cues before update of metadata on vecs.memories
    for each row when (old.metadata ->> 'data' is distinct from new.metadata ->> 'data'
                       and new.metadata -> 'cues' = old.metadata -> 'cues')
    execute function private.drop_cues();
end
$$;

-- FUNCTION private.tie_memories()

CREATE FUNCTION private.tie_memories() RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  if not exists (select from pg_constraint where conname = 'memories_id_owner_key') then
    alter table vecs.memories add constraint memories_id_owner_key unique (id, owner);
  end if;
  if not exists (select from pg_constraint where conname = 'recalled_memories_own_memory_fkey') then
    alter table public.recalled_memories
      add constraint recalled_memories_own_memory_fkey foreign key (memory_id, user_id)
        references vecs.memories (id, owner) on delete cascade;
  end if;
  drop trigger if exists point_to_own_rows on vecs.memories;
  create trigger point_to_own_rows before insert or update of turn_id, superseded_by on vecs.memories
    for each row when (new.turn_id is not null or new.superseded_by is not null)
    execute function private.point_to_own_rows();
end
$$;

-- FUNCTION private.tie_passages()

CREATE FUNCTION private.tie_passages() RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'extensions', 'public'
    AS $_$
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
$_$;

-- FUNCTION private.time_in(text)

CREATE FUNCTION private.time_in(said text) RETURNS timestamp with time zone
    LANGUAGE plpgsql STABLE STRICT
    SET search_path TO ''
    SET "TimeZone" TO 'UTC'
    AS $$
begin
  return case when said ~ '^\d{4}-\d\d-\d\d' then said::timestamptz end;
exception when data_exception then
  return null;
end
$$;

-- FUNCTION private.unread_notices(bytea)

CREATE FUNCTION private.unread_notices(hash bytea) RETURNS TABLE(id bigint, event text, at timestamp with time zone, browser text, session uuid)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select n.id, n.event, n.at, n.browser, n.by_session
  from private.browser_sessions mine
  join private.account_notices n on n.user_id = mine.user_id
  left join private.known_browsers k
    on k.user_id = mine.user_id and k.browser_hash = mine.browser_hash
  where mine.secret_hash = hash and mine.expires_at > now()
    and n.id > coalesce(k.told, 0)
    and n.by_browser <> coalesce(mine.browser_hash, sha256(mine.id::text::bytea))
  order by n.id
$$;

-- FUNCTION private.use_access_token(bytea)

CREATE FUNCTION private.use_access_token(hash bytea) RETURNS TABLE(user_id uuid, scopes text[])
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
  with used as (
    select t.id from public.access_tokens t
    where t.token_hash = hash and t.expires_at > now()
      and (t.last_used_at is null or t.last_used_at < now() - interval '1 minute')
    for update skip locked
  ), noted as (
    update public.access_tokens t set last_used_at = now() from used where t.id = used.id
  )
  select t.user_id, t.scopes from public.access_tokens t
  where t.token_hash = hash and t.expires_at > now()
$$;

-- FUNCTION private.use_once(bytea, integer)

CREATE FUNCTION private.use_once(mark bytea, seconds integer) RETURNS boolean
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
  with taken as (
    insert into private.attempts as a (key, count, ends_at)
    values (mark, 1, now() + make_interval(secs => seconds))
    on conflict (key) do update set ends_at = excluded.ends_at where a.ends_at <= now()
    returning 1
  )
  select exists (select from taken)
$$;

-- FUNCTION private.use_provider_flow(bytea, bytea)

CREATE FUNCTION private.use_provider_flow(hash bytea, browser bytea) RETURNS bytea
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO ''
    AS $$
  update private.provider_flows f set verifier = null
  from (
    select p.secret_hash, p.verifier from private.provider_flows p
    where p.secret_hash = hash and p.browser_hash = browser
      and p.verifier is not null and p.expires_at > now()
    for update
  ) as former
  where f.secret_hash = former.secret_hash
  returning former.verifier
$$;

-- FUNCTION private.use_recovery_code(uuid, bytea, text)

CREATE FUNCTION private.use_recovery_code(person uuid, hash bytea, here text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
begin
  delete from public.recovery_codes r where r.user_id = person and r.code_hash = hash;
  if not found then
    return false;
  end if;
  delete from public.recovery_codes r where r.user_id = person;
  if to_regclass('auth.mfa_factors') is not null then
    delete from auth.mfa_factors f where f.user_id = person;
  end if;
  perform private.note_audit(person, 'recovery_code_used', null, here);
  return true;
end
$$;

-- FUNCTION private.used(uuid, boolean)

CREATE FUNCTION private.used(person uuid, with_bytes boolean) RETURNS TABLE(tokens bigint, tokens_until timestamp with time zone, stored_bytes bigint)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select coalesce(f.tokens, 0), f.tokens_until,
         case when with_bytes then private.stored_bytes(person) else 0 end
  from (values (true)) as one (row)
  left join private.fair_use f on f.user_id = person and f.tokens_until > clock_timestamp()
$$;

-- FUNCTION private.user_of_own_id(text)

CREATE FUNCTION private.user_of_own_id(wanted text) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO ''
    AS $$
declare
  found_id uuid;
begin
  select user_id into found_id from private.own_user_ids where own_id = wanted;
  if found_id is null then
    perform pg_advisory_xact_lock(hashtextextended('own user id ' || wanted, 0));
    select user_id into found_id from private.own_user_ids where own_id = wanted;
  end if;
  if found_id is null then
    insert into auth.users (id) values (gen_random_uuid()) returning id into found_id;
    insert into private.own_user_ids (own_id, user_id) values (wanted, found_id);
  end if;
  return found_id;
end
$$;

-- FUNCTION private.uuid_in(text)

CREATE FUNCTION private.uuid_in(said text) RETURNS uuid
    LANGUAGE sql IMMUTABLE STRICT
    SET search_path TO ''
    AS $_$
  select case when said ~* '^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$' then said::uuid end
$_$;

-- FUNCTION private.wait_for_tokens(uuid, bigint)

CREATE FUNCTION private.wait_for_tokens(person uuid, most_tokens bigint) RETURNS integer
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO ''
    AS $$
  select coalesce(max(greatest(ceil(extract(epoch from f.tokens_until - clock_timestamp()))::int, 1)), 0)
  from private.fair_use f
  where f.user_id = person and most_tokens > 0 and f.tokens >= most_tokens
    and f.tokens_until > clock_timestamp()
$$;

-- FUNCTION private.watch_deletions()

CREATE FUNCTION private.watch_deletions() RETURNS void
    LANGUAGE plpgsql
    SET search_path TO ''
    AS $$
begin
  drop trigger if exists forget_deleted on vecs.memories;
  create trigger forget_deleted after delete on vecs.memories
    referencing old table as gone for each statement execute function private.forget_deleted();
end
$$;

-- TABLE public.memory_checks

CREATE TABLE public.memory_checks (
    memory_id character varying NOT NULL,
    because_of character varying NOT NULL,
    user_id uuid DEFAULT auth.uid() NOT NULL,
    marked_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT memory_checks_check CHECK (((memory_id)::text <> (because_of)::text))
);

-- TABLE vecs.memories

CREATE TABLE vecs.memories (
    id character varying NOT NULL,
    vec extensions.vector(384) NOT NULL,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    owner uuid GENERATED ALWAYS AS (((metadata ->> 'user_id'::text))::uuid) STORED NOT NULL,
    seq bigint NOT NULL,
    turn_id uuid,
    valid_from timestamp with time zone DEFAULT now() NOT NULL,
    invalid_at timestamp with time zone,
    superseded_by character varying,
    recorded_at timestamp with time zone DEFAULT now() NOT NULL,
    waits_for text,
    edited_at timestamp with time zone,
    judged text,
    folded text GENERATED ALWAYS AS (regexp_replace(NORMALIZE(lower(own.unmarked(COALESCE((metadata ->> 'data'::text), ''::text))), NFD), '[\u3099\u309a]'::text, ''::text, 'g'::text)) STORED,
    fts tsvector GENERATED ALWAYS AS (own.stems_of(COALESCE((metadata ->> 'data'::text), ''::text), false)) STORED,
    CONSTRAINT memories_waits_for_check CHECK ((waits_for = ANY (ARRAY['instruction'::text, 'credential'::text, 'exfiltration'::text, 'assistant_only'::text])))
)
WITH (toast_tuple_target='8160');

-- VIEW own.reasons_to_check

CREATE VIEW own.reasons_to_check WITH (security_invoker='true') AS
 SELECT c.memory_id,
    c.marked_at,
    (ended.metadata ->> 'data'::text) AS ended
   FROM (public.memory_checks c
     JOIN vecs.memories ended ON ((((ended.id)::text = (c.because_of)::text) AND (ended.owner = c.user_id))))
  WHERE ((c.user_id = ( SELECT auth.uid() AS uid)) AND (ended.invalid_at <= now()));

-- TABLE private.account_notices

CREATE TABLE private.account_notices (
    id bigint NOT NULL,
    user_id uuid NOT NULL,
    event text NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL,
    browser text,
    by_browser bytea NOT NULL,
    by_session uuid,
    CONSTRAINT account_notices_browser_check CHECK ((browser ~ '^[[:alnum:] ._-]{1,80}$'::text)),
    CONSTRAINT account_notices_by_browser_check CHECK ((octet_length(by_browser) = 32)),
    CONSTRAINT account_notices_event_check CHECK ((event = ANY (ARRAY['new_browser'::text, 'password_changed'::text, 'address_changed'::text, 'factor_enrolled'::text, 'factor_removed'::text, 'recovery_code_used'::text, 'passkey_added'::text, 'passkey_removed'::text])))
);

-- SEQUENCE private.account_notices_id_seq

ALTER TABLE private.account_notices ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME private.account_notices_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

-- TABLE private.attempts

CREATE TABLE private.attempts (
    key bytea NOT NULL,
    count integer NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    CONSTRAINT attempts_key_check CHECK ((octet_length(key) = 32))
);

-- TABLE private.audit_heads

CREATE TABLE private.audit_heads (
    user_id uuid NOT NULL,
    number bigint NOT NULL,
    hash bytea NOT NULL,
    CONSTRAINT audit_heads_hash_check CHECK ((octet_length(hash) = 32))
);

-- TABLE private.browser_sessions

CREATE TABLE private.browser_sessions (
    id uuid NOT NULL,
    user_id uuid NOT NULL,
    email text NOT NULL,
    secret_hash bytea NOT NULL,
    tokens bytea NOT NULL,
    refresh_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    browser text,
    last_seen_at timestamp with time zone DEFAULT now() NOT NULL,
    aal text DEFAULT 'aal1'::text NOT NULL,
    browser_hash bytea,
    CONSTRAINT browser_sessions_aal_check CHECK ((aal = ANY (ARRAY['aal1'::text, 'aal2'::text]))),
    CONSTRAINT browser_sessions_browser_check CHECK ((browser ~ '^[[:alnum:] ._-]{1,80}$'::text)),
    CONSTRAINT browser_sessions_browser_hash_check CHECK ((octet_length(browser_hash) = 32)),
    CONSTRAINT browser_sessions_secret_hash_check CHECK ((octet_length(secret_hash) = 32))
);

-- TABLE private.fair_use

CREATE TABLE private.fair_use (
    user_id uuid NOT NULL,
    messages integer DEFAULT 0 NOT NULL,
    messages_until timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
    tokens bigint DEFAULT 0 NOT NULL,
    tokens_until timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
    stored_bytes bigint DEFAULT 0 NOT NULL,
    stored_at timestamp with time zone DEFAULT '-infinity'::timestamp with time zone NOT NULL,
    served_at timestamp with time zone
);

-- TABLE private.known_browsers

CREATE TABLE private.known_browsers (
    user_id uuid NOT NULL,
    browser_hash bytea NOT NULL,
    told bigint DEFAULT 0 NOT NULL,
    seen_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT known_browsers_browser_hash_check CHECK ((octet_length(browser_hash) = 32))
);

-- TABLE private.own_user_ids

CREATE TABLE private.own_user_ids (
    own_id text NOT NULL,
    user_id uuid NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT own_user_ids_own_id_check CHECK (((char_length(own_id) >= 1) AND (char_length(own_id) <= 200)))
);

-- TABLE private.provider_flows

CREATE TABLE private.provider_flows (
    secret_hash bytea NOT NULL,
    browser_hash bytea NOT NULL,
    verifier bytea,
    tokens bytea,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT provider_flows_browser_hash_check CHECK ((octet_length(browser_hash) = 32)),
    CONSTRAINT provider_flows_secret_hash_check CHECK ((octet_length(secret_hash) = 32))
);

-- TABLE private.session_tickets

CREATE TABLE private.session_tickets (
    ticket_hash bytea NOT NULL,
    session_id uuid NOT NULL,
    browser_hash bytea NOT NULL,
    secret bytea NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT session_tickets_browser_hash_check CHECK ((octet_length(browser_hash) = 32)),
    CONSTRAINT session_tickets_ticket_hash_check CHECK ((octet_length(ticket_hash) = 32))
);

-- TABLE private.throw_away_accounts

CREATE TABLE private.throw_away_accounts (
    email text NOT NULL,
    made_for uuid NOT NULL,
    purpose text NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    CONSTRAINT throw_away_accounts_purpose_check CHECK ((purpose = ANY (ARRAY['check'::text, 'demonstration'::text])))
);

-- TABLE private.unowned_memories

CREATE TABLE private.unowned_memories (
    seq bigint NOT NULL,
    collection text NOT NULL,
    id character varying NOT NULL,
    vec real[] NOT NULL,
    metadata jsonb NOT NULL,
    reason text NOT NULL,
    put_aside_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT unowned_memories_collection_check CHECK ((collection = ANY (ARRAY['memories'::text, 'memories_entities'::text]))),
    CONSTRAINT unowned_memories_reason_check CHECK ((reason = ANY (ARRAY['no owner'::text, 'no account'::text, 'no text'::text, 'id taken'::text])))
);

-- SEQUENCE private.unowned_memories_seq_seq

ALTER TABLE private.unowned_memories ALTER COLUMN seq ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME private.unowned_memories_seq_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

-- TABLE private.uses_under_way

CREATE TABLE private.uses_under_way (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid NOT NULL,
    answers integer NOT NULL,
    bytes bigint NOT NULL,
    until timestamp with time zone NOT NULL
);

-- TABLE public.access_tokens

CREATE TABLE public.access_tokens (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid DEFAULT auth.uid() NOT NULL,
    name text NOT NULL,
    token_hash bytea NOT NULL,
    scopes text[] NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    last_used_at timestamp with time zone,
    CONSTRAINT access_tokens_check CHECK ((expires_at <= (created_at + '366 days'::interval))),
    CONSTRAINT access_tokens_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 100))),
    CONSTRAINT access_tokens_scopes_check CHECK (((scopes = '{read}'::text[]) OR (scopes = '{read,write}'::text[]))),
    CONSTRAINT access_tokens_token_hash_check CHECK ((octet_length(token_hash) = 32))
);

-- TABLE public.attachments

CREATE TABLE public.attachments (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    turn_id uuid NOT NULL,
    user_id uuid DEFAULT auth.uid() NOT NULL,
    "position" integer NOT NULL,
    name text NOT NULL,
    media_type text NOT NULL,
    size_bytes integer NOT NULL,
    content text,
    picture bytea,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT attachments_check CHECK (((content IS NULL) <> (picture IS NULL))),
    CONSTRAINT attachments_media_type_check CHECK (((char_length(media_type) >= 1) AND (char_length(media_type) <= 100))),
    CONSTRAINT attachments_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 255))),
    CONSTRAINT attachments_size_bytes_check CHECK (((size_bytes >= 1) AND (size_bytes <= 10485760)))
);

-- TABLE public.audit_log

CREATE TABLE public.audit_log (
    user_id uuid DEFAULT auth.uid() NOT NULL,
    number bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    event text NOT NULL,
    count integer,
    browser text,
    hash bytea NOT NULL,
    CONSTRAINT audit_log_browser_check CHECK ((browser ~ '^[[:alnum:] ._-]{1,80}$'::text)),
    CONSTRAINT audit_log_count_check CHECK ((count >= 0)),
    CONSTRAINT audit_log_event_check CHECK ((event = ANY (ARRAY['signed_up'::text, 'signed_in'::text, 'sign_in_failed'::text, 'password_wrong'::text, 'signed_out'::text, 'session_ended'::text, 'sessions_ended'::text, 'session_refused'::text, 'password_changed'::text, 'address_changed'::text, 'data_exported'::text, 'memories_exported'::text, 'memories_imported'::text, 'memories_forgotten'::text, 'all_forgotten'::text, 'forgetting_undone'::text, 'deletion_asked'::text, 'factor_enrolled'::text, 'factor_removed'::text, 'factor_failed'::text, 'recovery_codes_made'::text, 'recovery_code_used'::text, 'passkey_added'::text, 'passkey_removed'::text, 'foreign_memory_refused'::text, 'program_allowed'::text, 'program_refused'::text]))),
    CONSTRAINT audit_log_hash_check CHECK ((octet_length(hash) = 32)),
    CONSTRAINT audit_log_number_check CHECK ((number > 0))
);

-- TABLE public.conversations

CREATE TABLE public.conversations (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid DEFAULT auth.uid() NOT NULL,
    title text DEFAULT ''::text NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    titled_by text DEFAULT 'words'::text NOT NULL,
    title_state text DEFAULT 'waiting'::text NOT NULL,
    pinned_at timestamp with time zone,
    fts tsvector GENERATED ALWAYS AS (own.words_of(title)) STORED,
    CONSTRAINT conversations_title_check CHECK ((char_length(title) <= 200)),
    CONSTRAINT conversations_title_state_check CHECK ((title_state = ANY (ARRAY['waiting'::text, 'asked'::text, 'settled'::text]))),
    CONSTRAINT conversations_titled_by_check CHECK ((titled_by = ANY (ARRAY['words'::text, 'model'::text, 'person'::text])))
);

-- TABLE public.earlier_answers

CREATE TABLE public.earlier_answers (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    turn_id uuid NOT NULL,
    user_id uuid DEFAULT auth.uid() NOT NULL,
    number integer NOT NULL,
    content text NOT NULL,
    state text NOT NULL,
    error text,
    feedback smallint,
    model text,
    CONSTRAINT earlier_answers_feedback_check CHECK ((feedback = ANY (ARRAY['-1'::integer, 1]))),
    CONSTRAINT earlier_answers_model_check CHECK ((char_length(model) <= 200)),
    CONSTRAINT earlier_answers_state_check CHECK ((state = ANY (ARRAY['complete'::text, 'stopped'::text, 'cut_off'::text, 'failed'::text, 'interrupted'::text])))
);

-- TABLE public.entities

CREATE TABLE public.entities (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid DEFAULT auth.uid() NOT NULL,
    kind text NOT NULL,
    is_self boolean DEFAULT false NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT entities_kind_check CHECK ((kind = ANY (ARRAY['person'::text, 'pet'::text, 'place'::text, 'organisation'::text, 'thing'::text, 'food'::text, 'activity'::text, 'event'::text, 'time'::text, 'topic'::text, 'other'::text])))
);

-- TABLE public.entity_names

CREATE TABLE public.entity_names (
    memory_id character varying NOT NULL,
    entity_id uuid NOT NULL,
    user_id uuid DEFAULT auth.uid() NOT NULL,
    key text NOT NULL,
    CONSTRAINT entity_names_key_check CHECK (((char_length(key) >= 1) AND (char_length(key) <= 200)))
);

-- TABLE public.memory_entities

CREATE TABLE public.memory_entities (
    memory_id character varying NOT NULL,
    entity_id uuid NOT NULL,
    user_id uuid DEFAULT auth.uid() NOT NULL,
    name text NOT NULL,
    CONSTRAINT memory_entities_name_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 100)))
);

-- TABLE public.memory_history

CREATE TABLE public.memory_history (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    seq bigint NOT NULL,
    user_id uuid DEFAULT auth.uid() NOT NULL,
    memory_id text NOT NULL,
    turn_id uuid,
    event text NOT NULL,
    old_memory text,
    new_memory text,
    role text,
    actor_id text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT memory_history_check CHECK (((event <> 'DELETE'::text) OR ((old_memory IS NULL) AND (new_memory IS NULL)))),
    CONSTRAINT memory_history_event_check CHECK ((event = ANY (ARRAY['ADD'::text, 'UPDATE'::text, 'DELETE'::text, 'CONFIRM'::text, 'SUPERSEDE'::text, 'ACCEPT'::text, 'MERGE'::text, 'UNDO'::text, 'IMPORT'::text])))
);

-- SEQUENCE public.memory_history_seq_seq

ALTER TABLE public.memory_history ALTER COLUMN seq ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.memory_history_seq_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

-- TABLE public.memory_passages

CREATE TABLE public.memory_passages (
    memory_id character varying NOT NULL,
    user_id uuid DEFAULT auth.uid() NOT NULL,
    number integer NOT NULL,
    start_char integer NOT NULL,
    end_char integer NOT NULL,
    vec extensions.vector(384),
    CONSTRAINT memory_passages_check CHECK ((start_char < end_char)),
    CONSTRAINT memory_passages_start_char_check CHECK ((start_char >= 0))
)
WITH (toast_tuple_target='8160');

-- TABLE public.messages

CREATE TABLE public.messages (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    turn_id uuid NOT NULL,
    user_id uuid DEFAULT auth.uid() NOT NULL,
    role text NOT NULL,
    content text NOT NULL,
    state text DEFAULT 'complete'::text NOT NULL,
    error text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    number integer DEFAULT 1 NOT NULL,
    feedback smallint,
    model text,
    fts tsvector GENERATED ALWAYS AS (own.words_of(content)) STORED,
    stop_requested boolean DEFAULT false NOT NULL,
    CONSTRAINT messages_feedback_check CHECK ((feedback = ANY (ARRAY['-1'::integer, 1]))),
    CONSTRAINT messages_model_check CHECK ((char_length(model) <= 200)),
    CONSTRAINT messages_role_check CHECK ((role = ANY (ARRAY['user'::text, 'assistant'::text]))),
    CONSTRAINT messages_state_check CHECK ((state = ANY (ARRAY['complete'::text, 'streaming'::text, 'stopped'::text, 'cut_off'::text, 'failed'::text, 'interrupted'::text])))
);

-- TABLE public.preferences

CREATE TABLE public.preferences (
    user_id uuid DEFAULT auth.uid() NOT NULL,
    memory_paused boolean DEFAULT false NOT NULL,
    time_zone text DEFAULT 'UTC'::text NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    memory_used boolean DEFAULT true NOT NULL,
    chat_model text,
    kinds_inside text[] DEFAULT '{}'::text[] NOT NULL,
    let_out_at timestamp with time zone,
    CONSTRAINT preferences_chat_model_check CHECK ((char_length(chat_model) <= 200)),
    CONSTRAINT preferences_kinds_inside_check CHECK ((kinds_inside <@ ARRAY['person'::text, 'pet'::text, 'place'::text, 'organisation'::text, 'thing'::text, 'food'::text, 'activity'::text, 'event'::text, 'time'::text, 'topic'::text, 'other'::text])),
    CONSTRAINT preferences_time_zone_check CHECK ((char_length(time_zone) <= 64))
);

-- TABLE public.recalled_memories

CREATE TABLE public.recalled_memories (
    turn_id uuid NOT NULL,
    user_id uuid DEFAULT auth.uid() NOT NULL,
    memory_id character varying,
    rank integer NOT NULL,
    score double precision NOT NULL,
    text text NOT NULL,
    why text DEFAULT ''::text NOT NULL,
    answer_number integer DEFAULT 1 NOT NULL,
    is_given boolean DEFAULT true NOT NULL,
    is_used boolean DEFAULT false NOT NULL,
    platform_id text,
    CONSTRAINT recalled_memories_one_memory CHECK ((num_nonnulls(memory_id, platform_id) = 1))
);

-- TABLE public.recovery_codes

CREATE TABLE public.recovery_codes (
    user_id uuid DEFAULT auth.uid() NOT NULL,
    code_hash bytea NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT recovery_codes_code_hash_check CHECK ((octet_length(code_hash) = 32))
);

-- TABLE public.relations

CREATE TABLE public.relations (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    user_id uuid DEFAULT auth.uid() NOT NULL,
    memory_id character varying NOT NULL,
    subject_id uuid NOT NULL,
    predicate text NOT NULL,
    object_id uuid NOT NULL,
    CONSTRAINT relations_check CHECK ((subject_id <> object_id)),
    CONSTRAINT relations_predicate_check CHECK (((char_length(predicate) >= 1) AND (char_length(predicate) <= 80)))
);

-- TABLE public.turns

CREATE TABLE public.turns (
    id uuid DEFAULT gen_random_uuid() NOT NULL,
    seq bigint NOT NULL,
    user_id uuid DEFAULT auth.uid() NOT NULL,
    conversation_id uuid NOT NULL,
    memory_only boolean DEFAULT false NOT NULL,
    recall_state text DEFAULT 'waiting'::text NOT NULL,
    memory_state text DEFAULT 'waiting'::text NOT NULL,
    memory_attempts integer DEFAULT 0 NOT NULL,
    memory_due_at timestamp with time zone DEFAULT now() NOT NULL,
    memory_lease uuid,
    memory_leased_until timestamp with time zone,
    memory_error text,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    version_of uuid,
    hidden_with uuid,
    forget_request text,
    CONSTRAINT turns_memory_state_check CHECK ((memory_state = ANY (ARRAY['waiting'::text, 'pending'::text, 'working'::text, 'done'::text, 'failed'::text, 'paused'::text, 'hidden'::text]))),
    CONSTRAINT turns_recall_state_check CHECK ((recall_state = ANY (ARRAY['waiting'::text, 'done'::text, 'failed'::text, 'off'::text, 'unkept'::text, 'nothing'::text])))
);

-- SEQUENCE public.turns_seq_seq

ALTER TABLE public.turns ALTER COLUMN seq ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.turns_seq_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

-- TABLE vecs.memories_entities

CREATE TABLE vecs.memories_entities (
    id character varying NOT NULL,
    vec extensions.vector(384) NOT NULL,
    metadata jsonb DEFAULT '{}'::jsonb NOT NULL,
    owner uuid GENERATED ALWAYS AS (((metadata ->> 'user_id'::text))::uuid) STORED NOT NULL
);

-- SEQUENCE vecs.memories_seq_seq

ALTER TABLE vecs.memories ALTER COLUMN seq ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME vecs.memories_seq_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

-- CONSTRAINT private.account_notices account_notices_pkey

ALTER TABLE ONLY private.account_notices
    ADD CONSTRAINT account_notices_pkey PRIMARY KEY (id);

-- CONSTRAINT private.attempts attempts_pkey

ALTER TABLE ONLY private.attempts
    ADD CONSTRAINT attempts_pkey PRIMARY KEY (key);

-- CONSTRAINT private.audit_heads audit_heads_pkey

ALTER TABLE ONLY private.audit_heads
    ADD CONSTRAINT audit_heads_pkey PRIMARY KEY (user_id);

-- CONSTRAINT private.browser_sessions browser_sessions_pkey

ALTER TABLE ONLY private.browser_sessions
    ADD CONSTRAINT browser_sessions_pkey PRIMARY KEY (id);

-- CONSTRAINT private.browser_sessions browser_sessions_secret_hash_key

ALTER TABLE ONLY private.browser_sessions
    ADD CONSTRAINT browser_sessions_secret_hash_key UNIQUE (secret_hash);

-- CONSTRAINT private.fair_use fair_use_pkey

ALTER TABLE ONLY private.fair_use
    ADD CONSTRAINT fair_use_pkey PRIMARY KEY (user_id);

-- CONSTRAINT private.known_browsers known_browsers_pkey

ALTER TABLE ONLY private.known_browsers
    ADD CONSTRAINT known_browsers_pkey PRIMARY KEY (user_id, browser_hash);

-- CONSTRAINT private.own_user_ids own_user_ids_pkey

ALTER TABLE ONLY private.own_user_ids
    ADD CONSTRAINT own_user_ids_pkey PRIMARY KEY (own_id);

-- CONSTRAINT private.own_user_ids own_user_ids_user_id_key

ALTER TABLE ONLY private.own_user_ids
    ADD CONSTRAINT own_user_ids_user_id_key UNIQUE (user_id);

-- CONSTRAINT private.provider_flows provider_flows_pkey

ALTER TABLE ONLY private.provider_flows
    ADD CONSTRAINT provider_flows_pkey PRIMARY KEY (secret_hash);

-- CONSTRAINT private.session_tickets session_tickets_pkey

ALTER TABLE ONLY private.session_tickets
    ADD CONSTRAINT session_tickets_pkey PRIMARY KEY (ticket_hash);

-- CONSTRAINT private.throw_away_accounts throw_away_accounts_pkey

ALTER TABLE ONLY private.throw_away_accounts
    ADD CONSTRAINT throw_away_accounts_pkey PRIMARY KEY (email);

-- CONSTRAINT private.unowned_memories unowned_memories_pkey

ALTER TABLE ONLY private.unowned_memories
    ADD CONSTRAINT unowned_memories_pkey PRIMARY KEY (seq);

-- CONSTRAINT private.uses_under_way uses_under_way_pkey

ALTER TABLE ONLY private.uses_under_way
    ADD CONSTRAINT uses_under_way_pkey PRIMARY KEY (id);

-- CONSTRAINT public.access_tokens access_tokens_pkey

ALTER TABLE ONLY public.access_tokens
    ADD CONSTRAINT access_tokens_pkey PRIMARY KEY (id);

-- CONSTRAINT public.access_tokens access_tokens_token_hash_key

ALTER TABLE ONLY public.access_tokens
    ADD CONSTRAINT access_tokens_token_hash_key UNIQUE (token_hash);

-- CONSTRAINT public.attachments attachments_pkey

ALTER TABLE ONLY public.attachments
    ADD CONSTRAINT attachments_pkey PRIMARY KEY (id);

-- CONSTRAINT public.attachments attachments_turn_id_position_key

ALTER TABLE ONLY public.attachments
    ADD CONSTRAINT attachments_turn_id_position_key UNIQUE (turn_id, "position");

-- CONSTRAINT public.audit_log audit_log_pkey

ALTER TABLE ONLY public.audit_log
    ADD CONSTRAINT audit_log_pkey PRIMARY KEY (user_id, number);

-- CONSTRAINT public.conversations conversations_id_user_id_key

ALTER TABLE ONLY public.conversations
    ADD CONSTRAINT conversations_id_user_id_key UNIQUE (id, user_id);

-- CONSTRAINT public.conversations conversations_pkey

ALTER TABLE ONLY public.conversations
    ADD CONSTRAINT conversations_pkey PRIMARY KEY (id);

-- CONSTRAINT public.earlier_answers earlier_answers_pkey

ALTER TABLE ONLY public.earlier_answers
    ADD CONSTRAINT earlier_answers_pkey PRIMARY KEY (id);

-- CONSTRAINT public.earlier_answers earlier_answers_turn_id_number_key

ALTER TABLE ONLY public.earlier_answers
    ADD CONSTRAINT earlier_answers_turn_id_number_key UNIQUE (turn_id, number);

-- CONSTRAINT public.entities entities_id_user_id_key

ALTER TABLE ONLY public.entities
    ADD CONSTRAINT entities_id_user_id_key UNIQUE (id, user_id);

-- CONSTRAINT public.entities entities_pkey

ALTER TABLE ONLY public.entities
    ADD CONSTRAINT entities_pkey PRIMARY KEY (id);

-- CONSTRAINT public.entity_names entity_names_pkey

ALTER TABLE ONLY public.entity_names
    ADD CONSTRAINT entity_names_pkey PRIMARY KEY (memory_id, entity_id, key);

-- CONSTRAINT public.memory_checks memory_checks_pkey

ALTER TABLE ONLY public.memory_checks
    ADD CONSTRAINT memory_checks_pkey PRIMARY KEY (memory_id, because_of, user_id);

-- CONSTRAINT public.memory_entities memory_entities_pkey

ALTER TABLE ONLY public.memory_entities
    ADD CONSTRAINT memory_entities_pkey PRIMARY KEY (memory_id, entity_id, user_id);

-- CONSTRAINT public.memory_history memory_history_pkey

ALTER TABLE ONLY public.memory_history
    ADD CONSTRAINT memory_history_pkey PRIMARY KEY (id);

-- CONSTRAINT public.memory_passages memory_passages_pkey

ALTER TABLE ONLY public.memory_passages
    ADD CONSTRAINT memory_passages_pkey PRIMARY KEY (user_id, memory_id, number);

-- CONSTRAINT public.messages messages_pkey

ALTER TABLE ONLY public.messages
    ADD CONSTRAINT messages_pkey PRIMARY KEY (id);

-- CONSTRAINT public.messages messages_turn_id_role_key

ALTER TABLE ONLY public.messages
    ADD CONSTRAINT messages_turn_id_role_key UNIQUE (turn_id, role);

-- CONSTRAINT public.preferences preferences_pkey

ALTER TABLE ONLY public.preferences
    ADD CONSTRAINT preferences_pkey PRIMARY KEY (user_id);

-- CONSTRAINT public.recovery_codes recovery_codes_pkey

ALTER TABLE ONLY public.recovery_codes
    ADD CONSTRAINT recovery_codes_pkey PRIMARY KEY (user_id, code_hash);

-- CONSTRAINT public.relations relations_memory_id_subject_id_predicate_object_id_key

ALTER TABLE ONLY public.relations
    ADD CONSTRAINT relations_memory_id_subject_id_predicate_object_id_key UNIQUE (memory_id, subject_id, predicate, object_id);

-- CONSTRAINT public.relations relations_pkey

ALTER TABLE ONLY public.relations
    ADD CONSTRAINT relations_pkey PRIMARY KEY (id);

-- CONSTRAINT public.turns turns_id_user_id_key

ALTER TABLE ONLY public.turns
    ADD CONSTRAINT turns_id_user_id_key UNIQUE (id, user_id);

-- CONSTRAINT public.turns turns_pkey

ALTER TABLE ONLY public.turns
    ADD CONSTRAINT turns_pkey PRIMARY KEY (id);

-- CONSTRAINT vecs.memories_entities memories_entities_pkey

ALTER TABLE ONLY vecs.memories_entities
    ADD CONSTRAINT memories_entities_pkey PRIMARY KEY (id);

-- CONSTRAINT vecs.memories memories_id_owner_key

ALTER TABLE ONLY vecs.memories
    ADD CONSTRAINT memories_id_owner_key UNIQUE (id, owner);

-- CONSTRAINT vecs.memories memories_pkey

ALTER TABLE ONLY vecs.memories
    ADD CONSTRAINT memories_pkey PRIMARY KEY (id);

-- INDEX private.account_notices_by_session

CREATE INDEX account_notices_by_session ON private.account_notices USING btree (by_session);

-- INDEX private.account_notices_by_user

CREATE INDEX account_notices_by_user ON private.account_notices USING btree (user_id, id);

-- INDEX private.attempts_by_end

CREATE INDEX attempts_by_end ON private.attempts USING btree (ends_at);

-- INDEX private.browser_sessions_by_expiry

CREATE INDEX browser_sessions_by_expiry ON private.browser_sessions USING btree (expires_at);

-- INDEX private.browser_sessions_by_user

CREATE INDEX browser_sessions_by_user ON private.browser_sessions USING btree (user_id);

-- INDEX private.provider_flows_by_browser

CREATE INDEX provider_flows_by_browser ON private.provider_flows USING btree (browser_hash);

-- INDEX private.provider_flows_by_expiry

CREATE INDEX provider_flows_by_expiry ON private.provider_flows USING btree (expires_at);

-- INDEX private.session_tickets_by_session

CREATE INDEX session_tickets_by_session ON private.session_tickets USING btree (session_id);

-- INDEX private.throw_away_accounts_by_person

CREATE INDEX throw_away_accounts_by_person ON private.throw_away_accounts USING btree (made_for, purpose);

-- INDEX private.uses_under_way_by_person

CREATE INDEX uses_under_way_by_person ON private.uses_under_way USING btree (user_id);

-- INDEX public.access_tokens_by_user

CREATE INDEX access_tokens_by_user ON public.access_tokens USING btree (user_id);

-- INDEX public.attachments_by_user

CREATE INDEX attachments_by_user ON public.attachments USING btree (user_id);

-- INDEX public.conversations_by_user

CREATE INDEX conversations_by_user ON public.conversations USING btree (user_id, updated_at DESC);

-- INDEX public.earlier_answers_by_user

CREATE INDEX earlier_answers_by_user ON public.earlier_answers USING btree (user_id);

-- INDEX public.entities_by_user

CREATE INDEX entities_by_user ON public.entities USING btree (user_id);

-- INDEX public.entities_one_self

CREATE UNIQUE INDEX entities_one_self ON public.entities USING btree (user_id) WHERE is_self;

-- INDEX public.entity_names_by_key

CREATE INDEX entity_names_by_key ON public.entity_names USING btree (user_id, key);

-- INDEX public.memory_checks_by_because_of

CREATE INDEX memory_checks_by_because_of ON public.memory_checks USING btree (because_of, user_id);

-- INDEX public.memory_checks_by_user

CREATE INDEX memory_checks_by_user ON public.memory_checks USING btree (user_id);

-- INDEX public.memory_entities_by_entity

CREATE INDEX memory_entities_by_entity ON public.memory_entities USING btree (entity_id, user_id);

-- INDEX public.memory_entities_by_user

CREATE INDEX memory_entities_by_user ON public.memory_entities USING btree (user_id);

-- INDEX public.memory_history_by_memory

CREATE INDEX memory_history_by_memory ON public.memory_history USING btree (user_id, memory_id, seq);

-- INDEX public.memory_history_by_turn

CREATE INDEX memory_history_by_turn ON public.memory_history USING btree (turn_id);

-- INDEX public.memory_passages_by_memory

CREATE INDEX memory_passages_by_memory ON public.memory_passages USING btree (memory_id, user_id);

-- INDEX public.messages_by_user

CREATE INDEX messages_by_user ON public.messages USING btree (user_id);

-- INDEX public.messages_streaming

CREATE INDEX messages_streaming ON public.messages USING btree (updated_at) WHERE (state = 'streaming'::text);

-- INDEX public.preferences_let_out_at

CREATE INDEX preferences_let_out_at ON public.preferences USING btree (let_out_at) WHERE (let_out_at IS NOT NULL);

-- INDEX public.recalled_memories_by_memory

CREATE INDEX recalled_memories_by_memory ON public.recalled_memories USING btree (memory_id);

-- INDEX public.recalled_memories_by_user

CREATE INDEX recalled_memories_by_user ON public.recalled_memories USING btree (user_id);

-- INDEX public.recalled_memories_once

CREATE UNIQUE INDEX recalled_memories_once ON public.recalled_memories USING btree (turn_id, answer_number, memory_id);

-- INDEX public.recalled_memories_platform_once

CREATE UNIQUE INDEX recalled_memories_platform_once ON public.recalled_memories USING btree (turn_id, answer_number, platform_id);

-- INDEX public.relations_by_memory_object

CREATE INDEX relations_by_memory_object ON public.relations USING btree (memory_id, object_id);

-- INDEX public.relations_by_object

CREATE INDEX relations_by_object ON public.relations USING btree (object_id);

-- INDEX public.relations_by_subject

CREATE INDEX relations_by_subject ON public.relations USING btree (subject_id);

-- INDEX public.relations_by_user

CREATE INDEX relations_by_user ON public.relations USING btree (user_id);

-- INDEX public.turns_by_conversation

CREATE INDEX turns_by_conversation ON public.turns USING btree (conversation_id, seq);

-- INDEX public.turns_by_hidden_with

CREATE INDEX turns_by_hidden_with ON public.turns USING btree (hidden_with) WHERE (hidden_with IS NOT NULL);

-- INDEX public.turns_by_user

CREATE INDEX turns_by_user ON public.turns USING btree (user_id);

-- INDEX public.turns_by_version

CREATE INDEX turns_by_version ON public.turns USING btree (version_of) WHERE (version_of IS NOT NULL);

-- INDEX public.turns_to_remember

CREATE INDEX turns_to_remember ON public.turns USING btree (memory_due_at) WHERE (memory_state = ANY (ARRAY['pending'::text, 'working'::text]));

-- INDEX public.turns_with_receipts

CREATE INDEX turns_with_receipts ON public.turns USING btree (created_at) WHERE (recall_state = 'done'::text);

-- INDEX vecs.memories_by_owner

CREATE INDEX memories_by_owner ON vecs.memories USING btree (owner, seq DESC);

-- INDEX vecs.memories_by_turn

CREATE INDEX memories_by_turn ON vecs.memories USING btree (turn_id);

-- INDEX vecs.memories_entities_by_owner

CREATE INDEX memories_entities_by_owner ON vecs.memories_entities USING btree (owner);

-- INDEX vecs.memories_fts

CREATE INDEX memories_fts ON vecs.memories USING gin (fts);

-- INDEX vecs.memories_superseded_by

CREATE INDEX memories_superseded_by ON vecs.memories USING btree (superseded_by);

-- INDEX vecs.memories_that_hold

CREATE INDEX memories_that_hold ON vecs.memories USING btree (owner, seq DESC) WHERE ((invalid_at IS NULL) AND (waits_for IS NULL));

-- TRIGGER public.memory_entities drop_unmentioned_entities

CREATE TRIGGER drop_unmentioned_entities AFTER DELETE ON public.memory_entities REFERENCING OLD TABLE AS old_mentions FOR EACH STATEMENT EXECUTE FUNCTION private.drop_unmentioned_entities();

-- TRIGGER public.turns heed_pause_when_said

CREATE TRIGGER heed_pause_when_said BEFORE INSERT ON public.turns FOR EACH ROW WHEN ((new.memory_state = 'waiting'::text)) EXECUTE FUNCTION private.heed_pause();

-- TRIGGER public.turns heed_pause_when_saved

CREATE TRIGGER heed_pause_when_saved BEFORE UPDATE OF memory_state ON public.turns FOR EACH ROW WHEN (((old.memory_state = 'waiting'::text) AND (new.memory_state = 'pending'::text))) EXECUTE FUNCTION private.heed_pause();

-- TRIGGER public.turns heed_pause_when_shown_again

CREATE TRIGGER heed_pause_when_shown_again BEFORE UPDATE OF memory_state ON public.turns FOR EACH ROW WHEN (((old.memory_state = 'hidden'::text) AND (new.memory_state = 'pending'::text))) EXECUTE FUNCTION private.heed_pause();

-- TRIGGER public.audit_log keep_lines

CREATE TRIGGER keep_lines BEFORE DELETE OR UPDATE ON public.audit_log FOR EACH ROW EXECUTE FUNCTION private.keep_audit_log();

-- TRIGGER public.audit_log keep_table

CREATE TRIGGER keep_table BEFORE TRUNCATE ON public.audit_log FOR EACH STATEMENT EXECUTE FUNCTION private.keep_audit_log();

-- TRIGGER public.preferences note_let_out

CREATE TRIGGER note_let_out BEFORE UPDATE OF kinds_inside ON public.preferences FOR EACH ROW WHEN ((NOT (old.kinds_inside <@ new.kinds_inside))) EXECUTE FUNCTION private.note_let_out();

-- TRIGGER vecs.memories drop_checks

CREATE TRIGGER drop_checks AFTER UPDATE OF metadata ON vecs.memories FOR EACH ROW WHEN (((old.metadata ->> 'data'::text) IS DISTINCT FROM (new.metadata ->> 'data'::text))) EXECUTE FUNCTION private.drop_checks();

-- TRIGGER vecs.memories drop_cues

CREATE TRIGGER drop_cues BEFORE UPDATE OF metadata ON vecs.memories FOR EACH ROW WHEN ((((old.metadata ->> 'data'::text) IS DISTINCT FROM (new.metadata ->> 'data'::text)) AND ((new.metadata -> 'cues'::text) = (old.metadata -> 'cues'::text)))) EXECUTE FUNCTION private.drop_cues();

-- TRIGGER vecs.memories drop_passages

CREATE TRIGGER drop_passages AFTER UPDATE OF metadata ON vecs.memories FOR EACH ROW WHEN (((old.metadata ->> 'data'::text) IS DISTINCT FROM (new.metadata ->> 'data'::text))) EXECUTE FUNCTION private.drop_passages();

-- TRIGGER vecs.memories forget_deleted

CREATE TRIGGER forget_deleted AFTER DELETE ON vecs.memories REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION private.forget_deleted();

-- TRIGGER vecs.memories point_to_own_rows

CREATE TRIGGER point_to_own_rows BEFORE INSERT OR UPDATE OF turn_id, superseded_by ON vecs.memories FOR EACH ROW WHEN (((new.turn_id IS NOT NULL) OR (new.superseded_by IS NOT NULL))) EXECUTE FUNCTION private.point_to_own_rows();

-- FK CONSTRAINT private.account_notices account_notices_by_session_fkey

ALTER TABLE ONLY private.account_notices
    ADD CONSTRAINT account_notices_by_session_fkey FOREIGN KEY (by_session) REFERENCES private.browser_sessions(id) ON DELETE SET NULL;

-- FK CONSTRAINT private.account_notices account_notices_user_id_fkey

ALTER TABLE ONLY private.account_notices
    ADD CONSTRAINT account_notices_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;

-- FK CONSTRAINT private.audit_heads audit_heads_user_id_fkey

ALTER TABLE ONLY private.audit_heads
    ADD CONSTRAINT audit_heads_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;

-- FK CONSTRAINT private.browser_sessions browser_sessions_user_id_fkey

ALTER TABLE ONLY private.browser_sessions
    ADD CONSTRAINT browser_sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;

-- FK CONSTRAINT private.fair_use fair_use_user_id_fkey

ALTER TABLE ONLY private.fair_use
    ADD CONSTRAINT fair_use_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;

-- FK CONSTRAINT private.known_browsers known_browsers_user_id_fkey

ALTER TABLE ONLY private.known_browsers
    ADD CONSTRAINT known_browsers_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;

-- FK CONSTRAINT private.own_user_ids own_user_ids_user_id_fkey

ALTER TABLE ONLY private.own_user_ids
    ADD CONSTRAINT own_user_ids_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;

-- FK CONSTRAINT private.session_tickets session_tickets_session_id_fkey

ALTER TABLE ONLY private.session_tickets
    ADD CONSTRAINT session_tickets_session_id_fkey FOREIGN KEY (session_id) REFERENCES private.browser_sessions(id) ON DELETE CASCADE;

-- FK CONSTRAINT private.uses_under_way uses_under_way_user_id_fkey

ALTER TABLE ONLY private.uses_under_way
    ADD CONSTRAINT uses_under_way_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;

-- FK CONSTRAINT public.access_tokens access_tokens_user_id_fkey

ALTER TABLE ONLY public.access_tokens
    ADD CONSTRAINT access_tokens_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;

-- FK CONSTRAINT public.attachments attachments_turn_id_user_id_fkey

ALTER TABLE ONLY public.attachments
    ADD CONSTRAINT attachments_turn_id_user_id_fkey FOREIGN KEY (turn_id, user_id) REFERENCES public.turns(id, user_id) ON DELETE CASCADE;

-- FK CONSTRAINT public.attachments attachments_user_id_fkey

ALTER TABLE ONLY public.attachments
    ADD CONSTRAINT attachments_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;

-- FK CONSTRAINT public.audit_log audit_log_user_id_fkey

ALTER TABLE ONLY public.audit_log
    ADD CONSTRAINT audit_log_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;

-- FK CONSTRAINT public.conversations conversations_user_id_fkey

ALTER TABLE ONLY public.conversations
    ADD CONSTRAINT conversations_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;

-- FK CONSTRAINT public.earlier_answers earlier_answers_turn_id_user_id_fkey

ALTER TABLE ONLY public.earlier_answers
    ADD CONSTRAINT earlier_answers_turn_id_user_id_fkey FOREIGN KEY (turn_id, user_id) REFERENCES public.turns(id, user_id) ON DELETE CASCADE;

-- FK CONSTRAINT public.earlier_answers earlier_answers_user_id_fkey

ALTER TABLE ONLY public.earlier_answers
    ADD CONSTRAINT earlier_answers_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;

-- FK CONSTRAINT public.entities entities_user_id_fkey

ALTER TABLE ONLY public.entities
    ADD CONSTRAINT entities_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;

-- FK CONSTRAINT public.entity_names entity_names_memory_id_entity_id_user_id_fkey

ALTER TABLE ONLY public.entity_names
    ADD CONSTRAINT entity_names_memory_id_entity_id_user_id_fkey FOREIGN KEY (memory_id, entity_id, user_id) REFERENCES public.memory_entities(memory_id, entity_id, user_id) ON DELETE CASCADE;

-- FK CONSTRAINT public.entity_names entity_names_user_id_fkey

ALTER TABLE ONLY public.entity_names
    ADD CONSTRAINT entity_names_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;

-- FK CONSTRAINT public.memory_checks memory_checks_because_of_fkey

ALTER TABLE ONLY public.memory_checks
    ADD CONSTRAINT memory_checks_because_of_fkey FOREIGN KEY (because_of, user_id) REFERENCES vecs.memories(id, owner) ON DELETE CASCADE;

-- FK CONSTRAINT public.memory_checks memory_checks_memory_fkey

ALTER TABLE ONLY public.memory_checks
    ADD CONSTRAINT memory_checks_memory_fkey FOREIGN KEY (memory_id, user_id) REFERENCES vecs.memories(id, owner) ON DELETE CASCADE;

-- FK CONSTRAINT public.memory_checks memory_checks_user_id_fkey

ALTER TABLE ONLY public.memory_checks
    ADD CONSTRAINT memory_checks_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;

-- FK CONSTRAINT public.memory_entities memory_entities_entity_id_user_id_fkey

ALTER TABLE ONLY public.memory_entities
    ADD CONSTRAINT memory_entities_entity_id_user_id_fkey FOREIGN KEY (entity_id, user_id) REFERENCES public.entities(id, user_id) ON DELETE CASCADE;

-- FK CONSTRAINT public.memory_entities memory_entities_memory_fkey

ALTER TABLE ONLY public.memory_entities
    ADD CONSTRAINT memory_entities_memory_fkey FOREIGN KEY (memory_id, user_id) REFERENCES vecs.memories(id, owner) ON DELETE CASCADE;

-- FK CONSTRAINT public.memory_entities memory_entities_user_id_fkey

ALTER TABLE ONLY public.memory_entities
    ADD CONSTRAINT memory_entities_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;

-- FK CONSTRAINT public.memory_history memory_history_turn_id_user_id_fkey

ALTER TABLE ONLY public.memory_history
    ADD CONSTRAINT memory_history_turn_id_user_id_fkey FOREIGN KEY (turn_id, user_id) REFERENCES public.turns(id, user_id) ON DELETE SET NULL (turn_id);

-- FK CONSTRAINT public.memory_history memory_history_user_id_fkey

ALTER TABLE ONLY public.memory_history
    ADD CONSTRAINT memory_history_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;

-- FK CONSTRAINT public.memory_passages memory_passages_memory_fkey

ALTER TABLE ONLY public.memory_passages
    ADD CONSTRAINT memory_passages_memory_fkey FOREIGN KEY (memory_id, user_id) REFERENCES vecs.memories(id, owner) ON DELETE CASCADE;

-- FK CONSTRAINT public.memory_passages memory_passages_user_id_fkey

ALTER TABLE ONLY public.memory_passages
    ADD CONSTRAINT memory_passages_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;

-- FK CONSTRAINT public.messages messages_turn_id_user_id_fkey

ALTER TABLE ONLY public.messages
    ADD CONSTRAINT messages_turn_id_user_id_fkey FOREIGN KEY (turn_id, user_id) REFERENCES public.turns(id, user_id) ON DELETE CASCADE;

-- FK CONSTRAINT public.messages messages_user_id_fkey

ALTER TABLE ONLY public.messages
    ADD CONSTRAINT messages_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;

-- FK CONSTRAINT public.preferences preferences_user_id_fkey

ALTER TABLE ONLY public.preferences
    ADD CONSTRAINT preferences_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;

-- FK CONSTRAINT public.recalled_memories recalled_memories_memory_fkey

ALTER TABLE ONLY public.recalled_memories
    ADD CONSTRAINT recalled_memories_memory_fkey FOREIGN KEY (memory_id) REFERENCES vecs.memories(id) ON DELETE CASCADE;

-- FK CONSTRAINT public.recalled_memories recalled_memories_own_memory_fkey

ALTER TABLE ONLY public.recalled_memories
    ADD CONSTRAINT recalled_memories_own_memory_fkey FOREIGN KEY (memory_id, user_id) REFERENCES vecs.memories(id, owner) ON DELETE CASCADE;

-- FK CONSTRAINT public.recalled_memories recalled_memories_turn_id_user_id_fkey

ALTER TABLE ONLY public.recalled_memories
    ADD CONSTRAINT recalled_memories_turn_id_user_id_fkey FOREIGN KEY (turn_id, user_id) REFERENCES public.turns(id, user_id) ON DELETE CASCADE;

-- FK CONSTRAINT public.recalled_memories recalled_memories_user_id_fkey

ALTER TABLE ONLY public.recalled_memories
    ADD CONSTRAINT recalled_memories_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;

-- FK CONSTRAINT public.recovery_codes recovery_codes_user_id_fkey

ALTER TABLE ONLY public.recovery_codes
    ADD CONSTRAINT recovery_codes_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;

-- FK CONSTRAINT public.relations relations_memory_id_object_id_user_id_fkey

ALTER TABLE ONLY public.relations
    ADD CONSTRAINT relations_memory_id_object_id_user_id_fkey FOREIGN KEY (memory_id, object_id, user_id) REFERENCES public.memory_entities(memory_id, entity_id, user_id) ON DELETE CASCADE;

-- FK CONSTRAINT public.relations relations_memory_id_subject_id_user_id_fkey

ALTER TABLE ONLY public.relations
    ADD CONSTRAINT relations_memory_id_subject_id_user_id_fkey FOREIGN KEY (memory_id, subject_id, user_id) REFERENCES public.memory_entities(memory_id, entity_id, user_id) ON DELETE CASCADE;

-- FK CONSTRAINT public.relations relations_user_id_fkey

ALTER TABLE ONLY public.relations
    ADD CONSTRAINT relations_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;

-- FK CONSTRAINT public.turns turns_conversation_id_user_id_fkey

ALTER TABLE ONLY public.turns
    ADD CONSTRAINT turns_conversation_id_user_id_fkey FOREIGN KEY (conversation_id, user_id) REFERENCES public.conversations(id, user_id) ON DELETE CASCADE;

-- FK CONSTRAINT public.turns turns_hidden_with_user_id_fkey

ALTER TABLE ONLY public.turns
    ADD CONSTRAINT turns_hidden_with_user_id_fkey FOREIGN KEY (hidden_with, user_id) REFERENCES public.turns(id, user_id) ON DELETE CASCADE;

-- FK CONSTRAINT public.turns turns_user_id_fkey

ALTER TABLE ONLY public.turns
    ADD CONSTRAINT turns_user_id_fkey FOREIGN KEY (user_id) REFERENCES auth.users(id) ON DELETE CASCADE;

-- FK CONSTRAINT public.turns turns_version_of_user_id_fkey

ALTER TABLE ONLY public.turns
    ADD CONSTRAINT turns_version_of_user_id_fkey FOREIGN KEY (version_of, user_id) REFERENCES public.turns(id, user_id) ON DELETE CASCADE;

-- FK CONSTRAINT vecs.memories_entities memories_entities_owner_fkey

ALTER TABLE ONLY vecs.memories_entities
    ADD CONSTRAINT memories_entities_owner_fkey FOREIGN KEY (owner) REFERENCES auth.users(id) ON DELETE CASCADE;

-- FK CONSTRAINT vecs.memories memories_owner_fkey

ALTER TABLE ONLY vecs.memories
    ADD CONSTRAINT memories_owner_fkey FOREIGN KEY (owner) REFERENCES auth.users(id) ON DELETE CASCADE;

-- FK CONSTRAINT vecs.memories memories_superseded_by_fkey

ALTER TABLE ONLY vecs.memories
    ADD CONSTRAINT memories_superseded_by_fkey FOREIGN KEY (superseded_by) REFERENCES vecs.memories(id) ON DELETE SET NULL;

-- FK CONSTRAINT vecs.memories memories_turn_fkey

ALTER TABLE ONLY vecs.memories
    ADD CONSTRAINT memories_turn_fkey FOREIGN KEY (turn_id) REFERENCES public.turns(id) ON DELETE SET NULL;

-- ROW SECURITY private.account_notices

ALTER TABLE private.account_notices ENABLE ROW LEVEL SECURITY;

-- ROW SECURITY private.attempts

ALTER TABLE private.attempts ENABLE ROW LEVEL SECURITY;

-- ROW SECURITY private.audit_heads

ALTER TABLE private.audit_heads ENABLE ROW LEVEL SECURITY;

-- ROW SECURITY private.browser_sessions

ALTER TABLE private.browser_sessions ENABLE ROW LEVEL SECURITY;

-- ROW SECURITY private.fair_use

ALTER TABLE private.fair_use ENABLE ROW LEVEL SECURITY;

-- ROW SECURITY private.known_browsers

ALTER TABLE private.known_browsers ENABLE ROW LEVEL SECURITY;

-- ROW SECURITY private.own_user_ids

ALTER TABLE private.own_user_ids ENABLE ROW LEVEL SECURITY;

-- ROW SECURITY private.provider_flows

ALTER TABLE private.provider_flows ENABLE ROW LEVEL SECURITY;

-- ROW SECURITY private.session_tickets

ALTER TABLE private.session_tickets ENABLE ROW LEVEL SECURITY;

-- ROW SECURITY private.throw_away_accounts

ALTER TABLE private.throw_away_accounts ENABLE ROW LEVEL SECURITY;

-- ROW SECURITY private.unowned_memories

ALTER TABLE private.unowned_memories ENABLE ROW LEVEL SECURITY;

-- ROW SECURITY private.uses_under_way

ALTER TABLE private.uses_under_way ENABLE ROW LEVEL SECURITY;

-- POLICY public.entities Users can add entities of their own

CREATE POLICY "Users can add entities of their own" ON public.entities FOR INSERT TO authenticated WITH CHECK ((user_id = ( SELECT auth.uid() AS uid)));

-- POLICY public.memory_passages Users can add passages of their own memories

CREATE POLICY "Users can add passages of their own memories" ON public.memory_passages FOR INSERT TO authenticated WITH CHECK ((user_id = ( SELECT auth.uid() AS uid)));

-- POLICY public.relations Users can add relations of their own

CREATE POLICY "Users can add relations of their own" ON public.relations FOR INSERT TO authenticated WITH CHECK ((user_id = ( SELECT auth.uid() AS uid)));

-- POLICY public.memory_history Users can add to their own history

CREATE POLICY "Users can add to their own history" ON public.memory_history FOR INSERT TO authenticated WITH CHECK ((user_id = ( SELECT auth.uid() AS uid)));

-- POLICY public.attachments Users can attach files of their own

CREATE POLICY "Users can attach files of their own" ON public.attachments FOR INSERT TO authenticated WITH CHECK ((user_id = ( SELECT auth.uid() AS uid)));

-- POLICY public.attachments Users can change their own attachments

CREATE POLICY "Users can change their own attachments" ON public.attachments FOR UPDATE TO authenticated USING ((user_id = ( SELECT auth.uid() AS uid))) WITH CHECK ((user_id = ( SELECT auth.uid() AS uid)));

-- POLICY public.conversations Users can change their own conversations

CREATE POLICY "Users can change their own conversations" ON public.conversations FOR UPDATE TO authenticated USING ((user_id = ( SELECT auth.uid() AS uid))) WITH CHECK ((user_id = ( SELECT auth.uid() AS uid)));

-- POLICY public.earlier_answers Users can change their own earlier answers

CREATE POLICY "Users can change their own earlier answers" ON public.earlier_answers FOR UPDATE TO authenticated USING ((user_id = ( SELECT auth.uid() AS uid))) WITH CHECK ((user_id = ( SELECT auth.uid() AS uid)));

-- POLICY public.entities Users can change their own entities

CREATE POLICY "Users can change their own entities" ON public.entities FOR UPDATE TO authenticated USING ((user_id = ( SELECT auth.uid() AS uid))) WITH CHECK ((user_id = ( SELECT auth.uid() AS uid)));

-- POLICY public.messages Users can change their own messages

CREATE POLICY "Users can change their own messages" ON public.messages FOR UPDATE TO authenticated USING ((user_id = ( SELECT auth.uid() AS uid))) WITH CHECK ((user_id = ( SELECT auth.uid() AS uid)));

-- POLICY public.preferences Users can change their own preferences

CREATE POLICY "Users can change their own preferences" ON public.preferences FOR UPDATE TO authenticated USING ((user_id = ( SELECT auth.uid() AS uid))) WITH CHECK ((user_id = ( SELECT auth.uid() AS uid)));

-- POLICY public.turns Users can change their own turns

CREATE POLICY "Users can change their own turns" ON public.turns FOR UPDATE TO authenticated USING ((user_id = ( SELECT auth.uid() AS uid))) WITH CHECK ((user_id = ( SELECT auth.uid() AS uid)));

-- POLICY public.memory_entities Users can change what their memories mention

CREATE POLICY "Users can change what their memories mention" ON public.memory_entities FOR UPDATE TO authenticated USING ((user_id = ( SELECT auth.uid() AS uid))) WITH CHECK ((user_id = ( SELECT auth.uid() AS uid)));

-- POLICY public.entity_names Users can delete the names of their entities

CREATE POLICY "Users can delete the names of their entities" ON public.entity_names FOR DELETE TO authenticated USING ((user_id = ( SELECT auth.uid() AS uid)));

-- POLICY public.attachments Users can delete their own attachments

CREATE POLICY "Users can delete their own attachments" ON public.attachments FOR DELETE TO authenticated USING ((user_id = ( SELECT auth.uid() AS uid)));

-- POLICY public.conversations Users can delete their own conversations

CREATE POLICY "Users can delete their own conversations" ON public.conversations FOR DELETE TO authenticated USING ((user_id = ( SELECT auth.uid() AS uid)));

-- POLICY public.earlier_answers Users can delete their own earlier answers

CREATE POLICY "Users can delete their own earlier answers" ON public.earlier_answers FOR DELETE TO authenticated USING ((user_id = ( SELECT auth.uid() AS uid)));

-- POLICY public.entities Users can delete their own entities

CREATE POLICY "Users can delete their own entities" ON public.entities FOR DELETE TO authenticated USING ((user_id = ( SELECT auth.uid() AS uid)));

-- POLICY public.memory_history Users can delete their own history

CREATE POLICY "Users can delete their own history" ON public.memory_history FOR DELETE TO authenticated USING ((user_id = ( SELECT auth.uid() AS uid)));

-- POLICY public.messages Users can delete their own messages

CREATE POLICY "Users can delete their own messages" ON public.messages FOR DELETE TO authenticated USING ((user_id = ( SELECT auth.uid() AS uid)));

-- POLICY public.memory_passages Users can delete their own passages

CREATE POLICY "Users can delete their own passages" ON public.memory_passages FOR DELETE TO authenticated USING ((user_id = ( SELECT auth.uid() AS uid)));

-- POLICY public.preferences Users can delete their own preferences

CREATE POLICY "Users can delete their own preferences" ON public.preferences FOR DELETE TO authenticated USING ((user_id = ( SELECT auth.uid() AS uid)));

-- POLICY public.relations Users can delete their own relations

CREATE POLICY "Users can delete their own relations" ON public.relations FOR DELETE TO authenticated USING ((user_id = ( SELECT auth.uid() AS uid)));

-- POLICY public.turns Users can delete their own turns

CREATE POLICY "Users can delete their own turns" ON public.turns FOR DELETE TO authenticated USING ((user_id = ( SELECT auth.uid() AS uid)));

-- POLICY public.memory_entities Users can delete what their memories mention

CREATE POLICY "Users can delete what their memories mention" ON public.memory_entities FOR DELETE TO authenticated USING ((user_id = ( SELECT auth.uid() AS uid)));

-- POLICY public.recalled_memories Users can delete what was recalled for them

CREATE POLICY "Users can delete what was recalled for them" ON public.recalled_memories FOR DELETE TO authenticated USING ((user_id = ( SELECT auth.uid() AS uid)));

-- POLICY public.earlier_answers Users can keep earlier answers of their own

CREATE POLICY "Users can keep earlier answers of their own" ON public.earlier_answers FOR INSERT TO authenticated WITH CHECK ((user_id = ( SELECT auth.uid() AS uid)));

-- POLICY public.access_tokens Users can make access tokens of their own

CREATE POLICY "Users can make access tokens of their own" ON public.access_tokens FOR INSERT TO authenticated WITH CHECK ((user_id = ( SELECT auth.uid() AS uid)));

-- POLICY public.memory_checks Users can mark again what they are to check

CREATE POLICY "Users can mark again what they are to check" ON public.memory_checks FOR UPDATE TO authenticated USING ((user_id = ( SELECT auth.uid() AS uid))) WITH CHECK ((user_id = ( SELECT auth.uid() AS uid)));

-- POLICY public.memory_checks Users can mark what they are to check

CREATE POLICY "Users can mark what they are to check" ON public.memory_checks FOR INSERT TO authenticated WITH CHECK ((user_id = ( SELECT auth.uid() AS uid)));

-- POLICY public.entity_names Users can name entities of their own

CREATE POLICY "Users can name entities of their own" ON public.entity_names FOR INSERT TO authenticated WITH CHECK ((user_id = ( SELECT auth.uid() AS uid)));

-- POLICY public.memory_entities Users can note what their memories mention

CREATE POLICY "Users can note what their memories mention" ON public.memory_entities FOR INSERT TO authenticated WITH CHECK ((user_id = ( SELECT auth.uid() AS uid)));

-- POLICY public.recalled_memories Users can note what was recalled for them

CREATE POLICY "Users can note what was recalled for them" ON public.recalled_memories FOR INSERT TO authenticated WITH CHECK ((user_id = ( SELECT auth.uid() AS uid)));

-- POLICY public.entity_names Users can read the names of their entities

CREATE POLICY "Users can read the names of their entities" ON public.entity_names FOR SELECT TO authenticated USING ((user_id = ( SELECT auth.uid() AS uid)));

-- POLICY public.attachments Users can read their own attachments

CREATE POLICY "Users can read their own attachments" ON public.attachments FOR SELECT TO authenticated USING ((user_id = ( SELECT auth.uid() AS uid)));

-- POLICY public.audit_log Users can read their own audit log

CREATE POLICY "Users can read their own audit log" ON public.audit_log FOR SELECT TO authenticated USING ((user_id = ( SELECT auth.uid() AS uid)));

-- POLICY public.conversations Users can read their own conversations

CREATE POLICY "Users can read their own conversations" ON public.conversations FOR SELECT TO authenticated USING ((user_id = ( SELECT auth.uid() AS uid)));

-- POLICY public.earlier_answers Users can read their own earlier answers

CREATE POLICY "Users can read their own earlier answers" ON public.earlier_answers FOR SELECT TO authenticated USING ((user_id = ( SELECT auth.uid() AS uid)));

-- POLICY public.entities Users can read their own entities

CREATE POLICY "Users can read their own entities" ON public.entities FOR SELECT TO authenticated USING ((user_id = ( SELECT auth.uid() AS uid)));

-- POLICY public.memory_history Users can read their own history

CREATE POLICY "Users can read their own history" ON public.memory_history FOR SELECT TO authenticated USING ((user_id = ( SELECT auth.uid() AS uid)));

-- POLICY public.messages Users can read their own messages

CREATE POLICY "Users can read their own messages" ON public.messages FOR SELECT TO authenticated USING ((user_id = ( SELECT auth.uid() AS uid)));

-- POLICY public.memory_passages Users can read their own passages

CREATE POLICY "Users can read their own passages" ON public.memory_passages FOR SELECT TO authenticated USING ((user_id = ( SELECT auth.uid() AS uid)));

-- POLICY public.preferences Users can read their own preferences

CREATE POLICY "Users can read their own preferences" ON public.preferences FOR SELECT TO authenticated USING ((user_id = ( SELECT auth.uid() AS uid)));

-- POLICY public.relations Users can read their own relations

CREATE POLICY "Users can read their own relations" ON public.relations FOR SELECT TO authenticated USING ((user_id = ( SELECT auth.uid() AS uid)));

-- POLICY public.turns Users can read their own turns

CREATE POLICY "Users can read their own turns" ON public.turns FOR SELECT TO authenticated USING ((user_id = ( SELECT auth.uid() AS uid)));

-- POLICY public.memory_entities Users can read what their memories mention

CREATE POLICY "Users can read what their memories mention" ON public.memory_entities FOR SELECT TO authenticated USING ((user_id = ( SELECT auth.uid() AS uid)));

-- POLICY public.memory_checks Users can read what they are to check

CREATE POLICY "Users can read what they are to check" ON public.memory_checks FOR SELECT TO authenticated USING ((user_id = ( SELECT auth.uid() AS uid)));

-- POLICY public.recalled_memories Users can read what was recalled for them

CREATE POLICY "Users can read what was recalled for them" ON public.recalled_memories FOR SELECT TO authenticated USING ((user_id = ( SELECT auth.uid() AS uid)));

-- POLICY public.access_tokens Users can revoke their own access tokens

CREATE POLICY "Users can revoke their own access tokens" ON public.access_tokens FOR DELETE TO authenticated USING ((user_id = ( SELECT auth.uid() AS uid)));

-- POLICY public.memory_checks Users can say that they have checked

CREATE POLICY "Users can say that they have checked" ON public.memory_checks FOR DELETE TO authenticated USING ((user_id = ( SELECT auth.uid() AS uid)));

-- POLICY public.access_tokens Users can see their own access tokens

CREATE POLICY "Users can see their own access tokens" ON public.access_tokens FOR SELECT TO authenticated USING ((user_id = ( SELECT auth.uid() AS uid)));

-- POLICY public.recovery_codes Users can see their own recovery codes

CREATE POLICY "Users can see their own recovery codes" ON public.recovery_codes FOR SELECT TO authenticated USING ((user_id = ( SELECT auth.uid() AS uid)));

-- POLICY public.preferences Users can set their own preferences

CREATE POLICY "Users can set their own preferences" ON public.preferences FOR INSERT TO authenticated WITH CHECK ((user_id = ( SELECT auth.uid() AS uid)));

-- POLICY public.conversations Users can start conversations of their own

CREATE POLICY "Users can start conversations of their own" ON public.conversations FOR INSERT TO authenticated WITH CHECK ((user_id = ( SELECT auth.uid() AS uid)));

-- POLICY public.turns Users can take turns of their own

CREATE POLICY "Users can take turns of their own" ON public.turns FOR INSERT TO authenticated WITH CHECK ((user_id = ( SELECT auth.uid() AS uid)));

-- POLICY public.memory_history Users can tie their own history to their turns

CREATE POLICY "Users can tie their own history to their turns" ON public.memory_history FOR UPDATE TO authenticated USING ((user_id = ( SELECT auth.uid() AS uid))) WITH CHECK ((user_id = ( SELECT auth.uid() AS uid)));

-- POLICY public.messages Users can write messages of their own

CREATE POLICY "Users can write messages of their own" ON public.messages FOR INSERT TO authenticated WITH CHECK ((user_id = ( SELECT auth.uid() AS uid)));

-- POLICY public.access_tokens Whoever has a second factor needs it

CREATE POLICY "Whoever has a second factor needs it" ON public.access_tokens AS RESTRICTIVE TO authenticated USING (( SELECT own.proved_by_all_factors() AS proved_by_all_factors)) WITH CHECK (( SELECT own.proved_by_all_factors() AS proved_by_all_factors));

-- POLICY public.attachments Whoever has a second factor needs it

CREATE POLICY "Whoever has a second factor needs it" ON public.attachments AS RESTRICTIVE TO authenticated USING (( SELECT own.proved_by_all_factors() AS proved_by_all_factors)) WITH CHECK (( SELECT own.proved_by_all_factors() AS proved_by_all_factors));

-- POLICY public.audit_log Whoever has a second factor needs it

CREATE POLICY "Whoever has a second factor needs it" ON public.audit_log AS RESTRICTIVE TO authenticated USING (( SELECT own.proved_by_all_factors() AS proved_by_all_factors)) WITH CHECK (( SELECT own.proved_by_all_factors() AS proved_by_all_factors));

-- POLICY public.conversations Whoever has a second factor needs it

CREATE POLICY "Whoever has a second factor needs it" ON public.conversations AS RESTRICTIVE TO authenticated USING (( SELECT own.proved_by_all_factors() AS proved_by_all_factors)) WITH CHECK (( SELECT own.proved_by_all_factors() AS proved_by_all_factors));

-- POLICY public.earlier_answers Whoever has a second factor needs it

CREATE POLICY "Whoever has a second factor needs it" ON public.earlier_answers AS RESTRICTIVE TO authenticated USING (( SELECT own.proved_by_all_factors() AS proved_by_all_factors)) WITH CHECK (( SELECT own.proved_by_all_factors() AS proved_by_all_factors));

-- POLICY public.entities Whoever has a second factor needs it

CREATE POLICY "Whoever has a second factor needs it" ON public.entities AS RESTRICTIVE TO authenticated USING (( SELECT own.proved_by_all_factors() AS proved_by_all_factors)) WITH CHECK (( SELECT own.proved_by_all_factors() AS proved_by_all_factors));

-- POLICY public.entity_names Whoever has a second factor needs it

CREATE POLICY "Whoever has a second factor needs it" ON public.entity_names AS RESTRICTIVE TO authenticated USING (( SELECT own.proved_by_all_factors() AS proved_by_all_factors)) WITH CHECK (( SELECT own.proved_by_all_factors() AS proved_by_all_factors));

-- POLICY public.memory_checks Whoever has a second factor needs it

CREATE POLICY "Whoever has a second factor needs it" ON public.memory_checks AS RESTRICTIVE TO authenticated USING (( SELECT own.proved_by_all_factors() AS proved_by_all_factors)) WITH CHECK (( SELECT own.proved_by_all_factors() AS proved_by_all_factors));

-- POLICY public.memory_entities Whoever has a second factor needs it

CREATE POLICY "Whoever has a second factor needs it" ON public.memory_entities AS RESTRICTIVE TO authenticated USING (( SELECT own.proved_by_all_factors() AS proved_by_all_factors)) WITH CHECK (( SELECT own.proved_by_all_factors() AS proved_by_all_factors));

-- POLICY public.memory_history Whoever has a second factor needs it

CREATE POLICY "Whoever has a second factor needs it" ON public.memory_history AS RESTRICTIVE TO authenticated USING (( SELECT own.proved_by_all_factors() AS proved_by_all_factors)) WITH CHECK (( SELECT own.proved_by_all_factors() AS proved_by_all_factors));

-- POLICY public.memory_passages Whoever has a second factor needs it

CREATE POLICY "Whoever has a second factor needs it" ON public.memory_passages AS RESTRICTIVE TO authenticated USING (( SELECT own.proved_by_all_factors() AS proved_by_all_factors)) WITH CHECK (( SELECT own.proved_by_all_factors() AS proved_by_all_factors));

-- POLICY public.messages Whoever has a second factor needs it

CREATE POLICY "Whoever has a second factor needs it" ON public.messages AS RESTRICTIVE TO authenticated USING (( SELECT own.proved_by_all_factors() AS proved_by_all_factors)) WITH CHECK (( SELECT own.proved_by_all_factors() AS proved_by_all_factors));

-- POLICY public.preferences Whoever has a second factor needs it

CREATE POLICY "Whoever has a second factor needs it" ON public.preferences AS RESTRICTIVE TO authenticated USING (( SELECT own.proved_by_all_factors() AS proved_by_all_factors)) WITH CHECK (( SELECT own.proved_by_all_factors() AS proved_by_all_factors));

-- POLICY public.recalled_memories Whoever has a second factor needs it

CREATE POLICY "Whoever has a second factor needs it" ON public.recalled_memories AS RESTRICTIVE TO authenticated USING (( SELECT own.proved_by_all_factors() AS proved_by_all_factors)) WITH CHECK (( SELECT own.proved_by_all_factors() AS proved_by_all_factors));

-- POLICY public.recovery_codes Whoever has a second factor needs it

CREATE POLICY "Whoever has a second factor needs it" ON public.recovery_codes AS RESTRICTIVE TO authenticated USING (( SELECT own.proved_by_all_factors() AS proved_by_all_factors)) WITH CHECK (( SELECT own.proved_by_all_factors() AS proved_by_all_factors));

-- POLICY public.relations Whoever has a second factor needs it

CREATE POLICY "Whoever has a second factor needs it" ON public.relations AS RESTRICTIVE TO authenticated USING (( SELECT own.proved_by_all_factors() AS proved_by_all_factors)) WITH CHECK (( SELECT own.proved_by_all_factors() AS proved_by_all_factors));

-- POLICY public.turns Whoever has a second factor needs it

CREATE POLICY "Whoever has a second factor needs it" ON public.turns AS RESTRICTIVE TO authenticated USING (( SELECT own.proved_by_all_factors() AS proved_by_all_factors)) WITH CHECK (( SELECT own.proved_by_all_factors() AS proved_by_all_factors));

-- ROW SECURITY public.access_tokens

ALTER TABLE public.access_tokens ENABLE ROW LEVEL SECURITY;

-- ROW SECURITY public.attachments

ALTER TABLE public.attachments ENABLE ROW LEVEL SECURITY;

-- ROW SECURITY public.audit_log

ALTER TABLE public.audit_log ENABLE ROW LEVEL SECURITY;

-- ROW SECURITY public.conversations

ALTER TABLE public.conversations ENABLE ROW LEVEL SECURITY;

-- ROW SECURITY public.earlier_answers

ALTER TABLE public.earlier_answers ENABLE ROW LEVEL SECURITY;

-- ROW SECURITY public.entities

ALTER TABLE public.entities ENABLE ROW LEVEL SECURITY;

-- ROW SECURITY public.entity_names

ALTER TABLE public.entity_names ENABLE ROW LEVEL SECURITY;

-- ROW SECURITY public.memory_checks

ALTER TABLE public.memory_checks ENABLE ROW LEVEL SECURITY;

-- ROW SECURITY public.memory_entities

ALTER TABLE public.memory_entities ENABLE ROW LEVEL SECURITY;

-- ROW SECURITY public.memory_history

ALTER TABLE public.memory_history ENABLE ROW LEVEL SECURITY;

-- ROW SECURITY public.memory_passages

ALTER TABLE public.memory_passages ENABLE ROW LEVEL SECURITY;

-- ROW SECURITY public.messages

ALTER TABLE public.messages ENABLE ROW LEVEL SECURITY;

-- ROW SECURITY public.preferences

ALTER TABLE public.preferences ENABLE ROW LEVEL SECURITY;

-- ROW SECURITY public.recalled_memories

ALTER TABLE public.recalled_memories ENABLE ROW LEVEL SECURITY;

-- ROW SECURITY public.recovery_codes

ALTER TABLE public.recovery_codes ENABLE ROW LEVEL SECURITY;

-- ROW SECURITY public.relations

ALTER TABLE public.relations ENABLE ROW LEVEL SECURITY;

-- ROW SECURITY public.turns

ALTER TABLE public.turns ENABLE ROW LEVEL SECURITY;

-- POLICY vecs.memories Users can add their own

CREATE POLICY "Users can add their own" ON vecs.memories FOR INSERT TO authenticated WITH CHECK ((owner = ( SELECT auth.uid() AS uid)));

-- POLICY vecs.memories_entities Users can add their own

CREATE POLICY "Users can add their own" ON vecs.memories_entities FOR INSERT TO authenticated WITH CHECK ((owner = ( SELECT auth.uid() AS uid)));

-- POLICY vecs.memories Users can change their own

CREATE POLICY "Users can change their own" ON vecs.memories FOR UPDATE TO authenticated USING ((owner = ( SELECT auth.uid() AS uid))) WITH CHECK ((owner = ( SELECT auth.uid() AS uid)));

-- POLICY vecs.memories_entities Users can change their own

CREATE POLICY "Users can change their own" ON vecs.memories_entities FOR UPDATE TO authenticated USING ((owner = ( SELECT auth.uid() AS uid))) WITH CHECK ((owner = ( SELECT auth.uid() AS uid)));

-- POLICY vecs.memories Users can delete their own

CREATE POLICY "Users can delete their own" ON vecs.memories FOR DELETE TO authenticated USING ((owner = ( SELECT auth.uid() AS uid)));

-- POLICY vecs.memories_entities Users can delete their own

CREATE POLICY "Users can delete their own" ON vecs.memories_entities FOR DELETE TO authenticated USING ((owner = ( SELECT auth.uid() AS uid)));

-- POLICY vecs.memories Users can read their own

CREATE POLICY "Users can read their own" ON vecs.memories FOR SELECT TO authenticated USING ((owner = ( SELECT auth.uid() AS uid)));

-- POLICY vecs.memories_entities Users can read their own

CREATE POLICY "Users can read their own" ON vecs.memories_entities FOR SELECT TO authenticated USING ((owner = ( SELECT auth.uid() AS uid)));

-- ROW SECURITY vecs.memories

ALTER TABLE vecs.memories ENABLE ROW LEVEL SECURITY;

-- ROW SECURITY vecs.memories_entities

ALTER TABLE vecs.memories_entities ENABLE ROW LEVEL SECURITY;

-- ACL SCHEMA own

GRANT USAGE ON SCHEMA own TO authenticated;

-- ACL SCHEMA private

GRANT USAGE ON SCHEMA private TO keepsake_server;

-- ACL SCHEMA public

GRANT ALL ON SCHEMA public TO postgres;
GRANT USAGE ON SCHEMA public TO anon;
GRANT USAGE ON SCHEMA public TO authenticated;
GRANT USAGE ON SCHEMA public TO service_role;

-- ACL SCHEMA vecs

GRANT USAGE ON SCHEMA vecs TO authenticated;

-- ACL own.FUNCTION begin_keeping(about text[], turn_ids uuid[], lease uuid, keys text[], long_keys text[])

REVOKE ALL ON FUNCTION own.begin_keeping(about text[], turn_ids uuid[], lease uuid, keys text[], long_keys text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION own.begin_keeping(about text[], turn_ids uuid[], lease uuid, keys text[], long_keys text[]) TO authenticated;

-- ACL own.FUNCTION bring_rows(place text, contents jsonb)

REVOKE ALL ON FUNCTION own.bring_rows(place text, contents jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION own.bring_rows(place text, contents jsonb) TO authenticated;

-- ACL own.FUNCTION conversation_family()

REVOKE ALL ON FUNCTION own.conversation_family() FROM PUBLIC;
GRANT ALL ON FUNCTION own.conversation_family() TO authenticated;

-- ACL own.FUNCTION describe_memories(graph jsonb)

REVOKE ALL ON FUNCTION own.describe_memories(graph jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION own.describe_memories(graph jsonb) TO authenticated;

-- ACL own.FUNCTION extras_of(metadata jsonb)

REVOKE ALL ON FUNCTION own.extras_of(metadata jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION own.extras_of(metadata jsonb) TO authenticated;

-- ACL own.FUNCTION holds_at(began timestamp with time zone, ended timestamp with time zone, moment timestamp with time zone, named timestamp with time zone)

REVOKE ALL ON FUNCTION own.holds_at(began timestamp with time zone, ended timestamp with time zone, moment timestamp with time zone, named timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION own.holds_at(began timestamp with time zone, ended timestamp with time zone, moment timestamp with time zone, named timestamp with time zone) TO authenticated;

-- ACL own.FUNCTION keep_memories(changes jsonb, graph jsonb)

REVOKE ALL ON FUNCTION own.keep_memories(changes jsonb, graph jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION own.keep_memories(changes jsonb, graph jsonb) TO authenticated;

-- ACL own.FUNCTION keep_recovery_codes(hashes bytea[])

REVOKE ALL ON FUNCTION own.keep_recovery_codes(hashes bytea[]) FROM PUBLIC;
GRANT ALL ON FUNCTION own.keep_recovery_codes(hashes bytea[]) TO authenticated;

-- ACL own.FUNCTION key_of(tbl regclass)

REVOKE ALL ON FUNCTION own.key_of(tbl regclass) FROM PUBLIC;
GRANT ALL ON FUNCTION own.key_of(tbl regclass) TO authenticated;

-- ACL own.FUNCTION known_entities(named text[], mistypable text[])

REVOKE ALL ON FUNCTION own.known_entities(named text[], mistypable text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION own.known_entities(named text[], mistypable text[]) TO authenticated;

-- ACL own.FUNCTION leaned_on(asked text, answered text, language text, notes text[])

REVOKE ALL ON FUNCTION own.leaned_on(asked text, answered text, language text, notes text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION own.leaned_on(asked text, answered text, language text, notes text[]) TO authenticated;

-- ACL own.FUNCTION matches(metadata jsonb, wanted jsonb)

REVOKE ALL ON FUNCTION own.matches(metadata jsonb, wanted jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION own.matches(metadata jsonb, wanted jsonb) TO authenticated;

-- ACL own.FUNCTION memories_version()

REVOKE ALL ON FUNCTION own.memories_version() FROM PUBLIC;
GRANT ALL ON FUNCTION own.memories_version() TO authenticated;

-- ACL own.FUNCTION note_audit(event text, how_many integer, browser text)

REVOKE ALL ON FUNCTION own.note_audit(event text, how_many integer, browser text) FROM PUBLIC;
GRANT ALL ON FUNCTION own.note_audit(event text, how_many integer, browser text) TO authenticated;

-- ACL own.FUNCTION proved_by_all_factors()

REVOKE ALL ON FUNCTION own.proved_by_all_factors() FROM PUBLIC;
GRANT ALL ON FUNCTION own.proved_by_all_factors() TO authenticated;

-- ACL own.FUNCTION put_back_links(place text, contents text[])

REVOKE ALL ON FUNCTION own.put_back_links(place text, contents text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION own.put_back_links(place text, contents text[]) TO authenticated;

-- ACL own.FUNCTION put_back_rows(place text, contents text[])

REVOKE ALL ON FUNCTION own.put_back_rows(place text, contents text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION own.put_back_rows(place text, contents text[]) TO authenticated;

-- ACL own.FUNCTION rank_memories(asked_vec text, asked text, as_of timestamp with time zone, with_past boolean, top_k integer)

REVOKE ALL ON FUNCTION own.rank_memories(asked_vec text, asked text, as_of timestamp with time zone, with_past boolean, top_k integer) FROM PUBLIC;
GRANT ALL ON FUNCTION own.rank_memories(asked_vec text, asked text, as_of timestamp with time zone, with_past boolean, top_k integer) TO authenticated;

-- ACL own.FUNCTION stays_inside(memory text, metadata jsonb)

REVOKE ALL ON FUNCTION own.stays_inside(memory text, metadata jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION own.stays_inside(memory text, metadata jsonb) TO authenticated;

-- ACL own.FUNCTION take_out_conversation(conversation uuid)

REVOKE ALL ON FUNCTION own.take_out_conversation(conversation uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION own.take_out_conversation(conversation uuid) TO authenticated;

-- ACL own.FUNCTION telling_words(said text, language regconfig)

REVOKE ALL ON FUNCTION own.telling_words(said text, language regconfig) FROM PUBLIC;
GRANT ALL ON FUNCTION own.telling_words(said text, language regconfig) TO authenticated;

-- ACL own.FUNCTION value_matches(have jsonb, wanted jsonb)

REVOKE ALL ON FUNCTION own.value_matches(have jsonb, wanted jsonb) FROM PUBLIC;
GRANT ALL ON FUNCTION own.value_matches(have jsonb, wanted jsonb) TO authenticated;

-- ACL private.FUNCTION ask_for_all_factors(wanted regclass)

REVOKE ALL ON FUNCTION private.ask_for_all_factors(wanted regclass) FROM PUBLIC;

-- ACL private.FUNCTION audit_hash(before bytea, person uuid, number bigint, at timestamp with time zone, event text, how_many integer, browser text)

REVOKE ALL ON FUNCTION private.audit_hash(before bytea, person uuid, number bigint, at timestamp with time zone, event text, how_many integer, browser text) FROM PUBLIC;

-- ACL private.FUNCTION begin_embedding(collection text, dims integer, model text)

REVOKE ALL ON FUNCTION private.begin_embedding(collection text, dims integer, model text) FROM PUBLIC;

-- ACL private.FUNCTION begin_provider_flow(hash bytea, browser bytea, sealed bytea, seconds integer)

REVOKE ALL ON FUNCTION private.begin_provider_flow(hash bytea, browser bytea, sealed bytea, seconds integer) FROM PUBLIC;
GRANT ALL ON FUNCTION private.begin_provider_flow(hash bytea, browser bytea, sealed bytea, seconds integer) TO keepsake_server;

-- ACL private.FUNCTION begin_throw_aways(person uuid, wanted text, how_many integer, lifetime_s integer)

REVOKE ALL ON FUNCTION private.begin_throw_aways(person uuid, wanted text, how_many integer, lifetime_s integer) FROM PUBLIC;
GRANT ALL ON FUNCTION private.begin_throw_aways(person uuid, wanted text, how_many integer, lifetime_s integer) TO keepsake_server;

-- ACL private.FUNCTION begin_use(person uuid, new_answers integer, new_messages integer, new_bytes bigint, most_at_once integer, most_a_minute integer, most_bytes bigint, most_tokens bigint, lease_s integer, ended uuid[], spent bigint)

REVOKE ALL ON FUNCTION private.begin_use(person uuid, new_answers integer, new_messages integer, new_bytes bigint, most_at_once integer, most_a_minute integer, most_bytes bigint, most_tokens bigint, lease_s integer, ended uuid[], spent bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION private.begin_use(person uuid, new_answers integer, new_messages integer, new_bytes bigint, most_at_once integer, most_a_minute integer, most_bytes bigint, most_tokens bigint, lease_s integer, ended uuid[], spent bigint) TO keepsake_server;

-- ACL private.FUNCTION bytes_of_memories(person uuid)

REVOKE ALL ON FUNCTION private.bytes_of_memories(person uuid) FROM PUBLIC;

-- ACL private.FUNCTION claim_let_out(lease_s integer)

REVOKE ALL ON FUNCTION private.claim_let_out(lease_s integer) FROM PUBLIC;
GRANT ALL ON FUNCTION private.claim_let_out(lease_s integer) TO keepsake_server;

-- ACL private.FUNCTION claim_refresh(hash bytea, seconds integer)

REVOKE ALL ON FUNCTION private.claim_refresh(hash bytea, seconds integer) FROM PUBLIC;
GRANT ALL ON FUNCTION private.claim_refresh(hash bytea, seconds integer) TO keepsake_server;

-- ACL private.FUNCTION claim_turns(lease_s integer, most integer, most_tokens bigint)

REVOKE ALL ON FUNCTION private.claim_turns(lease_s integer, most integer, most_tokens bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION private.claim_turns(lease_s integer, most integer, most_tokens bigint) TO keepsake_server;

-- ACL private.FUNCTION clear_attempts(keys bytea[])

REVOKE ALL ON FUNCTION private.clear_attempts(keys bytea[]) FROM PUBLIC;
GRANT ALL ON FUNCTION private.clear_attempts(keys bytea[]) TO keepsake_server;

-- ACL private.FUNCTION clear_auth_log(account uuid)

REVOKE ALL ON FUNCTION private.clear_auth_log(account uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION private.clear_auth_log(account uuid) TO keepsake_server;

-- ACL private.FUNCTION count_account(account uuid)

REVOKE ALL ON FUNCTION private.count_account(account uuid) FROM PUBLIC;

-- ACL private.FUNCTION count_attempt(keys bytea[], most integer[], window_s integer)

REVOKE ALL ON FUNCTION private.count_attempt(keys bytea[], most integer[], window_s integer) FROM PUBLIC;
GRANT ALL ON FUNCTION private.count_attempt(keys bytea[], most integer[], window_s integer) TO keepsake_server;

-- ACL private.FUNCTION count_left(account uuid)

REVOKE ALL ON FUNCTION private.count_left(account uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION private.count_left(account uuid) TO keepsake_server;

-- ACL private.FUNCTION count_rows()

REVOKE ALL ON FUNCTION private.count_rows() FROM PUBLIC;
GRANT ALL ON FUNCTION private.count_rows() TO keepsake_server;

-- ACL private.FUNCTION delete_account(person uuid, hash bytea)

REVOKE ALL ON FUNCTION private.delete_account(person uuid, hash bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION private.delete_account(person uuid, hash bytea) TO keepsake_server;

-- ACL private.FUNCTION delete_own_id(wanted text)

REVOKE ALL ON FUNCTION private.delete_own_id(wanted text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.delete_own_id(wanted text) TO keepsake_server;

-- ACL private.FUNCTION dismiss_notices(hash bytea, up_to bigint)

REVOKE ALL ON FUNCTION private.dismiss_notices(hash bytea, up_to bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION private.dismiss_notices(hash bytea, up_to bigint) TO keepsake_server;

-- ACL private.FUNCTION drop_checks()

REVOKE ALL ON FUNCTION private.drop_checks() FROM PUBLIC;

-- ACL private.FUNCTION drop_cues()

REVOKE ALL ON FUNCTION private.drop_cues() FROM PUBLIC;

-- ACL private.FUNCTION drop_next_vector()

REVOKE ALL ON FUNCTION private.drop_next_vector() FROM PUBLIC;

-- ACL private.FUNCTION drop_passages()

REVOKE ALL ON FUNCTION private.drop_passages() FROM PUBLIC;

-- ACL private.FUNCTION drop_unmentioned_entities()

REVOKE ALL ON FUNCTION private.drop_unmentioned_entities() FROM PUBLIC;

-- ACL private.FUNCTION empty_vectors(collection text, dims integer)

REVOKE ALL ON FUNCTION private.empty_vectors(collection text, dims integer) FROM PUBLIC;

-- ACL private.FUNCTION end_embedding(collection text)

REVOKE ALL ON FUNCTION private.end_embedding(collection text) FROM PUBLIC;

-- ACL private.FUNCTION end_listed_session(hash bytea, wanted uuid)

REVOKE ALL ON FUNCTION private.end_listed_session(hash bytea, wanted uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION private.end_listed_session(hash bytea, wanted uuid) TO keepsake_server;

-- ACL private.FUNCTION end_refused(hash bytea, former bytea)

REVOKE ALL ON FUNCTION private.end_refused(hash bytea, former bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION private.end_refused(hash bytea, former bytea) TO keepsake_server;

-- ACL private.FUNCTION end_session(hash bytea)

REVOKE ALL ON FUNCTION private.end_session(hash bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION private.end_session(hash bytea) TO keepsake_server;

-- ACL private.FUNCTION end_sessions_of(person uuid, but_hash bytea)

REVOKE ALL ON FUNCTION private.end_sessions_of(person uuid, but_hash bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION private.end_sessions_of(person uuid, but_hash bytea) TO keepsake_server;

-- ACL private.FUNCTION end_throw_aways(person uuid, wanted text)

REVOKE ALL ON FUNCTION private.end_throw_aways(person uuid, wanted text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.end_throw_aways(person uuid, wanted text) TO keepsake_server;

-- ACL private.FUNCTION end_use(use uuid, person uuid, spent bigint)

REVOKE ALL ON FUNCTION private.end_use(use uuid, person uuid, spent bigint) FROM PUBLIC;

-- ACL private.FUNCTION end_uses(uses uuid[], persons uuid[], spent bigint[])

REVOKE ALL ON FUNCTION private.end_uses(uses uuid[], persons uuid[], spent bigint[]) FROM PUBLIC;
GRANT ALL ON FUNCTION private.end_uses(uses uuid[], persons uuid[], spent bigint[]) TO keepsake_server;

-- ACL private.FUNCTION find_session(hash bytea, days integer)

REVOKE ALL ON FUNCTION private.find_session(hash bytea, days integer) FROM PUBLIC;
GRANT ALL ON FUNCTION private.find_session(hash bytea, days integer) TO keepsake_server;

-- ACL private.FUNCTION fingerprint(account uuid)

REVOKE ALL ON FUNCTION private.fingerprint(account uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION private.fingerprint(account uuid) TO keepsake_server;

-- ACL private.FUNCTION finish_provider_flow(hash bytea, sealed bytea, seconds integer)

REVOKE ALL ON FUNCTION private.finish_provider_flow(hash bytea, sealed bytea, seconds integer) FROM PUBLIC;
GRANT ALL ON FUNCTION private.finish_provider_flow(hash bytea, sealed bytea, seconds integer) TO keepsake_server;

-- ACL private.FUNCTION fold_memories()

REVOKE ALL ON FUNCTION private.fold_memories() FROM PUBLIC;

-- ACL private.FUNCTION forget_deleted()

REVOKE ALL ON FUNCTION private.forget_deleted() FROM PUBLIC;

-- ACL private.FUNCTION greet_browser(hash bytea, here bytea, days integer)

REVOKE ALL ON FUNCTION private.greet_browser(hash bytea, here bytea, days integer) FROM PUBLIC;
GRANT ALL ON FUNCTION private.greet_browser(hash bytea, here bytea, days integer) TO keepsake_server;

-- ACL private.FUNCTION has_mark(mark bytea)

REVOKE ALL ON FUNCTION private.has_mark(mark bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION private.has_mark(mark bytea) TO keepsake_server;

-- ACL private.FUNCTION has_second_factor(person uuid)

REVOKE ALL ON FUNCTION private.has_second_factor(person uuid) FROM PUBLIC;

-- ACL private.FUNCTION heed_pause()

REVOKE ALL ON FUNCTION private.heed_pause() FROM PUBLIC;

-- ACL private.FUNCTION issue_ticket(hash bytea, session uuid, browser bytea, sealed bytea, seconds integer)

REVOKE ALL ON FUNCTION private.issue_ticket(hash bytea, session uuid, browser bytea, sealed bytea, seconds integer) FROM PUBLIC;
GRANT ALL ON FUNCTION private.issue_ticket(hash bytea, session uuid, browser bytea, sealed bytea, seconds integer) TO keepsake_server;

-- ACL private.FUNCTION judge_memories()

REVOKE ALL ON FUNCTION private.judge_memories() FROM PUBLIC;

-- ACL private.FUNCTION keep_audit_log()

REVOKE ALL ON FUNCTION private.keep_audit_log() FROM PUBLIC;

-- ACL private.FUNCTION keep_mark(mark bytea, days integer)

REVOKE ALL ON FUNCTION private.keep_mark(mark bytea, days integer) FROM PUBLIC;
GRANT ALL ON FUNCTION private.keep_mark(mark bytea, days integer) TO keepsake_server;

-- ACL private.FUNCTION list_sessions(hash bytea)

REVOKE ALL ON FUNCTION private.list_sessions(hash bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION private.list_sessions(hash bytea) TO keepsake_server;

-- ACL private.FUNCTION make_decoy(address text)

REVOKE ALL ON FUNCTION private.make_decoy(address text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.make_decoy(address text) TO keepsake_server;

-- ACL private.FUNCTION note_account_notice(hash bytea, what text)

REVOKE ALL ON FUNCTION private.note_account_notice(hash bytea, what text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.note_account_notice(hash bytea, what text) TO keepsake_server;

-- ACL private.FUNCTION note_assurance(hash bytea, level text)

REVOKE ALL ON FUNCTION private.note_assurance(hash bytea, level text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.note_assurance(hash bytea, level text) TO keepsake_server;

-- ACL private.FUNCTION note_audit(person uuid, event text, how_many integer, browser text)

REVOKE ALL ON FUNCTION private.note_audit(person uuid, event text, how_many integer, browser text) FROM PUBLIC;

-- ACL private.FUNCTION note_failed_sign_in(address text, browser text)

REVOKE ALL ON FUNCTION private.note_failed_sign_in(address text, browser text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.note_failed_sign_in(address text, browser text) TO keepsake_server;

-- ACL private.FUNCTION note_let_out()

REVOKE ALL ON FUNCTION private.note_let_out() FROM PUBLIC;

-- ACL private.FUNCTION open_session(new_id uuid, person uuid, person_email text, hash bytea, sealed bytea, refresh_due timestamp with time zone, days integer, how text, here text)

REVOKE ALL ON FUNCTION private.open_session(new_id uuid, person uuid, person_email text, hash bytea, sealed bytea, refresh_due timestamp with time zone, days integer, how text, here text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.open_session(new_id uuid, person uuid, person_email text, hash bytea, sealed bytea, refresh_due timestamp with time zone, days integer, how text, here text) TO keepsake_server;

-- ACL private.FUNCTION pack_memories()

REVOKE ALL ON FUNCTION private.pack_memories() FROM PUBLIC;

-- ACL private.FUNCTION personal_tables()

REVOKE ALL ON FUNCTION private.personal_tables() FROM PUBLIC;

-- ACL private.FUNCTION places_of_people()

REVOKE ALL ON FUNCTION private.places_of_people() FROM PUBLIC;

-- ACL private.FUNCTION point_to_own_rows()

REVOKE ALL ON FUNCTION private.point_to_own_rows() FROM PUBLIC;

-- ACL private.FUNCTION postpone_refresh(hash bytea, seconds integer)

REVOKE ALL ON FUNCTION private.postpone_refresh(hash bytea, seconds integer) FROM PUBLIC;
GRANT ALL ON FUNCTION private.postpone_refresh(hash bytea, seconds integer) TO keepsake_server;

-- ACL private.FUNCTION protect_collection(collection text)

REVOKE ALL ON FUNCTION private.protect_collection(collection text) FROM PUBLIC;

-- ACL private.FUNCTION protect_graph()

REVOKE ALL ON FUNCTION private.protect_graph() FROM PUBLIC;

-- ACL private.FUNCTION protect_memories()

REVOKE ALL ON FUNCTION private.protect_memories() FROM PUBLIC;

-- ACL private.FUNCTION prune_receipts(kept_days integer, most integer)

REVOKE ALL ON FUNCTION private.prune_receipts(kept_days integer, most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION private.prune_receipts(kept_days integer, most integer) TO keepsake_server;

-- ACL private.FUNCTION purge_sessions()

REVOKE ALL ON FUNCTION private.purge_sessions() FROM PUBLIC;
GRANT ALL ON FUNCTION private.purge_sessions() TO keepsake_server;

-- ACL private.FUNCTION queue_state()

REVOKE ALL ON FUNCTION private.queue_state() FROM PUBLIC;
GRANT ALL ON FUNCTION private.queue_state() TO keepsake_server;

-- ACL private.FUNCTION recover_answers(stale_s integer)

REVOKE ALL ON FUNCTION private.recover_answers(stale_s integer) FROM PUBLIC;
GRANT ALL ON FUNCTION private.recover_answers(stale_s integer) TO keepsake_server;

-- ACL private.FUNCTION redeem_ticket(hash bytea, browser bytea)

REVOKE ALL ON FUNCTION private.redeem_ticket(hash bytea, browser bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION private.redeem_ticket(hash bytea, browser bytea) TO keepsake_server;

-- ACL private.FUNCTION renew_uses(uses uuid[], lease_s integer)

REVOKE ALL ON FUNCTION private.renew_uses(uses uuid[], lease_s integer) FROM PUBLIC;
GRANT ALL ON FUNCTION private.renew_uses(uses uuid[], lease_s integer) TO keepsake_server;

-- ACL private.FUNCTION require_vectors(collection text)

REVOKE ALL ON FUNCTION private.require_vectors(collection text) FROM PUBLIC;

-- ACL private.FUNCTION rows_left(account uuid)

REVOKE ALL ON FUNCTION private.rows_left(account uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION private.rows_left(account uuid) TO keepsake_server;

-- ACL private.FUNCTION sealed_tokens(hash bytea)

REVOKE ALL ON FUNCTION private.sealed_tokens(hash bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION private.sealed_tokens(hash bytea) TO keepsake_server;

-- ACL private.FUNCTION session_lives(session uuid)

REVOKE ALL ON FUNCTION private.session_lives(session uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION private.session_lives(session uuid) TO keepsake_server;

-- ACL private.FUNCTION settled_turns(ids uuid[])

REVOKE ALL ON FUNCTION private.settled_turns(ids uuid[]) FROM PUBLIC;
GRANT ALL ON FUNCTION private.settled_turns(ids uuid[]) TO keepsake_server;

-- ACL private.FUNCTION spend_tokens(person uuid, spent bigint)

REVOKE ALL ON FUNCTION private.spend_tokens(person uuid, spent bigint) FROM PUBLIC;

-- ACL private.FUNCTION stays_inside(person uuid, memory text, metadata jsonb)

REVOKE ALL ON FUNCTION private.stays_inside(person uuid, memory text, metadata jsonb) FROM PUBLIC;

-- ACL private.FUNCTION stem_memories()

REVOKE ALL ON FUNCTION private.stem_memories() FROM PUBLIC;

-- ACL private.FUNCTION store_refreshed(hash bytea, former bytea, person_email text, sealed bytea, refresh_due timestamp with time zone)

REVOKE ALL ON FUNCTION private.store_refreshed(hash bytea, former bytea, person_email text, sealed bytea, refresh_due timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION private.store_refreshed(hash bytea, former bytea, person_email text, sealed bytea, refresh_due timestamp with time zone) TO keepsake_server;

-- ACL private.FUNCTION store_tokens(hash bytea, person_email text, sealed bytea, refresh_due timestamp with time zone)

REVOKE ALL ON FUNCTION private.store_tokens(hash bytea, person_email text, sealed bytea, refresh_due timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION private.store_tokens(hash bytea, person_email text, sealed bytea, refresh_due timestamp with time zone) TO keepsake_server;

-- ACL private.FUNCTION stored_bytes(person uuid)

REVOKE ALL ON FUNCTION private.stored_bytes(person uuid) FROM PUBLIC;

-- ACL private.FUNCTION sweep_throw_aways()

REVOKE ALL ON FUNCTION private.sweep_throw_aways() FROM PUBLIC;
GRANT ALL ON FUNCTION private.sweep_throw_aways() TO keepsake_server;

-- ACL private.FUNCTION switch_vectors(collection text, dims integer)

REVOKE ALL ON FUNCTION private.switch_vectors(collection text, dims integer) FROM PUBLIC;

-- ACL private.FUNCTION take_address(person uuid, address text)

REVOKE ALL ON FUNCTION private.take_address(person uuid, address text) FROM PUBLIC;

-- ACL private.FUNCTION take_back_attempt(keys bytea[])

REVOKE ALL ON FUNCTION private.take_back_attempt(keys bytea[]) FROM PUBLIC;
GRANT ALL ON FUNCTION private.take_back_attempt(keys bytea[]) TO keepsake_server;

-- ACL private.FUNCTION take_provider_flow(hash bytea, browser bytea)

REVOKE ALL ON FUNCTION private.take_provider_flow(hash bytea, browser bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION private.take_provider_flow(hash bytea, browser bytea) TO keepsake_server;

-- ACL private.FUNCTION tie_checks()

REVOKE ALL ON FUNCTION private.tie_checks() FROM PUBLIC;

-- ACL private.FUNCTION tie_cues()

REVOKE ALL ON FUNCTION private.tie_cues() FROM PUBLIC;

-- ACL private.FUNCTION tie_memories()

REVOKE ALL ON FUNCTION private.tie_memories() FROM PUBLIC;

-- ACL private.FUNCTION tie_passages()

REVOKE ALL ON FUNCTION private.tie_passages() FROM PUBLIC;

-- ACL private.FUNCTION time_in(said text)

REVOKE ALL ON FUNCTION private.time_in(said text) FROM PUBLIC;

-- ACL private.FUNCTION unread_notices(hash bytea)

REVOKE ALL ON FUNCTION private.unread_notices(hash bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION private.unread_notices(hash bytea) TO keepsake_server;

-- ACL private.FUNCTION use_access_token(hash bytea)

REVOKE ALL ON FUNCTION private.use_access_token(hash bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION private.use_access_token(hash bytea) TO keepsake_server;

-- ACL private.FUNCTION use_once(mark bytea, seconds integer)

REVOKE ALL ON FUNCTION private.use_once(mark bytea, seconds integer) FROM PUBLIC;
GRANT ALL ON FUNCTION private.use_once(mark bytea, seconds integer) TO keepsake_server;

-- ACL private.FUNCTION use_provider_flow(hash bytea, browser bytea)

REVOKE ALL ON FUNCTION private.use_provider_flow(hash bytea, browser bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION private.use_provider_flow(hash bytea, browser bytea) TO keepsake_server;

-- ACL private.FUNCTION use_recovery_code(person uuid, hash bytea, here text)

REVOKE ALL ON FUNCTION private.use_recovery_code(person uuid, hash bytea, here text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.use_recovery_code(person uuid, hash bytea, here text) TO keepsake_server;

-- ACL private.FUNCTION used(person uuid, with_bytes boolean)

REVOKE ALL ON FUNCTION private.used(person uuid, with_bytes boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION private.used(person uuid, with_bytes boolean) TO keepsake_server;

-- ACL private.FUNCTION user_of_own_id(wanted text)

REVOKE ALL ON FUNCTION private.user_of_own_id(wanted text) FROM PUBLIC;
GRANT ALL ON FUNCTION private.user_of_own_id(wanted text) TO keepsake_server;

-- ACL private.FUNCTION uuid_in(said text)

REVOKE ALL ON FUNCTION private.uuid_in(said text) FROM PUBLIC;

-- ACL private.FUNCTION wait_for_tokens(person uuid, most_tokens bigint)

REVOKE ALL ON FUNCTION private.wait_for_tokens(person uuid, most_tokens bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION private.wait_for_tokens(person uuid, most_tokens bigint) TO keepsake_server;

-- ACL private.FUNCTION watch_deletions()

REVOKE ALL ON FUNCTION private.watch_deletions() FROM PUBLIC;

-- ACL public.TABLE memory_checks

GRANT ALL ON TABLE public.memory_checks TO service_role;
GRANT SELECT,INSERT,DELETE ON TABLE public.memory_checks TO authenticated;

-- ACL public.COLUMN memory_checks.marked_at

GRANT UPDATE(marked_at) ON TABLE public.memory_checks TO authenticated;

-- ACL vecs.TABLE memories

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE vecs.memories TO authenticated;

-- ACL own.TABLE reasons_to_check

GRANT SELECT ON TABLE own.reasons_to_check TO authenticated;

-- ACL public.TABLE access_tokens

GRANT ALL ON TABLE public.access_tokens TO service_role;
GRANT SELECT,DELETE ON TABLE public.access_tokens TO authenticated;

-- ACL public.COLUMN access_tokens.user_id

GRANT INSERT(user_id) ON TABLE public.access_tokens TO authenticated;

-- ACL public.COLUMN access_tokens.name

GRANT INSERT(name) ON TABLE public.access_tokens TO authenticated;

-- ACL public.COLUMN access_tokens.token_hash

GRANT INSERT(token_hash) ON TABLE public.access_tokens TO authenticated;

-- ACL public.COLUMN access_tokens.scopes

GRANT INSERT(scopes) ON TABLE public.access_tokens TO authenticated;

-- ACL public.COLUMN access_tokens.expires_at

GRANT INSERT(expires_at) ON TABLE public.access_tokens TO authenticated;

-- ACL public.TABLE attachments

GRANT ALL ON TABLE public.attachments TO service_role;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.attachments TO authenticated;

-- ACL public.TABLE audit_log

GRANT SELECT ON TABLE public.audit_log TO authenticated;

-- ACL public.TABLE conversations

GRANT ALL ON TABLE public.conversations TO service_role;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.conversations TO authenticated;

-- ACL public.TABLE earlier_answers

GRANT ALL ON TABLE public.earlier_answers TO service_role;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.earlier_answers TO authenticated;

-- ACL public.TABLE entities

GRANT ALL ON TABLE public.entities TO service_role;
GRANT SELECT,INSERT,DELETE ON TABLE public.entities TO authenticated;

-- ACL public.COLUMN entities.kind

GRANT UPDATE(kind) ON TABLE public.entities TO authenticated;

-- ACL public.TABLE entity_names

GRANT ALL ON TABLE public.entity_names TO service_role;
GRANT SELECT,INSERT,DELETE ON TABLE public.entity_names TO authenticated;

-- ACL public.TABLE memory_entities

GRANT ALL ON TABLE public.memory_entities TO service_role;
GRANT SELECT,INSERT,DELETE ON TABLE public.memory_entities TO authenticated;

-- ACL public.COLUMN memory_entities.name

GRANT UPDATE(name) ON TABLE public.memory_entities TO authenticated;

-- ACL public.TABLE memory_history

GRANT ALL ON TABLE public.memory_history TO service_role;
GRANT SELECT,INSERT,DELETE ON TABLE public.memory_history TO authenticated;

-- ACL public.COLUMN memory_history.turn_id

GRANT UPDATE(turn_id) ON TABLE public.memory_history TO authenticated;

-- ACL public.SEQUENCE memory_history_seq_seq

GRANT ALL ON SEQUENCE public.memory_history_seq_seq TO anon;
GRANT ALL ON SEQUENCE public.memory_history_seq_seq TO authenticated;
GRANT ALL ON SEQUENCE public.memory_history_seq_seq TO service_role;

-- ACL public.TABLE memory_passages

GRANT ALL ON TABLE public.memory_passages TO service_role;
GRANT SELECT,INSERT,DELETE ON TABLE public.memory_passages TO authenticated;

-- ACL public.TABLE messages

GRANT ALL ON TABLE public.messages TO service_role;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.messages TO authenticated;

-- ACL public.TABLE preferences

GRANT ALL ON TABLE public.preferences TO service_role;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.preferences TO authenticated;

-- ACL public.TABLE recalled_memories

GRANT ALL ON TABLE public.recalled_memories TO service_role;
GRANT SELECT,INSERT,DELETE ON TABLE public.recalled_memories TO authenticated;

-- ACL public.TABLE recovery_codes

GRANT ALL ON TABLE public.recovery_codes TO service_role;
GRANT SELECT ON TABLE public.recovery_codes TO authenticated;

-- ACL public.TABLE relations

GRANT ALL ON TABLE public.relations TO service_role;
GRANT SELECT,INSERT,DELETE ON TABLE public.relations TO authenticated;

-- ACL public.TABLE turns

GRANT ALL ON TABLE public.turns TO service_role;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE public.turns TO authenticated;

-- ACL public.SEQUENCE turns_seq_seq

GRANT ALL ON SEQUENCE public.turns_seq_seq TO anon;
GRANT ALL ON SEQUENCE public.turns_seq_seq TO authenticated;
GRANT ALL ON SEQUENCE public.turns_seq_seq TO service_role;

-- ACL vecs.TABLE memories_entities

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE vecs.memories_entities TO authenticated;

-- DEFAULT ACL public.DEFAULT PRIVILEGES FOR SEQUENCES

ALTER DEFAULT PRIVILEGES FOR ROLE postgres IN SCHEMA public GRANT ALL ON SEQUENCES TO anon;
ALTER DEFAULT PRIVILEGES FOR ROLE postgres IN SCHEMA public GRANT ALL ON SEQUENCES TO authenticated;
ALTER DEFAULT PRIVILEGES FOR ROLE postgres IN SCHEMA public GRANT ALL ON SEQUENCES TO service_role;

-- DEFAULT ACL public.DEFAULT PRIVILEGES FOR FUNCTIONS

ALTER DEFAULT PRIVILEGES FOR ROLE postgres IN SCHEMA public GRANT ALL ON FUNCTIONS TO anon;
ALTER DEFAULT PRIVILEGES FOR ROLE postgres IN SCHEMA public GRANT ALL ON FUNCTIONS TO authenticated;
ALTER DEFAULT PRIVILEGES FOR ROLE postgres IN SCHEMA public GRANT ALL ON FUNCTIONS TO service_role;

-- DEFAULT ACL public.DEFAULT PRIVILEGES FOR TABLES

ALTER DEFAULT PRIVILEGES FOR ROLE postgres IN SCHEMA public GRANT ALL ON TABLES TO anon;
ALTER DEFAULT PRIVILEGES FOR ROLE postgres IN SCHEMA public GRANT ALL ON TABLES TO authenticated;
ALTER DEFAULT PRIVILEGES FOR ROLE postgres IN SCHEMA public GRANT ALL ON TABLES TO service_role;
