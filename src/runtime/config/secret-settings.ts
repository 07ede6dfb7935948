// The settings with secrets of tokens: what they take, and the warnings about weak secrets that are accepted.
import * as z from 'zod';
import { SECRET_ADVICE, weaknessOf } from './jwt-secret.ts';

const strong = z.string(`${SECRET_ADVICE} (production generates none)`).superRefine((secret, context) => {
  const weakness = weaknessOf(secret);
  if (weakness) context.addIssue({ code: 'custom', message: `${SECRET_ADVICE} (this one ${weakness})` });
});
/** Surrounding blanks are part of it. */
const any = z.string();

/** Outside production, accepts any secret, or none. */
export function secretSettings(production: boolean) {
  return {
    JWT_SECRET: production ? strong : any.optional(),
    /** The secret that signs next. A weak one would be refused then. */
    JWT_SECRET_NEXT: (production ? strong : any).optional(),
    /** Any secret: those who replace a weak secret by a good one need not sign everybody out for that. */
    JWT_SECRET_PREVIOUS: any.optional(),
  };
}

type Secrets = z.output<z.ZodObject<ReturnType<typeof secretSettings>>>;

/** A line for each weak secret, for the log. Never contains the value. */
export function secretNotes(secrets: Secrets): string[] {
  return (['JWT_SECRET', 'JWT_SECRET_NEXT', 'JWT_SECRET_PREVIOUS'] as const).flatMap((name) => {
    const weakness = secrets[name] === undefined ? undefined : weaknessOf(secrets[name]);
    return weakness ? [`${name} (value not shown) is weak, it ${weakness}: ${remedy(name)}`] : [];
  });
}

function remedy(name: string): string {
  if (name !== 'JWT_SECRET_PREVIOUS') return `production refuses it, and takes ${SECRET_ADVICE}`;
  return 'whoever guesses it can sign in as anybody, so take it out as soon as JWT_EXPIRES_IN has passed since it was replaced';
}
