// What an artefact is made of, as CycloneDX: npm says it of all packages, and those that are in the artefact stay. The same commit gives the
// same octets, so number and time are made from it.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { commitOfSource } from '../commit.mjs';
import { PINNED } from './node.mjs';

/**
 * Writes ARTEFACT.cdx.json beside an artefact.
 *
 * @param arch - of the Node.js that is in it, if there is one.
 */
export function writeSbom(artefact, arch) {
  const all = JSON.parse(
    execFileSync('npm', ['sbom', '--sbom-format=cyclonedx', '--package-lock-only'], {
      encoding: 'utf8',
      maxBuffer: 1 << 27,
    }),
  );
  const { name } = JSON.parse(readFileSync('package.json', 'utf8'));
  const inside = new Set(JSON.parse(readFileSync('dist/packages.json', 'utf8')));
  const components = all.components.filter((component) => inside.has(component['bom-ref'])).map(asPart);
  if (arch) components.push(nodeOf(arch));
  const { metadata } = all;
  const own = {
    ...metadata.component,
    type: 'application',
    name,
    hashes: [hash('SHA-256', sha256(readFileSync(artefact)))],
  };
  const known = new Set([own['bom-ref'], ...components.map((component) => component['bom-ref'])]);
  const dependencies = all.dependencies
    .filter(({ ref }) => known.has(ref))
    .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((one) => known.has(one)) }));
  const time = commitOfSource()?.time ?? 0;
  const content = {
    ...all,
    metadata: {
      ...metadata,
      timestamp: new Date(time * 1000).toISOString(),
      lifecycles: [{ phase: 'build' }],
      component: own,
    },
    components,
    dependencies,
  };
  delete content.serialNumber;
  writeFileSync(
    `${artefact}.cdx.json`,
    `${JSON.stringify({ ...content, serialNumber: uuidOf(JSON.stringify(content)) }, undefined, 2)}\n`,
  );
}

// For npm some are there for development alone; here they are part of the product.
function asPart(component) {
  return { ...component, scope: 'required', properties: [] };
}

function nodeOf(arch) {
  const { name, integrity } = PINNED.packages[arch];
  return {
    'bom-ref': `node@${PINNED.version}`,
    type: 'platform',
    name: 'node',
    version: PINNED.version,
    purl: `pkg:npm/${name}@${PINNED.version}`,
    hashes: [hash('SHA-512', Buffer.from(integrity.replace('sha512-', ''), 'base64').toString('hex'))],
    licenses: [{ license: { id: 'MIT' } }],
  };
}

const hash = (alg, content) => ({ alg, content });
const sha256 = (octets) => createHash('sha256').update(octets).digest('hex');

/** A UUID of version 8 (RFC 9562, section 5.8): its bits are ours to choose. */
function uuidOf(text) {
  const digits = sha256(text);
  const parts = [
    digits.slice(0, 8),
    digits.slice(8, 12),
    `8${digits.slice(13, 16)}`,
    `8${digits.slice(17, 20)}`,
    digits.slice(20, 32),
  ];
  return `urn:uuid:${parts.join('-')}`;
}
