-- For python -m memory.reembed: vectors of another dimension. Both steps run in one transaction; in
-- between the column is empty and filled anew.
create function private.empty_vectors(collection text, dims int) returns void
language plpgsql set search_path = extensions, public as $$
begin
  execute format('lock table vecs.%I in access exclusive mode', collection);
  execute format('alter table vecs.%I alter column vec drop not null', collection);
  execute format(
    'alter table vecs.%I alter column vec type vector(%s) using null', collection, dims);
end
$$;

create function private.require_vectors(collection text) returns void
language plpgsql set search_path = '' as $$
begin
  execute format('alter table vecs.%I alter column vec set not null', collection);
end
$$;

revoke execute on function
  private.empty_vectors(text, int), private.require_vectors(text) from public;
