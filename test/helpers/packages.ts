import { readFileSync } from 'node:fs';
import path from 'node:path';

export const ROOT = path.resolve(import.meta.dirname, '../..');

export const { version } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { version: string };

const NAMES = process.arch === 'arm64' ? ['arm64', 'aarch64'] : ['amd64', 'x86_64'];

/** The package for this machine that `npm run package:deb` or `package:rpm` makes in a checkout. */
export function packageFile(kind: 'deb' | 'rpm', checkout = ROOT): string {
  const [debian, rpm] = NAMES;
  const name = kind === 'deb' ? `eyaml_${version}_${debian}.deb` : `eyaml-${version}-1.${rpm}.rpm`;
  return path.join(checkout, 'build', name);
}
