// A channel on the wire: what clients send about it and what they get. Its fields are defined once. The REST view
// (camelCase) and the data of frames (snake_case) are two spellings of them. Its messages are in messages.ts.
import * as z from 'zod';
import { decode } from './decode.ts';
import { documented, id, listOf, optionalId, since, storable } from './fields.ts';
import { ackOf, ackOfEither, clientFrame, type DataOf, type SocketIoEvent, serverFrame } from './frame.ts';
import { LIMITS } from './limits.ts';
import { memberSchema } from './resources.ts';
import { shownAvatar, shownId, shownTime } from './shown.ts';
import { spelled } from './spelling.ts';

export const channelTypeSchema = z.enum(['direct', 'group']);
export type ChannelType = z.output<typeof channelTypeSchema>;

/**
 * What members write of a group. Each field is stored in the column of `channels` with its name. One that they may leave
 * out is optional and has no default: an update leaves alone what is not in its body.
 */
const givenFields = { name: storable().trim().min(1).max(LIMITS.CHANNEL_NAME_MAX) };

/** The same, as members get it. */
const shownFields = {
  name: z.string().meta({ examples: ['Tea room'] }),
} satisfies Record<keyof typeof givenFields, z.ZodType>;

export type ChannelFields = Readonly<z.output<z.ZodObject<typeof shownFields>>>;

export const CHANNEL_FIELDS = Object.keys(shownFields) as ReadonlyArray<keyof ChannelFields>;

/** What is stored of a field that was not given, and of a direct channel: each of the two sees the other's name. */
export const EMPTY_FIELDS: ChannelFields = { name: '' };

/** A channel in the REST interface. */
export const channelSchema = z
  .object({ id: shownId, ...shownFields, type: channelTypeSchema, ownerId: shownId, createdAt: shownTime })
  .meta({ id: 'Channel' });
export type Channel = z.output<typeof channelSchema>;

/** The columns of `channels` that have the fields of a channel. */
export const CHANNEL_COLUMNS = Object.keys(channelSchema.shape) as ReadonlyArray<keyof Channel>;

/** A direct channel in the list, with the other user's name and avatar. */
export const directChannelSchema = channelSchema.extend({ avatar: shownAvatar }).meta({ id: 'DirectChannel' });
export type DirectChannel = z.output<typeof directChannelSchema>;

export const channelDetailSchema = channelSchema
  .extend({ members: z.array(memberSchema) })
  .meta({ id: 'ChannelDetail' });
export type ChannelDetail = z.output<typeof channelDetailSchema>;

const groupFields = z.object(givenFields);

/** POST `/channels`. Of a direct channel the fields are ignored, whatever they are. */
export const createChannelBody = z
  .object({
    type: channelTypeSchema,
    ...({
      name: documented(z.unknown(), givenFields.name).optional().meta({ description: 'Required for a group.' }),
    } satisfies Record<keyof typeof givenFields, z.ZodType>),
    userIds: listOf(id)
      .max(LIMITS.CHANNEL_USERS_MAX)
      .nullish()
      .transform((ids) => ids ?? []),
  })
  .transform(({ type, userIds, ...given }, context) => {
    if (type === 'direct') return { type, userIds, ...EMPTY_FIELDS };
    const fields = decode(groupFields, given);
    if (fields.ok) return { type, userIds, ...EMPTY_FIELDS, ...fields.data };
    for (const { path, message } of fields.details)
      context.addIssue({ code: 'custom', path: path.split('.'), message });
    return z.NEVER;
  })
  .meta({ id: 'CreateChannelBody' });
export type CreateChannelBody = z.output<typeof createChannelBody>;

/** PUT `/channels/:id`. */
export const updateChannelBody = groupFields.meta({ id: 'RenameChannelBody' });

/** Returns the id as the client wrote it: clients compare it with their own, which may be a string. */
const withIdAsWritten: SocketIoEvent<object>['body'] = (answer, sent) => {
  const { channel_id } = sent as { channel_id?: unknown };
  return 'channel_id' in answer ? { ...answer, channel_id } : answer;
};

