-- Rows of an account's file, in their order and as their new owner: under the policies, which refuse
-- whatever is not theirs. Columns that the rows do not have keep their defaults, and numbers that the
-- database counts are counted anew.
create function own.bring_rows(place text, contents jsonb) returns void
language plpgsql set search_path = '' as $$
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
$$;
revoke execute on function own.bring_rows(text, jsonb) from public;
grant execute on function own.bring_rows(text, jsonb) to authenticated;
