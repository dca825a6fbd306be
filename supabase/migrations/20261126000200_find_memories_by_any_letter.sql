-- The Memories page looks for words without their marks, and with ł, ø, đ, ı as l, o, d, i, as every
-- search does (20261126000000_find_words_of_every_script.sql). Syllables of Korean stay taken apart, so
-- that one which is half typed finds something; the marks of kana stay off. The same is done to the
-- words in memory/manage/browse.py.
create or replace function private.fold_memories() returns void
language plpgsql set search_path = '' as $$
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

do $$
begin
  if to_regclass('vecs.memories') is not null then
    perform private.fold_memories();
  end if;
end
$$;
