-- Words of every script are found, in conversations and in memories.
--
--   marks and letters  é, ł, ø, đ, ı are e, l, o, d, i; what is written with or without the points of
--                      Hebrew, the vowels of Arabic, the dots of Hindi or the tones of Thai is the same
--   no spaces          Chinese, Japanese, Thai, Lao, Khmer and Burmese put none between words, Korean
--                      none between a word and its particles: any two characters that stand together
--                      are looked for as a word, as is one that is asked for alone
--   vowel signs        of Indic scripts are no letters to PostgreSQL's parser, so their words are cut
--                      out here
--
-- A text of ASCII gives the words that it gave before.

-- Without marks. Recomposed at the end, because a syllable of Korean is taken apart on the way.
create function own.unmarked(said text) returns text
language sql immutable strict parallel safe set search_path = '' as $$
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

-- The same in small; signs between words of ASCII become spaces.
create or replace function own.folded(said text) returns text
language sql immutable strict parallel safe set search_path = '' as $$
  select lower(regexp_replace(own.unmarked(said), '[!-/:-@\[-`{-~]+', ' ', 'g'))
$$;

-- What is left for PostgreSQL's parser: everything but the scripts that own.parts_of looks after.
create function own.spaced(said text) returns text
language sql immutable strict parallel safe set search_path = '' as $$
  select case when said !~ '[^\u0001-\u007f]' then said else regexp_replace(said,
    '[\u0900-\u0eff\u1000-\u11ff\u1780-\u17ff\u3005-\u3007\u3041-\u30ff\u3130-\u318f\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\U00020000-\U0003ffff]+',
    ' ', 'g') end
$$;

-- The words of those scripts in an unmarked text: whole words of Indic scripts, two characters that
-- stand together of the others. Single ones too, where a text is kept; where it is asked for, only
-- those that stand alone.
create function own.parts_of(said text, asked boolean) returns text[]
language sql immutable strict parallel safe set search_path = '' as $$
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

-- English stems, and the words as they are for every other language and for beginnings of words.
create or replace function own.words_of(said text) returns tsvector
language sql immutable strict parallel safe set search_path = '' as $$
  select to_tsvector('pg_catalog.english', own.spaced(own.folded(left(said, 50000))))
      || to_tsvector('pg_catalog.simple', own.spaced(own.folded(left(said, 50000))))
$$;

-- By what a memory is found: `asked` for a query, and not for the memory.
create function own.stems_of(said text, asked boolean) returns tsvector
language sql immutable strict parallel safe set search_path = '' as $$
  select to_tsvector('pg_catalog.english', own.spaced(unmarked))
      || array_to_tsvector(own.parts_of(unmarked, asked))
  from (select own.unmarked(left(said, 20000)) as unmarked) text
$$;

-- What is stored was made by the former functions.
alter table public.conversations drop column fts;
alter table public.conversations
  add column fts tsvector generated always as (own.words_of(title)) stored;
alter table public.messages drop column fts;
alter table public.messages
  add column fts tsvector generated always as (own.words_of(content)) stored;

create function private.stem_memories() returns void
language plpgsql set search_path = '' as $$
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
revoke execute on function private.stem_memories() from public;

do $$
begin
  if to_regclass('vecs.memories') is not null then
    perform private.stem_memories();
  end if;
end
$$;

-- The ranking as before (20261122180100_rank_memories.sql says how), by these words. Of the pairs of
-- characters in a question about half stand across two words, and are in no memory for that reason:
-- one that is in none counts 0.3.
create or replace function own.rank_memories(
  asked_vec text, asked text, as_of timestamptz, with_past boolean, top_k int)
returns table (seq bigint, similarity double precision, keyword double precision,
               score double precision)
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
  ), held as materialized (
    select m.seq, 1 - (m.vec <=> q.vec) as similarity,
           case when m.fts @@ q.any_word then m.fts end as fts
    from vecs.memories m cross join q
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
