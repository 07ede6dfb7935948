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
$$;--> statement-breakpoint
-- Replaces the content of messages, and what a change of it sets. The caller has locked them. This file alone lists the
-- columns of the content: what reads or changes it takes them from the table.
CREATE OR REPLACE FUNCTION write_messages(messages chats[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  UPDATE chats c SET text = m.text, url = m.url, "fileName" = m."fileName", metadata = m.metadata,
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
      SELECT * INTO applied FROM edit_message(message, given[1], stamp);
      message := applied.message;
      outcomes := ARRAY[applied.outcome];
      details := ARRAY[applied.detail];
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
-- What an edit makes of a message: the fields that are given are replaced, and metadata is merged. Metadata alone leaves
-- "updatedAt", and if it is the same as before, nothing is to be done.
CREATE OR REPLACE FUNCTION edit_message(
  INOUT message chats, given jsonb, stamp timestamp, OUT outcome text, OUT detail jsonb
) LANGUAGE plpgsql AS $$
DECLARE
  before jsonb := message.metadata;
BEGIN
  outcome := 'changed';
  IF given->'metadata' IS NOT NULL THEN
    message.metadata := nullif(merge_patch(before, given->'metadata'), 'null');
    IF json_bytes(message.metadata) > 4096 THEN
      message.metadata := before;
      outcome := 'VALIDATION_FAILED';
      detail := '[{"path": "metadata", "message": "must have at most 4096 bytes as JSON, merged with what is there"}]';
      RETURN;
    END IF;
  END IF;
  IF given - 'metadata' <> '{}' THEN
    message := jsonb_populate_record(message, given - 'metadata');
    message."updatedAt" := stamp;
  ELSIF message.metadata IS NOT DISTINCT FROM before THEN
    outcome := 'unchanged';
  END IF;
END
$$;--> statement-breakpoint
-- Merges a patch into a JSON value by RFC 7396: null removes a field, objects are merged, all else replaces.
CREATE OR REPLACE FUNCTION merge_patch(target jsonb, patch jsonb) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  field text;
  value jsonb;
BEGIN
  IF jsonb_typeof(patch) <> 'object' THEN RETURN patch; END IF;
  IF jsonb_typeof(target) IS DISTINCT FROM 'object' THEN target := '{}'; END IF;
  FOR field, value IN SELECT p.key, p.value FROM jsonb_each(patch) p LOOP
    IF value = 'null' THEN target := target - field;
    ELSE target := target || jsonb_build_object(field, merge_patch(target->field, value));
    END IF;
  END LOOP;
  RETURN target;
END
$$;--> statement-breakpoint
-- The size of a JSON value without the spaces that PostgreSQL writes.
CREATE OR REPLACE FUNCTION json_bytes(value jsonb) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
  SELECT octet_length(regexp_replace(value::text, '("(?:[^"\\]|\\.)*")|\s', '\1', 'g'))
$$;
