-- For python -m memory.reembed: vectors of another model are made beside those that searches use, in a
-- column of their own, and take their place all at once. The column goes with its row, so whatever is
-- forgotten meanwhile leaves nothing behind.

-- A text that was changed meanwhile is embedded again.
create function private.drop_next_vector() returns trigger
language plpgsql set search_path = '' as $$
begin
  if new.metadata ->> 'data' is distinct from old.metadata ->> 'data'
     or new.metadata ->> 'cues' is distinct from old.metadata ->> 'cues' then
    new.next_vec := null;
  end if;
  return new;
end
$$;

-- Begin, or go on where a former run of the same model ended; what another model began is thrown away.
create function private.begin_embedding(collection text, dims int, model text) returns void
language plpgsql set search_path = extensions, public as $$
declare
  place regclass := format('vecs.%I', collection)::regclass;
begin
  if exists (select from pg_attribute where attrelid = place and attname = 'next_vec'
             and not attisdropped and col_description(attrelid, attnum) = model
             and atttypmod = dims) then
    return;
  end if;
  perform private.end_embedding(collection);
  execute format('alter table vecs.%I add column next_vec vector(%s)', collection, dims);
  execute format('comment on column vecs.%I.next_vec is %L', collection, model);
  execute format('create trigger drop_next_vector before update on vecs.%I for each row
    execute function private.drop_next_vector()', collection);
end
$$;

create function private.end_embedding(collection text) returns void
language plpgsql set search_path = '' as $$
begin
  execute format('drop trigger if exists drop_next_vector on vecs.%I', collection);
  execute format('alter table vecs.%I drop column if exists next_vec', collection);
end
$$;

-- From now on searches use the new vectors. One rewrite of the table; nothing reads it meanwhile.
create function private.switch_vectors(collection text, dims int) returns void
language plpgsql set search_path = extensions, public as $$
begin
  execute format('lock table vecs.%I in access exclusive mode', collection);
  execute format(
    'alter table vecs.%I alter column vec type vector(%s) using next_vec', collection, dims);
  perform private.end_embedding(collection);
end
$$;

revoke execute on function private.drop_next_vector(), private.begin_embedding(text, int, text),
  private.end_embedding(text), private.switch_vectors(text, int) from public;
