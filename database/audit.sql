-- name: note
-- Adds a line to the log of the person whose transaction this is.
select own.note_audit(:event, :count, :browser);

-- name: note_failed_sign_in
select private.note_failed_sign_in(:email, :browser);

-- name: page
-- Of the person's own lines, newest first.
select number, at, event, count, browser, hash from public.audit_log
where user_id = (select auth.uid()) order by number desc limit :limit offset :offset;

-- name: count
select count(*) as lines from public.audit_log where user_id = (select auth.uid());

-- name: lines
-- All lines of one account, or of all, each log from its beginning.
select user_id, number, at, event, count, browser, hash from public.audit_log
where cast(:account as uuid) is null or user_id = cast(:account as uuid)
order by user_id, number;

-- name: heads
-- Where each log ends.
select user_id, number, hash from private.audit_heads
where cast(:account as uuid) is null or user_id = cast(:account as uuid)
order by user_id;
