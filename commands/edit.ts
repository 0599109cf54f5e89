import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { EyamlCommand } from '../src/cli/command.js';
import { findEditor, runEditor } from '../src/cli/editor.js';
import { newReadersTeller } from '../src/cli/new-readers.js';
import { returnToEditor } from '../src/cli/questions.js';
import { ACCEPT_FLAG } from '../src/cli/seen.js';
import { edit } from '../src/verbs/edit/edit.js';

// A person keeps an editor open for longer than this, in milliseconds.
const AT_ONCE = 1000;

export default class Edit extends EyamlCommand {
  static override summary = 'edit a file with its values decrypted';
  static override examples = [
    '<%= config.bin %> edit production/common.eyaml',
    '<%= config.bin %> edit -d common.eyaml',
  ];
  static override args = {
    file: Args.string({ name: 'FILE', description: 'the file to edit; it may be a new file', required: true }),
  };
  static override flags = {
    'no-preamble': Flags.boolean({ summary: 'do not show help lines above the text' }),
    'no-decrypt': Flags.boolean({ char: 'd', summary: 'leave existing values as they are; needs no secret key' }),
    ...ACCEPT_FLAG,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Edit);
    const { options, context, ui } = await this.begin(flags);
    const editor = await findEditor(process.env);
    const outcome = await edit(
      args.file,
      { decrypt: !options['no-decrypt'], preamble: !options['no-preamble'] },
      context,
      {
        openEditor: (file) => runEditor(editor, file),
        returnToEditor,
        onNewReaders: newReadersTeller('change', context, ui),
        notify: ui.notify,
        detail: ui.detail,
        environment: process.env,
      },
    );
    if (outcome.kind === 'written') return;
    ui.notify('No changes detected, exiting');
    if (outcome.editorTime < AT_ONCE) {
      ui.notify(
        `hint: the editor (${editor.command}) exited at once; if it opens a window, it needs an option to wait: EDITOR="code --wait"`,
      );
    }
  }
}
