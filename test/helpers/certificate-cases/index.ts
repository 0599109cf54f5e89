import { bindings } from './bindings.js';
import type { CertificateCase } from './case.js';
import { certifications } from './certifications.js';
import { designated } from './designated.js';
import { expiries } from './expiries.js';
import { keyRevocations } from './key-revocations.js';
import { primaries } from './primaries.js';
import { subkeyRevocations } from './subkey-revocations.js';
import { subkeyTerms } from './subkey-terms.js';
import { userIds } from './user-ids.js';

/** All hand-made certificates. */
export const CASES: readonly CertificateCase[] = [
  ...[...keyRevocations, ...subkeyRevocations, ...designated, ...bindings, ...subkeyTerms],
  ...[...certifications, ...userIds, ...expiries, ...primaries],
];
