// The users of a suite, registered once, and what they do before a test begins.
import { randomBytes } from 'node:crypto';
import { beforeAll } from 'vitest';
import { ADMIN_EMAIL, type Service } from '../../../support/service-under-test.ts';
import { type Rest, rest } from './rest.ts';
import type { Channel, Message, Session, User } from './wire.ts';

export const PASSWORD = 'correct horse';

export interface Person extends User {
  token: string;
  /** Speaks to the first node. */
  api: Rest;
  /** Speaks to another node, where there is one. */
  elsewhere: Rest;
}

export const unique = (name = 'u'): string => `${name}-${randomBytes(6).toString('hex')}`;

export async function register(
  service: Service,
  name = 'user',
  email = `${unique(name)}@example.com`,
): Promise<Person> {
  const body = { username: unique(name), email, password: PASSWORD };
  return person(service, (await rest(service.url(0)).post<Session>('/auth/register', body)).data);
}

export function person(service: Service, { user, token }: Session): Person {
  return { ...user, token, api: rest(service.url(0), token), elsewhere: rest(service.url(1), token) };
}

/** The admin account: made by the first suite that needs it. */
export async function admin(service: Service): Promise<Person> {
  const login = { email: ADMIN_EMAIL, password: PASSWORD };
  const known = await rest(service.url(0)).post<Session>('/auth/login', login);
  return known.status === 200 ? person(service, known.data) : makeAdmin(service);
}

/** In production nobody can register the address, so the account gets it afterwards. */
async function makeAdmin(service: Service): Promise<Person> {
  const body = { username: unique('admin'), email: ADMIN_EMAIL, password: PASSWORD };
  const made = await rest(service.url(0)).post<Session>('/auth/register', body);
  if (made.status === 201) return person(service, made.data);
  const other = await register(service, 'admin');
  await service.sql(`update users set "email" = '${ADMIN_EMAIL}' where "id" = ${other.id}`);
  return { ...other, email: ADMIN_EMAIL };
}

/** Registers one user for each name before the tests of a block; `admin` is the admin. For use inside the tests. */
export function cast<const N extends string>(service: Service, ...names: N[]): Record<N, Person> {
  const people = {} as Record<N, Person>;
  beforeAll(async () => {
    const make = (name: N) => (name === 'admin' ? admin(service) : register(service, name));
    for (const [index, made] of (await Promise.all(names.map(make))).entries()) people[names[index] as N] = made;
  });
  return people;
}

/** A new group of this owner and these others; gives its id. */
export async function group(owner: Person, ...others: Person[]): Promise<number> {
  const userIds = others.map((other) => other.id);
  return (await owner.api.post<Channel>('/channels', { type: 'group', name: unique('group'), userIds })).data.id;
}

/** Stores a message in a channel. */
export async function say(who: Person, channelId: number, text = unique('text'), more: object = {}): Promise<Message> {
  return (await who.api.post<Message>('/messages', { channelId, text, ...more })).data;
}

/** Stores a direct message. */
export async function tell(who: Person, whom: Person, text = unique('text'), more: object = {}): Promise<Message> {
  return (await who.api.post<Message>('/messages', { receiverId: whom.id, text, ...more })).data;
}
