-- An attempt that Auth could not look at, because a setting of the project stood in its way, did not
-- take place: it is taken off what was counted.
create function private.take_back_attempt(keys bytea[]) returns void
language sql security definer set search_path = '' as $$
  update private.attempts a set count = greatest(a.count - 1, 0)
  where a.key = any (keys) and a.ends_at > now()
$$;

revoke execute on function private.take_back_attempt(bytea[]) from public;
grant execute on function private.take_back_attempt(bytea[]) to keepsake_server;
