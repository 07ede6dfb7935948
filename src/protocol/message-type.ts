// The type of a message, which follows from its file.

export type MessageType = 'text' | 'image' | 'file';

const IMAGE = /\.(jpe?g|png|gif|webp)$/i;
const ORIGIN = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i;
const QUERY = /[?#].*$/s;

/** `image` or `file` by the file name, or by the path of the url if there is no name; `text` if there is neither. */
export function messageType(fileName: string | null, url: string | null): MessageType {
  if (fileName === null && url === null) return 'text';
  const path = fileName ?? (url as string).replace(QUERY, '').replace(ORIGIN, '');
  return IMAGE.test(path) ? 'image' : 'file';
}
