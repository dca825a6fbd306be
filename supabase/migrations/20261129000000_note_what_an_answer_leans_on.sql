-- Which of the memories that an answer was given it leans on: those of which it says something that
-- the question did not. Told by the words, as Postgres knows them in the answer's language.
alter table public.recalled_memories add column is_used boolean not null default false;

-- The stems of a text without the words that say nothing; of scripts without spaces, pairs of signs.
create function own.telling_words(said text, language regconfig) returns text[]
language sql immutable strict parallel safe set search_path = '' as $$
  select array(
    select word from unnest(
      tsvector_to_array(to_tsvector(language, own.spaced(left(said, 20000))))
      || own.parts_of(own.unmarked(left(said, 20000)), true)) as found (word)
    where word <> 'user'
  )
$$;

-- The numbers, from 1, of the notes that an answer leans on. A word counts the less, the more notes
-- have it, and little if the question has it; of a long note it takes more words. `language` is the
-- answer's ("german"); of one that Postgres does not know, every word tells something.
create function own.leaned_on(asked text, answered text, language text, notes text[])
returns int[] language sql stable strict parallel safe set search_path = '' as $$
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
revoke execute on function own.telling_words(text, regconfig),
  own.leaned_on(text, text, text, text[]) from public, anon;
grant execute on function own.telling_words(text, regconfig),
  own.leaned_on(text, text, text, text[]) to authenticated;
