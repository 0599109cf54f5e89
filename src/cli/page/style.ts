/** The style of a page. Colours only go with words; all have a contrast of 4.5 to 1 or more (WCAG 2.2, 1.4.3). */
export const STYLE = `
:root {
  color-scheme: light dark;
  --text: #1c1e21; --back: #ffffff; --quiet: #5a5f66; --line: #c9cdd2; --head: #f1f3f5; --link: #0b57d0;
  --bad: #a4001d; --bad-back: #fdebed; --unsure: #7a4300; --unsure-back: #fff1dd; --good: #0b5c2b; --good-back: #e4f5ea;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --text: #e6e8eb; --back: #16181b; --quiet: #a5abb3; --line: #43484f; --head: #22262b; --link: #8ab4f8;
    --bad: #ff9aa8; --bad-back: #43151c; --unsure: #ffc678; --unsure-back: #3d2a0c; --good: #86dca4; --good-back: #12361f;
  }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem 1.25rem 2rem; font: 1rem/1.5 system-ui, sans-serif; color: var(--text); background: var(--back); }
h1 { font-size: 1.4rem; line-height: 1.3; margin: 0 0 .75rem; overflow-wrap: anywhere; }
p { margin: .25rem 0; overflow-wrap: anywhere; }
.warning { border: 1px solid var(--unsure); border-left-width: .4rem; padding: .4rem .6rem; margin: .5rem 0; color: var(--unsure); background: var(--unsure-back); }
#controls { display: flex; flex-wrap: wrap; gap: .5rem 1.25rem; align-items: center; margin: 1rem 0 .5rem; }
#controls[hidden] { display: none; }
#controls label { display: inline-flex; align-items: center; gap: .35rem; min-height: 1.75rem; }
fieldset { display: flex; flex-wrap: wrap; gap: 0 1rem; align-items: center; border: 0; margin: 0; padding: 0; min-width: 0; }
legend { float: left; padding: 0; }
input { font: inherit; accent-color: var(--link); }
input[type="search"] { width: 16rem; max-width: 60vw; padding: .2rem .4rem; color: inherit; background: var(--back); border: 1px solid var(--quiet); border-radius: .25rem; }
input[type="checkbox"] { width: 1.1rem; height: 1.1rem; margin: 0; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 1px; }
.frame { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .94rem; }
caption { text-align: left; color: var(--quiet); padding: .25rem 0; }
th, td { text-align: left; vertical-align: top; padding: .4rem .6rem; border: 1px solid var(--line); }
th { font-weight: 600; }
thead th { background: var(--head); vertical-align: bottom; }
tbody th { min-width: 13rem; max-width: 45vw; overflow-wrap: anywhere; background: var(--back); font-family: ui-monospace, monospace; font-weight: 500; }
td { max-width: 32rem; overflow-wrap: break-word; }
thead .narrow { width: 1%; min-width: 0; text-align: center; }
.narrow span { writing-mode: vertical-rl; transform: rotate(180deg); max-height: 14rem; overflow-wrap: anywhere; text-align: left; }
thead button { all: unset; cursor: pointer; display: inline-flex; align-items: end; gap: .35rem; min-height: 1.5rem; }
thead .narrow button { flex-direction: column; align-items: center; }
thead button:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
thead button::after { content: "\\2195"; color: var(--quiet); font-weight: 400; }
[aria-sort="ascending"] button::after { content: "\\2191"; color: inherit; }
[aria-sort="descending"] button::after { content: "\\2193"; color: inherit; }
ul { margin: 0; padding: 0; list-style: none; }
li { min-width: 11rem; overflow-wrap: anywhere; }
li + li { margin-top: .2rem; }
small { display: block; color: var(--quiet); font: .875rem/1.4 system-ui, sans-serif; }
.tone { display: inline-block; padding: 0 .45rem; border: 1px solid; border-radius: .25rem; white-space: nowrap; }
.bad { color: var(--bad); background: var(--bad-back); font-weight: 600; }
.unsure { color: var(--unsure); background: var(--unsure-back); }
.good { color: var(--good); background: var(--good-back); }
.quiet { color: var(--quiet); }
footer { margin-top: 1.25rem; color: var(--quiet); font-size: .9rem; }
@media print {
  :root { color-scheme: light; font-size: 8.5pt; }
  body { padding: 0; }
  #controls label, fieldset, thead button::after { display: none; }
  .frame { overflow: visible; }
  tr { break-inside: avoid; }
  thead { display: table-header-group; }
  tbody th, li { min-width: 0; }
  td { overflow-wrap: anywhere; }
  .tone, .warning { print-color-adjust: exact; }
}
`;
