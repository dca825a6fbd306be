-- Who gave a conversation its title, whether a better one is still to come, and since when it is
-- pinned. The policies on public.conversations cover the new columns.
alter table public.conversations
  -- words: the first words of the first message; model: made from the first turn; person: final
  add column titled_by text not null default 'words'
    check (titled_by in ('words', 'model', 'person')),
  -- waiting: no answer to make a title from yet; asked: the model was asked, which happens once
  add column title_state text not null default 'settled'
    check (title_state in ('waiting', 'asked', 'settled')),
  add column pinned_at timestamptz;
-- Conversations that are there already keep the titles that people know them by.
alter table public.conversations alter column title_state set default 'waiting';
