-- An answer that ended at its model's limit is kept, and told as cut off.
alter table public.messages drop constraint messages_state_check;
alter table public.messages add constraint messages_state_check
  check (state in ('complete', 'streaming', 'stopped', 'cut_off', 'failed', 'interrupted'));

alter table public.earlier_answers drop constraint earlier_answers_state_check;
alter table public.earlier_answers add constraint earlier_answers_state_check
  check (state in ('complete', 'stopped', 'cut_off', 'failed', 'interrupted'));
