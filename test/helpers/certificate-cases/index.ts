import { bindings, subkeyTerms } from './bindings.js';
import type { CertificateCase } from './case.js';
import { certifications, expiries, primaries, userIds } from './primaries.js';
import { designated, keyRevocations, subkeyRevocations } from './revocations.js';

/** All hand-made certificates. */
export const CASES: readonly CertificateCase[] = [
  ...[...keyRevocations, ...subkeyRevocations, ...designated, ...bindings, ...subkeyTerms],
  ...[...certifications, ...userIds, ...expiries, ...primaries],
];
