-- A small database as the former service leaves it: its ORM's names, narrower and wider columns than ours, its own indexes.
CREATE TYPE channels_type_enum AS ENUM ('direct', 'group');
CREATE TABLE users (
  id serial CONSTRAINT "PK_a3ffb1c0c8416b9fc6f907b7433" PRIMARY KEY,
  username character varying(30) NOT NULL CONSTRAINT "UQ_fe0bb3f6520ee0469504521e710" UNIQUE,
  email character varying(255) NOT NULL CONSTRAINT "UQ_97672ac88f789774dd47f7c8be3" UNIQUE,
  password character varying(60) NOT NULL,
  avatar text,
  "isOnline" boolean NOT NULL DEFAULT false,
  "createdAt" timestamp NOT NULL DEFAULT now(),
  "updatedAt" timestamp NOT NULL DEFAULT now(),
  "deletedAt" timestamp
);
CREATE TABLE channels (
  id serial CONSTRAINT "PK_bc603823f3f741359c2339389f9" PRIMARY KEY,
  name character varying NOT NULL,
  "ownerId" integer NOT NULL CONSTRAINT "FK_0f5d1b3b8a4d4c1c9f7e1a2b3c4" REFERENCES users (id) ON DELETE CASCADE,
  type channels_type_enum NOT NULL DEFAULT 'group',
  "createdAt" timestamp NOT NULL DEFAULT now(),
  "updatedAt" timestamp NOT NULL DEFAULT now(),
  "deletedAt" timestamp
);
CREATE TABLE channel_members (
  id serial PRIMARY KEY,
  "userId" integer NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  "channelId" integer NOT NULL REFERENCES channels (id) ON DELETE CASCADE,
  "joinedAt" timestamp NOT NULL DEFAULT now(),
  CONSTRAINT "UQ_35fb4d21e5d7b9a0b6b7cf3b2a1" UNIQUE ("channelId", "userId")
);
CREATE TABLE chats (
  id serial PRIMARY KEY,
  "senderId" integer NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  "receiverId" integer REFERENCES users (id) ON DELETE CASCADE,
  "channelId" integer REFERENCES channels (id) ON DELETE CASCADE,
  text text,
  url character varying(500),
  "fileName" character varying(255),
  "createdAt" timestamp NOT NULL DEFAULT now(),
  "updatedAt" timestamp NOT NULL DEFAULT now(),
  "deletedAt" timestamp,
  CONSTRAINT "CHK_4e0b1c" CHECK (("receiverId" IS NULL) <> ("channelId" IS NULL))
);
CREATE INDEX "IDX_chats_channel_id_id" ON chats ("channelId", id);

INSERT INTO users (id, username, email, password, "deletedAt") VALUES
  (1, 'anna', 'anna@example.org', '$2b$10$aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', NULL),
  (2, 'ben', 'Ben@example.org', '$2b$10$bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb', NULL),
  (3, 'cleo', 'cleo@example.org', '$2b$10$ccccccccccccccccccccccccccccccccccccccccccccccccccccc', '2024-05-01 00:00:00');
INSERT INTO channels (id, name, "ownerId", type, "deletedAt") VALUES
  (1, 'general', 1, 'group', NULL), (2, 'pair', 2, 'direct', NULL), (3, 'silent and gone', 1, 'group', '2024-04-01 00:00:00');
INSERT INTO channel_members ("userId", "channelId") VALUES (1, 1), (2, 1), (1, 2), (2, 2), (1, 3);
INSERT INTO chats (id, "senderId", "receiverId", "channelId", text, "createdAt", "updatedAt", "deletedAt") VALUES
  (1, 1, NULL, 1, 'first', '2024-01-01 10:00:00', '2024-01-01 10:00:00', NULL),
  (2, 2, NULL, 1, 'deleted', '2024-01-01 10:01:00', '2024-01-01 10:01:00', '2024-03-01 08:00:00.5'),
  (3, 1, 2, NULL, 'to ben', '2024-01-01 10:02:00', '2024-01-01 10:02:00', NULL),
  (5, 2, 1, NULL, 'to anna', '2024-01-01 10:04:00', '2024-01-02 10:04:00', NULL),
  (8, 1, NULL, 1, 'third', '2024-01-01 10:07:00', '2024-01-01 10:07:00', NULL),
  (9, 1, 1, NULL, 'to myself', '2024-01-01 10:08:00', '2024-01-01 10:08:00', NULL),
  (10, 3, 2, NULL, 'before I left', '2024-01-01 10:09:00', '2024-01-01 10:09:00', '2024-02-01 00:00:00'),
  (11, 2, NULL, 2, 'in the direct channel', '2024-01-01 10:10:00', '2024-01-01 10:10:00', NULL);
SELECT setval('users_id_seq', 3), setval('channels_id_seq', 3), setval('chats_id_seq', 11);
