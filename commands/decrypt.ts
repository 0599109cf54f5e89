import * as Flags from '@oclif/core/flags';
import { EyamlCommand } from '../src/cli/command.js';
import { findSource, withoutDash } from '../src/cli/input.js';
import { textOf } from '../src/files/snapshot.js';
import { keptTeller } from '../src/cli/kept.js';
import { printableJson } from '../src/text/printable.js';
import { describeValues } from '../src/verbs/decrypt-json.js';
import { decryptText, decryptToMarkers, pastedText } from '../src/verbs/decrypt.js';

const SOURCES = ['string', 'file', 'stdin', 'eyaml', 'json'];

export default class Decrypt extends EyamlCommand {
  static override summary = 'decrypt a value, or all values of a file';
  static override examples = [
    '<%= config.bin %> decrypt -f common.eyaml',
    "<%= config.bin %> decrypt -s 'ENC[GPG,…]'",
    '<%= config.bin %> decrypt -e common.eyaml',
  ];
  static override flags = {
    string: Flags.string({
      char: 's',
      helpValue: 'TEXT',
      summary: 'decrypt the values in this text',
      exactlyOne: SOURCES,
    }),
    file: Flags.string({ char: 'f', helpValue: 'FILE', summary: 'decrypt the values in a file', exactlyOne: SOURCES }),
    stdin: Flags.boolean({ summary: 'decrypt the values in standard input', exactlyOne: SOURCES }),
    eyaml: Flags.string({
      char: 'e',
      helpValue: 'FILE',
      summary: 'print a file with its values as markers, DEC::GPG[text]!',
      exactlyOne: SOURCES,
    }),
    json: Flags.string({
      helpValue: 'FILE',
      summary: 'print the values of a file as JSON: places, keys, methods, readers, plaintexts',
      exactlyOne: SOURCES,
    }),
    'keep-unreadable': Flags.boolean({ summary: 'leave values that cannot be decrypted as they are, with a note' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Decrypt, withoutDash(this.argv));
    const { options, context, ui } = await this.begin(flags);
    // oclif has another option of this name, and its type.
    const given: unknown = options.json;
    const json = typeof given === 'string' ? given : undefined;
    const { octets, name } = await findSource({ ...options, file: options.file ?? json });
    const text = textOf(await octets(), name);
    const onKept = options['keep-unreadable'] ? keptTeller(ui) : undefined;
    if (json !== undefined) {
      await ui.print(`${printableJson(await describeValues(text, name, context, onKept))}\n`);
    } else if (options.eyaml === undefined) {
      const isFile = options.file !== undefined;
      const style = isFile ? 'yaml' : 'octets';
      const wanted = isFile ? text : pastedText(text);
      await ui.print(await decryptText(wanted, name, context, style, onKept));
    } else {
      const shown = await decryptToMarkers(text, name, context, onKept);
      await ui.print(shown.endsWith('\n') ? shown : `${shown}\n`);
    }
  }
}
