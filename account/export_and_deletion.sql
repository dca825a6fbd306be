-- name: delete_account
-- The account of the living session with this hash, and all that refers to it; what there was.
select place, kind, rows, bytes from private.delete_account(:person, :hash) order by 1, 2 nulls first;

-- name: count_left
-- The same places afterwards.
select place, kind, rows, bytes from private.count_left(:account);

-- name: clear_auth_log
-- Lines of the Auth server's own log that still name an account that is no more; null: not known.
select private.clear_auth_log(:account);
