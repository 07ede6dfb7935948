-- What users see of their own account has changed: it is an object of the account log.
CREATE OR REPLACE FUNCTION note_account_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  numbers integer[] := take_account_numbers(ARRAY[NEW.id]);
BEGIN
  UPDATE conversations SET "recordSeq" = numbers[1] WHERE "accountId" = NEW.id;
  RETURN NULL;
END
$$;--> statement-breakpoint
DROP TRIGGER IF EXISTS note_account_changed ON users;--> statement-breakpoint
CREATE TRIGGER note_account_changed AFTER UPDATE OF username, email, avatar, settings ON users FOR EACH ROW
  WHEN (NEW."deletedAt" IS NULL
    AND (OLD.username, OLD.email, OLD.avatar, OLD.settings) IS DISTINCT FROM (NEW.username, NEW.email, NEW.avatar, NEW.settings))
  EXECUTE FUNCTION note_account_changed();
