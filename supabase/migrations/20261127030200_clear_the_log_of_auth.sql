-- The Auth server keeps a log of its own, auth.audit_log_entries, whose lines name an account and its
-- address and stay when the account goes. Takes out the lines of an account that is no more, where the
-- owner of this function may; returns how many are left, null where that cannot be told.
create function private.clear_auth_log(account uuid) returns bigint
language plpgsql security definer set search_path = '' as $$
declare
  left_over bigint;
begin
  if exists (select from auth.users u where u.id = account) then
    raise insufficient_privilege using message = 'this account is still there';
  end if;
  if to_regclass('auth.audit_log_entries') is null then
    return 0;
  end if;
  if not has_table_privilege('auth.audit_log_entries', 'select') then
    return null;
  end if;
  if has_table_privilege('auth.audit_log_entries', 'delete') then
    delete from auth.audit_log_entries e where position(account::text in e.payload::text) > 0;
  end if;
  select count(*) into left_over
  from auth.audit_log_entries e where position(account::text in e.payload::text) > 0;
  return left_over;
end
$$;

revoke execute on function private.clear_auth_log(uuid) from public;
grant execute on function private.clear_auth_log(uuid) to keepsake_server;
