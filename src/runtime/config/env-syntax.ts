// The syntax of a file `.env`, by rules of our own, so that it means the same on every runtime:
//
//     KEY=value            the rest of the line, without blanks around it, up to a # that follows a blank
//     KEY='a # b'          everything between the quotes, as it is, over several lines too; the same with `
//     KEY="a\nb"           the same, but \n, \r, \t, \" and \\ stand for one character
//     export KEY=value     the same as without `export`
//
// A $ is not replaced by anything. If several lines have one key, the last counts.

export type EnvFile =
  | { readonly values: Readonly<Record<string, string>> }
  /** The number of the first line that is none of the above. */
  | { readonly badLine: number };

const BLANK = /[^\S\n]*(?:#[^\n]*)?(?:\n|$)/y;
const KEY = /[^\S\n]*(?:export[^\S\n]+)?([A-Za-z_][A-Za-z0-9_.-]*)[^\S\n]*=[^\S\n]*/y;
const QUOTED = /'[^']*'|`[^`]*`|"(?:\\[\s\S]|[^"\\])*"/y;
const PLAIN = /(?:(?![^\S\n]#).)*/y;
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\' };

export function parseEnv(text: string): EnvFile {
  const file = text.replaceAll(/\r\n?/g, '\n');
  // Without a prototype, because a key may have any name.
  const values: Record<string, string> = Object.create(null) as Record<string, string>;
  let at = 0;

  function take(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = at;
    const found = pattern.exec(file);
    if (found) at = pattern.lastIndex;
    return found;
  }

  while (at < file.length) {
    if (take(BLANK)) continue;
    const start = at;
    const [, key] = take(KEY) ?? [];
    if (key === undefined) return { badLine: lineAt(file, start) };
    const isComment = file[at] === '#' && /\s/.test(file[at - 1] ?? '');
    const quoted = take(QUOTED)?.[0];
    if (quoted === undefined && /['"`]/.test(file[at] ?? '')) return { badLine: lineAt(file, start) };
    values[key] = quoted === undefined ? (isComment ? '' : (take(PLAIN)?.[0] ?? '').trim()) : unquote(quoted);
    if (!take(BLANK)) return { badLine: lineAt(file, start) };
  }
  return { values };
}

function unquote(quoted: string): string {
  const inner = quoted.slice(1, -1);
  if (quoted[0] !== '"') return inner;
  return inner.replaceAll(/\\(.)/g, (whole, character: string) => ESCAPES[character] ?? whole);
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}
