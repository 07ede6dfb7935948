// Cases that once failed, in their smallest form: replayed first in every run. By the name of their property.

export const KEPT: Readonly<Record<string, readonly unknown[]>> = {
  config: [
    // A password with a bare percent sign ended the start with an error that named no variable.
    { others: {}, secrets: { REDIS_URL: 'redis://:A%A0aAaAA%%A@a' } },
  ],
};
