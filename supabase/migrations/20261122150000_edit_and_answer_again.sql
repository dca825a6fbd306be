-- A message can be said again in other words, and an answer be given again; what was there before is
-- kept and can be taken up again.

-- version_of: all versions of a message name the first of them. hidden_with: the version under which
-- this turn stands back, itself or one said earlier in the conversation; null: it is shown.
-- hidden: nothing of a turn that stands back is remembered.
alter table public.turns
  add column version_of uuid,
  add column hidden_with uuid,
  add foreign key (version_of, user_id) references public.turns (id, user_id) on delete cascade,
  add foreign key (hidden_with, user_id) references public.turns (id, user_id) on delete cascade;
create index turns_by_version on public.turns (version_of) where version_of is not null;
create index turns_by_hidden_with on public.turns (hidden_with) where hidden_with is not null;

alter table public.turns drop constraint turns_memory_state_check;
alter table public.turns add constraint turns_memory_state_check
  check (memory_state in ('waiting', 'pending', 'working', 'done', 'failed', 'paused', 'hidden'));
-- off: the person does not want answers to use memories
alter table public.turns drop constraint turns_recall_state_check;
alter table public.turns add constraint turns_recall_state_check
  check (recall_state in ('waiting', 'done', 'failed', 'off'));

-- A turn that is shown again waits to be remembered, unless memory is paused by now.
create trigger heed_pause_when_shown_again before update of memory_state on public.turns
  for each row when (old.memory_state = 'hidden' and new.memory_state = 'pending')
  execute function private.heed_pause();

-- Answers to one message are numbered; public.messages holds the one that is shown, this table the
-- others. feedback: what the person thinks of it, 1 good, -1 bad; model: which one gave it.
alter table public.messages
  add column number int not null default 1,
  add column feedback smallint check (feedback in (-1, 1)),
  add column model text check (char_length(model) <= 200);

create table public.earlier_answers (
  id uuid primary key default gen_random_uuid(),
  turn_id uuid not null,
  user_id uuid not null default auth.uid() references auth.users (id) on delete cascade,
  number int not null,
  content text not null,
  state text not null check (state in ('complete', 'stopped', 'failed', 'interrupted')),
  error text,
  feedback smallint check (feedback in (-1, 1)),
  model text check (char_length(model) <= 200),
  unique (turn_id, number),
  foreign key (turn_id, user_id) references public.turns (id, user_id) on delete cascade
);
create index earlier_answers_by_user on public.earlier_answers (user_id);

-- Each answer was given memories of its own.
alter table public.recalled_memories add column answer_number int not null default 1;
alter table public.recalled_memories drop constraint recalled_memories_pkey;
alter table public.recalled_memories add primary key (turn_id, answer_number, memory_id);

-- Files that came with a message: what could be read of a text, the picture itself of a picture.
create table public.attachments (
  id uuid primary key default gen_random_uuid(),
  turn_id uuid not null,
  user_id uuid not null default auth.uid() references auth.users (id) on delete cascade,
  position int not null,
  name text not null check (char_length(name) between 1 and 255),
  media_type text not null check (char_length(media_type) between 1 and 100),
  size_bytes int not null check (size_bytes between 1 and 10485760),
  content text,
  picture bytea,
  created_at timestamptz not null default now(),
  unique (turn_id, position),
  check ((content is null) <> (picture is null)),
  foreign key (turn_id, user_id) references public.turns (id, user_id) on delete cascade
);
create index attachments_by_user on public.attachments (user_id);

alter table public.earlier_answers enable row level security;
alter table public.attachments enable row level security;

create policy "Users can read their own earlier answers" on public.earlier_answers
  for select to authenticated using (user_id = (select auth.uid()));
create policy "Users can keep earlier answers of their own" on public.earlier_answers
  for insert to authenticated with check (user_id = (select auth.uid()));
create policy "Users can change their own earlier answers" on public.earlier_answers
  for update to authenticated
  using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy "Users can delete their own earlier answers" on public.earlier_answers
  for delete to authenticated using (user_id = (select auth.uid()));

create policy "Users can read their own attachments" on public.attachments
  for select to authenticated using (user_id = (select auth.uid()));
create policy "Users can attach files of their own" on public.attachments
  for insert to authenticated with check (user_id = (select auth.uid()));
create policy "Users can change their own attachments" on public.attachments
  for update to authenticated
  using (user_id = (select auth.uid())) with check (user_id = (select auth.uid()));
create policy "Users can delete their own attachments" on public.attachments
  for delete to authenticated using (user_id = (select auth.uid()));

revoke all on public.earlier_answers, public.attachments from public, anon, authenticated;
grant select, insert, update, delete on public.earlier_answers, public.attachments
  to authenticated;

-- Whether answers use memories, and the model that the person has picked.
alter table public.preferences
  add column memory_used boolean not null default true,
  add column chat_model text check (char_length(chat_model) <= 200);
