// The address of an avatar: never one that runs code or carries its own content in the client that shows it.
import { storable } from './fields.ts';
import { LIMITS } from './limits.ts';

/** What a URL parser or another program strips from an address, and what cannot be seen. */
const STRIPPED = /[\p{Cc}\p{White_Space}\p{Default_Ignorable_Code_Point}]/gu;
const HARMFUL = /^(?:javascript|data|vbscript):/i;

export const avatar = storable()
  .max(LIMITS.URL_MAX)
  .refine(
    (address) => !HARMFUL.test(address.replace(STRIPPED, '')),
    'must not be a javascript:, vbscript: or data: address',
  );
