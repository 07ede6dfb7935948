-- What the former service edits or deletes gets its number here. The trigger's condition excludes rows that have a
-- number.
CREATE OR REPLACE FUNCTION number_foreign_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- What nobody sees any more is no event: a message that is deleted already, or whose channel is, when its content goes.
  IF NEW."deletedAt" IS NOT NULL AND (OLD."deletedAt" IS NOT NULL OR EXISTS (
    SELECT 1 FROM channels c WHERE c.id = NEW."channelId" AND c."deletedAt" IS NOT NULL
  )) THEN RETURN NEW; END IF;
  NEW."updatedSeq" := take_number(NEW."conversationId");
  IF NEW."deletedAt" IS NOT NULL THEN
    DELETE FROM reactions r WHERE r."messageId" = NEW.id;
    NEW.reactions := NULL;
  END IF;
  RETURN NEW;
END
$$;--> statement-breakpoint
DROP TRIGGER IF EXISTS number_foreign_update ON chats;--> statement-breakpoint
CREATE TRIGGER number_foreign_update BEFORE UPDATE ON chats FOR EACH ROW
  WHEN (NEW."updatedSeq" = OLD."updatedSeq" AND (
    (NEW.text, NEW.url, NEW."fileName", NEW."deletedAt") IS DISTINCT FROM (OLD.text, OLD.url, OLD."fileName", OLD."deletedAt")
  )) EXECUTE FUNCTION number_foreign_update();
