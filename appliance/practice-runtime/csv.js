"use strict";
// CSV as RFC 4180 has it, lenient where machines write it wrongly.

const QUOTE = '"';

/** Rows of cells: null where nothing stood between two separators. Blank lines are left out. */
function parse(text, separator) {
  const rows = [];
  let row = [];
  let cell = null;
  const endCell = () => {
    row.push(cell);
    cell = null;
  };
  const endRow = () => {
    if (cell !== null && cell !== "") endCell();
    if (row.length > 0) rows.push(row);
    row = [];
    cell = null;
  };
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (char === QUOTE && cell === null) {
      const end = closing(text, at + 1);
      cell = text.slice(at + 1, end).replaceAll(QUOTE + QUOTE, QUOTE);
      at = end;
      // Something behind the closing quote: then it was none.
      if (at + 1 < text.length && ![separator, "\r", "\n"].includes(text[at + 1])) cell += QUOTE;
    } else if (char === separator) endCell();
    else if (char === "\n" || char === "\r") endRow();
    else cell = (cell ?? "") + char;
  }
  endRow();
  return rows;
}

/** Where the quote stands that ends what begins at `from`; the text's end if there is none. */
function closing(text, from) {
  let at = text.indexOf(QUOTE, from);
  while (at !== -1 && text[at + 1] === QUOTE) at = text.indexOf(QUOTE, at + 2);
  return at === -1 ? text.length : at;
}

/** How many characters the first `count` lines take. */
function lengthOfLines(text, count) {
  let at = 0;
  for (let line = 0; line < count; line += 1) {
    const end = text.indexOf("\n", at);
    if (end === -1) return text.length;
    at = end + 1;
  }
  return at;
}

function quoted(cell, separator) {
  const needsQuotes = [separator, QUOTE, "\n", "\r"].some((part) => cell.includes(part));
  return needsQuotes ? QUOTE + cell.replaceAll(QUOTE, QUOTE + QUOTE) + QUOTE : cell;
}

/** A number where the text is one and has no leading zero or plus; those are codes. */
function withNumber(cell) {
  return cell === "" || /^ *(\+|-?0\d)/.test(cell) || Number.isNaN(Number(cell))
    ? cell
    : Number(cell);
}

module.exports = { parse, quoted, withNumber, lengthOfLines };
