import { tmpdir } from 'node:os';
import { createPrivateFolder } from '../../files/private-folder.js';
import type { Checkup } from './checkup.js';
import { reporterOf, type DoctorFinding } from './finding.js';

const { ok, warning } = reporterOf('temporary folder');

/** Whether the plaintexts of an edit lie in memory, by making such a folder. */
export async function checkTemporaryFolder({ environment }: Checkup): Promise<readonly DoctorFinding[]> {
  const folder = await createPrivateFolder(environment);
  folder.remove();
  if (folder.inMemory) return [ok('edit keeps its plaintexts in memory')];
  const message = `edit keeps its plaintexts in ${tmpdir()}, maybe on a disk, until it ends`;
  // Other systems have no such folder.
  if (process.platform !== 'linux') return [ok(message)];
  return [warning(message, 'export XDG_RUNTIME_DIR=/run/user/$(id -u)')];
}
