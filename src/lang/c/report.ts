/** Collects diagnostics; gives places, trails and include chains from a Loc. */
import type { DiagFix, DiagNote, Diagnostic, Severity } from "./diag.ts";
import type { SourceMap } from "./source.ts";
import type { Loc } from "./types.ts";

/** After this many errors nothing more is reported: the rest follows from them. */
const MAX_ERRORS = 50;
const MAX_WARNINGS = 200;

export interface ReportExtra {
  readonly help?: string;
  readonly notes?: readonly { readonly loc: Loc; readonly message: string }[];
  /** Replaces the token at `loc` (by default the diagnostic's own) by `text`; with `insert`, goes before it. */
  readonly fix?: { readonly message: string; readonly text: string; readonly loc?: Loc; readonly insert?: true };
}

export class Report {
  readonly list: Diagnostic[] = [];
  errors = 0;
  readonly sources: SourceMap;
  /** Whether warnings are wanted at all. */
  readonly warnings: boolean;
  /** Files whose warnings nobody wants. */
  readonly quietFiles: Set<string> = new Set();
  /** A header is missing: what would follow says nothing about the program. */
  stopped = false;
  #warned = 0;
  #last = "";

  constructor(sources: SourceMap, warnings: boolean) {
    this.sources = sources;
    this.warnings = warnings;
  }

  /** Enough: parsing may stop. */
  get full(): boolean {
    return this.stopped || this.errors >= MAX_ERRORS;
  }

  error(code: string, loc: Loc, message: string, extra: ReportExtra = {}): void {
    if (this.full) return;
    if (this.#push("error", code, loc, message, extra)) this.errors++;
  }

  warn(code: string, loc: Loc, message: string, extra: ReportExtra = {}): void {
    if (!this.warnings || this.stopped || this.#warned >= MAX_WARNINGS) return;
    const file = this.sources.fileOf(this.sources.expandLoc(loc));
    if (file !== undefined && this.quietFiles.has(file.name)) return;
    if (this.#push("warning", code, loc, message, extra)) this.#warned++;
  }

  #push(severity: Severity, code: string, loc: Loc, message: string, extra: ReportExtra): boolean {
    const key = `${loc} ${message}`;
    if (key === this.#last) return false;
    this.#last = key;
    const { sources } = this;
    const notes: DiagNote[] = (extra.notes ?? []).map((note) => ({
      ...sources.place(note.loc),
      message: note.message,
    }));
    this.list.push({
      ...sources.place(loc),
      code,
      severity,
      message,
      trail: sources.trail(loc),
      includes: sources.includes(loc),
      notes,
      fix: extra.fix === undefined ? undefined : this.#fix(extra.fix, loc),
      help: extra.help,
    });
    return true;
  }

  #fix(fix: NonNullable<ReportExtra["fix"]>, loc: Loc): DiagFix {
    const place = this.sources.place(fix.loc ?? loc);
    return { ...place, endCol: fix.insert === true ? place.col : place.endCol, message: fix.message, text: fix.text };
  }
}
