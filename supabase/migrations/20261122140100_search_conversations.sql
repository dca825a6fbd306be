-- Finding one's own conversations by their titles and by what was said in them.

-- What a person may call on rows of their own. It runs with their rights, under the policies; like
-- `private`, this schema is not reachable through the Data API.
create schema if not exists own;
revoke all on schema own from public;
grant usage on schema own to authenticated;

-- Letters without their accents, in small; signs between words of ASCII become spaces, so that words
-- end where a person thinks they end (not: a whole address as one word).
create function own.folded(said text) returns text
language sql immutable strict parallel safe set search_path = '' as $$
  select lower(regexp_replace(regexp_replace(
    normalize(said, NFKD), U&'[\0300-\036f]', '', 'g'), '[!-/:-@\[-`{-~]+', ' ', 'g'))
$$;

-- English stems, and the words as they are for every other language and for beginnings of words.
create function own.words_of(said text) returns tsvector
language sql immutable strict parallel safe set search_path = '' as $$
  select to_tsvector('pg_catalog.english', own.folded(left(said, 50000)))
      || to_tsvector('pg_catalog.simple', own.folded(left(said, 50000)))
$$;

-- No GIN index: a match is asked of a row only after its policy, so no plan could begin with one. The
-- person's own rows come from the index on the owner.
alter table public.conversations
  add column fts tsvector generated always as (own.words_of(title)) stored;
alter table public.messages
  add column fts tsvector generated always as (own.words_of(content)) stored;
