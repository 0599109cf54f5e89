import type { Config, Pkcs7Config } from '../config/config.js';
import type { Messages } from '../encryptors/encryptor.js';
import { ruleText, type FileRule, type Rules } from '../recipients/rule.js';
import { placeText } from '../text/problems.js';

/** Makes rules of which each is named when it is first followed: a cloned repository must not choose readers or keys unseen. */
export function tellingRules({ insist }: Pick<Messages, 'insist'>): (rules: Rules) => Rules {
  const told = new Set<FileRule>();
  const tell = (rule: FileRule) => {
    if (rule.isOwn || told.has(rule)) return;
    told.add(rule);
    const { place } = rule;
    const file = 'file' in place ? place.file : placeText(place);
    insist(`warning: ${file}, which came with this folder, sets rules: ${ruleText(rule)}`);
  };
  return ({ ruleFor, rulesAt }) => ({
    ruleFor: async (target) => {
      const rule = await ruleFor(target);
      if (rule) tell(rule);
      return rule;
    },
    rulesAt,
  });
}

/** The method for new values in a file by an option, the file's rule, or a configuration file; undefined if none of them says. */
export function methodFor({ encryptMethod, outranking }: Config, rule: FileRule | undefined): string | undefined {
  if (rule === undefined || outranking.has('encrypt-method')) return encryptMethod;
  const { encrypt_method: method, pkcs7_public_key: certificate } = rule.settings;
  if (method !== undefined) return method.toUpperCase();
  // Recipients that the user names are for GPG.
  if (outranking.has('gpg-recipients') || outranking.has('gpg-recipients-file')) return encryptMethod;
  if (rule.recipientsFile !== undefined) return 'GPG';
  return certificate === undefined ? encryptMethod : 'PKCS7';
}

/** The PKCS7 keys for a file: those of its rule, except where options name others. */
export function pkcs7KeysFor({ pkcs7, outranking }: Config, rule: FileRule | undefined): Pkcs7Config {
  const half = (key: keyof Pkcs7Config, named: string | undefined) => {
    const source = pkcs7[key];
    const { option } = source;
    const isOutranked = [option, `${option}-env-var`, option.replace('pkcs7-', 'pkcs7-b64-') + '-env-var'].some(
      (name) => outranking.has(name),
    );
    if (named === undefined || isOutranked) return source;
    return { option, file: named, isDefault: false, variable: undefined, base64Variable: undefined };
  };
  return {
    publicKey: half('publicKey', rule?.settings.pkcs7_public_key),
    privateKey: half('privateKey', rule?.settings.pkcs7_private_key),
  };
}
