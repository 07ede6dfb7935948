CREATE TABLE "mentions" (
	"userId" integer NOT NULL,
	"conversationId" integer NOT NULL,
	"seq" integer NOT NULL,
	"messageId" integer NOT NULL,
	CONSTRAINT "PK_mentions" PRIMARY KEY("userId","conversationId","seq")
);
--> statement-breakpoint
CREATE TABLE "reactions" (
	"messageId" integer NOT NULL,
	"userId" integer NOT NULL,
	"emoji" text collate "C" NOT NULL,
	"createdAt" timestamp DEFAULT (now() at time zone 'utc') NOT NULL,
	CONSTRAINT "PK_reactions" PRIMARY KEY("messageId","userId","emoji")
);
--> statement-breakpoint
CREATE TABLE "seats" (
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
ALTER TABLE "conversations" DROP CONSTRAINT "CHK_conversations_channel_or_pair";--> statement-breakpoint
ALTER TABLE "channels" ADD COLUMN "avatar" varchar(500);--> statement-breakpoint
ALTER TABLE "channels" ADD COLUMN "metadata" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "channels" ADD COLUMN "settings" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "chats" ADD COLUMN "number" integer;--> statement-breakpoint
ALTER TABLE "chats" ADD COLUMN "silent" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "chats" ADD COLUMN "replyToId" integer;--> statement-breakpoint
ALTER TABLE "chats" ADD COLUMN "metadata" jsonb;--> statement-breakpoint
ALTER TABLE "chats" ADD COLUMN "mentions" integer[];--> statement-breakpoint
ALTER TABLE "chats" ADD COLUMN "mentionAll" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "chats" ADD COLUMN "reactions" jsonb;--> statement-breakpoint
ALTER TABLE "chats" ADD COLUMN "pinnedAt" timestamp;--> statement-breakpoint
ALTER TABLE "chats" ADD COLUMN "pinnedBy" integer;--> statement-breakpoint
ALTER TABLE "conversations" ADD COLUMN "accountId" integer;--> statement-breakpoint
ALTER TABLE "conversations" ADD COLUMN "messageCount" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "conversations" ADD COLUMN "recordSeq" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "users" ADD COLUMN "settings" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "mentions" ADD CONSTRAINT "mentions_userId_users_id_fk" FOREIGN KEY ("userId") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "mentions" ADD CONSTRAINT "mentions_conversationId_conversations_id_fk" FOREIGN KEY ("conversationId") REFERENCES "public"."conversations"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "reactions" ADD CONSTRAINT "reactions_messageId_chats_id_fk" FOREIGN KEY ("messageId") REFERENCES "public"."chats"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "reactions" ADD CONSTRAINT "reactions_userId_users_id_fk" FOREIGN KEY ("userId") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "seats" ADD CONSTRAINT "seats_userId_users_id_fk" FOREIGN KEY ("userId") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "seats" ADD CONSTRAINT "seats_conversationId_conversations_id_fk" FOREIGN KEY ("conversationId") REFERENCES "public"."conversations"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "IDX_mentions_latest" ON "mentions" USING btree ("userId","messageId");--> statement-breakpoint
CREATE INDEX "IDX_reactions_user_id" ON "reactions" USING btree ("userId");--> statement-breakpoint
CREATE INDEX "IDX_seats_conversation_id" ON "seats" USING btree ("conversationId");--> statement-breakpoint
ALTER TABLE "conversations" ADD CONSTRAINT "conversations_accountId_users_id_fk" FOREIGN KEY ("accountId") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "IDX_chats_dead" ON "chats" USING btree ("conversationId","seq") WHERE "deletedAt" IS NOT NULL;--> statement-breakpoint
CREATE INDEX "IDX_chats_replies" ON "chats" USING btree ("replyToId") WHERE "replyToId" IS NOT NULL;--> statement-breakpoint
CREATE INDEX "IDX_chats_pins" ON "chats" USING btree ("conversationId","pinnedAt") WHERE "pinnedAt" IS NOT NULL;--> statement-breakpoint
CREATE INDEX "IDX_chats_mention_all" ON "chats" USING btree ("conversationId","seq") WHERE "mentionAll";--> statement-breakpoint
ALTER TABLE "conversations" ADD CONSTRAINT "UQ_conversations_account" UNIQUE("accountId");--> statement-breakpoint
ALTER TABLE "conversations" ADD CONSTRAINT "CHK_conversations_one_kind" CHECK (num_nonnulls("channelId", "userLow", "accountId") = 1 AND ("userLow" IS NULL) = ("userHigh" IS NULL) AND "userLow" <= "userHigh");