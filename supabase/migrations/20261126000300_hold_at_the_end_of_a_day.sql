-- Whether something held at a moment, or, with both null, holds now. What begins or ends at a midnight
-- in UTC is a day that was named ("since June"): it is compared with `named`, the same moment of the
-- calendar in UTC, so that a named day is that day in every zone (memory/dates.py). Without a setting of
-- its own, so that it becomes a part of the query that calls it.
create function own.holds_at(
  began timestamptz, ended timestamptz, moment timestamptz, named timestamptz)
returns boolean language sql stable as $$
  select (moment is null
          or began <= case when mod(extract(epoch from began), 86400) = 0 then named else moment end)
     and (ended is null
          or ended > case when moment is null then now()
                          when mod(extract(epoch from ended), 86400) = 0 then named
                          else moment end)
$$;

revoke execute on function own.holds_at(timestamptz, timestamptz, timestamptz, timestamptz) from public;
grant execute on function own.holds_at(timestamptz, timestamptz, timestamptz, timestamptz) to authenticated;
