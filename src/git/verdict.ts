import { findProgram } from '../files/program.js';
import type { Git } from './git.js';

// git log --format=%G? (git-log(1), "PRETTY FORMATS").
const WORDS: Readonly<Record<string, string>> = {
  G: 'good signature',
  B: 'BAD signature',
  U: 'good signature by a key that is not trusted',
  X: 'good signature that has expired',
  Y: 'good signature by an expired key',
  R: 'good signature by a revoked key',
  E: 'signature cannot be checked: the key is missing',
  N: 'not signed',
};

/**
 * What git says about the signature of a commit, in words. Only the user's own gpg is run, and only for an OpenPGP signature: programs for
 * other kinds are named by configuration, which may be the repository's.
 */
export async function signatureVerdict(git: Git, commit: string, environment: NodeJS.ProcessEnv): Promise<string> {
  const raw = (await git.run('cat-file', 'commit', commit)).toString('latin1');
  const head = raw.slice(0, raw.indexOf('\n\n'));
  const kind = /^gpgsig(?:-sha256)? -----BEGIN ([A-Z ]+)-----/m.exec(head)?.[1];
  if (kind === undefined) return WORDS.N ?? '';
  const gpg = kind === 'PGP SIGNATURE' ? findProgram('gpg', environment) : undefined;
  if (gpg === undefined) return `signature cannot be checked here (${kind.toLowerCase()})`;
  const programs = [
    `gpg.program=${gpg}`,
    `gpg.openpgp.program=${gpg}`,
    'gpg.x509.program=false',
    'gpg.ssh.program=false',
  ];
  const settings = [...programs, 'gpg.minTrustLevel=undefined'].flatMap((one) => ['-c', one]);
  const show = ['log', '-1', '--format=%G?', '--no-show-signature', '--no-mailmap', '--end-of-options', commit];
  const letter = (await git.run(...settings, ...show)).toString().trim();
  return WORDS[letter] ?? 'signature cannot be checked';
}
