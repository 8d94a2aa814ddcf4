/** What an object depends on, as make reads it (-M, -MD): one rule, and with -MP an empty one for each header. */

export interface DependencyOptions {
  /** Names of the rule's targets; default: the object. */
  readonly targets?: readonly string[] | undefined;
  readonly phony?: boolean | undefined;
}

/** `deps`: the source first. Headers that come with skep are none. */
export function dependencyRule(object: string, deps: readonly string[], options: DependencyOptions = {}): string {
  const files = [...new Set(deps)].filter((file) => !file.startsWith("/skep/"));
  const targets = (options.targets ?? [object]).map(escaped).join(" ");
  const rule = `${targets}: ${files.map(escaped).join(" \\\n  ")}\n`;
  return options.phony === true
    ? rule +
        files
          .slice(1)
          .map((file) => `\n${escaped(file)}:\n`)
          .join("")
    : rule;
}

function escaped(file: string): string {
  return file.replaceAll("$", "$$$$").replace(/[ #]/g, "\\$&");
}
