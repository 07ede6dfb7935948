// Flat arrays in PostgreSQL's text form, for the types that statements take and return.

type Item = string | number | null;

function serialize(items: readonly Item[]): string {
  return `{${items.map(itemText).join(',')}}`;
}

function itemText(item: Item): string {
  if (item === null) return 'NULL';
  if (typeof item === 'number') return String(item);
  // Most texts need no escaping.
  return item.includes('"') || item.includes('\\') ? `"${item.replace(/["\\]/g, '\\$&')}"` : `"${item}"`;
}

function parser<T>(parseItem: (text: string) => T) {
  return (text: string): Array<T | null> => {
    const items = text.slice(1, -1).matchAll(/"((?:[^"\\]|\\.)*)"|([^,]+)/g);
    return Array.from(items, ([, inQuotes, plain]) => {
      if (inQuotes !== undefined) return parseItem(inQuotes.replace(/\\(.)/g, '$1'));
      return plain === 'NULL' ? null : parseItem(plain as string);
    });
  };
}

/**
 * In the form in which postgres.js takes types. By itself it asks each new connection for all array types first. If
 * that connection breaks meanwhile, nobody handles the rejection, and that ends the process.
 */
export const ARRAY_TYPES = {
  int4Array: { to: 1007, from: [1007], parse: parser(Number), serialize },
  textArray: { to: 1009, from: [1009], parse: parser(String), serialize },
};
