// What kind of message it is, told from its file.

export type MessageType = 'text' | 'image' | 'file';

const IMAGE = /\.(jpe?g|png|gif|webp)$/i;
const ORIGIN = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i;
const QUERY = /[?#].*$/s;

/** `image` or `file` by the file name, or without one by the path of the url; `text` where there is neither. */
export function messageType(fileName: string | null, url: string | null): MessageType {
  if (fileName === null && url === null) return 'text';
  const path = fileName ?? (url as string).replace(QUERY, '').replace(ORIGIN, '');
  return IMAGE.test(path) ? 'image' : 'file';
}
