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
