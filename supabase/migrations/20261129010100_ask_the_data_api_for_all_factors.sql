-- The Data API takes whatever token Supabase Auth gives, also one of a password alone (aal1) for an
-- account that has a second factor. A restrictive policy on each exposed table shows such a token
-- nothing. Our own transactions carry no aal: a session of ours that was proved by one factor only finds
-- nobody once there is a second one (private.find_session).
create function own.proved_by_all_factors() returns boolean
language sql stable security definer set search_path = '' as $$
  select coalesce(auth.jwt() ->> 'aal', '') <> 'aal1' or not private.has_second_factor(auth.uid())
$$;

-- For migrations that make a table in `public`.
create function private.ask_for_all_factors(wanted regclass) returns void
language plpgsql set search_path = '' as $$
begin
  execute format(
    'create policy "Whoever has a second factor needs it" on %s as restrictive for all'
    ' to authenticated using ((select own.proved_by_all_factors()))'
    ' with check ((select own.proved_by_all_factors()))', wanted);
end
$$;

select private.ask_for_all_factors(o.conrelid)
from pg_constraint o join pg_class c on c.oid = o.conrelid
where o.contype = 'f' and cardinality(o.conkey) = 1 and o.confrelid = 'auth.users'::regclass
  and c.relnamespace = 'public'::regnamespace
order by c.relname;

revoke execute on function
  own.proved_by_all_factors(), private.ask_for_all_factors(regclass) from public;
grant execute on function own.proved_by_all_factors() to authenticated;
