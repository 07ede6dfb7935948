-- The kinds of changes of messages: what each makes of a message. The caller has locked the message's log and row,
-- and knows that each actor has a part in the conversation and that the message is not deleted. It gives the message
-- its number and writes the row. `actors` and `given` have one element for each change that was asked for at the same
-- time, all of this kind, in their order; a null actor is an admin, who may do anything.
--
-- To add a kind:
--   1. Write a line here: `WHEN 'pin' THEN …`. It alters columns of `message`; a larger one calls a function of its own.
--      What happens to the message's content also sets "updatedAt" to `stamp`; reactions, pins and the like leave it.
--   2. It answers as many of the changes as are to become one event, beginning with the first: an ordinary kind answers
--      one, and is called again for the next. For each, `outcomes` gets `changed`, `unchanged` (nothing was to be done)
--      or the code of an error, and `details` what its live frame or its error says of it. Anything else that it
--      writes, such as rows of another table, it may write only for those with the outcome `changed`.
--   3. Columns that it sets which no other kind does: a line in write_messages (append_messages.sql).
--   4. Name it in the service: `defineKind` (src/chat/log/change-kind.ts).
CREATE OR REPLACE FUNCTION apply_changes(
  INOUT message chats, kind text, actors integer[], given jsonb[], stamp timestamp,
  OUT outcomes text[], OUT details jsonb[]
) LANGUAGE plpgsql AS $$
DECLARE
  applied record;
BEGIN
  outcomes := ARRAY['changed'];
  details := ARRAY[NULL::jsonb];
  CASE kind
    WHEN 'edit' THEN
      SELECT * INTO applied FROM edit_message(message, given[1], stamp);
      message := applied.message;
      outcomes := ARRAY[applied.outcome];
      details := ARRAY[applied.detail];
    WHEN 'delete' THEN
      message := set_pin(message, NULL, NULL);
      message."updatedAt" := stamp;
      message."deletedAt" := stamp;
      IF (given[1]->>'erase')::boolean THEN message := without_content(message, stamp); END IF;
      DELETE FROM reactions r WHERE r."messageId" = message.id;
      message.reactions := NULL;
    WHEN 'pin' THEN
      SELECT * INTO applied FROM pin(message, actors[1], (given[1]->>'atMost')::integer, stamp);
      message := applied.message;
      outcomes := ARRAY[applied.outcome];
      details := ARRAY[applied.detail];
    WHEN 'unpin' THEN
      IF message."pinnedAt" IS NULL THEN outcomes := ARRAY['unchanged']; END IF;
      message := set_pin(message, NULL, NULL);
    WHEN 'react' THEN
      SELECT r.* INTO applied FROM react(message, actors, given) r;
      message := applied.message;
      outcomes := applied.outcomes;
      details := applied.details;
  END CASE;
END
$$;
