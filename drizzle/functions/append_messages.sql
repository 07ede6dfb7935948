-- Stores a batch of messages and returns one row per draft, in the order of the drafts. `contents` is an array with an
-- object for each: the columns that the sender fills. The outcomes of a draft:
--   stored      it has its number now
--   duplicate   the sender used this client id before: `before` is that message as it is now
--   repeat      the client id of an earlier draft of this very batch: must be sent again
--   no_sender, no_channel (not there, deleted, or the sender is no member), no_receiver, no_original (the message that it
--               answers is not in this conversation, or is deleted): nothing was stored
-- Logs are locked in the order of their ids, so that batches of several nodes never wait for each other in a circle.
-- Settings: a log that somebody holds for longer is tried again by itself, so that it delays no other. Every table is
-- looked up by key, whatever its size was when the plan was made. Each look-up is a subquery of its own (OFFSET 0),
-- because a join with a table that was empty then would be planned as a walk through all of its index.
CREATE OR REPLACE FUNCTION append_messages(
  senders integer[], channel_ids integer[], receivers integer[], client_ids text[], contents jsonb
) RETURNS TABLE (
  outcome text, id integer, seq integer, "createdAt" timestamp, "senderName" text, "senderAvatar" text,
  "accessVersion" integer, before jsonb
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
    SELECT d.*, c.place, c."lastSeq" AS base, c."membersVersion" AS version,
      CASE WHEN c."isCounted" THEN c."messageCount" END AS count_base,
      coalesce((d.content->>'silent')::boolean, false) AS is_silent, s.username, s.avatar,
      p.id AS p_id, p.seq AS p_seq, p."createdAt" AS p_created, p.state AS p_state,
      CASE
        WHEN s.id IS NULL THEN 'no_sender'
        WHEN p.id IS NOT NULL THEN 'duplicate'
        WHEN d.client IS NOT NULL
          AND row_number() OVER (PARTITION BY d.sender, d.client ORDER BY d.ord) > 1 THEN 'repeat'
        WHEN d.channel IS NOT NULL AND (m.id IS NULL OR ch.id IS NULL) THEN 'no_channel'
        WHEN d.receiver IS NOT NULL AND r.id IS NULL THEN 'no_receiver'
        -- Looked up only for a draft that answers one. Under the log's lock nobody deletes it meanwhile.
        WHEN d.content->>'replyToId' IS NOT NULL AND (
          SELECT o."conversationId" = d.log AND o."deletedAt" IS NULL FROM chats o
          WHERE o.id = (d.content->>'replyToId')::integer) IS NOT TRUE THEN 'no_original'
        ELSE 'stored'
      END AS outcome
    FROM ROWS FROM (unnest(senders, channel_ids, receivers, client_ids, logs), jsonb_array_elements(contents))
      WITH ORDINALITY AS d(sender, channel, receiver, client, log, content, ord)
    LEFT JOIN LATERAL (
      SELECT c.ctid AS place, c."lastSeq", c."membersVersion", c."messageCount", c."isCounted"
      FROM conversations c WHERE c.id = d.log OFFSET 0) c ON true
    LEFT JOIN LATERAL (
      SELECT s.id, s.username, s.avatar FROM users s WHERE s.id = d.sender AND s."deletedAt" IS NULL OFFSET 0) s ON true
    LEFT JOIN LATERAL (
      SELECT m.id FROM channel_members m WHERE m."userId" = d.sender AND m."channelId" = d.channel OFFSET 0) m ON true
    LEFT JOIN LATERAL (SELECT ch.id FROM channels ch WHERE ch.id = d.channel AND ch."deletedAt" IS NULL OFFSET 0) ch ON true
    LEFT JOIN LATERAL (SELECT r.id FROM users r WHERE r.id = d.receiver AND r."deletedAt" IS NULL OFFSET 0) r ON true
    LEFT JOIN LATERAL (
      SELECT p.id, p.seq, p."createdAt", message_state(p) AS state FROM chats p
      WHERE p."senderId" = d.sender AND p."clientId" = d.client OFFSET 0) p ON true
  ),
  numbered AS (
    SELECT j.*,
      j.base + (count(*) FILTER (WHERE j.outcome = 'stored') OVER up_to_it)::integer AS number,
      j.count_base + (count(*) FILTER (WHERE j.outcome = 'stored' AND NOT j.is_silent) OVER up_to_it)::integer AS count
    FROM judged j WINDOW up_to_it AS (PARTITION BY j.log ORDER BY j.ord)
  ),
  drafts AS MATERIALIZED (
    SELECT n.*, CASE WHEN n.outcome = 'stored' THEN nextval(ids)::integer ELSE n.p_id END AS message_id FROM numbered n
  ),
  -- By their places, which cannot change under the lock.
  advanced AS (
    UPDATE conversations c SET "lastSeq" = last.number, "lastEventAt" = stamp,
      "messageCount" = coalesce(last.count, c."messageCount")
    FROM (
      SELECT d.place, max(d.number) AS number, max(d.count) AS count FROM drafts d WHERE d.outcome = 'stored' GROUP BY d.place
    ) last
    WHERE c.ctid = last.place
  ),
  -- Senders have read up to what they send.
  marked AS (
    INSERT INTO seats ("userId", "conversationId", "readSeq", "seenSeq")
    SELECT d.sender, d.log, max(d.number), max(d.number) FROM drafts d WHERE d.outcome = 'stored'
    GROUP BY d.sender, d.log ORDER BY d.sender, d.log
    ON CONFLICT ("userId", "conversationId")
    DO UPDATE SET "readSeq" = excluded."readSeq", "seenSeq" = excluded."seenSeq"
  ),
  inserted AS (
    INSERT INTO chats (id, "senderId", "channelId", "receiverId", "clientId", "createdAt", "updatedAt",
      "conversationId", seq, "updatedSeq", number, text, url, "fileName", "replyToId", silent, metadata)
    SELECT d.message_id, d.sender, d.channel, d.receiver, d.client, stamp, stamp, d.log, d.number, d.number, d.count,
      d.content->>'text', d.content->>'url', d.content->>'fileName', (d.content->>'replyToId')::integer,
      d.is_silent, d.content->'metadata'
    FROM drafts d WHERE d.outcome = 'stored'
  )
  SELECT d.outcome, d.message_id, CASE WHEN d.outcome = 'stored' THEN d.number ELSE d.p_seq END,
    coalesce(d.p_created, stamp), d.username::text, d.avatar::text, d.version, d.p_state
  FROM drafts d ORDER BY d.ord;
