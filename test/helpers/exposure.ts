import { expect } from 'vitest';
import { eyaml } from './cli.js';
import type { GnupgHome } from './gnupg.js';
import { PKCS7_FLAGS } from './pkcs7.js';
import type { Repository } from './repository.js';

/** A secret in a report of `eyaml exposure`. */
export interface ReportedSecret {
  readonly state?: string;
  readonly why?: string;
  readonly file: string;
  readonly key: string | null;
  readonly people: readonly string[];
  readonly places: readonly {
    readonly file: string;
    readonly key: string | null;
    readonly digest: string;
    readonly onlyOn?: readonly string[];
  }[];
  readonly first: { readonly commit: string; readonly date: string } | null;
  readonly last: { readonly commit: string; readonly date: string } | null;
  readonly ended?: { readonly commit: string; readonly date: string };
  readonly changedBy: string | null;
  readonly digest: string;
  readonly uncompared: number;
}

export interface Reported {
  readonly person: readonly {
    readonly keyIds: readonly string[];
    readonly keys: readonly { readonly userId: string }[];
  }[];
  readonly secrets: readonly ReportedSecret[];
  readonly otherMethods: number;
  readonly closedToday: number;
  readonly gaps: readonly string[];
}

/** Runs `eyaml exposure` in a repository. */
export const exposure = (repo: Repository, ...args: readonly string[]) =>
  eyaml(['exposure', ...args], { cwd: repo.top, env: repo.env });

/** Its report, and whether something has to be done: its exit code. */
export async function exposed(
  repo: Repository,
  ...args: readonly string[]
): Promise<Reported & { readonly code: number | null }> {
  const { code, stdout, stderr } = await exposure(repo, '--format', 'json', ...args);
  expect(stderr).toBe('');
  return { ...(JSON.parse(stdout) as Reported), code };
}

/** `KEY STATE` of each secret; with the file where there are several. */
export function told({ secrets }: Reported): readonly string[] {
  const isOneFile = new Set(secrets.map(({ file }) => file)).size === 1;
  return secrets.map(({ file, key, state = 'listed' }) => `${isOneFile ? '' : `${file} `}${key ?? '-'} ${state}`);
}

/** Makes values for people of a GnuPG home, each with a ciphertext of its own. */
export function valueMaker(gnupg: GnupgHome) {
  return async (plaintext: string, ...people: readonly string[]): Promise<string> => {
    const recipients = people.map((name) => `${name}@example.com`).join(',');
    const method =
      people.length === 0
        ? ['-n', 'pkcs7', ...PKCS7_FLAGS]
        : ['-n', 'gpg', '--gpg-always-trust', '--gpg-recipients', recipients];
    const args = ['encrypt', '-o', 'string', '--stdin', ...method];
    const { code, stdout } = await eyaml(args, { env: { GNUPGHOME: gnupg.path }, input: plaintext });
    expect(code).toBe(0);
    return stdout.trim();
  };
}
