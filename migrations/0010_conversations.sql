-- What users see of their conversations: tables and columns that features fill. All is new, and no row is rewritten.
-- Each step finds its own work: the record of migrations may be lost.
CREATE TABLE IF NOT EXISTS "mentions" (
	"userId" integer NOT NULL,
	"conversationId" integer NOT NULL,
	"seq" integer NOT NULL,
	"messageId" integer NOT NULL,
	CONSTRAINT "PK_mentions" PRIMARY KEY("userId","conversationId","seq")
);
--> statement-breakpoint
CREATE TABLE IF NOT EXISTS "reactions" (
	"messageId" integer NOT NULL,
	"userId" integer NOT NULL,
	"emoji" text collate "C" NOT NULL,
	"createdAt" timestamp DEFAULT (now() at time zone 'utc') NOT NULL,
	CONSTRAINT "PK_reactions" PRIMARY KEY("messageId","userId","emoji")
);
--> statement-breakpoint
CREATE TABLE IF NOT EXISTS "seats" (
	"userId" integer NOT NULL,
	"conversationId" integer NOT NULL,
	"accountSeq" integer DEFAULT 0 NOT NULL,
	"readSeq" integer DEFAULT 0 NOT NULL,
	"seenSeq" integer DEFAULT 0 NOT NULL,
	"mutedUntil" timestamp,
	"archived" boolean DEFAULT false NOT NULL,
	"favourite" boolean DEFAULT false NOT NULL,
	"notify" varchar(8),
	"metadata" jsonb,
	"endedAt" timestamp,
	"endedBy" varchar(8),
	CONSTRAINT "PK_seats" PRIMARY KEY("userId","conversationId")
);
--> statement-breakpoint
ALTER TABLE "conversations" DROP CONSTRAINT IF EXISTS "CHK_conversations_channel_or_pair";--> statement-breakpoint
ALTER TABLE "channels" ADD COLUMN IF NOT EXISTS "avatar" varchar(500);--> statement-breakpoint
ALTER TABLE "channels" ADD COLUMN IF NOT EXISTS "metadata" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "channels" ADD COLUMN IF NOT EXISTS "settings" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "chats" ADD COLUMN IF NOT EXISTS "number" integer;--> statement-breakpoint
ALTER TABLE "chats" ADD COLUMN IF NOT EXISTS "silent" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "chats" ADD COLUMN IF NOT EXISTS "replyToId" integer;--> statement-breakpoint
ALTER TABLE "chats" ADD COLUMN IF NOT EXISTS "metadata" jsonb;--> statement-breakpoint
ALTER TABLE "chats" ADD COLUMN IF NOT EXISTS "mentions" integer[];--> statement-breakpoint
ALTER TABLE "chats" ADD COLUMN IF NOT EXISTS "mentionAll" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "chats" ADD COLUMN IF NOT EXISTS "reactions" jsonb;--> statement-breakpoint
ALTER TABLE "chats" ADD COLUMN IF NOT EXISTS "pinnedAt" timestamp;--> statement-breakpoint
ALTER TABLE "chats" ADD COLUMN IF NOT EXISTS "pinnedBy" integer;--> statement-breakpoint
ALTER TABLE "conversations" ADD COLUMN IF NOT EXISTS "accountId" integer;--> statement-breakpoint
ALTER TABLE "conversations" ADD COLUMN IF NOT EXISTS "messageCount" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "conversations" ADD COLUMN IF NOT EXISTS "recordSeq" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN IF NOT EXISTS "settings" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "mentions" DROP CONSTRAINT IF EXISTS "mentions_userId_users_id_fk", ADD CONSTRAINT "mentions_userId_users_id_fk" FOREIGN KEY ("userId") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "mentions" DROP CONSTRAINT IF EXISTS "mentions_conversationId_conversations_id_fk", ADD CONSTRAINT "mentions_conversationId_conversations_id_fk" FOREIGN KEY ("conversationId") REFERENCES "public"."conversations"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "reactions" DROP CONSTRAINT IF EXISTS "reactions_messageId_chats_id_fk", ADD CONSTRAINT "reactions_messageId_chats_id_fk" FOREIGN KEY ("messageId") REFERENCES "public"."chats"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "reactions" DROP CONSTRAINT IF EXISTS "reactions_userId_users_id_fk", ADD CONSTRAINT "reactions_userId_users_id_fk" FOREIGN KEY ("userId") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "seats" DROP CONSTRAINT IF EXISTS "seats_userId_users_id_fk", ADD CONSTRAINT "seats_userId_users_id_fk" FOREIGN KEY ("userId") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "seats" DROP CONSTRAINT IF EXISTS "seats_conversationId_conversations_id_fk", ADD CONSTRAINT "seats_conversationId_conversations_id_fk" FOREIGN KEY ("conversationId") REFERENCES "public"."conversations"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX IF NOT EXISTS "IDX_mentions_latest" ON "mentions" USING btree ("userId","messageId");--> statement-breakpoint
CREATE INDEX IF NOT EXISTS "IDX_reactions_user_id" ON "reactions" USING btree ("userId");--> statement-breakpoint
CREATE INDEX IF NOT EXISTS "IDX_seats_conversation_id" ON "seats" USING btree ("conversationId");--> statement-breakpoint
ALTER TABLE "conversations" DROP CONSTRAINT IF EXISTS "conversations_accountId_users_id_fk", ADD CONSTRAINT "conversations_accountId_users_id_fk" FOREIGN KEY ("accountId") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX IF NOT EXISTS "IDX_chats_dead" ON "chats" USING btree ("conversationId","seq") WHERE "deletedAt" IS NOT NULL;--> statement-breakpoint
CREATE INDEX IF NOT EXISTS "IDX_chats_replies" ON "chats" USING btree ("replyToId") WHERE "replyToId" IS NOT NULL;--> statement-breakpoint
CREATE INDEX IF NOT EXISTS "IDX_chats_pins" ON "chats" USING btree ("conversationId","pinnedAt") WHERE "pinnedAt" IS NOT NULL;--> statement-breakpoint
CREATE INDEX IF NOT EXISTS "IDX_chats_mention_all" ON "chats" USING btree ("conversationId","seq") WHERE "mentionAll";--> statement-breakpoint
ALTER TABLE "conversations" DROP CONSTRAINT IF EXISTS "UQ_conversations_account", ADD CONSTRAINT "UQ_conversations_account" UNIQUE("accountId");--> statement-breakpoint
ALTER TABLE "conversations" DROP CONSTRAINT IF EXISTS "CHK_conversations_one_kind", ADD CONSTRAINT "CHK_conversations_one_kind" CHECK (num_nonnulls("channelId", "userLow", "accountId") = 1 AND ("userLow" IS NULL) = ("userHigh" IS NULL) AND "userLow" <= "userHigh");