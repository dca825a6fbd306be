-- name: user_of
select private.user_of_own_id(:own_id);

-- name: delete
select private.delete_own_id(:own_id);
