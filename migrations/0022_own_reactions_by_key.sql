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
$$;--> statement-breakpoint
-- The reactions that users ask to add to one message or to remove: the kind `react` of apply_changes. Each of `given` is
-- `{emoji, add, replace}`; `replace` removes the user's others. Emoji that differ only by U+FE0F are one; it is spelled as
-- the message's first one is. Answers as many as become one event, which has at most 100 changes (replacing may be four).
-- The table `reactions` has who and when, in the order of `createdAt`. The message has what readers see.
CREATE OR REPLACE FUNCTION react(
  INOUT message chats, actors integer[], given jsonb[], OUT outcomes text[], OUT details jsonb[]
) LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
#variable_conflict use_variable
DECLARE
  -- What readers see, emoji by emoji. `firsts` has the first 20 users. An emoji that nobody has any more has no key.
  emojis text[];
  keys text[];
  counts integer[];
  firsts jsonb[];
  -- What these users have: three places for each user, whose number is in `slots`. `added` says what is new, and when.
  slots integer[] := ARRAY(
    SELECT s.slot FROM (
      SELECT a.ord, dense_rank() OVER (ORDER BY a.id) AS slot FROM unnest(actors) WITH ORDINALITY AS a(id, ord)) s
    ORDER BY s.ord);
  own text[] := array_fill(NULL::text, ARRAY[3 * cardinality(actors)]);
  added integer[] := array_fill(NULL::integer, ARRAY[3 * cardinality(actors)]);
  owners integer[] := added;
  stored record;
  base integer;
  gone_owners integer[] := '{}';
  gone_emojis text[] := '{}';
  emoji text;
  key text;
  place integer;
  had integer;
  dropped integer[];
  one integer;
  detail jsonb;
  total integer := 0;
  used integer;
  freed integer;
  since timestamp := clock_timestamp() AT TIME ZONE 'utc';
