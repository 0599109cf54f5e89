import type { Gpg } from '../../keys/gnupg/gpg.js';
import type { OwnSubkey } from '../../keys/keystore.js';
import type { RecipientList } from '../../recipients/file.js';
import type { DoctorFinding, Topic } from './finding.js';
import type { ScannedFile, ScanOptions } from './scan.js';

/** What `doctor` is asked about, and where. */
export interface DoctorOptions extends ScanOptions {
  /** Seconds since 1970. */
  readonly now: number;
  /** The file of this program. */
  readonly program: string;
  /** The user who runs it; on a server that may be `puppet`. */
  readonly userName: string;
  readonly homeFolder: string;
  /** What the keystores warned about so far. */
  readonly warnings: () => readonly string[];
  /** Puppet's folder; by default its packages' own. */
  readonly puppetFolder?: string;
}

/** What the checks share; each is found once. */
export interface Checkup extends DoctorOptions {
  /** Undefined where there is no gpg on PATH. */
  readonly gpg: Gpg | undefined;
  /** The user's own encryption keys. */
  readonly own: () => Promise<readonly OwnSubkey[]>;
  /** The recipients of a file; undefined if there are none. */
  readonly recipientsFor: (file: string) => Promise<RecipientList | undefined>;
  /** Whether a list of recipients names a key of the user, trusted or not. */
  readonly isMine: (list: RecipientList) => Promise<boolean>;
  /** The files of the target. */
  readonly files: () => Promise<readonly ScannedFile[]>;
  /** Whether the target is searched for files. */
  readonly isSearched: () => Promise<boolean>;
}

/** One check. What it throws becomes a problem of its topic. */
export interface Check {
  readonly about: Topic;
  readonly run: (checkup: Checkup) => Promise<readonly DoctorFinding[]>;
  /** What to run when it fails for a reason that names no command. */
  readonly command: string;
}
