-- The log: every event of a conversation takes its next number under the lock of its `conversations` row, in the
-- function that stores it. Each statement of a plpgsql function sees what was committed before that statement began,
-- so what is checked after the lock (membership, a repeated clientId) cannot be stale.

-- The logs of a batch, one per draft; null where the channel or the receiver does not exist.
CREATE OR REPLACE FUNCTION find_logs(senders integer[], channel_ids integer[], receivers integer[])
RETURNS integer[] LANGUAGE sql STABLE AS $$
  SELECT array_agg(coalesce(of_channel.id, of_pair.id) ORDER BY d.ord)
  FROM unnest(senders, channel_ids, receivers) WITH ORDINALITY AS d(sender, channel, receiver, ord)
  LEFT JOIN conversations of_channel ON of_channel."channelId" = d.channel
  LEFT JOIN conversations of_pair
    ON of_pair."userLow" = least(d.sender, d.receiver) AND of_pair."userHigh" = greatest(d.sender, d.receiver)
    AND d.receiver IS NOT NULL
$$;--> statement-breakpoint

-- Makes the logs that a batch needs and that are not there yet.
CREATE OR REPLACE FUNCTION create_logs(senders integer[], channel_ids integer[], receivers integer[])
RETURNS void LANGUAGE sql AS $$
  INSERT INTO conversations ("channelId")
  SELECT DISTINCT c.id FROM unnest(channel_ids) AS d(channel) JOIN channels c ON c.id = d.channel ORDER BY c.id
  ON CONFLICT DO NOTHING;

  INSERT INTO conversations ("userLow", "userHigh")
  SELECT DISTINCT least(s.id, r.id) AS low, greatest(s.id, r.id) AS high
  FROM unnest(senders, receivers) AS d(sender, receiver)
  JOIN users s ON s.id = d.sender JOIN users r ON r.id = d.receiver
  ORDER BY low, high
  ON CONFLICT DO NOTHING;
$$;--> statement-breakpoint

