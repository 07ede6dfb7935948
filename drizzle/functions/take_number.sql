-- The next number of a log, for rows that are written without append_messages and change_messages.
CREATE OR REPLACE FUNCTION take_number(log integer) RETURNS integer LANGUAGE sql AS $$
  UPDATE conversations SET "lastSeq" = "lastSeq" + 1, "lastEventAt" = clock_timestamp() AT TIME ZONE 'utc'
  WHERE id = log RETURNING "lastSeq"
$$;
