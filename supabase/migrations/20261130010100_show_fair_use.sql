-- What an account has used, for its own page: model tokens of the day that goes on, which ends at
-- tokens_until (null: none has begun), and, where it is asked for, the bytes that it takes up.
create function private.used(person uuid, with_bytes boolean)
returns table (tokens bigint, tokens_until timestamptz, stored_bytes bigint)
language sql stable security definer set search_path = '' as $$
  select coalesce(f.tokens, 0), f.tokens_until,
         case when with_bytes then private.stored_bytes(person) else 0 end
  from (values (true)) as one (row)
  left join private.fair_use f on f.user_id = person and f.tokens_until > clock_timestamp()
$$;
revoke execute on function private.used(uuid, boolean) from public;
grant execute on function private.used(uuid, boolean) to keepsake_server;
