-- False for the logs that exist, true for those to come, and no row is written. See src/database/message-counts.ts.
ALTER TABLE "conversations" ADD COLUMN IF NOT EXISTS "isCounted" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "conversations" ALTER COLUMN "isCounted" SET DEFAULT true;--> statement-breakpoint
-- Every message moves its sender's marker: room for HOT updates.
ALTER TABLE "seats" SET (fillfactor = 70);
