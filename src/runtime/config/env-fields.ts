// The kinds of values that environment variables take. Each is a zod type that turns the text into the value.
import * as z from 'zod';
import { Refused } from './refused.ts';

/**
 * A variable's type. `takes` completes the sentence "X takes …". `parse` returns undefined for a text that it refuses,
 * or the reason if it has another one.
 */
export function field<T>(takes: string, parse: (text: string) => T | Refused | undefined): z.ZodType<T, string> {
  return z.string(takes).transform((text, context) => {
    const value = parse(text.trim());
    const reason = value instanceof Refused ? value.takes : takes;
    if (value !== undefined && !(value instanceof Refused)) return value;
    context.addIssue({ code: 'custom', message: reason });
    return z.NEVER;
  });
}

export function text(takes: string): z.ZodType<string, string> {
  return field(takes, (value) => value || undefined);
}

export function wholeNumber(min: number, max: number): z.ZodType<number, string> {
  return field(`a whole number from ${min} to ${max}`, (value) => {
    const number = Number(value);
    return /^\d+$/.test(value) && number >= min && number <= max ? number : undefined;
  });
}

const FLAGS: Readonly<Record<string, boolean>> = { true: true, '1': true, false: false, '0': false };

export function flag(): z.ZodType<boolean, string> {
  return field('true or false', (value) => FLAGS[value.toLowerCase()]);
}

export function oneOf<const T extends string>(...choices: readonly T[]): z.ZodType<T, string> {
  return field(`one of ${choices.join(', ')}`, (value) => choices.find((choice) => choice === value));
}

/** Comma-separated items. Drops blanks around them and empty items. Refuses the list if `parse` refuses an item. */
export function list<T>(takes: string, parse: (item: string) => T | undefined): z.ZodType<readonly T[], string> {
  return field(takes, (value) => {
    const items = splitList(value).map(parse);
    return items.includes(undefined) ? undefined : (items as T[]);
  });
}

export function splitList(value: string): string[] {
  return value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}
