// What clients change of a message afterwards.
import * as z from 'zod';
import { storable } from './fields.ts';
import { metadata } from './metadata.ts';

/** PATCH `/messages/:id`. Metadata is merged by RFC 7396: fields that are null are removed, null removes all of it. */
export const editMessageBody = z
  .object({ text: storable().min(1).optional(), metadata: metadata.nullable().optional() })
  .refine(({ text, metadata: patch }) => text !== undefined || patch !== undefined, {
    message: 'at least one of text, metadata is needed',
    path: ['text'],
  })
  .meta({ id: 'EditMessageBody' });
export type EditMessageBody = z.output<typeof editMessageBody>;
