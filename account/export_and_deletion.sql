-- name: delete_account
-- The account of the living session with this hash, and all that refers to it.
select private.delete_account(:person, :hash);

-- name: clear_auth_log
-- Lines of the Auth server's own log that still name an account that is no more; null: not known.
select private.clear_auth_log(:account);
