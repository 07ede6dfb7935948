// zod's schemas as JSON Schema for the published document: named ones become components, and what only validation needs
// to know is left out.
import * as z from 'zod';
import { documentedAs } from '../protocol/fields.ts';

export type JsonSchema = Record<string, unknown>;

export interface SchemaWriter {
  /** The schema of what a client sends or gets; a reference for a named one. */
  write(schema: z.ZodType): JsonSchema;
  /** The same of an object, never as a reference: for its fields one by one. */
  writeObject(schema: z.ZodType): ObjectSchema;
  /** All named schemas that were written so far. */
  readonly components: Readonly<Record<string, JsonSchema>>;
}

export interface ObjectSchema {
  readonly properties?: Record<string, JsonSchema>;
  readonly required?: readonly string[];
}

const REFERENCE = '#/components/schemas/';

export function createSchemaWriter(): SchemaWriter {
  const components: Record<string, JsonSchema> = {};

  function write(schema: z.ZodType): JsonSchema {
    // Inside another schema a named one is a reference, so it is never met at the root.
    const { properties, $defs = {} } = toJsonSchema(z.object({ root: schema })) as {
      properties: { root: JsonSchema };
      $defs?: Record<string, JsonSchema>;
    };
    Object.assign(components, toReferences($defs));
    return toReferences(properties.root);
  }

  return {
    components,
    write,
    writeObject(schema) {
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
  // Those of a double, which no integer of ours comes near: pages of documents show them as the example.
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  delete jsonSchema.id;
  mergeNull(jsonSchema);
}

/** What the outer schema says about itself stays. */
function replace(target: JsonSchema, { $schema: _, ...source }: JsonSchema): void {
  const { description, examples } = target;
  for (const key of Object.keys(target)) delete target[key];
  Object.assign(target, source, description && { description }, examples && { examples });
}

/** `string or null` in one type, which generators take for an optional value; of a reference it stays a choice. */
function mergeNull(schema: JsonSchema): void {
  const [first, second, ...others] = (schema.anyOf ?? []) as JsonSchema[];
  if (!first || second?.type !== 'null' || others.length > 0 || typeof first.type !== 'string') return;
  delete schema.anyOf;
  Object.assign(schema, { ...first, ...schema, type: [first.type, 'null'] });
  if (Array.isArray(first.enum)) schema.enum = [...first.enum, null];
}

function toReferences<T>(schema: T): T {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', `"${REFERENCE}`), (key, value) => {
    // What the schema of a component is called, and in which dialect it is, the document says already.
    return key === '$id' || key === '$schema' ? undefined : value;
  }) as T;
}
