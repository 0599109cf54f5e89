import * as Flags from '@oclif/core/flags';
import { EyamlCommand } from '../src/cli/command.js';
import { askPassword, findSource, targetOf, withoutDash } from '../src/cli/input.js';
import { newReadersTeller } from '../src/cli/new-readers.js';
import { ACCEPT_FLAG } from '../src/cli/seen.js';
import { SETTINGS } from '../src/config/settings.js';
import { readOctets, textOf } from '../src/files/snapshot.js';
import { encryptMarkers, encryptValue, formatValue, type OutputForm } from '../src/verbs/encrypt.js';

const SOURCES = ['password', 'string', 'file', 'stdin', 'eyaml'];

export default class Encrypt extends EyamlCommand {
  static override summary = 'encrypt a value, or the markers of a file';
  static override examples = [
    '<%= config.bin %> encrypt -p -l database::password',
    '<%= config.bin %> encrypt --stdin -o string < /etc/krb5.keytab',
    '<%= config.bin %> encrypt -e new.yaml > secrets.eyaml',
  ];
  static override flags = {
    password: Flags.boolean({ char: 'p', summary: 'ask for the text to encrypt', exactlyOne: SOURCES }),
    string: Flags.string({ char: 's', helpValue: 'TEXT', summary: 'encrypt this text', exactlyOne: SOURCES }),
    file: Flags.string({ char: 'f', helpValue: 'FILE', summary: 'encrypt the content of a file', exactlyOne: SOURCES }),
    stdin: Flags.boolean({ summary: 'encrypt standard input', exactlyOne: SOURCES }),
    eyaml: Flags.string({
      char: 'e',
      helpValue: 'FILE',
      summary: 'print a file with its markers, DEC::GPG[text]!, encrypted',
      exactlyOne: SOURCES,
    }),
    for: Flags.string({
      helpValue: 'PATH',
      summary: 'the file or folder that the value is for: its recipients count, wherever you are',
    }),
    onto: Flags.string({
      helpValue: 'FILE',
      summary: 'with -e: the file as it was; values that did not change keep their ciphertext',
      dependsOn: ['eyaml'],
    }),
    confirm: Flags.boolean({ summary: 'with -p: ask twice', dependsOn: ['password'] }),
    output: Flags.option({
      char: 'o',
      options: ['examples', 'block', 'string', 'raw'] as const,
      summary: 'form of the value: block, string, raw (string and a line end), or examples of both (default)',
    })(),
    label: Flags.string({ char: 'l', helpValue: 'KEY', summary: 'print this key before the value' }),
    ...ACCEPT_FLAG,
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Encrypt, withoutDash(this.argv));
    const { options, context, ui } = await this.begin(flags);
    if (options.string !== undefined && process.stderr.isTTY) {
      ui.notify('note: other users may see the text given with -s, and the shell history keeps it; use -p or --stdin');
    }
    const found = await findSource(options, () => askPassword(options.confirm));
    const target = options.for ?? options.onto;
    const source = target === undefined ? found : { ...found, target: await targetOf(target) };
    if (options.eyaml !== undefined) {
      const onNewReaders = newReadersTeller('encrypt', context, ui);
      const text = textOf(await source.octets(), source.name);
      const onto = options.onto === undefined ? undefined : await ontoFile(options.onto);
      await ui.print(await encryptMarkers(text, { ...source, onto }, context, onNewReaders));
      return;
    }
    const encryptor = await context.encryptorForNew(source.target);
    // Before asking: the user should not type a password that cannot be encrypted.
    const sealer = await encryptor.prepare(source.target);
    const payload = await encryptValue(await source.octets(), sealer);
    const form: OutputForm = options.output ?? SETTINGS.output.default;
    await ui.print(formatValue(encryptor.tag, payload, form, options.label));
  }
}

async function ontoFile(file: string) {
  return { name: file, text: textOf(await readOctets(file), file) };
}