BEGIN
  SELECT coalesce(array_agg(e.value->>'emoji' ORDER BY e.ord), '{}'),
    coalesce(array_agg(replace(e.value->>'emoji', U&'\FE0F', '') ORDER BY e.ord), '{}'),
    coalesce(array_agg((e.value->>'count')::integer ORDER BY e.ord), '{}'),
    coalesce(array_agg(e.value->'userIds' ORDER BY e.ord), '{}'), count(*)
  INTO emojis, keys, counts, firsts, used
  FROM jsonb_array_elements(message.reactions) WITH ORDINALITY AS e(value, ord);
  FOR stored IN
    SELECT 3 * (a.slot - 1) + row_number() OVER (PARTITION BY a.id ORDER BY r."createdAt") AS place, r.emoji::text
    FROM (SELECT DISTINCT a.id, a.slot FROM unnest(actors, slots) AS a(id, slot)) a, LATERAL (
      -- Rows are compared, because only the primary key can look that up: the index of users may have all that one ever did.
      SELECT r.emoji, r."createdAt" FROM reactions r
      WHERE (r."messageId", r."userId") >= (message.id, a.id) AND (r."messageId", r."userId") <= (message.id, a.id) OFFSET 0) r
  LOOP
    own[stored.place] := stored.emoji;
  END LOOP;

  outcomes := '{}';
  details := '{}';
  FOR i IN 1..cardinality(actors) LOOP
    EXIT WHEN total > 96 AND total + CASE WHEN (given[i]->>'replace')::boolean THEN 4 ELSE 1 END > 100;
    emoji := given[i]->>'emoji';
    key := replace(emoji, U&'\FE0F', '');
    place := array_position(keys, key);
    base := 3 * (slots[i] - 1);
    had := CASE emojis[place] WHEN own[base + 1] THEN base + 1 WHEN own[base + 2] THEN base + 2 WHEN own[base + 3] THEN base + 3 END;
    detail := '[]';
    dropped := '{}';
    IF NOT (given[i]->>'add')::boolean THEN dropped := ARRAY[had];
    ELSE
      -- The emoji that only these have.
      freed := 0;
      IF (given[i]->>'replace')::boolean THEN
        FOR one IN base + 1..base + 3 LOOP
          CONTINUE WHEN own[one] IS NULL OR one = had;
          dropped := array_append(dropped, one);
          IF counts[array_position(emojis, own[one])] = 1 THEN freed := freed + 1; END IF;
        END LOOP;
      END IF;
      IF had IS NULL AND num_nonnulls(own[base + 1], own[base + 2], own[base + 3]) - cardinality(dropped) >= 3 THEN
        detail := '[{"path": "reactionsOfUser", "message": "one user has at most 3 reactions to a message: remove one first"}]';
      ELSIF place IS NULL AND used - freed >= 20 THEN
        detail := '[{"path": "emojisOfMessage", "message": "a message has at most 20 different emoji: use one of these"}]';
      END IF;
      IF detail <> '[]' THEN
        outcomes := array_append(outcomes, 'LIMIT_REACHED');
        details := array_append(details, detail);
        CONTINUE;
      END IF;
    END IF;

    FOREACH one IN ARRAY dropped LOOP
      CONTINUE WHEN one IS NULL;
      place := array_position(emojis, own[one]);
      detail := detail || jsonb_build_object('user_id', actors[i], 'emoji', own[one], 'action', 'removed');
      IF added[one] IS NULL THEN
        gone_owners := array_append(gone_owners, actors[i]);
        gone_emojis := array_append(gone_emojis, own[one]);
      END IF;
      firsts[place] := coalesce(
        (SELECT jsonb_agg(u.id ORDER BY u.ord) FROM jsonb_array_elements(firsts[place]) WITH ORDINALITY AS u(id, ord)
          WHERE u.id <> to_jsonb(actors[i])), '[]');
      counts[place] := counts[place] - 1;
      IF counts[place] = 0 THEN
        keys[place] := NULL;
        emojis[place] := NULL;
        used := used - 1;
      END IF;
      own[one] := NULL;
      added[one] := NULL;
    END LOOP;

    IF (given[i]->>'add')::boolean AND had IS NULL THEN
      place := array_position(keys, key);
      IF place IS NULL THEN
        emojis := array_append(emojis, emoji);
        keys := array_append(keys, key);
        counts := array_append(counts, 0);
        firsts := array_append(firsts, '[]'::jsonb);
        place := cardinality(keys);
        used := used + 1;
      END IF;
      -- A list that lost somebody while there were more is read anew below.
      IF counts[place] < 20 AND jsonb_array_length(firsts[place]) = counts[place] THEN
        firsts[place] := firsts[place] || to_jsonb(actors[i]);
      END IF;
      counts[place] := counts[place] + 1;
      one := CASE WHEN own[base + 1] IS NULL THEN base + 1 WHEN own[base + 2] IS NULL THEN base + 2 ELSE base + 3 END;
      own[one] := emojis[place];
      owners[one] := actors[i];
      added[one] := i;
      detail := detail || jsonb_build_object('user_id', actors[i], 'emoji', emojis[place], 'action', 'added');
    END IF;

    total := total + jsonb_array_length(detail);
    outcomes := array_append(outcomes, CASE WHEN detail = '[]' THEN 'unchanged' ELSE 'changed' END);
    details := array_append(details, detail);
  END LOOP;
  IF total = 0 THEN RETURN; END IF;

  IF cardinality(gone_owners) > 0 THEN
    DELETE FROM reactions r USING unnest(gone_owners, gone_emojis) AS g(owner, emoji)
    WHERE (r."messageId", r."userId") >= (message.id, g.owner) AND (r."messageId", r."userId") <= (message.id, g.owner)
      AND r.emoji = g.emoji COLLATE "C";
  END IF;
  INSERT INTO reactions ("messageId", "userId", emoji, "createdAt")
  SELECT message.id, n.owner, n.emoji, since + n.ord * interval '1 microsecond'
  FROM unnest(owners, own, added) AS n(owner, emoji, ord) WHERE n.ord IS NOT NULL ORDER BY n.ord;

  FOR i IN 1..cardinality(keys) LOOP
    IF keys[i] IS NOT NULL AND jsonb_array_length(firsts[i]) < least(counts[i], 20) THEN
      firsts[i] := (SELECT jsonb_agg(u."userId" ORDER BY u."createdAt", u."userId") FROM (
        SELECT r."userId", r."createdAt" FROM reactions r WHERE r."messageId" = message.id AND r.emoji = emojis[i] COLLATE "C"
        ORDER BY r."createdAt", r."userId" LIMIT 20) u);
    END IF;
  END LOOP;
  message.reactions := (
    SELECT jsonb_agg(jsonb_build_object('emoji', e.emoji, 'count', e.count, 'userIds', e.users) ORDER BY e.ord)
    FROM unnest(emojis, keys, counts, firsts) WITH ORDINALITY AS e(emoji, key, count, users, ord) WHERE e.key IS NOT NULL);
END
$$;
