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
