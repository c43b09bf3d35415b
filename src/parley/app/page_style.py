"""The page's one stylesheet. Colour repeats what words and borders say; it never says it alone.

Text is at least 4.5:1 on its ground in both themes (WCAG 2.2 AA); a test computes it.
"""

from __future__ import annotations

from string import Template

LIGHT = {
    "ground": "#ffffff",
    "panel": "#f3f4f6",
    "text": "#15191f",
    "quiet": "#4a5261",
    "line": "#737c8c",
    "link": "#0b4f9e",
    "warn": "#7a4a00",
    "alarm": "#a3121f",
    "good": "#14602f",
}
DARK = {
    "ground": "#12161c",
    "panel": "#1c222b",
    "text": "#eef1f5",
    "quiet": "#b3bccb",
    "line": "#6f7a8c",
    "link": "#8fc1ff",
    "warn": "#f2c265",
    "alarm": "#ff9aa2",
    "good": "#8bdba6",
}
_CSS = Template("""
:root { color-scheme: light dark; $light }
@media (prefers-color-scheme: dark) { :root { $dark } }
* { box-sizing: border-box; }
body { margin: 0; font: 1rem/1.5 system-ui, sans-serif; color: var(--text);
  background: var(--ground); }
header, main, footer, nav { padding: .5rem 1rem; max-width: 80rem; margin: 0 auto; }
header { border-bottom: 2px solid var(--line); }
h1 { font-size: 1.3rem; margin: .3rem 0; }
h2 { font-size: 1.15rem; margin: 1.6rem 0 .4rem; border-bottom: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1rem 0 .2rem; }
a { color: var(--link); }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
nav ul { display: flex; flex-wrap: wrap; gap: .2rem 1rem; list-style: none; margin: 0;
  padding: 0; }
.skip { position: absolute; left: -99rem; }
.skip:focus { left: 1rem; }
.wide { overflow-x: auto; margin-bottom: .8rem; }
.unit time { white-space: nowrap; }
@media (min-width: 40rem) { .wide time { white-space: nowrap; } }
table { border-collapse: collapse; width: 100%; }
caption { text-align: start; color: var(--quiet); padding: .2rem 0; }
th, td { text-align: start; vertical-align: top; padding: .25rem .6rem .25rem 0;
  border-bottom: 1px solid var(--line); overflow-wrap: break-word; }
bdi { overflow-wrap: anywhere; }
tbody th { font-weight: 600; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem 1rem; margin: .3rem 0; }
dt { color: var(--quiet); }
dd { margin: 0; overflow-wrap: anywhere; }
article, fieldset { background: var(--panel); border: 1px solid var(--line);
  padding: .4rem .8rem .6rem; margin: .6rem 0; }
fieldset { min-width: 0; }
article.asks { border-inline-start: 6px double var(--warn); }
#alarms article { display: grid; grid-template-columns: 1fr auto; gap: 0 1rem;
  align-items: center; padding: .3rem .8rem; margin: .3rem 0; }
#alarms article > * { margin: 0; grid-column: 1; }
#alarms article > form { grid-column: 2; grid-row: 1 / span 3; display: flex; gap: .6rem;
  align-items: center; }
#alarms .field label { min-width: 0; }
@media (max-width: 40rem) { #alarms article > form { grid-column: 1; grid-row: auto; } }
#alerts article { display: grid; grid-template-columns: 1fr auto; gap: 0 1rem;
  padding: .3rem .8rem; margin: .3rem 0; }
#alerts article > * { margin: 0; grid-column: 1; min-width: 0; }
#alerts article > form { grid-column: 2; grid-row: 1 / span 4; }
#alerts article > ul { padding-inline-start: 1.1rem; }
#alerts article.soon { border-inline-start: 6px double var(--alarm); }
#alerts .state { border: 1px solid var(--line); padding: 0 .4rem; font-size: .85rem; }
#alerts .field label { min-width: 0; }
@media (max-width: 40rem) { #alerts article > form { grid-column: 1; grid-row: auto; } }
.glance { font-weight: 700; font-size: 1.1rem; letter-spacing: .04em; }
.alarm { color: var(--alarm); font-weight: 700; }
.warn { color: var(--warn); font-weight: 600; }
.good { color: var(--good); }
.none, .quiet { color: var(--quiet); }
.fault { border: 3px solid var(--alarm); padding: .4rem .8rem; }
.done { border: 2px solid var(--good); padding: .3rem .8rem; }
.phrase { font-weight: 600; margin: .3rem 0; overflow-wrap: anywhere; }
.whole { display: inline-block; max-width: 100%; }
.phrase:lang(ar) { font-size: 1.15rem; }
.said { white-space: pre-wrap; }
code { overflow-wrap: anywhere; }
.field label { display: inline-block; min-width: 10rem; }
input, select, textarea, button { font: inherit; color: var(--text); background: var(--ground);
  border: 1px solid var(--line); padding: .25rem .5rem; min-height: 2rem; max-width: 100%; }
input[type="checkbox"] { min-height: 0; width: 1.1rem; height: 1.1rem; vertical-align: -.15rem; }
@media (max-width: 40rem) { .wide th, .wide td { min-width: 6rem; } }
textarea { width: 100%; min-height: 4.5rem; }
button { font-weight: 600; border-width: 2px; cursor: pointer; margin: .2rem .4rem .2rem 0; }
.unit main { font-size: 1.25rem; max-width: 40rem; }
.unit header, .unit footer { max-width: 40rem; }
.unit dl { grid-template-columns: 1fr; gap: 0; }
.unit dd { margin: 0 0 .5rem; font-weight: 600; }
.unit .window { font-size: 1.5rem; }
.unit blockquote { margin: .5rem 0; padding-inline-start: .8rem;
  border-inline-start: 4px solid var(--line); }
.unit .big { display: block; width: 100%; min-height: 4rem; font-size: 1.4rem;
  margin: .6rem 0; }
.unit a.big { border: 2px solid currentcolor; padding: 1rem; min-height: 0; text-align: center; }
@media (forced-colors: active) { article.asks { border-inline-start-width: 8px; } }
@media print { nav, form { display: none; } }
""")


def _variables(theme: dict[str, str]) -> str:
    return " ".join(f"--{name}: {value};" for name, value in theme.items())


def stylesheet() -> str:
    """Return the stylesheet."""
    return _CSS.substitute(light=_variables(LIGHT), dark=_variables(DARK)).lstrip()
