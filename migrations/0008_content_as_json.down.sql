CREATE OR REPLACE FUNCTION append_messages(senders integer[], channel_ids integer[], receivers integer[], texts text[], urls text[], file_names text[], client_ids text[])
 RETURNS TABLE(fate text, id integer, seq integer, "updatedSeq" integer, "createdAt" timestamp without time zone, "updatedAt" timestamp without time zone, deleted boolean, "senderName" text, "senderAvatar" text, text text, url text, "fileName" text, "channelId" integer, "receiverId" integer, "membersVersion" integer)
 LANGUAGE plpgsql
 SET lock_timeout TO '250ms'
 SET enable_seqscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
AS $function$
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
$function$;--> statement-breakpoint
CREATE OR REPLACE FUNCTION change_message(message_id integer, actor integer, new_text text, erase boolean)
 RETURNS TABLE(id integer, seq integer, "updatedSeq" integer, "senderId" integer, "senderName" text, "senderAvatar" text, text text, url text, "fileName" text, "clientId" text, "channelId" integer, "receiverId" integer, "createdAt" timestamp without time zone, "updatedAt" timestamp without time zone, deleted boolean, "membersVersion" integer)
 LANGUAGE plpgsql
 SET enable_seqscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
AS $function$
#variable_conflict use_column
DECLARE
  log integer := (SELECT m."conversationId" FROM chats m WHERE m.id = message_id);
  stamp timestamp;
  number integer;
BEGIN
  PERFORM 1 FROM conversations c WHERE c.id = log FOR NO KEY UPDATE;
  PERFORM 1 FROM chats m WHERE m.id = message_id AND m."deletedAt" IS NULL AND (
    actor IS NULL
    OR actor IN (m."senderId", m."receiverId") AND m."channelId" IS NULL
    OR EXISTS (
      SELECT 1 FROM channel_members cm JOIN channels ch ON ch.id = cm."channelId" AND ch."deletedAt" IS NULL
      WHERE cm."channelId" = m."channelId" AND cm."userId" = actor
    )
  );
  IF NOT FOUND THEN RETURN; END IF;

  stamp := date_trunc('milliseconds', clock_timestamp() AT TIME ZONE 'utc');
  UPDATE conversations c SET "lastSeq" = c."lastSeq" + 1, "lastEventAt" = stamp WHERE c.id = log
  RETURNING c."lastSeq" INTO number;

  RETURN QUERY
  UPDATE chats m SET
    text = CASE WHEN new_text IS NULL AND erase THEN NULL ELSE coalesce(new_text, m.text) END,
    url = CASE WHEN new_text IS NULL AND erase THEN NULL ELSE m.url END,
    "fileName" = CASE WHEN new_text IS NULL AND erase THEN NULL ELSE m."fileName" END,
    "deletedAt" = CASE WHEN new_text IS NULL THEN stamp END,
    "updatedAt" = stamp,
    "updatedSeq" = number
  FROM users s, conversations c
  WHERE m.id = message_id AND s.id = m."senderId" AND c.id = log
  RETURNING m.id, m.seq, m."updatedSeq", m."senderId", s.username::text, s.avatar::text,
    CASE WHEN new_text IS NOT NULL THEN m.text END,
    CASE WHEN new_text IS NOT NULL THEN m.url::text END,
    CASE WHEN new_text IS NOT NULL THEN m."fileName"::text END,
    m."clientId"::text, m."channelId", m."receiverId", m."createdAt", m."updatedAt", new_text IS NULL,
    c."membersVersion";
END
$function$;--> statement-breakpoint
DROP FUNCTION IF EXISTS append_messages(integer[],integer[],integer[],text[],jsonb);--> statement-breakpoint
DROP FUNCTION IF EXISTS change_message(integer,integer,jsonb,boolean);--> statement-breakpoint
DROP FUNCTION IF EXISTS message_state(chats);