-- Stores a batch of messages and gives one row per draft, in the order of the drafts. `fate`:
--   stored      it has its number now; content columns are null, the caller has them
--   duplicate   the sender used this client id before: that message as it is now, its content null where it is deleted
--   repeat      the client id of an earlier draft of this very batch: to be sent again
--   no_sender, no_channel (not there, deleted, or the sender is no member), no_receiver: nothing was stored
-- Logs are locked in the order of their ids, so that batches of several nodes never wait for each other in a circle.
-- Settings: a log that somebody holds for longer is tried again by itself, so that it delays no other; and every table
-- is looked up by key, whatever its size was when the plan was made.
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
      SELECT coalesce(of_channel.id, of_pair.id)
      FROM unnest(senders, channel_ids, receivers) WITH ORDINALITY AS d(sender, channel, receiver, ord)
      LEFT JOIN conversations of_channel ON of_channel."channelId" = d.channel
      LEFT JOIN conversations of_pair
        ON of_pair."userLow" = least(d.sender, d.receiver) AND of_pair."userHigh" = greatest(d.sender, d.receiver)
        AND d.receiver IS NOT NULL
      ORDER BY d.ord
    );
    EXIT WHEN attempt = 2 OR array_position(logs, NULL) IS NULL;
    PERFORM create_logs(senders, channel_ids, receivers);
  END LOOP;

  PERFORM 1 FROM conversations c WHERE c.id = ANY(logs) ORDER BY c.id FOR NO KEY UPDATE;
  stamp := date_trunc('milliseconds', clock_timestamp() AT TIME ZONE 'utc');

  RETURN QUERY
  WITH judged AS (
    SELECT d.*, c."lastSeq" AS base, c."membersVersion" AS version, s.username, s.avatar,
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
    LEFT JOIN conversations c ON c.id = d.log
    LEFT JOIN users s ON s.id = d.sender AND s."deletedAt" IS NULL
    LEFT JOIN channel_members m ON m."channelId" = d.channel AND m."userId" = d.sender
    LEFT JOIN channels ch ON ch.id = d.channel AND ch."deletedAt" IS NULL
    LEFT JOIN users r ON r.id = d.receiver AND r."deletedAt" IS NULL
    LEFT JOIN chats p ON p."senderId" = d.sender AND p."clientId" = d.client
  ),
  numbered AS (
    SELECT j.*,
      j.base + (count(*) FILTER (WHERE j.fate = 'stored') OVER (PARTITION BY j.log ORDER BY j.ord))::integer AS number
    FROM judged j
  ),
  drafts AS MATERIALIZED (
    SELECT n.*, CASE WHEN n.fate = 'stored' THEN nextval(ids)::integer ELSE n.p_id END AS message_id FROM numbered n
  ),
  advanced AS (
    UPDATE conversations c SET "lastSeq" = last.number, "lastEventAt" = stamp
    FROM (SELECT d.log, max(d.number) AS number FROM drafts d WHERE d.fate = 'stored' GROUP BY d.log) last
    WHERE c.id = last.log
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
$$;--> statement-breakpoint

-- Edits (`new_text` not null) or deletes a message and gives it as it is then; no row where it is gone or where `actor`
-- is no party to its conversation. A null actor is nobody's party and may all the same.
CREATE OR REPLACE FUNCTION change_message(message_id integer, actor integer, new_text text)
RETURNS TABLE (
  id integer, seq integer, "updatedSeq" integer, "senderId" integer, "senderName" text, "senderAvatar" text,
  text text, url text, "fileName" text, "clientId" text, "channelId" integer, "receiverId" integer,
  "createdAt" timestamp, "updatedAt" timestamp, deleted boolean, "membersVersion" integer
) LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
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
    text = coalesce(new_text, m.text),
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
$$;--> statement-breakpoint

-- The next number of a log, for rows that are written past the functions above.
CREATE OR REPLACE FUNCTION take_number(log integer) RETURNS integer LANGUAGE sql AS $$
  UPDATE conversations SET "lastSeq" = "lastSeq" + 1, "lastEventAt" = clock_timestamp() AT TIME ZONE 'utc'
  WHERE id = log RETURNING "lastSeq"
$$;--> statement-breakpoint

-- The former service may still write: what it stores, edits or deletes takes its numbers here. The conditions of the
-- triggers keep them from firing for the functions above.
CREATE OR REPLACE FUNCTION number_foreign_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM create_logs(ARRAY[NEW."senderId"], ARRAY[NEW."channelId"], ARRAY[NEW."receiverId"]);
  NEW."conversationId" := (find_logs(ARRAY[NEW."senderId"], ARRAY[NEW."channelId"], ARRAY[NEW."receiverId"]))[1];
  NEW.seq := take_number(NEW."conversationId");
  NEW."updatedSeq" := NEW.seq;
  RETURN NEW;
END
$$;--> statement-breakpoint
CREATE OR REPLACE FUNCTION number_foreign_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW."updatedSeq" := take_number(NEW."conversationId");
  RETURN NEW;
END
$$;--> statement-breakpoint
DROP TRIGGER IF EXISTS number_foreign_insert ON chats;--> statement-breakpoint
CREATE TRIGGER number_foreign_insert BEFORE INSERT ON chats FOR EACH ROW
  WHEN (NEW.seq IS NULL) EXECUTE FUNCTION number_foreign_insert();--> statement-breakpoint
DROP TRIGGER IF EXISTS number_foreign_update ON chats;--> statement-breakpoint
CREATE TRIGGER number_foreign_update BEFORE UPDATE ON chats FOR EACH ROW
  WHEN (NEW."updatedSeq" = OLD."updatedSeq" AND (
    (NEW.text, NEW.url, NEW."fileName", NEW."deletedAt") IS DISTINCT FROM (OLD.text, OLD.url, OLD."fileName", OLD."deletedAt")
  )) EXECUTE FUNCTION number_foreign_update();--> statement-breakpoint

-- Whoever takes a member out, also past this service, makes the readers of the log be checked again.
CREATE OR REPLACE FUNCTION advance_members_version(channel integer) RETURNS void LANGUAGE sql AS $$
  INSERT INTO conversations ("channelId", "membersVersion") SELECT c.id, 1 FROM channels c WHERE c.id = channel
  ON CONFLICT ("channelId") DO UPDATE SET "membersVersion" = conversations."membersVersion" + 1
$$;--> statement-breakpoint
CREATE OR REPLACE FUNCTION note_member_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM advance_members_version(OLD."channelId");
  RETURN NULL;
END
$$;--> statement-breakpoint
DROP TRIGGER IF EXISTS note_member_gone ON channel_members;--> statement-breakpoint
CREATE TRIGGER note_member_gone AFTER DELETE ON channel_members FOR EACH ROW
  EXECUTE FUNCTION note_member_gone();--> statement-breakpoint
CREATE OR REPLACE FUNCTION note_channel_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM advance_members_version(NEW.id);
  RETURN NULL;
END
$$;--> statement-breakpoint
DROP TRIGGER IF EXISTS note_channel_gone ON channels;--> statement-breakpoint
CREATE TRIGGER note_channel_gone AFTER UPDATE ON channels FOR EACH ROW
  WHEN (OLD."deletedAt" IS NULL AND NEW."deletedAt" IS NOT NULL) EXECUTE FUNCTION note_channel_gone();