END
$$;
--> statement-breakpoint
-- Replaces the content of messages, and what a change of it sets. The caller has locked them. This file alone lists the
-- columns of the content: what reads or changes it takes them from the table.
CREATE OR REPLACE FUNCTION write_messages(messages chats[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  UPDATE chats c SET text = m.text, url = m.url, "fileName" = m."fileName", metadata = m.metadata,
    "deletedAt" = m."deletedAt", "updatedAt" = m."updatedAt", "updatedSeq" = m."updatedSeq", reactions = m.reactions
  FROM unnest(messages) m WHERE c.id = m.id;
END
$$;
--> statement-breakpoint
-- For nodes of the version before.
CREATE OR REPLACE FUNCTION append_messages(
  senders integer[], channel_ids integer[], receivers integer[],
  texts text[], urls text[], file_names text[], client_ids text[]
) RETURNS TABLE (
  fate text, id integer, seq integer, "updatedSeq" integer, "createdAt" timestamp, "updatedAt" timestamp,
  deleted boolean, "senderName" text, "senderAvatar" text, text text, url text, "fileName" text,
  "channelId" integer, "receiverId" integer, "membersVersion" integer
) LANGUAGE sql AS $$
  SELECT a.outcome, a.id, a.seq, coalesce((a.before->>'updatedSeq')::integer, a.seq), a."createdAt",
    coalesce((a.before->>'updatedAt')::timestamp, a."createdAt"), coalesce((a.before->>'deleted')::boolean, false),
    a."senderName", a."senderAvatar", a.before->>'text', a.before->>'url', a.before->>'fileName',
    (a.before->>'channelId')::integer, (a.before->>'receiverId')::integer, a."accessVersion"
  FROM append_messages(senders, channel_ids, receivers, client_ids, (
    SELECT coalesce(jsonb_agg(jsonb_build_object('text', d.body, 'url', d.link, 'fileName', d.file) ORDER BY d.ord), '[]')
    FROM unnest(texts, urls, file_names) WITH ORDINALITY AS d(body, link, file, ord)
  )) WITH ORDINALITY AS a(outcome, id, seq, "createdAt", "senderName", "senderAvatar", "accessVersion", before, ord)
  ORDER BY a.ord
$$;
