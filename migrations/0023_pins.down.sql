CREATE OR REPLACE FUNCTION apply_changes(INOUT message chats, kind text, actors integer[], given jsonb[], stamp timestamp without time zone, OUT outcomes text[], OUT details jsonb[])
 RETURNS record
 LANGUAGE plpgsql
AS $function$
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
$function$;--> statement-breakpoint
DROP FUNCTION IF EXISTS pin(chats,integer,integer,timestamp without time zone);--> statement-breakpoint
DROP FUNCTION IF EXISTS set_pin(chats,timestamp without time zone,integer);
