DROP TRIGGER IF EXISTS end_seats ON channel_members;--> statement-breakpoint
DROP TRIGGER IF EXISTS note_account_changed ON users;--> statement-breakpoint
DROP TRIGGER IF EXISTS note_owner_changed ON channels;--> statement-breakpoint
CREATE OR REPLACE FUNCTION note_channel_gone()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  PERFORM advance_members_version(NEW.id);
  RETURN NULL;
END
$function$;--> statement-breakpoint
CREATE OR REPLACE FUNCTION seat_new_members()
 RETURNS trigger
 LANGUAGE plpgsql
 SET enable_seqscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
AS $function$
BEGIN
  INSERT INTO conversations ("channelId")
  SELECT DISTINCT a."channelId" FROM added a
  WHERE NOT EXISTS (SELECT FROM conversations c WHERE c."channelId" = a."channelId")
  ORDER BY 1 ON CONFLICT DO NOTHING;

  INSERT INTO seats ("userId", "conversationId", "readSeq", "seenSeq")
  SELECT DISTINCT a."userId", c.id, c."lastSeq", c."lastSeq" FROM added a
  JOIN conversations c ON c."channelId" = a."channelId"
  ORDER BY 1, 2
  ON CONFLICT ("userId", "conversationId") DO UPDATE SET "readSeq" = excluded."readSeq",
    "seenSeq" = greatest(seats."seenSeq", excluded."seenSeq"), "endedAt" = NULL, "endedBy" = NULL;
  RETURN NULL;
END
$function$;--> statement-breakpoint
DROP FUNCTION IF EXISTS change_seats(integer[],integer[],text);--> statement-breakpoint
DROP FUNCTION IF EXISTS end_seats();--> statement-breakpoint
DROP FUNCTION IF EXISTS lock_accounts(integer[]);--> statement-breakpoint
DROP FUNCTION IF EXISTS note_account_changed();--> statement-breakpoint
DROP FUNCTION IF EXISTS note_owner_changed();--> statement-breakpoint
DROP FUNCTION IF EXISTS take_account_numbers(integer[]);
