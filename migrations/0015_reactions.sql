-- Replaces the content of messages, and what a change of it sets. The caller has locked them. This file alone lists the
-- columns of the content: what reads or changes it takes them from the table.
CREATE OR REPLACE FUNCTION write_messages(messages chats[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  UPDATE chats c SET text = m.text, url = m.url, "fileName" = m."fileName",
    "deletedAt" = m."deletedAt", "updatedAt" = m."updatedAt", "updatedSeq" = m."updatedSeq", reactions = m.reactions
  FROM unnest(messages) m WHERE c.id = m.id;
END
$$;--> statement-breakpoint
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
      message := jsonb_populate_record(message, given[1]);
      message."updatedAt" := stamp;
    WHEN 'delete' THEN
      message."updatedAt" := stamp;
      message."deletedAt" := stamp;
      IF (given[1]->>'erase')::boolean THEN message := without_content(message, stamp); END IF;
      DELETE FROM reactions r WHERE r."messageId" = message.id;
      message.reactions := NULL;
    WHEN 'react' THEN
      SELECT r.* INTO applied FROM react(message, actors, given) r;
      message := applied.message;
      outcomes := applied.outcomes;
      details := applied.details;
  END CASE;
END
$$;--> statement-breakpoint
-- Erases the content of at most `step` messages of one deleted channel that waits for it. These messages then count as
-- deleted. Nodes that do so at the same time take different channels. Returns false if none waits.
CREATE OR REPLACE FUNCTION erase_deleted_channels(step integer) RETURNS boolean LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
#variable_conflict use_column
DECLARE
  channel integer;
  log integer;
  done integer;
  gone timestamp;
  erased chats[];
BEGIN
  SELECT e."channelId", e."erasedSeq" INTO channel, done FROM channel_erasures e
  ORDER BY e."channelId" LIMIT 1 FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN RETURN false; END IF;
  SELECT ch."deletedAt", c.id INTO gone, log FROM channels ch JOIN conversations c ON c."channelId" = ch.id
  WHERE ch.id = channel;

  -- Nothing of a channel that is there again.
  erased := ARRAY(
    SELECT without_content(m, coalesce(m."deletedAt", gone)) FROM chats m
    WHERE gone IS NOT NULL AND m."conversationId" = log AND m.seq > done ORDER BY m.seq LIMIT step FOR NO KEY UPDATE
  );
  PERFORM write_messages(erased);
  DELETE FROM reactions r USING unnest(erased) e WHERE r."messageId" = e.id;
  done := (SELECT max(e.seq) FROM unnest(erased) e);
  IF done IS NULL THEN DELETE FROM channel_erasures e WHERE e."channelId" = channel;
  ELSE UPDATE channel_erasures e SET "erasedSeq" = done WHERE e."channelId" = channel;
  END IF;
  RETURN true;
END
$$;--> statement-breakpoint
-- What the former service edits or deletes gets its number here. The trigger's condition excludes rows that have a
-- number.
CREATE OR REPLACE FUNCTION number_foreign_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- What nobody sees any more is no event: a message that is deleted already, or whose channel is, when its content goes.
  IF NEW."deletedAt" IS NOT NULL AND (OLD."deletedAt" IS NOT NULL OR EXISTS (
    SELECT 1 FROM channels c WHERE c.id = NEW."channelId" AND c."deletedAt" IS NOT NULL
  )) THEN RETURN NEW; END IF;
  NEW."updatedSeq" := take_number(NEW."conversationId");
  IF NEW."deletedAt" IS NOT NULL THEN
    DELETE FROM reactions r WHERE r."messageId" = NEW.id;
    NEW.reactions := NULL;
  END IF;
  RETURN NEW;
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
  -- What these users have, in the order of use: `held` is user and key. What was removed is null in all three.
  owners integer[];
  held text[];
  spelled text[];
  stored integer;
  gone_owners integer[] := '{}';
  gone_emojis text[] := '{}';
  emoji text;
  key text;
  place integer;
  had integer;
  mine integer[];
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
  SELECT coalesce(array_agg(r."userId"), '{}'), coalesce(array_agg(r.emoji::text), '{}'),
    coalesce(array_agg(r."userId" || ' ' || replace(r.emoji, U&'\FE0F', '')), '{}'), count(*)
  INTO owners, spelled, held, stored
  FROM (SELECT DISTINCT a.id FROM unnest(actors) AS a(id)) a,
    LATERAL (SELECT r."userId", r.emoji FROM reactions r WHERE r."messageId" = message.id AND r."userId" = a.id OFFSET 0) r;

  outcomes := '{}';
  details := '{}';
  FOR i IN 1..cardinality(actors) LOOP
    EXIT WHEN total > 96 AND total + CASE WHEN (given[i]->>'replace')::boolean THEN 4 ELSE 1 END > 100;
    emoji := given[i]->>'emoji';
    key := replace(emoji, U&'\FE0F', '');
    place := array_position(keys, key);
    had := array_position(held, actors[i] || ' ' || key);
    detail := '[]';
    IF NOT (given[i]->>'add')::boolean THEN dropped := ARRAY[had];
    ELSE
      mine := array_positions(owners, actors[i]);
      dropped := CASE WHEN (given[i]->>'replace')::boolean THEN array_remove(mine, had) ELSE '{}' END;
      -- The emoji that only these have.
      freed := 0;
      FOREACH one IN ARRAY dropped LOOP
        IF counts[array_position(emojis, spelled[one])] = 1 THEN freed := freed + 1; END IF;
      END LOOP;
      IF had IS NULL AND cardinality(mine) - cardinality(dropped) >= 3 THEN
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
      place := array_position(emojis, spelled[one]);
      detail := detail || jsonb_build_object('user_id', actors[i], 'emoji', spelled[one], 'action', 'removed');
      IF one <= stored THEN
        gone_owners := array_append(gone_owners, actors[i]);
        gone_emojis := array_append(gone_emojis, spelled[one]);
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
      owners[one] := NULL;
      held[one] := NULL;
      spelled[one] := NULL;
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
      owners := array_append(owners, actors[i]);
      held := array_append(held, actors[i] || ' ' || key);
      spelled := array_append(spelled, emojis[place]);
      detail := detail || jsonb_build_object('user_id', actors[i], 'emoji', emojis[place], 'action', 'added');
    END IF;

    total := total + jsonb_array_length(detail);
    outcomes := array_append(outcomes, CASE WHEN detail = '[]' THEN 'unchanged' ELSE 'changed' END);
    details := array_append(details, detail);
  END LOOP;
  IF total = 0 THEN RETURN; END IF;

  IF cardinality(gone_owners) > 0 THEN
    DELETE FROM reactions r USING unnest(gone_owners, gone_emojis) AS g(owner, emoji)
    WHERE r."messageId" = message.id AND r."userId" = g.owner AND r.emoji = g.emoji COLLATE "C";
  END IF;
  INSERT INTO reactions ("messageId", "userId", emoji, "createdAt")
  SELECT message.id, n.owner, n.emoji, since + n.ord * interval '1 microsecond'
  FROM unnest(owners[stored + 1:], spelled[stored + 1:]) WITH ORDINALITY AS n(owner, emoji, ord) WHERE n.owner IS NOT NULL;

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
