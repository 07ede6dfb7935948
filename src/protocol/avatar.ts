// The address of an avatar: whatever it is, it runs nothing and holds nothing where a client shows it.
import { storable } from './fields.ts';
import { LIMITS } from './limits.ts';

/** What a URL parser strips, what other programs trim before it does, and what nobody sees. */
const STRIPPED = /[\p{Cc}\p{White_Space}\p{Default_Ignorable_Code_Point}]/gu;
const HARMFUL = /^(?:javascript|data|vbscript):/i;

export const avatar = storable()
  .max(LIMITS.URL_MAX)
  .refine(
    (address) => !HARMFUL.test(address.replace(STRIPPED, '')),
    'must not be a javascript:, vbscript: or data: address',
  );
