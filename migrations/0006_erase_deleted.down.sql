CREATE OR REPLACE FUNCTION change_message(message_id integer, actor integer, new_text text)
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
$function$;--> statement-breakpoint
CREATE OR REPLACE FUNCTION number_foreign_update()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  NEW."updatedSeq" := take_number(NEW."conversationId");
  RETURN NEW;
END
$function$;--> statement-breakpoint
DROP FUNCTION IF EXISTS change_message(integer,integer,text,boolean);--> statement-breakpoint
DROP FUNCTION IF EXISTS erase_deleted_channels(integer);
