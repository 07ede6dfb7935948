-- Names and emails without case and invisible characters, as the service folds them: no locale of a server has a say in it.
-- Nullable, so nodes of the version before and the former service go on writing; the service folds what they wrote. Where
-- there are users already, columns, trigger and indexes are made before this, beside writers, and are found here.
ALTER TABLE "users" ADD COLUMN IF NOT EXISTS "foldedUsername" text collate "C";--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN IF NOT EXISTS "foldedEmail" text collate "C";--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN IF NOT EXISTS "isNameUnique" boolean DEFAULT false NOT NULL;--> statement-breakpoint
-- What was folded from a name that is no more says nothing about the new one. Who can fold sets it again after that.
CREATE OR REPLACE FUNCTION forget_folded_names() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.username IS DISTINCT FROM OLD.username THEN
    NEW."foldedUsername" := NULL;
    NEW."isNameUnique" := false;
  END IF;
  IF NEW.email IS DISTINCT FROM OLD.email THEN
    NEW."foldedEmail" := NULL;
  END IF;
  RETURN NEW;
END
$$;--> statement-breakpoint
DROP TRIGGER IF EXISTS forget_folded_names ON users;--> statement-breakpoint
CREATE TRIGGER forget_folded_names BEFORE UPDATE OF username, email ON users FOR EACH ROW
  WHEN (NEW.username IS DISTINCT FROM OLD.username OR NEW.email IS DISTINCT FROM OLD.email)
  EXECUTE FUNCTION forget_folded_names();--> statement-breakpoint
CREATE UNIQUE INDEX IF NOT EXISTS "UQ_users_folded_username" ON "users" USING btree ("foldedUsername") WHERE "isNameUnique";--> statement-breakpoint
CREATE INDEX IF NOT EXISTS "IDX_users_folded_username" ON "users" USING btree ("foldedUsername");--> statement-breakpoint
CREATE INDEX IF NOT EXISTS "IDX_users_folded_email" ON "users" USING btree ("foldedEmail");--> statement-breakpoint
CREATE INDEX IF NOT EXISTS "IDX_users_unfolded" ON "users" USING btree ("id") WHERE "foldedUsername" is null or "foldedEmail" is null;
