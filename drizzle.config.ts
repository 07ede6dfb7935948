// Where drizzle-kit finds the schema and puts the SQL it makes from it.
import { defineConfig } from 'drizzle-kit';

export default defineConfig({ dialect: 'postgresql', schema: './drizzle/schema.ts', out: './migrations' });
