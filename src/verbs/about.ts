import { existsSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { LIMITS, readLimited } from '../files/read.js';
import { loadLibrary } from '../openpgp/library.js';

/** What the program was built from, and how it was started. */
export interface Build {
  readonly version: string;
  /** The commit of the source, with `-dirty` behind it where files were changed; undefined if it was built without git. */
  readonly commit?: string | undefined;
  /** Whether compiled code was kept that fits this Node.js. */
  readonly hasKeptCode: boolean;
}

/** What this eyaml is, for people who look for the cause of something. */
export interface About {
  readonly version: string;
  readonly commit: string | null;
  /** Its version, and the program; null where it is part of the executable. */
  readonly node: { readonly version: string; readonly program: string | null; readonly platform: string };
  readonly openpgp: string;
  readonly installed: { readonly as: Kind; readonly program: string; readonly inContainer: boolean };
  readonly keptCode: boolean;
}

type Kind = 'npm package' | 'Debian package' | 'executable' | 'source';

/** Finds out what this eyaml is; `program` is its file. It loads openpgp.js, which alone knows its version. */
export async function aboutEyaml(
  { version, commit, hasKeptCode }: Build,
  program: string,
  environment: NodeJS.ProcessEnv,
): Promise<About> {
  const { config } = await loadLibrary();
  const file = await realpath(program).catch(() => program);
  const isExecutable = file === process.execPath;
  const as = isExecutable ? await executableKind(file) : scriptKind(file);
  return {
    version,
    commit: commit ?? null,
    node: {
      version: process.versions.node,
      program: isExecutable ? null : process.execPath,
      platform: `${process.platform} ${process.arch}`,
    },
    openpgp: config.versionString.replace(/^OpenPGP\.js /, ''),
    installed: { as, program: file, inContainer: isInContainer(environment) },
    keptCode: hasKeptCode,
  };
}

/** What `version` and `doctor` print of it, each line a name and what it says. */
export function aboutLines({ commit, node, openpgp, installed, keptCode }: About): readonly string[] {
  const { as, program, inContainer } = installed;
  const keepCode = path.join(path.dirname(program), 'keep-code.cjs');
  return [
    `commit: ${commit ?? 'unknown'}`,
    `Node.js: ${node.version}, ${node.platform}, ${node.program ?? 'in the executable'}`,
    `openpgp.js: ${openpgp}`,
    `installed as: ${as}${inContainer ? ' in a container' : ''}, ${program}`,
    `compiled code: ${keptCode ? 'kept' : `not kept${node.program === null ? '' : `; node ${keepCode} makes eyaml start faster`}`}`,
  ];
}

const DPKG_LIST = '/var/lib/dpkg/info/eyaml.list';

async function executableKind(file: string): Promise<Kind> {
  const list = await readLimited(DPKG_LIST, { limit: LIMITS.configuration });
  const isListed = 'octets' in list && list.octets.toString().split('\n').includes(file);
  return isListed ? 'Debian package' : 'executable';
}

function scriptKind(file: string): Kind {
  return file.split(path.sep).includes('node_modules') ? 'npm package' : 'source';
}

// Podman, systemd-nspawn and many images set the variable; Docker and Podman make the files.
function isInContainer({ container }: NodeJS.ProcessEnv): boolean {
  return Boolean(container) || ['/.dockerenv', '/run/.containerenv'].some((file) => existsSync(file));
}
