// Removes publications from what Redis sends to a node, as a network that drops whole messages would.
import type { Filter } from '../../support/proxy.ts';

/** A publication as Redis pushes it in version 3 of its protocol (after the `>`), or answers with it in version 2. */
const MESSAGE = '3\r\n$7\r\nmessage\r\n';

/** Drops chunks that contain only whole publications, if `isLost` returns true. */
export function losePublications(isLost: () => boolean): Filter {
  return (chunk, direction) => {
    const lost = direction === 'down' && holdsOnlyMessages(chunk) && isLost();
    return lost ? undefined : chunk;
  };
}

function holdsOnlyMessages(chunk: Buffer): boolean {
  let at = 0;
  while (at < chunk.length) {
    const begin = chunk.toString('latin1', at, at + 1 + MESSAGE.length);
    if (begin !== `>${MESSAGE}` && begin !== `*${MESSAGE}`) return false;
    const topicEnd = bulkEnd(chunk, at + begin.length);
    at = bulkEnd(chunk, topicEnd);
    if (Number.isNaN(at) || at > chunk.length) return false;
  }
  return true;
}

/** Where the string that begins at `at` (`$<length>\r\n<bytes>\r\n`) ends. NaN if there is none. */
function bulkEnd(chunk: Buffer, at: number): number {
  const lineEnd = chunk.indexOf('\r\n', at);
  if (lineEnd < 0 || chunk[at] !== 0x24) return Number.NaN;
  return lineEnd + 2 + Number(chunk.toString('latin1', at + 1, lineEnd)) + 2;
}
