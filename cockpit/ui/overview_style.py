"""How the page Overview looks: big figures, lights with their word, nothing that moves."""

from __future__ import annotations

import re

from cockpit.look.tokens import Tokens, css_variables

_CSS = """
.ov {VARIABLES line-height: 1.45; color: var(--text);}
.ov a {color: inherit; text-decoration: none;}
.ov a:hover, .ov a:focus-visible {text-decoration: underline; text-underline-offset: 3px;}
.ov a:focus-visible, .ov summary:focus-visible {outline: 2px solid var(--accent);
  outline-offset: 2px;}
.ov h2 {font-size: 1.15rem; font-weight: 650; margin: 0 0 8px; padding: 0; line-height: 1.4;}
.ov p {margin: 0;}
.ov-q, .ov .ov-q {color: var(--quiet); font-size: max(13px, .84rem);}
.ov-two {display: grid; grid-template-columns: minmax(0, 1.65fr) minmax(0, 1fr); gap: 24px;
  align-items: start;}
.ov-cards {display: grid; grid-template-columns: repeat(4, minmax(0, 1fr)); gap: 8px;
  margin-bottom: 16px;}
.ov-card {background: var(--panel); border: 1px solid var(--line); border-radius: 8px;
  padding: 12px 16px; display: flex; flex-direction: column; min-width: 0;}
.ov-top {display: flex; justify-content: space-between; gap: 8px; align-items: baseline;
  flex-wrap: wrap;}
.ov-name {font-weight: 600;}
.ov .ov-name a {color: var(--text);}
.ov-mid {display: flex; justify-content: space-between; align-items: center; gap: 8px;
  min-height: 3.3rem;}
.ov-right {display: flex; flex-direction: column; align-items: flex-end; gap: 2px; flex: 0 1 auto;
  min-width: 0;}
.ov-big {font-size: 2.3rem; font-weight: 650; line-height: 1.25; white-space: nowrap;
  letter-spacing: -.01em;}
.ov-unit {font-size: max(13px, .9rem); font-weight: 400; color: var(--quiet); margin-left: 6px;
  letter-spacing: 0;}
.ov-change {font-size: max(14px, .94rem); font-weight: 500;}
.ov-change span, .ov-foot span {white-space: nowrap; margin-right: .5em; display: inline-block;}
.ov-card:has(details[open]) {grid-column: span 2;}
.ov-better {color: var(--good);} .ov-worse {color: var(--bad);} .ov-same {color: var(--text);}
.ov-light {display: inline-flex; gap: 6px; align-items: center; white-space: nowrap;
  font-size: max(13px, .84rem); font-weight: 600;}
.ov-light i {width: .7rem; height: .7rem; border-radius: 50%; display: inline-block; flex: none;}
.ov-good {color: var(--good);} .ov-watch {color: var(--watch);} .ov-bad {color: var(--bad);}
.ov-good i {background: var(--good);} .ov-watch i {background: var(--watch);}
.ov-bad i {background: var(--bad);}
.ov img.ov-line {width: 7.5rem; max-width: 100%; height: auto;}
.ov details {margin-top: auto; padding-top: 4px;}
.ov summary {cursor: pointer; color: var(--quiet); font-size: max(13px, .84rem); min-height: 24px;
  width: fit-content;}
.ov table {border-collapse: collapse; width: 100%; font-size: max(13px, .84rem); margin: 4px 0 8px;}
.ov th {text-align: left; font-weight: 400; color: var(--quiet); padding: 4px 8px 4px 0;
  border: 0;}
.ov td {padding: 4px 8px 4px 0; border: 0; border-top: 1px solid var(--line);}
.ov .n {text-align: right; white-space: nowrap; padding-right: 0;}
.ov-list {background: var(--panel); border: 1px solid var(--line); border-radius: 8px;
  padding: 16px; margin-bottom: 16px;}
.ov ol {list-style: none; margin: 0; padding: 0;}
.ov ol > li {display: grid; grid-template-columns: 2rem minmax(0, 1fr); gap: 0 8px; margin: 0;
  padding: 10px 0; border-top: 1px solid var(--line); font-size: 1rem;}
.ov ol > li:first-child {border-top: 0; padding-top: 0;}
.ov-no {width: 1.7rem; height: 1.7rem; border-radius: 50%; background: var(--accent);
  color: var(--on-accent); display: grid; place-items: center; font-weight: 650;}
.ov ul {list-style: none; margin: 2px 0 0; padding: 0;}
.ov ul li {margin: 0; padding: 2px 0; font-size: max(14px, .94rem);}
.ov ul a::after, .ov-name a::after, .ov-place a::after, .ov-q a::after, .ov strong a::after {
  content: " ›"; color: var(--accent); font-weight: 650;}
.ov-place {font-weight: 600; font-size: 1.05rem;}
.ov-alerts {display: grid; grid-template-columns: repeat(auto-fit, minmax(22rem, 1fr));
  gap: 0 24px;}
.ov-where {display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 24px;
  align-items: center;}
.ov-alert {display: grid; grid-template-columns: 6px minmax(0, 1fr); gap: 0 12px; padding: 8px 0;}
.ov-alert > i {border-radius: 3px; background: var(--quiet);}
.ov-l1 > i {background: var(--alert-blue);} .ov-l2 > i {background: var(--alert-yellow);}
.ov-l3 > i {background: var(--alert-orange);} .ov-l4 > i {background: var(--alert-red);}
.ov img.ov-map {width: 100%; max-height: 17rem; object-fit: contain;
  display: block;}
@media (max-width: 1600px) {.ov-cards {grid-template-columns: repeat(3, minmax(0, 1fr));}}
@media (max-width: 1100px) {.ov-two {grid-template-columns: minmax(0, 1fr);}}
@media (max-width: 640px) {
  .ov-cards {grid-template-columns: repeat(2, minmax(0, 1fr));}
  .ov-where {grid-template-columns: minmax(0, 1fr);}
  .ov-big {font-size: 1.8rem;}
  .ov-card {padding: 10px 12px;}
  .ov-mid {flex-direction: column; align-items: flex-start; gap: 0;}
  .ov-right {align-items: flex-start;}
  .ov img.ov-line {width: 8rem; margin: 2px 0 4px;}
  .ov-list {padding: 12px;}
  .ov-alerts {grid-template-columns: minmax(0, 1fr);}
  .ov-change span, .ov-foot span {white-space: normal;}
  .ov summary, .ov ul li, .ov-name {padding-top: 5px; padding-bottom: 5px;}}
"""


def css(tokens: Tokens) -> str:
    """Return the page's own style sheet, without its white space."""
    text = _CSS.replace("VARIABLES", css_variables(tokens))
    text = re.sub(r"\s*([{};,])\s*", r"\1", re.sub(r":\s+", ":", text.strip()))
    return f"<style>{text}</style>"
