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
BEGIN
  outcomes := ARRAY['changed'];
  details := ARRAY[NULL::jsonb];
  CASE kind
    WHEN 'edit' THEN
      message := jsonb_populate_record(message, given[1]);
      message."updatedAt" := stamp;
    WHEN 'delete' THEN
      message."updatedAt" := stamp;
      message."deletedAt" := stamp;
      IF (given[1]->>'erase')::boolean THEN message := without_content(message, stamp); END IF;
  END CASE;
END
$$;--> statement-breakpoint
-- Makes a batch of changes to messages and returns one row per change, in the order in which they were asked for.
-- `given` is an array with an object for each: what its kind needs to know. The outcomes of a change:
--   changed     it happened, as the event with the number `updatedSeq` of the message
--   unchanged   there was nothing to do: no number, no event
--   MESSAGE_NOT_FOUND (not there, deleted, or the actor has no part in its conversation; a null actor may change any
--   message), or the code of another error of its kind: nothing was done, and `detail` says more
-- Changes with the same `event` are told together. The first of them has the message's `state` after that event.
-- How a kind is added: see apply_changes.sql. Nothing in this file knows any kind.
-- Logs are locked in the order of their ids, like those of append_messages, where the settings are explained.
CREATE OR REPLACE FUNCTION change_messages(message_ids integer[], actors integer[], kinds text[], given jsonb)
RETURNS TABLE (
  outcome text, detail jsonb, event integer, state jsonb, "senderName" text, "senderAvatar" text, "accessVersion" integer
) LANGUAGE plpgsql
SET lock_timeout = '250ms' SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
#variable_conflict use_column
DECLARE
  asked jsonb[] := ARRAY(SELECT g.one FROM jsonb_array_elements(given) WITH ORDINALITY AS g(one, ord) ORDER BY g.ord);
  asked_logs integer[] := ARRAY(
    SELECT (SELECT m."conversationId" FROM chats m WHERE m.id = a.id)
    FROM unnest(message_ids) WITH ORDINALITY AS a(id, ord) ORDER BY a.ord);
  logs integer[] := ARRAY(SELECT DISTINCT l.id FROM unnest(asked_logs) AS l(id) WHERE l.id IS NOT NULL ORDER BY l.id);
  numbers integer[];
  number_before integer;
  stamp timestamp;
  is_party boolean[];
  of_message record;
  message chats;
  log integer;
  changed chats[] := '{}';
  applied record;
  places integer[];
  place integer;
  actors_now integer[];
  asked_now jsonb[];
  kind text;
  next integer;
  events integer := 0;
  outcomes text[] := array_fill('MESSAGE_NOT_FOUND'::text, ARRAY[cardinality(message_ids)]);
  details jsonb[] := array_fill(NULL::jsonb, ARRAY[cardinality(message_ids)]);
  event_of integer[] := array_fill(NULL::integer, ARRAY[cardinality(message_ids)]);
  states jsonb[] := array_fill(NULL::jsonb, ARRAY[cardinality(message_ids)]);
