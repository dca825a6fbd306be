-- The words of a turn's message that asked to forget something: what they name must not be remembered
-- from them. Kept on the turn, so that it holds for whoever remembers it, however late.
alter table public.turns add column forget_request text;
