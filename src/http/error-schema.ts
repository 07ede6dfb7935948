// The schemas of failures in the published document: one for each set of codes.
import * as z from 'zod';
import type { ErrorCode } from '../protocol/errors.ts';

/** The schemas made so far. Each is made once, because its name must be unique. */
const made = new Map<string, z.ZodType>();

/** The body of a failure with one of these codes. */
export function errorSchemaOf(codes: readonly ErrorCode[]): z.ZodType {
  const id = `${codes.map(toPascalCase).join('Or')}Error`;
  const known = made.get(id);
  if (known) return known;
  const schema = z
    .object({
      success: z.literal(false),
      code: z.enum(codes),
      message: z.string().meta({ description: 'For a person.' }),
      details: z.array(errorDetail).optional().meta({ description: 'What is wrong, field by field.' }),
      requestId: z.string().meta({ description: 'As in `X-Request-Id`, and in the log of the service.' }),
    })
    .meta({ id });
  made.set(id, schema);
  return schema;
}

const errorDetail = z
  .object({ path: z.string().meta({ examples: ['text'] }), message: z.string() })
  .meta({ id: 'ErrorDetail' });

function toPascalCase(code: string): string {
  return code.toLowerCase().replace(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase());
}
