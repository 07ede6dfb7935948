-- Moves markers, and returns one row per item, in the order of the items. `kinds`: `read` moves forward to the number,
-- `unread` goes back to just before it. The outcomes:
--   marked      `moved` says whether the marker changed; if not, nothing was written
--   repeat      a second item for a marker that goes back in this batch: must be sent again
--   no_channel (not there, or the user is no member), no_user (the pair has no log), beyond (the head of the log), too_old
-- Of several `read` items for one marker the highest counts. If `whole`, one bad item keeps all others from moving.
-- A moved marker takes a number of the user's account log. Locks: account logs, then seats, each in order.
CREATE OR REPLACE FUNCTION mark_seats(
  users integer[], channel_ids integer[], other_ids integer[], seqs integer[], kinds text[], whole boolean
) RETURNS TABLE (outcome text, log integer, "readSeq" integer, "seenSeq" integer, moved boolean, "accountSeq" integer)
LANGUAGE plpgsql
SET lock_timeout = '250ms' SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
#variable_conflict use_column
DECLARE
  outcomes text[];
  logs integer[];
  targets integer[];
  movers integer[];
  moved_logs integer[];
  moved_to integer[];
  going_back boolean[];
BEGIN
  SELECT array_agg(j.outcome ORDER BY j.ord), array_agg(j.log ORDER BY j.ord), array_agg(j.target ORDER BY j.ord)
  INTO outcomes, logs, targets
  FROM (
    SELECT i.ord, c.id AS log,
      CASE
        WHEN i.channel IS NOT NULL AND m.id IS NULL THEN 'no_channel'
        WHEN i.channel IS NULL AND c.id IS NULL THEN 'no_user'
        WHEN i.seq > coalesce(c."lastSeq", 0) THEN 'beyond'
        WHEN i.kind = 'unread' AND i.seq <= (
          SELECT o.seq FROM chats o WHERE o."conversationId" = c.id ORDER BY o.seq DESC OFFSET 5000 LIMIT 1
        ) THEN 'too_old'
        WHEN bool_or(i.kind = 'unread') OVER same AND row_number() OVER (same ORDER BY i.ord) > 1 THEN 'repeat'
        ELSE 'marked'
      END AS outcome,
      CASE
        WHEN i.kind = 'unread' THEN greatest(i.seq - 1, 0)
        WHEN bool_or(i.kind = 'unread') OVER same THEN i.seq
        ELSE max(i.seq) FILTER (WHERE i.seq <= c."lastSeq") OVER same
      END AS target
    FROM unnest(users, channel_ids, other_ids, seqs, kinds)
      WITH ORDINALITY AS i(reader, channel, other, seq, kind, ord)
    LEFT JOIN LATERAL (
      SELECT m.id FROM channel_members m JOIN channels ch ON ch.id = m."channelId" AND ch."deletedAt" IS NULL
      WHERE m."userId" = i.reader AND m."channelId" = i.channel OFFSET 0) m ON true
    LEFT JOIN LATERAL (
      SELECT c.id, c."lastSeq" FROM conversations c WHERE c."channelId" = i.channel
      UNION ALL
      SELECT c.id, c."lastSeq" FROM conversations c
      WHERE c."userLow" = least(i.reader, i.other) AND c."userHigh" = greatest(i.reader, i.other) AND i.channel IS NULL
      OFFSET 0) c ON true
    WINDOW same AS (PARTITION BY i.reader, c.id)
  ) j;

  IF NOT (whole AND EXISTS (SELECT FROM unnest(outcomes) o WHERE o <> 'marked')) THEN
    SELECT array_agg(t.reader ORDER BY t.reader, t.log), array_agg(t.log ORDER BY t.reader, t.log),
      array_agg(t.target ORDER BY t.reader, t.log), array_agg(t.back ORDER BY t.reader, t.log)
    INTO movers, moved_logs, moved_to, going_back
    FROM (
      SELECT DISTINCT ON (i.reader, i.log) i.reader, i.log, i.target, i.kind = 'unread' AS back
      FROM unnest(users, logs, targets, kinds, outcomes) AS i(reader, log, target, kind, outcome)
      LEFT JOIN LATERAL (
        SELECT s."readSeq" FROM seats s WHERE s."userId" = i.reader AND s."conversationId" = i.log OFFSET 0) s ON true
      WHERE i.outcome = 'marked' AND i.log IS NOT NULL
        AND CASE WHEN i.kind = 'unread' THEN i.target < s."readSeq" ELSE i.target > coalesce(s."readSeq", 0) END
      ORDER BY i.reader, i.log
    ) t;
  END IF;

  IF movers IS NOT NULL THEN
    -- A row that goes back carries 0 as what was seen.
    INSERT INTO seats ("userId", "conversationId", "accountSeq", "readSeq", "seenSeq")
    SELECT w.reader, w.log, w.number, w.target, CASE WHEN w.back THEN 0 ELSE w.target END
    FROM unnest(movers, moved_logs, moved_to, going_back, take_account_numbers(movers)) AS w(reader, log, target, back, number)
    ORDER BY 1, 2
    ON CONFLICT ("userId", "conversationId") DO UPDATE SET
      "accountSeq" = excluded."accountSeq",
      "readSeq" = CASE WHEN excluded."seenSeq" = 0 THEN least(seats."readSeq", excluded."readSeq")
        ELSE greatest(seats."readSeq", excluded."readSeq") END,
      "seenSeq" = greatest(seats."seenSeq", excluded."seenSeq");
  END IF;

  RETURN QUERY
  SELECT i.outcome, i.log, coalesce(s."readSeq", 0), coalesce(s."seenSeq", 0),
    coalesce(EXISTS (
      SELECT FROM unnest(movers, moved_logs) AS w(reader, log) WHERE w.reader = i.reader AND w.log = i.log), false),
    coalesce(s."accountSeq", 0)
  FROM unnest(users, outcomes, logs) WITH ORDINALITY AS i(reader, outcome, log, ord)
  LEFT JOIN LATERAL (
    SELECT s."readSeq", s."seenSeq", s."accountSeq" FROM seats s
    WHERE s."userId" = i.reader AND s."conversationId" = i.log OFFSET 0) s ON true
  ORDER BY i.ord;
END
$$;
