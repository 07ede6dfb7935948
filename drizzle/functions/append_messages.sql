-- Stores a batch of messages and gives one row per draft, in the order of the drafts. `fate`:
--   stored      it has its number now; content columns are null, the caller has them
--   duplicate   the sender used this client id before: that message as it is now, its content null where it is deleted
--   repeat      the client id of an earlier draft of this very batch: to be sent again
--   no_sender, no_channel (not there, deleted, or the sender is no member), no_receiver: nothing was stored
-- Logs are locked in the order of their ids, so that batches of several nodes never wait for each other in a circle.
-- Settings: a log that somebody holds for longer is tried again by itself, so that it delays no other; and every table
-- is looked up by key, whatever its size was when the plan was made. Each look-up is a subquery of its own (OFFSET 0), for
-- a join with a table that was empty then would be planned as a walk through all of its index.
CREATE OR REPLACE FUNCTION append_messages(
  senders integer[], channel_ids integer[], receivers integer[],
  texts text[], urls text[], file_names text[], client_ids text[]
) RETURNS TABLE (
  fate text, id integer, seq integer, "updatedSeq" integer, "createdAt" timestamp, "updatedAt" timestamp,
  deleted boolean, "senderName" text, "senderAvatar" text, text text, url text, "fileName" text,
  "channelId" integer, "receiverId" integer, "membersVersion" integer
) LANGUAGE plpgsql
SET lock_timeout = '250ms' SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
#variable_conflict use_column
DECLARE
  ids regclass := pg_get_serial_sequence('chats', 'id');
  logs integer[];
  stamp timestamp;
BEGIN
  FOR attempt IN 1..2 LOOP
    logs := ARRAY(
      SELECT coalesce(
        (SELECT c.id FROM conversations c WHERE c."channelId" = d.channel),
        (SELECT c.id FROM conversations c WHERE d.receiver IS NOT NULL
          AND c."userLow" = least(d.sender, d.receiver) AND c."userHigh" = greatest(d.sender, d.receiver))
      )
      FROM unnest(senders, channel_ids, receivers) WITH ORDINALITY AS d(sender, channel, receiver, ord)
      ORDER BY d.ord
    );
    EXIT WHEN attempt = 2 OR array_position(logs, NULL) IS NULL;
    PERFORM create_logs(senders, channel_ids, receivers);
  END LOOP;

  PERFORM 1 FROM (SELECT DISTINCT l.id FROM unnest(logs) AS l(id) ORDER BY l.id) l,
    LATERAL (SELECT 1 FROM conversations c WHERE c.id = l.id FOR NO KEY UPDATE) c;
  stamp := date_trunc('milliseconds', clock_timestamp() AT TIME ZONE 'utc');

  RETURN QUERY
  WITH judged AS (
    SELECT d.*, c.place, c."lastSeq" AS base, c."membersVersion" AS version, s.username, s.avatar,
      p.id AS p_id, p.seq AS p_seq, p."updatedSeq" AS p_updated_seq, p."createdAt" AS p_created, p."updatedAt" AS p_updated,
      p."deletedAt" IS NOT NULL AS p_deleted, p."channelId" AS p_channel, p."receiverId" AS p_receiver,
      CASE WHEN p."deletedAt" IS NULL THEN p.text END AS p_text,
      CASE WHEN p."deletedAt" IS NULL THEN p.url::text END AS p_url,
      CASE WHEN p."deletedAt" IS NULL THEN p."fileName"::text END AS p_file,
      CASE
        WHEN s.id IS NULL THEN 'no_sender'
        WHEN p.id IS NOT NULL THEN 'duplicate'
        WHEN d.client IS NOT NULL
          AND row_number() OVER (PARTITION BY d.sender, d.client ORDER BY d.ord) > 1 THEN 'repeat'
        WHEN d.channel IS NOT NULL AND (m.id IS NULL OR ch.id IS NULL) THEN 'no_channel'
        WHEN d.receiver IS NOT NULL AND r.id IS NULL THEN 'no_receiver'
        ELSE 'stored'
      END AS fate
    FROM unnest(senders, channel_ids, receivers, texts, urls, file_names, client_ids, logs)
      WITH ORDINALITY AS d(sender, channel, receiver, body, link, file, client, log, ord)
    LEFT JOIN LATERAL (
      SELECT c.ctid AS place, c."lastSeq", c."membersVersion" FROM conversations c WHERE c.id = d.log OFFSET 0) c ON true
    LEFT JOIN LATERAL (
      SELECT s.id, s.username, s.avatar FROM users s WHERE s.id = d.sender AND s."deletedAt" IS NULL OFFSET 0) s ON true
    LEFT JOIN LATERAL (
      SELECT m.id FROM channel_members m WHERE m."userId" = d.sender AND m."channelId" = d.channel OFFSET 0) m ON true
    LEFT JOIN LATERAL (SELECT ch.id FROM channels ch WHERE ch.id = d.channel AND ch."deletedAt" IS NULL OFFSET 0) ch ON true
    LEFT JOIN LATERAL (SELECT r.id FROM users r WHERE r.id = d.receiver AND r."deletedAt" IS NULL OFFSET 0) r ON true
    LEFT JOIN LATERAL (SELECT * FROM chats p WHERE p."senderId" = d.sender AND p."clientId" = d.client OFFSET 0) p ON true
  ),
  numbered AS (
    SELECT j.*,
      j.base + (count(*) FILTER (WHERE j.fate = 'stored') OVER (PARTITION BY j.log ORDER BY j.ord))::integer AS number
    FROM judged j
  ),
  drafts AS MATERIALIZED (
    SELECT n.*, CASE WHEN n.fate = 'stored' THEN nextval(ids)::integer ELSE n.p_id END AS message_id FROM numbered n
  ),
  -- By their places, which cannot change under the lock.
  advanced AS (
    UPDATE conversations c SET "lastSeq" = last.number, "lastEventAt" = stamp
    FROM (SELECT d.place, max(d.number) AS number FROM drafts d WHERE d.fate = 'stored' GROUP BY d.place) last
    WHERE c.ctid = last.place
  ),
  inserted AS (
    INSERT INTO chats (id, "senderId", "channelId", "receiverId", text, url, "fileName", "clientId",
      "createdAt", "updatedAt", "conversationId", seq, "updatedSeq")
    SELECT d.message_id, d.sender, d.channel, d.receiver, d.body, d.link, d.file, d.client, stamp, stamp,
      d.log, d.number, d.number
    FROM drafts d WHERE d.fate = 'stored'
  )
  SELECT d.fate, d.message_id,
    CASE WHEN d.fate = 'stored' THEN d.number ELSE d.p_seq END,
    CASE WHEN d.fate = 'stored' THEN d.number ELSE d.p_updated_seq END,
    coalesce(d.p_created, stamp), coalesce(d.p_updated, stamp), d.p_deleted, d.username::text, d.avatar::text,
    d.p_text, d.p_url, d.p_file, d.p_channel, d.p_receiver, d.version
  FROM drafts d ORDER BY d.ord;
END
$$;
