import { configDefaults, defineConfig, mergeConfig } from 'vitest/config';
import base from './vitest.config.js';

// Left out: what runs the built command, and what spends its time in gpg, git, ruby, openssl or many child processes.
const SLOW = [
  'test/{e2e,fuzz,transcripts}/**',
  'test/{cli/usage,prepare,workflows}.test.ts',
  'test/encryptors/gpg/**',
  'test/eyaml/{block-headers,puppet-view,readable}.test.ts',
  'test/files/{attributes,keeps,lock,stale}.test.ts',
  'test/git/**',
  'test/keys/combined/**',
  'test/keys/gnupg/{agent,agent-connection,failures,gnupg,keyring}.test.ts',
  'test/keys/keyfiles/{keyfiles,refusals,revocations}.test.ts',
  'test/openpgp/{certificates,generate,secret,usual-message}.test.ts',
  'test/pkcs7/{certificate,envelope,names}.test.ts',
  'test/recipients/as-gnupg.test.ts',
  'test/verbs/{key-files.test.ts,check/check.test.ts,doctor/server.test.ts,git/**,log/**,recrypt/**}',
];

export default mergeConfig(base, defineConfig({ test: { exclude: [...configDefaults.exclude, ...SLOW] } }));
