/** Text from notebooks, shown as text: nothing in it becomes markup, and nothing in it hides. */
import * as React from 'react';

const BLANKS = /[\t\n\v\f\r\u2028\u2029]+/g;
const UNSEEN = /[\p{Cc}\p{Cf}]/gu;

/** The text on one line, with its invisible and reordering characters spelled out. */
export function visible(text: string): string {
  return text.replace(BLANKS, ' ').replace(UNSEEN, codePoint);
}

function codePoint(character: string): string {
  const hex = (character.codePointAt(0) ?? 0).toString(16).toUpperCase();
  return `⟨U+${hex.padStart(4, '0')}⟩`;
}

/** A message in which what stands between backticks is code. */
export function Message({ text }: { text: string }): React.JSX.Element {
  const pieces = visible(text).split('`');
  // Without its partner the last backtick quotes nothing.
  const paired = pieces.length % 2 ? pieces.length : pieces.length - 2;
  const tail = pieces.slice(paired).join('`');
  return (
    <bdi>
      {pieces.slice(0, paired).map((piece, index) => (index % 2 ? <code key={index}>{piece}</code> : piece))}
      {tail}
    </bdi>
  );
}
