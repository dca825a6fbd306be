-- Tokens with which other programs reach one person's memory. A token is 256 random bits; only its hash
-- is kept, so a copy of this table lets nobody in. Revoking one is deleting its row.
create table public.access_tokens (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null default auth.uid() references auth.users (id) on delete cascade,
  name text not null check (char_length(name) between 1 and 100),
  token_hash bytea not null unique check (octet_length(token_hash) = 32),
  scopes text[] not null check (scopes in ('{read}', '{read,write}')),
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  last_used_at timestamptz,
  check (expires_at <= created_at + interval '366 days')
);
create index access_tokens_by_user on public.access_tokens (user_id);

alter table public.access_tokens enable row level security;

create policy "Users can see their own access tokens" on public.access_tokens
  for select to authenticated using (user_id = (select auth.uid()));
create policy "Users can make access tokens of their own" on public.access_tokens
  for insert to authenticated with check (user_id = (select auth.uid()));
create policy "Users can revoke their own access tokens" on public.access_tokens
  for delete to authenticated using (user_id = (select auth.uid()));

-- What a token may do, and when it was used, nobody can change afterwards.
revoke all on public.access_tokens from public, anon, authenticated;
grant select, delete on public.access_tokens to authenticated;
grant insert (user_id, name, token_hash, scopes, expires_at) on public.access_tokens to authenticated;

-- Whose token this is and what it may do, while it lives. That it was used is noted once a minute at
-- most, and waits for no other use.
create function private.use_access_token(hash bytea) returns table (user_id uuid, scopes text[])
language sql security definer set search_path = '' as $$
  with used as (
    select t.id from public.access_tokens t
    where t.token_hash = hash and t.expires_at > now()
      and (t.last_used_at is null or t.last_used_at < now() - interval '1 minute')
    for update skip locked
  ), noted as (
    update public.access_tokens t set last_used_at = now() from used where t.id = used.id
  )
  select t.user_id, t.scopes from public.access_tokens t
  where t.token_hash = hash and t.expires_at > now()
$$;

revoke execute on function private.use_access_token(bytea) from public;
grant execute on function private.use_access_token(bytea) to keepsake_server;
