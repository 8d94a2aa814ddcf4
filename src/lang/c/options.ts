/**
 * What the C front end is given: files, search paths, definitions, headers that are answered lazily.
 */
import type { FuncDecl } from "./ast.ts";
import type { CType, Enumerator, EnumType, RecordType } from "./types.ts";

/** Answers `#include`. A path is joined with "/" and cleaned; undefined where there is no such file. */
export interface FileProvider {
  read(path: string): Uint8Array | undefined;
}

/**
 * Declarations that are made only when a name is looked up: how a large header (vmlinux.h) costs nothing. Asked at file scope after the
 * names that the program declared itself. What it gives must be the same object each time.
 */
export interface LazyDecls {
  typedef(name: string): CType | undefined;
  /** struct, union or enum tag. Records may have `pending` set. */
  tag(name: string): RecordType | EnumType | undefined;
  enumerator(name: string): Enumerator | undefined;
  /** For suggestions: enumerators that begin like a name. */
  enumeratorsLike?(start: string): Iterable<string>;
  /** Prototypes (kfuncs). */
  func?(name: string): FuncDecl | undefined;
}

export type CStandard = "c89" | "c99" | "c11" | "c17" | "c23";

export interface ParseOptions {
  readonly files: FileProvider;
  /** -I, searched in order, for "..." after the including file's own folder. */
  readonly includePaths?: readonly string[];
  /** Searched after includePaths; warnings in them are not reported. */
  readonly systemPaths?: readonly string[];
  /** -D: "NAME" or "NAME=value". */
  readonly defines?: readonly string[];
  readonly undefs?: readonly string[];
  /** -include: read before the main file. */
  readonly preincludes?: readonly string[];
  /** __BPF_CPU_VERSION__; default 3. */
  readonly cpu?: 1 | 2 | 3 | 4;
  /** -std, GNU extensions always in; default c17. */
  readonly standard?: CStandard;
  /**
   * Answers an include by name ("vmlinux.h") with lazy declarations; before files are looked at, but `isFile` does so.
   */
  readonly lazyInclude?: (name: string, isFile: () => boolean) => LazyInclude | undefined;
  /** Report warnings; default true. */
  readonly warnings?: boolean;
  /** Warnings that are not wanted, by clang's names ("-Wunused-variable"), until a pragma says otherwise. */
  readonly ignoredWarnings?: readonly string[];
}

export interface LazyInclude {
  readonly decls: LazyDecls;
  /** Text to preprocess besides: macros, pragmas. */
  readonly text?: Uint8Array;
}
