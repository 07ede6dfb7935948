// Origins of web pages, as browsers write them. What a browser never sends is corrected with a note if possible, and
// refused if it would never match.
import { field, splitList } from './env-fields.ts';
import { Refused } from './refused.ts';

export interface Origins {
  readonly allowed: readonly string[] | '*';
  /** What was corrected: as it was given, and as it is taken. */
  readonly changed: readonly (readonly [given: string, taken: string])[];
}

const TAKES = 'comma-separated origins like https://chat.example.org, or *';

export const origins = () => field<Origins>(TAKES, parse);

function parse(value: string): Origins | Refused | undefined {
  const given = splitList(value);
  if (given.includes('*')) return { allowed: '*', changed: [] };
  const taken: string[] = [];
  for (const item of given) {
    const origin = readOrigin(item);
    if (origin === undefined || origin instanceof Refused) return origin;
    taken.push(origin);
  }
  if (taken.length === 0) return undefined;
  const pairs = given.map((item, index) => [item, taken[index] ?? ''] as const);
  return { allowed: taken, changed: pairs.filter(([item, origin]) => item !== origin) };
}

function readOrigin(text: string): string | Refused | undefined {
  if (text.includes('*'))
    return new Refused('whole origins, each by itself, or * for all: no pattern like https://*.example.org');
  if (/\s/.test(text)) return undefined;
  const [, scheme = '', authority = '', path = ''] = /^([a-z][a-z0-9+.-]*):\/\/([^\s/?#@]+)(.*)$/is.exec(text) ?? [];
  if (scheme === '') return undefined;
  if (path !== '' && path !== '/')
    return new Refused('origins without a path: a browser sends scheme, host and port alone');
  // Origins of a browser's own, such as of extensions and apps, have no ports or names to correct.
  if (!/^https?$/i.test(scheme)) return `${scheme}://${authority}`.toLowerCase();
  return URL.canParse(`${scheme}://${authority}`) ? new URL(`${scheme}://${authority}`).origin : undefined;
}
