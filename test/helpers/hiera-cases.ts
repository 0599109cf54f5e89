/** A plaintext that is to come back from Puppet. */
export interface Plaintext {
  readonly name: string;
  readonly text: string;
}

/** How values stand in a file. */
export interface Style {
  readonly name: string;
  /** What stands after `key:`. `@1` and `@2` are values in a line, `@block1` and `@block2` ones alone under a block header. */
  readonly yaml: string;
  /** What a YAML reader makes of that. */
  readonly seen: unknown;
  /** What stands between the pieces of a value that somebody wrote in a way in which the tool writes no new one. */
  readonly separator?: string;
  /**
   * Set when YAML keeps the lines below the header: Puppet decrypts no value that is still on several lines when it is loaded,
   * so that such a value has to be on one line.
   */
  readonly keepsLines?: true;
  /** How such a value begins. */
  readonly opening?: (tag: string) => string;
  /** The one method that has this style. */
  readonly only?: string;
}

const LINES = '-----BEGIN KEY-----\n  indented\n\nafter a blank line\n-----END KEY-----';
// 10 kB, and no two lines of it are alike.
const LARGE = Array.from({ length: 250 }, (_, i) => `line ${i} ${'äb☃'.repeat(8)}`).join('\n');

export const PLAINTEXTS: readonly Plaintext[] = [
  { name: 'words', text: 'correct horse battery staple' },
  { name: 'unicode', text: 'pässwörd ☃ 漢字 \u{1f511} e\u0301' },
  { name: 'quotes', text: `it's "quoted" 'twice' \\ and \\n is no line` },
  { name: 'colon_hash', text: 'a: b # no comment' },
  { name: 'blanks', text: '  blanks before and after \t ' },
  { name: 'only_blanks', text: '   ' },
  { name: 'tab', text: '\ttab\tinside' },
  { name: 'lines', text: LINES },
  { name: 'lines_and_newline', text: `${LINES}\n` },
  { name: 'lines_and_two_newlines', text: `${LINES}\n\n` },
  { name: 'newline_first', text: '\nsecond line' },
  { name: 'only_newline', text: '\n' },
  { name: 'crlf', text: 'one\r\ntwo\r\n' },
  { name: 'empty', text: '' },
  { name: 'yes', text: 'yes' },
  { name: 'null', text: '~' },
  { name: 'number', text: '007' },
  { name: 'star', text: '*x' },
  { name: 'flow', text: '{a: [b, "c"]}' },
  { name: 'header', text: 'key: >\n  folded' },
  { name: 'a_value', text: 'ENC[GPG,aaaa]' },
  { name: 'closing', text: ']! and ]\\! and ]' },
  { name: 'percent', text: '100% %% %' },
  { name: 'controls', text: '\ufeffmark, \u0007bell, \u2028separator' },
  { name: 'large', text: LARGE },
  { name: 'large_line', text: LARGE.replaceAll('\n', ' ') },
];

const LOWER_TAG = (tag: string) => `ENC[${tag.toLowerCase()},`;
const NO_TAG = () => 'ENC[';

export const STYLES: readonly Style[] = [
  { name: 'plain', yaml: ' @1', seen: '@1' },
  { name: 'plain_folded', yaml: ' @1', seen: '@1', separator: '\n    ' },
  { name: 'plain_below', yaml: '\n    @1', seen: '@1' },
  { name: 'plain_and_comment', yaml: ' @1 # note', seen: '@1' },
  { name: 'single_quoted', yaml: " '@1'", seen: '@1' },
  { name: 'single_quoted_folded', yaml: " '@1'", seen: '@1', separator: '\n    ' },
  { name: 'double_quoted', yaml: ' "@1"', seen: '@1' },
  { name: 'double_quoted_folded', yaml: ' "@1"', seen: '@1', separator: '\n    ' },
  { name: 'double_quoted_continued', yaml: ' "@1"', seen: '@1', separator: '\\\n    ' },
  { name: 'folded', yaml: ' >\n  @block1', seen: '@1\n' },
  { name: 'folded_strip', yaml: ' >-\n  @block1', seen: '@1' },
  { name: 'folded_keep', yaml: ' >+\n  @block1\n', seen: '@1\n\n' },
  { name: 'folded_indent', yaml: ' >2\n  @block1', seen: '@1\n' },
  { name: 'folded_deep', yaml: ' >\n        @block1', seen: '@1\n' },
  { name: 'folded_and_comment', yaml: ' > # note\n  @block1', seen: '@1\n' },
  { name: 'folded_one_line', yaml: ' >\n  @block1', seen: '@1\n', separator: '' },
  { name: 'literal', yaml: ' |\n  @block1', seen: '@1\n', keepsLines: true },
  { name: 'literal_strip', yaml: ' |-\n  @block1', seen: '@1', keepsLines: true },
  { name: 'literal_keep', yaml: ' |+\n  @block1\n', seen: '@1\n\n', keepsLines: true },
  {
    name: 'literal_text',
    yaml: ' |\n  user: me\n  password: @1\n  end: true',
    seen: 'user: me\npassword: @1\nend: true\n',
  },
  { name: 'folded_text', yaml: ' >\n  before\n  @1\n  after', seen: 'before @1 after\n' },
  {
    name: 'url',
    yaml: ' "postgres://ä€:@1@db.example.com/app?ssl=1"',
    seen: 'postgres://ä€:@1@db.example.com/app?ssl=1',
  },
  { name: 'two_in_one', yaml: ' @1-@2', seen: '@1-@2' },
  { name: 'two_adjacent', yaml: ' "@1@2"', seen: '@1@2' },
  { name: 'list', yaml: '\n  - open\n  - @1\n  - >\n    @block2\n  - - @2', seen: ['open', '@1', '@2\n', ['@2']] },
  { name: 'flow_list', yaml: ' [open, "@1", \'@2\', 3]', seen: ['open', '@1', '@2', 3] },
  { name: 'flow_map', yaml: ' {open: 1, secret: "@1", other: ["@2"]}', seen: { open: 1, secret: '@1', other: ['@2'] } },
  {
    name: 'nested',
    yaml: '\n  open: true\n  deep:\n    er: @1\n    block: >-\n      @block2',
    seen: { open: true, deep: { er: '@1', block: '@2' } },
  },
  { name: 'anchor', yaml: '\n  first: &pw @1\n  second: *pw', seen: { first: '@1', second: '@1' } },
  {
    name: 'anchored_block',
    yaml: '\n  first: &pw >-\n    @block1\n  second: *pw',
    seen: { first: '@1', second: '@1' },
  },
  { name: 'tagged', yaml: ' !!str @1', seen: '@1' },
  { name: 'beside_comment', yaml: ' @1\n# was @2', seen: '@1' },
  { name: 'lower_tag', yaml: ' @1', seen: '@1', opening: LOWER_TAG },
  { name: 'lower_tag_block', yaml: ' >\n  @block1', seen: '@1\n', opening: LOWER_TAG },
  { name: 'no_tag', yaml: ' @1', seen: '@1', opening: NO_TAG, only: 'PKCS7' },
];
