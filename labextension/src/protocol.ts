/* Provisional: replaced by what scripts/protocol.mjs makes of the server's schema. */
export type Level = 'info' | 'low' | 'medium' | 'high' | 'critical';
export interface Position {
  line: number;
  column: number;
}
export interface Range {
  start: Position;
  end: Position;
}
export interface Cell {
  index: number;
  number: number;
  id: string | null;
  type: 'code' | 'markdown' | 'raw';
}
export interface Replace {
  kind: 'replace';
  cell: Cell | null;
  part: string;
  range: Range;
  text: string;
}
export interface ClearOutput {
  kind: 'clear-output';
  cell: Cell;
  part: string;
}
export interface AddTag {
  kind: 'add-tag';
  cell: Cell;
  tag: string;
}
export interface Fix {
  title: string;
  safety: 'safe' | 'unsafe' | 'manual';
  edits: (Replace | ClearOutput)[];
}
export interface Related {
  cell: Cell | null;
  part: string;
  range: Range;
  file_range: Range | null;
  message: string;
  fixes: Fix[];
}
export interface Finding {
  rule: string;
  category: string;
  severity: Level;
  confidence: 'low' | 'medium' | 'high';
  engine: string;
  message: string;
  path: string;
  cell: Cell | null;
  part: string;
  range: Range;
  file_range: Range | null;
  snippet: string;
  fingerprint: string;
  cwe: number[];
  url: string;
  related: Related[];
  fixes: Fix[];
}
export interface Problem {
  path: string;
  cell: Cell | null;
  kind: 'unreadable' | 'too-large' | 'rule-failed' | 'engine' | 'service' | 'configuration';
  message: string;
}
export interface Ignore {
  kind: 'line' | 'cell' | 'notebook' | 'settings';
  title: string;
  edits: (Replace | ClearOutput | AddTag)[];
  rule: string;
}
export interface PinnedPackage {
  name: string;
  cell: Cell | null;
  part: string;
  range: Range;
}
export interface Pin {
  packages: PinnedPackage[];
}
export interface EditorFinding {
  key: string;
  finding: Finding;
  title: string;
  ignores: Ignore[];
  pin: Pin | null;
  move_secret: boolean;
}
export interface LintOptions {
  min_severity: Level;
  ignore: string[];
  outputs: boolean;
}
export interface LintRequest {
  session: string;
  path: string;
  revision: number;
  base: number | null;
  order: string[];
  cells: Record<string, unknown>;
  metadata: Record<string, unknown> | null;
  trusted: boolean;
  options: LintOptions;
}
export interface LintReply {
  revision: number;
  findings: EditorFinding[];
  silenced: number;
  problems: Problem[];
  summary: Partial<Record<Level, number>>;
  seconds: number;
  too_large: boolean;
}
export interface PinRequest {
  session: string;
  revision: number;
  key: string;
  versions: Record<string, string | null>;
}
export interface PinReply {
  edits: (Replace | ClearOutput)[];
  message: string;
}
export interface Health {
  name: string;
  version: string;
  protocol: number;
  rules: number;
  time_limit: number;
  max_body: number;
}
export interface ScanState {
  id: string;
  path: string;
  state: 'running' | 'done' | 'cancelled' | 'failed';
  done: number;
  total: number;
  findings: Finding[];
  problems: Problem[];
  summary: Partial<Record<Level, number>>;
  message: string;
}
export interface ScanCreated {
  id: string;
}
export interface ErrorReply {
  message: string;
  reason: string;
}
