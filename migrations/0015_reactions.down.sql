CREATE OR REPLACE FUNCTION apply_changes(INOUT message chats, kind text, actors integer[], given jsonb[], stamp timestamp without time zone, OUT outcomes text[], OUT details jsonb[])
 RETURNS record
 LANGUAGE plpgsql
AS $function$
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
  END CASE;
END
$function$;--> statement-breakpoint
CREATE OR REPLACE FUNCTION erase_deleted_channels(step integer)
 RETURNS boolean
 LANGUAGE plpgsql
 SET enable_seqscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
AS $function$
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
  done := (SELECT max(e.seq) FROM unnest(erased) e);
  IF done IS NULL THEN DELETE FROM channel_erasures e WHERE e."channelId" = channel;
  ELSE UPDATE channel_erasures e SET "erasedSeq" = done WHERE e."channelId" = channel;
  END IF;
  RETURN true;
END
$function$;--> statement-breakpoint
CREATE OR REPLACE FUNCTION number_foreign_update()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  -- What nobody sees any more is no event: a message that is deleted already, or whose channel is, when its content goes.
  IF NEW."deletedAt" IS NOT NULL AND (OLD."deletedAt" IS NOT NULL OR EXISTS (
    SELECT 1 FROM channels c WHERE c.id = NEW."channelId" AND c."deletedAt" IS NOT NULL
  )) THEN RETURN NEW; END IF;
  NEW."updatedSeq" := take_number(NEW."conversationId");
  RETURN NEW;
END
$function$;--> statement-breakpoint
CREATE OR REPLACE FUNCTION write_messages(messages chats[])
 RETURNS void
 LANGUAGE plpgsql
AS $function$
BEGIN
  UPDATE chats c SET text = m.text, url = m.url, "fileName" = m."fileName",
    "deletedAt" = m."deletedAt", "updatedAt" = m."updatedAt", "updatedSeq" = m."updatedSeq"
  FROM unnest(messages) m WHERE c.id = m.id;
END
$function$;--> statement-breakpoint
DROP FUNCTION IF EXISTS react(chats,integer[],jsonb[]);
