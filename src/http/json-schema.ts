// Writes zod schemas as JSON Schema for the published document. Named schemas become components, and what only
// validation needs is left out.
import * as z from 'zod';
import { documentedAs } from '../protocol/fields.ts';

export type JsonSchema = Record<string, unknown>;

export type SchemaWriter = ReturnType<typeof createSchemaWriter>;

interface ObjectSchema {
  readonly properties?: Record<string, JsonSchema>;
  readonly required?: readonly string[];
}

const REFERENCE = '#/components/schemas/';

export function createSchemaWriter() {
  const components: Record<string, JsonSchema> = {};

  /** Returns the schema of what a client sends or gets: a reference if the schema is named. */
  function write(schema: z.ZodType): JsonSchema {
    // zod makes a named schema a reference only inside another schema, so each is wrapped in an object.
    const { properties, $defs = {} } = toJsonSchema(z.object({ root: schema })) as {
      properties: { root: JsonSchema };
      $defs?: Record<string, JsonSchema>;
    };
    Object.assign(components, toReferences($defs));
    return toReferences(properties.root);
  }

  return {
    /** All named schemas written so far. */
    components,
    write,
    /** Returns the schema of an object, never a reference, so that the caller can read its fields. */
    writeObject(schema: z.ZodType): ObjectSchema {
      const { $ref, ...written } = write(schema);
      return (typeof $ref === 'string' ? components[$ref.slice(REFERENCE.length)] : written) as ObjectSchema;
    },
  };
}

function toJsonSchema(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any', override: simplify }) as JsonSchema;
}

function simplify({ zodSchema, jsonSchema }: { zodSchema: z.core.$ZodType; jsonSchema: JsonSchema }): void {
  const shown = documentedAs.get(zodSchema as z.ZodType);
  if (shown) replace(jsonSchema, toJsonSchema(shown));
  // No integer of ours comes near these bounds, but documentation pages would show them as examples.
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  delete jsonSchema.id;
  mergeNull(jsonSchema);
}

/** Replaces a schema, but keeps its own description and examples. */
function replace(target: JsonSchema, { $schema: _, ...source }: JsonSchema): void {
  const { description, examples } = target;
  for (const key of Object.keys(target)) delete target[key];
  Object.assign(target, source, description && { description }, examples && { examples });
}

/** Writes `string or null` as one type, which generators take for an optional value. A reference keeps its `anyOf`. */
function mergeNull(schema: JsonSchema): void {
  const [first, second, ...others] = (schema.anyOf ?? []) as JsonSchema[];
  if (!first || second?.type !== 'null' || others.length > 0 || typeof first.type !== 'string') return;
  delete schema.anyOf;
  Object.assign(schema, { ...first, ...schema, type: [first.type, 'null'] });
  if (Array.isArray(first.enum)) schema.enum = [...first.enum, null];
}

function toReferences<T>(schema: T): T {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', `"${REFERENCE}`), (key, value) => {
    // The document already says the name and the dialect of a component's schema.
    return key === '$id' || key === '$schema' ? undefined : value;
  }) as T;
}
