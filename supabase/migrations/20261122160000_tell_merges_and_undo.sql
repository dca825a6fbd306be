-- MERGE: ended, since the person made one memory of several; UNDO: the person took a change back;
-- IMPORT: came from a file of the person's.
alter table public.memory_history drop constraint memory_history_event_check;
alter table public.memory_history add constraint memory_history_event_check
  check (event in ('ADD', 'UPDATE', 'DELETE', 'CONFIRM', 'SUPERSEDE', 'ACCEPT',
                   'MERGE', 'UNDO', 'IMPORT'));
