import * as Flags from '@oclif/core/flags';
import { EyamlCommand } from '../src/cli/command.js';
import { findSource, withoutDash } from '../src/cli/input.js';
import { textOf } from '../src/files/snapshot.js';
import { decryptText, decryptToMarkers, pastedText } from '../src/verbs/decrypt.js';

const SOURCES = ['string', 'file', 'stdin', 'eyaml'];

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
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Decrypt, withoutDash(this.argv));
    const { options, context, ui } = await this.begin(flags);
    const { octets, name } = await findSource(options);
    const text = textOf(await octets(), name);
    if (options.eyaml === undefined) {
      const isFile = options.file !== undefined;
      const style = isFile ? 'yaml' : 'octets';
      const wanted = isFile ? text : pastedText(text);
      await ui.print(await decryptText(wanted, name, context, style));
      return;
    }
    const shown = await decryptToMarkers(text, name, context);
    await ui.print(shown.endsWith('\n') ? shown : `${shown}\n`);
  }
}
