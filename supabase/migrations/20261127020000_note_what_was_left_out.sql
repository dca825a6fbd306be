-- Beside what an answer was given, the nearest memories that it was not, each with why: seen by the
-- person alone, and gone with the memory, the turn or the account, as all rows of this table.
alter table public.recalled_memories add column is_given boolean not null default true;
