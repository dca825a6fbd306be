-- A token that Supabase Auth, as an OAuth server, gave to another program (it has a client_id) opens /mcp
-- with what MCP_OAUTH allows there, and nothing else: the Data API shows it no row and takes none from
-- it. Each exposed table asks this in its restrictive policy. The app's own transactions have no client.
create or replace function own.proved_by_all_factors() returns boolean
language sql stable security definer set search_path = '' as $$
  select auth.jwt() ->> 'client_id' is null
         and (coalesce(auth.jwt() ->> 'aal', '') <> 'aal1'
              or not private.has_second_factor(auth.uid()))
$$;
