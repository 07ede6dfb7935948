-- Reactions, markers, settings and the logs of accounts are lost.
DELETE FROM conversations WHERE "accountId" IS NOT NULL;--> statement-breakpoint
DROP TABLE IF EXISTS seats;--> statement-breakpoint
DROP TABLE IF EXISTS mentions;--> statement-breakpoint
DROP TABLE IF EXISTS reactions;--> statement-breakpoint
ALTER TABLE conversations DROP CONSTRAINT IF EXISTS "CHK_conversations_one_kind";--> statement-breakpoint
ALTER TABLE conversations
  DROP COLUMN IF EXISTS "accountId",
  DROP COLUMN IF EXISTS "messageCount",
  DROP COLUMN IF EXISTS "recordSeq";--> statement-breakpoint
ALTER TABLE conversations ADD CONSTRAINT "CHK_conversations_channel_or_pair" CHECK (("channelId" IS NULL) = ("userLow" IS NOT NULL) AND ("userLow" IS NULL) = ("userHigh" IS NULL) AND "userLow" <= "userHigh");--> statement-breakpoint
ALTER TABLE chats
  DROP COLUMN IF EXISTS "number",
  DROP COLUMN IF EXISTS "silent",
  DROP COLUMN IF EXISTS "replyToId",
  DROP COLUMN IF EXISTS "metadata",
  DROP COLUMN IF EXISTS "mentions",
  DROP COLUMN IF EXISTS "mentionAll",
  DROP COLUMN IF EXISTS "reactions",
  DROP COLUMN IF EXISTS "pinnedAt",
  DROP COLUMN IF EXISTS "pinnedBy";--> statement-breakpoint
ALTER TABLE channels
  DROP COLUMN IF EXISTS "avatar",
  DROP COLUMN IF EXISTS "metadata",
  DROP COLUMN IF EXISTS "settings";--> statement-breakpoint
ALTER TABLE users DROP COLUMN IF EXISTS "settings";
