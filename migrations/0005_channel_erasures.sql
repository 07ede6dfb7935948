-- Which deleted channels wait for their messages to be erased. New, so nodes of the version before and the former service go on
-- as they are. Each step finds its own work: the record of migrations may be lost.
CREATE TABLE IF NOT EXISTS "channel_erasures" (
	"channelId" integer PRIMARY KEY NOT NULL,
	"erasedSeq" integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
ALTER TABLE "channel_erasures" DROP CONSTRAINT IF EXISTS "channel_erasures_channelId_channels_id_fk", ADD CONSTRAINT "channel_erasures_channelId_channels_id_fk" FOREIGN KEY ("channelId") REFERENCES "channels"("id") ON DELETE cascade ON UPDATE no action;
