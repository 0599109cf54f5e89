import { EyamlError } from '../errors.js';
import { groupedFingerprint } from '../text/fingerprint.js';
import { printable, printableJson } from '../text/printable.js';
import { detailLines, placeText, problemLines } from '../text/problems.js';
import type { Draft } from '../verbs/recipients/draft.js';
import type { ForgottenSigners } from '../verbs/recipients/reset-trust.js';
import type { SignedRecipients } from '../verbs/recipients/sign.js';
import type { Verified } from '../verbs/recipients/verify.js';
import { answered } from './asking.js';
import { count } from './plan-text.js';
import { confirmSignature, hasTerminal } from './questions.js';
import type { Ui } from './ui.js';

/**
 * Shows what is to be signed, and asks at a terminal. Without one, whoever runs the command has said so.
 *
 * @throws {@link EyamlError} `ABORTED` when the user says no.
 */
export async function confirmSigning({ manifest, signer, changes }: Draft, ui: Ui): Promise<void> {
  const { serial, threshold, signers, files, rules } = manifest;
  if (changes.length > 0) ['compared with the manifest before:', ...problemLines(changes)].forEach(ui.insist);
  ui.notify(`to sign, as ${signer.userId}: serial ${serial}, ${count(files.length, 'recipients file')}`);
  for (const { path, keys } of files) ui.notify(`  ${path}: ${keys.map(({ name }) => name).join(', ') || 'nobody'}`);
  for (const { path, rules: all } of rules) ui.notify(`  ${path}: ${count(all.length, 'rule')}`);
  ui.insist(`signers, of whom ${threshold} must sign:`);
  for (const { fingerprint, name } of signers) ui.insist(`  ${groupedFingerprint(fingerprint)} ${name}`.trimEnd());
  if (!hasTerminal() || (await confirmSignature())) return;
  throw new EyamlError('ABORTED', 'nothing was signed');
}

/** Tells what was signed, and what is still missing. */
export function tellSigned({ file, manifest, signer, isOld, missing }: SignedRecipients, ui: Ui): void {
  const which = `${file}, serial ${manifest.serial}`;
  ui.notify(isOld ? `nothing to do: ${signer.userId} has signed ${which}` : `signed ${which}`);
  if (!isOld && !missing && manifest.serial === 1)
    ui.notify(`Next step: commit it. Others accept it with: eyaml recipients verify --signer ${signer.fingerprint}`);
  if (missing) [`not complete: ${missing.message}`, ...detailLines(missing)].forEach(ui.insist);
}

/** A manifest that is good, for a person. */
export function verifiedText({ file, manifest, accepted, warnings, isFirst }: Verified): string {
  const { serial, threshold, signers, files } = manifest;
  const signedBy = new Set(accepted.signedBy);
  const lines = [
    `${file}: good, serial ${serial}, ${count(files.length, 'recipients file')}`,
    `signers, of whom ${threshold} must sign:`,
    ...signers.map(({ fingerprint, name }) =>
      [signedBy.has(fingerprint) ? '  signed' : '  -     ', groupedFingerprint(fingerprint), name].join(' ').trimEnd(),
    ),
    ...warnings.map((warning) => `warning: ${warning}`),
    ...(isFirst ? ['from now on, values here are encrypted only for recipients that these signers have signed'] : []),
  ];
  return lines.map((line) => `${printable(line)}\n`).join('');
}

/** The same as JSON. */
export function verifiedJson({ file, manifest, accepted, warnings }: Verified): string {
  const { serial, threshold, repository, signers } = manifest;
  const all = signers.map(({ fingerprint, name }) => {
    return { fingerprint, name, signed: accepted.signedBy.includes(fingerprint) };
  });
  return `${printableJson({ good: true, file, serial, repository, threshold, signers: all, warnings })}\n`;
}

/** Why a manifest is not good, as JSON. */
export function unverifiedJson({ message, problems, suggestions }: EyamlError): string {
  const all = problems.map((problem) => ({
    place: problem.place === undefined ? null : placeText(problem.place),
    message: problem.message,
  }));
  return `${printableJson({ good: false, message, problems: all, suggestions })}\n`;
}

/**
 * Makes the question whether the signers of a repository are to be forgotten. It can only be answered at a terminal.
 *
 * @returns a function that gives what was typed, and throws {@link EyamlError} `ABORTED` without a terminal.
 */
export function askForgetting(ui: Ui): (forgotten: ForgottenSigners) => Promise<string> {
  return async ({ top, name, signers }) => {
    if (!hasTerminal()) {
      throw new EyamlError('ABORTED', 'nothing was forgotten: only a person at a terminal can do this');
    }
    const lines = [
      'WARNING: this forgets who signs the recipients of this repository:',
      `  ${top}`,
      ...signers.map((signer) => `  ${groupedFingerprint(signer)}`),
      'Afterwards no signature counts here: anybody who can push can add readers, and eyaml only asks you about new ones.',
      'Do this only when the signers have told you themselves, not in a message in the repository, that their keys are gone.',
    ];
    lines.forEach(ui.insist);
    const { input } = await import('@inquirer/prompts');
    const message = `Type the name of the folder, ${printable(name)}, to forget them:`;
    return (await answered(input({ message, theme: { prefix: '' } }, { output: process.stderr }))).trim();
  };
}