const oneJoin = z.object({ channel_id: id, since });

/**
 * `live`: its events, and the user is shown as live in it. `follow`: the same without being shown. `heads`: not shown
 * either, and in place of events only how far it has come, `channel.head`.
 */
const joinMode = z.enum(['live', 'follow', 'heads']);
export type JoinMode = z.output<typeof joinMode>;

const headOfChannel = { channel_id: z.int(), last_seq: z.int() };

/**
 * From now on this connection receives the events of a channel, or of each of `channels`. The answer to the latter says
 * which of them the user may not read, and for which `since` is beyond the end: these are not joined.
 */
export const joinChannel = clientFrame({
  type: 'channel.join',
  data: z
    .object({
      channel_id: optionalId,
      since,
      channels: listOf(oneJoin)
        .max(LIMITS.JOINS_MAX)
        .nullish()
        .transform((joins) => joins ?? undefined),
      mode: joinMode.nullish().transform((mode) => mode ?? 'live'),
    })
    .refine(({ channel_id, channels }) => (channel_id === null) !== (channels === undefined), {
      message: 'exactly one of channel_id, channels is needed',
      path: ['channel_id'],
    }),
  answer: ackOfEither(headOfChannel, {
    joined: z.array(z.strictObject(headOfChannel)),
    not_found: z.array(z.int()),
    beyond: z.array(z.int()),
  }),
  socketIo: { event: 'join_channel', answer: 'joined_channel', body: withIdAsWritten },
});

export type JoinChannel = DataOf<typeof joinChannel>;

export const leaveChannel = clientFrame({
  type: 'channel.leave',
  data: z.object({ channel_id: id }),
  answer: ackOf({ channel_id: z.int() }),
  socketIo: { event: 'leave_channel', answer: 'left_channel', body: withIdAsWritten },
});

/** The user became a member. */
export const channelAdded = serverFrame(
  'channel.added',
  z.object({ channel_id: shownId, ...spelled(channelSchema.omit({ id: true, createdAt: true }).shape) }),
);

export const channelUpdated = serverFrame(
  'channel.updated',
  z.object({ channel_id: shownId, ...spelled(shownFields) }),
);

/** Something happened in a channel of which the connection gets no events. */
export const channelHead = serverFrame(
  'channel.head',
  z.object({
    channel_id: z.int(),
    last_seq: z.int(),
    message_count: z.int(),
    last_event_at: z.string().nullable(),
    deleted: z.boolean(),
    mentioned: z.union([z.array(z.int()), z.literal('all')]),
  }),
);

export const channelDeleted = serverFrame('channel.deleted', z.object({ channel_id: shownId }));

/**
 * A channel as another node tells of it. What came in later is optional, because a node of an earlier version does not
 * tell it.
 */
export const publishedChannelSchema = channelSchema
  .partial()
  .required({ id: true, name: true, type: true, ownerId: true });
export const publishedFieldsSchema = z.object(shownFields).partial().required({ name: true });

/** Data of `channel.added`. */
export function channelAddedData(channel: z.output<typeof publishedChannelSchema>): DataOf<typeof channelAdded> {
  return { channel_id: channel.id, name: channel.name, type: channel.type, owner_id: channel.ownerId };
}

/** Data of `channel.updated`. */
export function channelUpdatedData(
  id: number,
  fields: z.output<typeof publishedFieldsSchema>,
): DataOf<typeof channelUpdated> {
  return { channel_id: id, name: fields.name };
}

/** Picks what members write out of a channel. */
export function fieldsOf(channel: ChannelFields): ChannelFields {
  return { name: channel.name };
}

/** An admin's message to all users who are live in the channel. `timestamp` in ms. */
export const adminMessage = serverFrame(
  'admin.message',
  z.object({ channel_id: z.int(), message: z.string(), type: z.string(), timestamp: z.int() }),
);
