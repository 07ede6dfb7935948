// A DNS server that knows one name and its present addresses, like a container engine's for a service.
import { createSocket } from 'node:dgram';

export interface DnsServer {
  /** `127.0.0.1:<port>` */
  readonly address: string;
  /** The IPv4 addresses of the name, from now on. */
  answer(addresses: readonly string[]): void;
  stop(): Promise<void>;
}

const HEADER_BYTES = 12;
const TYPE_A = 1;

/** Answers every question for an IPv4 address with the same addresses, and all others with none. */
export async function startDnsServer(): Promise<DnsServer> {
  let addresses: readonly string[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (query, { port, address }) => {
    socket.send(answerTo(query, addresses), port, address);
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(0, '127.0.0.1', resolve);
  });
  return {
    address: `127.0.0.1:${socket.address().port}`,
    answer(next) {
      addresses = [...next];
    },
    stop: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

function answerTo(query: Buffer, addresses: readonly string[]): Buffer {
  const end = questionEnd(query);
  const records = query.readUInt16BE(end - 4) === TYPE_A ? addresses.map(record) : [];
  const header = Buffer.alloc(HEADER_BYTES);
  query.copy(header, 0, 0, 2);
  header.writeUInt16BE(0x8180, 2); // an answer, without an error
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(records.length, 6);
  return Buffer.concat([header, query.subarray(HEADER_BYTES, end), ...records]);
}

/** The question is a name, label by label up to an empty one, and four bytes of type and class. */
function questionEnd(query: Buffer): number {
  let at = HEADER_BYTES;
  while (query[at]) at += 1 + (query[at] ?? 0);
  return at + 1 + 4;
}

/** The name of the question again, class IN, valid for one second. */
function record(address: string): Buffer {
  return Buffer.from([0xc0, HEADER_BYTES, 0, TYPE_A, 0, 1, 0, 0, 0, 1, 0, 4, ...address.split('.').map(Number)]);
}
