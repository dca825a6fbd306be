-- An answer is written by one process and may be stopped from any: whoever writes it sees this with
-- the next piece that is saved.
alter table public.messages add column stop_requested boolean not null default false;
