-- What pinning makes of a message. The row is written at once, because another pin of the same batch counts it. The log's
-- lock keeps others from pinning there meanwhile. By the time they are found in their index, whatever the plan. A later pin has a later time, whatever the clock does.
CREATE OR REPLACE FUNCTION pin(
  INOUT message chats, actor integer, at_most integer, stamp timestamp, OUT outcome text, OUT detail jsonb
) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
  pins integer;
  latest timestamp;
BEGIN
  outcome := 'unchanged';
  IF message."pinnedAt" IS NOT NULL THEN RETURN; END IF;
  SELECT count(*), max(p."pinnedAt") INTO pins, latest FROM chats p
  WHERE p."conversationId" = message."conversationId" AND p."pinnedAt" > '-infinity' AND p."deletedAt" IS NULL;
  IF pins >= at_most THEN
    outcome := 'LIMIT_REACHED';
    detail := jsonb_build_array(jsonb_build_object('path', 'pins',
      'message', 'a conversation has at most ' || at_most || ' pinned messages: unpin one first'));
    RETURN;
  END IF;
  outcome := 'changed';
  message := set_pin(message, greatest(stamp, latest + interval '1 millisecond'), actor);
END
$$;
--> statement-breakpoint
-- Pins a message, or unpins it (both null). Does nothing to one that is not pinned and is not to be.
CREATE OR REPLACE FUNCTION set_pin(message chats, pinned timestamp, actor integer) RETURNS chats LANGUAGE plpgsql AS $$
BEGIN
  IF message."pinnedAt" IS NULL AND pinned IS NULL THEN RETURN message; END IF;
  message."pinnedAt" := pinned;
  message."pinnedBy" := actor;
  UPDATE chats c SET "pinnedAt" = pinned, "pinnedBy" = actor WHERE c.id = message.id;
  RETURN message;
END
$$;
