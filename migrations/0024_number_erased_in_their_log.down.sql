CREATE OR REPLACE FUNCTION change_messages(message_ids integer[], actors integer[], kinds text[], given jsonb)
 RETURNS TABLE(outcome text, detail jsonb, event integer, state jsonb, "senderName" text, "senderAvatar" text, "accessVersion" integer)
 LANGUAGE plpgsql
 SET lock_timeout TO '250ms'
 SET enable_seqscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
AS $function$
#variable_conflict use_column
DECLARE
  asked jsonb[] := ARRAY(SELECT g.one FROM jsonb_array_elements(given) WITH ORDINALITY AS g(one, ord) ORDER BY g.ord);
  -- Of a message once, however many changes of it there are: what looks it up also meets its former versions.
  logs integer[] := ARRAY(
    SELECT DISTINCT m."conversationId" FROM (SELECT DISTINCT a.id FROM unnest(message_ids) AS a(id)) a,
      LATERAL (SELECT m."conversationId" FROM chats m WHERE m.id = a.id AND m."conversationId" IS NOT NULL OFFSET 0) m
    ORDER BY m."conversationId");
  numbers integer[];
  number_before integer;
  stamp timestamp;
  of_message record;
  ords integer[];
  is_open boolean;
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
  logs_of integer[] := array_fill(NULL::integer, ARRAY[cardinality(message_ids)]);
BEGIN
  PERFORM 1 FROM unnest(logs) AS l(id),
    LATERAL (SELECT 1 FROM conversations c WHERE c.id = l.id FOR NO KEY UPDATE) c;
  numbers := ARRAY(
    SELECT (SELECT c."lastSeq" FROM conversations c WHERE c.id = l.id)
    FROM unnest(logs) WITH ORDINALITY AS l(id, ord) ORDER BY l.ord);
  stamp := date_trunc('milliseconds', clock_timestamp() AT TIME ZONE 'utc');

  FOR of_message IN
    SELECT a.id, array_agg(a.ord::integer ORDER BY a.ord) AS ords
    FROM unnest(message_ids) WITH ORDINALITY AS a(id, ord) GROUP BY a.id ORDER BY min(a.ord)
  LOOP
    SELECT m.* INTO message FROM chats m WHERE m.id = of_message.id AND m."deletedAt" IS NULL FOR NO KEY UPDATE;
    CONTINUE WHEN NOT FOUND;
    log := array_position(logs, message."conversationId");
    CONTINUE WHEN log IS NULL;
    is_open := message."channelId" IS NULL
      OR EXISTS (SELECT 1 FROM channels ch WHERE ch.id = message."channelId" AND ch."deletedAt" IS NULL);
    ords := ARRAY(
      SELECT p.place FROM unnest(of_message.ords) WITH ORDINALITY AS p(place, ord)
      WHERE actors[p.place] IS NULL OR is_open AND CASE
        WHEN message."channelId" IS NULL THEN actors[p.place] IN (message."senderId", message."receiverId")
        -- Rows are compared, because only the unique index can look that up: the other one has all members.
        ELSE EXISTS (SELECT 1 FROM channel_members cm
          WHERE (cm."userId", cm."channelId") >= (actors[p.place], message."channelId")
            AND (cm."userId", cm."channelId") <= (actors[p.place], message."channelId"))
      END ORDER BY p.ord);
    number_before := message."updatedSeq";
    next := 1;
    WHILE next <= cardinality(ords) AND message."deletedAt" IS NULL LOOP
      -- All that follow of the same kind. As many of them as become one event are applied.
      kind := kinds[ords[next]];
      places := '{}';
      actors_now := '{}';
      asked_now := '{}';
      FOR i IN next..cardinality(ords) LOOP
        place := ords[i];
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
      logs_of[places[1]] := message."conversationId";
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
  FROM unnest(outcomes, details, event_of, states, logs_of) WITH ORDINALITY AS o(outcome, detail, event, state, log, ord)
  LEFT JOIN LATERAL (
    SELECT s.username, s.avatar FROM users s WHERE s.id = (o.state->>'senderId')::integer OFFSET 0) s ON true
  LEFT JOIN LATERAL (SELECT c."membersVersion" FROM conversations c WHERE c.id = o.log OFFSET 0) c ON true
  ORDER BY o.ord;
END
$function$;
