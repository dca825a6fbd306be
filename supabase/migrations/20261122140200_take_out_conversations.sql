-- A conversation is deleted with everything that hangs on it, and may be put back from what the call
-- handed out: the database itself keeps nothing. The tables are found by their foreign keys, so a new
-- one that falls with its turn is part of it without a word here.

-- Rows of `tbl` belong to the conversation $1 where `tie` holds. A link is a table that stays and
-- loses its reference (on delete set null): `columns` are those that are lost.
create function own.conversation_family()
returns table (tbl regclass, depth int, tie text, is_link boolean, columns text[])
language sql stable set search_path = '' as $$
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
$$;

create function own.key_of(tbl regclass) returns text[]
language sql stable set search_path = '' as $$
  select array_agg(a.attname::text) from pg_index i
  join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any (i.indkey)
  where i.indrelid = tbl and i.indisprimary
$$;

-- Deletes the conversation; all its rows, parents first, and the links that its deletion cut.
create function own.take_out_conversation(conversation uuid)
returns table (tbl text, is_link boolean, content text)
language plpgsql set search_path = '' as $$
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

-- Puts rows of one table back, with their ids and their order. What pointed at something that is gone
-- by now, such as a forgotten memory, is left out.
create function own.put_back_rows(place text, contents text[]) returns void
language plpgsql set search_path = '' as $$
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
$$;

-- Ties what stayed to its turns again, as far as it is still there and tied to nothing else.
create function own.put_back_links(place text, contents text[]) returns void
language plpgsql set search_path = '' as $$
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
$$;

revoke execute on function own.conversation_family(), own.key_of(regclass),
  own.take_out_conversation(uuid), own.put_back_rows(text, text[]),
  own.put_back_links(text, text[]) from public;
grant execute on function own.conversation_family(), own.key_of(regclass),
  own.take_out_conversation(uuid), own.put_back_rows(text, text[]),
  own.put_back_links(text, text[]) to authenticated;

-- What is put back gets the turn of its history again; nothing else of a history ever changes.
create policy "Users can tie their own history to their turns" on public.memory_history
  for update to authenticated
  using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
grant update (turn_id) on public.memory_history to authenticated;