BEGIN
  PERFORM 1 FROM unnest(logs) AS l(id),
    LATERAL (SELECT 1 FROM conversations c WHERE c.id = l.id FOR NO KEY UPDATE) c;
  numbers := ARRAY(
    SELECT (SELECT c."lastSeq" FROM conversations c WHERE c.id = l.id)
    FROM unnest(logs) WITH ORDINALITY AS l(id, ord) ORDER BY l.ord);
  stamp := date_trunc('milliseconds', clock_timestamp() AT TIME ZONE 'utc');
  is_party := ARRAY(
    SELECT m.id IS NOT NULL AND a.log IS NOT NULL AND (
      a.actor IS NULL
      OR a.actor IN (m."senderId", m."receiverId") AND m."channelId" IS NULL
      OR EXISTS (SELECT 1 FROM channel_members cm WHERE cm."userId" = a.actor AND cm."channelId" = m."channelId" OFFSET 0)
        AND EXISTS (SELECT 1 FROM channels ch WHERE ch.id = m."channelId" AND ch."deletedAt" IS NULL OFFSET 0)
    )
    FROM unnest(message_ids, actors, asked_logs) WITH ORDINALITY AS a(id, actor, log, ord)
    LEFT JOIN LATERAL (
      SELECT m.id, m."senderId", m."receiverId", m."channelId" FROM chats m WHERE m.id = a.id OFFSET 0) m ON true
    ORDER BY a.ord);

  FOR of_message IN
    SELECT a.id, array_agg(a.ord::integer ORDER BY a.ord) AS ords
    FROM unnest(message_ids) WITH ORDINALITY AS a(id, ord) WHERE is_party[a.ord] GROUP BY a.id ORDER BY min(a.ord)
  LOOP
    SELECT m.* INTO message FROM chats m WHERE m.id = of_message.id AND m."deletedAt" IS NULL FOR NO KEY UPDATE;
    CONTINUE WHEN NOT FOUND;
    log := array_position(logs, message."conversationId");
    number_before := message."updatedSeq";
    next := 1;
    WHILE next <= cardinality(of_message.ords) AND message."deletedAt" IS NULL LOOP
      -- All that follow of the same kind. As many of them as become one event are applied.
      kind := kinds[of_message.ords[next]];
      places := '{}';
      actors_now := '{}';
      asked_now := '{}';
      FOR i IN next..cardinality(of_message.ords) LOOP
        place := of_message.ords[i];
        EXIT WHEN kinds[place] <> kind;
        places := array_append(places, place);
        actors_now := array_append(actors_now, actors[place]);
        asked_now := array_append(asked_now, asked[place]);
      END LOOP;
      SELECT * INTO applied FROM apply_changes(message, kind, actors_now, asked_now, stamp);

      message := applied.message;
      IF 'changed' = ANY(applied.outcomes) THEN
        numbers[log] := numbers[log] + 1;
        message."updatedSeq" := numbers[log];
      END IF;
      events := events + 1;
      states[places[1]] := message_state(message);
      FOR i IN 1..cardinality(applied.outcomes) LOOP
        outcomes[places[i]] := applied.outcomes[i];
        details[places[i]] := applied.details[i];
        event_of[places[i]] := events;
      END LOOP;
      next := next + cardinality(applied.outcomes);
    END LOOP;
    IF message."updatedSeq" <> number_before THEN changed := array_append(changed, message); END IF;
  END LOOP;

  PERFORM write_messages(changed);
  UPDATE conversations c SET "lastSeq" = n.number, "lastEventAt" = stamp
  FROM unnest(logs, numbers) AS n(id, number) WHERE c.id = n.id AND c."lastSeq" <> n.number;

  RETURN QUERY
  SELECT o.outcome, o.detail, o.event, o.state, s.username::text, s.avatar::text, c."membersVersion"
  FROM unnest(outcomes, details, event_of, states, asked_logs) WITH ORDINALITY AS o(outcome, detail, event, state, log, ord)
  LEFT JOIN LATERAL (
    SELECT s.username, s.avatar FROM users s WHERE s.id = (o.state->>'senderId')::integer OFFSET 0) s ON true
  LEFT JOIN LATERAL (SELECT c."membersVersion" FROM conversations c WHERE c.id = o.log OFFSET 0) c ON true
  ORDER BY o.ord;
END
$$;--> statement-breakpoint
-- For nodes of the version before, which edit a message (`new_content` has what changes of its content) or delete it (null)
-- one by one. Returns no row if nothing was changed. `erase`: a deletion also removes the content from the row.
CREATE OR REPLACE FUNCTION change_message(message_id integer, actor integer, new_content jsonb, erase boolean)
RETURNS TABLE (state jsonb, "senderName" text, "senderAvatar" text, "accessVersion" integer) LANGUAGE sql AS $$
  SELECT c.state, c."senderName", c."senderAvatar", c."accessVersion"
  FROM change_messages(ARRAY[message_id], ARRAY[actor],
    ARRAY[CASE WHEN new_content IS NULL THEN 'delete' ELSE 'edit' END],
    jsonb_build_array(coalesce(new_content, jsonb_build_object('erase', erase)))) c
  WHERE c.outcome = 'changed'
$$;
