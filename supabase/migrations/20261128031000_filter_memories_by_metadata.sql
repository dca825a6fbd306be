-- What a program gave along with memories: kept beside what mem0 and Keepsake write, and filtered by, in
-- the form of mem0's filters. memory/extras.py checks their form; what is asked here is of the person.

-- Without what mem0 and Keepsake write there themselves: the list is that of memory/extras.py too.
create function own.extras_of(metadata jsonb) returns jsonb
language sql immutable strict parallel safe set search_path = '' as $$
  select metadata - '{data,hash,created_at,updated_at,user_id,role,attributed_to,text_lemmatized,expiration_date,linked_memory_ids,id,cues}'::text[]
$$;

-- Whether one value is what is wanted of it; `have` is null where there is none, which equals null and
-- is unequal to everything else.
create function own.value_matches(have jsonb, wanted jsonb) returns boolean
language plpgsql immutable parallel safe set search_path = '' as $$
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

-- Whether all that is wanted holds.
create function own.matches(metadata jsonb, wanted jsonb) returns boolean
language plpgsql immutable parallel safe set search_path = '' as $$
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
revoke execute on function
  own.extras_of(jsonb), own.value_matches(jsonb, jsonb), own.matches(jsonb, jsonb) from public;
grant execute on function
  own.extras_of(jsonb), own.value_matches(jsonb, jsonb), own.matches(jsonb, jsonb) to authenticated;
