-- A channel is deleted: see advance_members_version. The parts of its members end.
CREATE OR REPLACE FUNCTION note_channel_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM advance_members_version(NEW.id);
  PERFORM change_seats(array_agg(m."userId" ORDER BY m."userId"), array_agg(c.id), 'deleted')
  FROM channel_members m JOIN conversations c ON c."channelId" = m."channelId" WHERE m."channelId" = NEW.id;
  RETURN NULL;
END
$$;--> statement-breakpoint
DROP TRIGGER IF EXISTS note_channel_gone ON channels;--> statement-breakpoint
CREATE TRIGGER note_channel_gone AFTER UPDATE ON channels FOR EACH ROW
  WHEN (OLD."deletedAt" IS NULL AND NEW."deletedAt" IS NOT NULL) EXECUTE FUNCTION note_channel_gone();
