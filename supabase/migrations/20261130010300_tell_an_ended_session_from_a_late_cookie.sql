-- Whether a session still counts, by its id: right after a sign-in its browser has no cookie of it yet.
create function private.session_lives(session uuid) returns boolean
language sql stable security definer set search_path = '' as $$
  select exists (
    select from private.browser_sessions s
    where s.id = session and s.expires_at > now()
      and (s.aal = 'aal2' or not private.has_second_factor(s.user_id)))
$$;
revoke execute on function private.session_lives(uuid) from public;
grant execute on function private.session_lives(uuid) to keepsake_server;
