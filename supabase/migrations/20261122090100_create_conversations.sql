-- The short-term memory: conversations, their turns, and each turn's two messages. A turn is also the
-- job "remember what was new in it" (transactional outbox): see memory_state.
create table public.conversations (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null default auth.uid() references auth.users (id) on delete cascade,
  title text not null default '' check (char_length(title) <= 200),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (id, user_id)
);
create index conversations_by_user on public.conversations (user_id, updated_at desc);

create table public.turns (
  id uuid primary key default gen_random_uuid(),
  seq bigint generated always as identity,
  user_id uuid not null default auth.uid() references auth.users (id) on delete cascade,
  conversation_id uuid not null,
  memory_only boolean not null default false,
  -- did the search for memories before the answer work?
  recall_state text not null default 'waiting'
    check (recall_state in ('waiting', 'done', 'failed')),
  -- waiting: the answer is not finished; pending: to be remembered; working: claimed by a worker
  memory_state text not null default 'waiting'
    check (memory_state in ('waiting', 'pending', 'working', 'done', 'failed')),
  memory_attempts int not null default 0,
  memory_due_at timestamptz not null default now(),
  memory_lease uuid,
  memory_leased_until timestamptz,
  memory_error text,
  created_at timestamptz not null default now(),
  unique (id, user_id),
  -- both columns, so that no turn can be hung into another person's conversation
  foreign key (conversation_id, user_id)
    references public.conversations (id, user_id) on delete cascade
);
create index turns_by_conversation on public.turns (conversation_id, seq);
create index turns_by_user on public.turns (user_id);
create index turns_to_remember on public.turns (memory_due_at)
  where memory_state in ('pending', 'working');

create table public.messages (
  id uuid primary key default gen_random_uuid(),
  turn_id uuid not null,
  user_id uuid not null default auth.uid() references auth.users (id) on delete cascade,
  role text not null check (role in ('user', 'assistant')),
  content text not null,
  state text not null default 'complete'
    check (state in ('complete', 'streaming', 'stopped', 'failed', 'interrupted')),
  error text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (turn_id, role),
  foreign key (turn_id, user_id) references public.turns (id, user_id) on delete cascade
);
create index messages_by_user on public.messages (user_id);
create index messages_streaming on public.messages (updated_at) where state = 'streaming';

alter table public.conversations enable row level security;
alter table public.turns enable row level security;
alter table public.messages enable row level security;

create policy "Users can read their own conversations" on public.conversations
  for select to authenticated using (user_id = (select auth.uid()));
create policy "Users can start conversations of their own" on public.conversations
  for insert to authenticated with check (user_id = (select auth.uid()));
create policy "Users can change their own conversations" on public.conversations
  for update to authenticated
  using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy "Users can delete their own conversations" on public.conversations
  for delete to authenticated using (user_id = (select auth.uid()));

create policy "Users can read their own turns" on public.turns
  for select to authenticated using (user_id = (select auth.uid()));
create policy "Users can take turns of their own" on public.turns
  for insert to authenticated with check (user_id = (select auth.uid()));
create policy "Users can change their own turns" on public.turns
  for update to authenticated
  using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy "Users can delete their own turns" on public.turns
  for delete to authenticated using (user_id = (select auth.uid()));

create policy "Users can read their own messages" on public.messages
  for select to authenticated using (user_id = (select auth.uid()));
create policy "Users can write messages of their own" on public.messages
  for insert to authenticated with check (user_id = (select auth.uid()));
create policy "Users can change their own messages" on public.messages
  for update to authenticated
  using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy "Users can delete their own messages" on public.messages
  for delete to authenticated using (user_id = (select auth.uid()));

-- Hosted projects grant everything on new tables to anon and authenticated, TRUNCATE included, which
-- no policy stops.
revoke all on public.conversations, public.turns, public.messages from public, anon, authenticated;
grant select, insert, update, delete on public.conversations, public.turns, public.messages
  to authenticated;
