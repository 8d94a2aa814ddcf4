/**
 * Completion scripts for bash, zsh and fish, written from the tree of commands: nothing is listed twice, and a script asks
 * nothing of skep while one types.
 *
 *     words before the cursor -> path of commands ("gen object") -> subcommands, options, or files
 *     the word before the cursor is an option with choices ("--target") -> its choices
 */
import type { Command, Option } from "commander";

export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

interface Offer {
  readonly word: string;
  readonly about: string;
}

interface Choices {
  /** "--target", "-o": every spelling of the option. */
  readonly flags: readonly string[];
  readonly values: readonly string[];
}

/** What can follow a path of commands; "" is skep alone. */
interface Node {
  readonly path: string;
  readonly subcommands: readonly Offer[];
  readonly options: readonly (Offer & { readonly takesValue: boolean })[];
  readonly choices: readonly Choices[];
}

export function completionScript(shell: Shell, program: Command): string {
  const nodes = nodesOf(program, "", []);
  switch (shell) {
    case "bash":
      return bash(nodes);
    case "zsh":
      return zsh(nodes);
    case "fish":
      return fish(nodes);
  }
}

/** The command and all below it. Global options are offered everywhere. */
function nodesOf(command: Command, path: string, global: readonly Option[]): Node[] {
  const help = command.createHelp();
  const subcommands = help.visibleCommands(command).filter((each) => path === "" || each.name() !== "help");
  const own = help.visibleOptions(command);
  const options = [...own, ...global.filter((option) => !own.some((each) => each.long === option.long))];
  const node: Node = {
    path,
    subcommands: subcommands.map((each) => ({ word: each.name(), about: each.description() })),
    options: options.flatMap((option) =>
      spellings(option).map((word) => ({
        word,
        about: option.description,
        takesValue: option.required || option.optional,
      })),
    ),
    choices: [
      ...options
        .filter((option) => option.argChoices !== undefined)
        .map((option) => ({ flags: spellings(option), values: option.argChoices! })),
      ...argumentChoices(command),
    ],
  };
  const passed = path === "" ? command.options.filter((option) => option.long !== "--version") : global;
  const below = subcommands.filter((each) => each.name() !== "help");
  return [
    node,
    ...below.flatMap((each) => nodesOf(each, path === "" ? each.name() : `${path} ${each.name()}`, passed)),
  ];
}

function spellings(option: Option): string[] {
  return [option.short, option.long].filter((flag) => flag !== undefined);
}

/** A first argument with choices follows the command's own name, as an option's value follows the option. */
function argumentChoices(command: Command): Choices[] {
  const values = command.registeredArguments[0]?.argChoices;
  return values === undefined ? [] : [{ flags: [command.name()], values }];
}

const HEAD = (shell: Shell, how: string): string => `# ${shell} completion of skep. To use it:  ${how}\n`;

/** The part that bash and zsh share: `path` from the words before the cursor. */
function pathCases(nodes: readonly Node[]): string {
  const paths = nodes.filter((node) => node.path !== "").map((node) => `"${node.path}"`);
  return `      ${paths.join("|")}) path=$next ;;`;
}

function bash(nodes: readonly Node[]): string {
  const values = nodes.flatMap((node) =>
    node.choices.flatMap(({ flags, values: words }) =>
      flags.map((flag) => `    ${quote(`${node.path} ${flag}`)}) words=${quote(words.join(" "))} ;;`),
    ),
  );
  const offers = nodes.map((node) => {
    const commands = node.subcommands.map((each) => each.word).join(" ");
    const options = node.options.map((each) => each.word).join(" ");
    return `    ${quote(node.path)}) commands=${quote(commands)} options=${quote(options)} ;;`;
  });
  return `${HEAD("bash", "source <(skep completion bash)")}
_skep() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} path= next words= commands= options= i
  for ((i = 1; i < COMP_CWORD; i++)); do
    next=\${path:+$path }\${COMP_WORDS[i]}
    case $next in
${pathCases(nodes)}
    esac
  done
  case "$path $prev" in
${values.join("\n")}
  esac
  case $path in
${offers.join("\n")}
  esac
  if [[ -n $words ]]; then
    COMPREPLY=($(compgen -W "$words" -- "$cur"))
  elif [[ $cur == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$cur"))
  else
    COMPREPLY=($(compgen -W "$commands" -- "$cur"))
    [[ -n $path ]] && COMPREPLY+=($(compgen -f -- "$cur")) && compopt -o filenames
  fi
}
complete -F _skep skep
`;
}

function zsh(nodes: readonly Node[]): string {
  const values = nodes.flatMap((node) =>
    node.choices.flatMap(({ flags, values: words }) =>
      flags.map((flag) => `    ${quote(`${node.path} ${flag}`)}) compadd -- ${words.map(quote).join(" ")}; return ;;`),
    ),
  );
  const described = (offers: readonly Offer[]): string =>
    offers.map(({ word, about }) => quote(`${word.replaceAll(":", "\\:")}:${about}`)).join(" ");
  const offers = nodes.map(
    (node) =>
      `    ${quote(node.path)}) commands=(${described(node.subcommands)})\n      options=(${described(node.options)}) ;;`,
  );
  return `#compdef skep
${HEAD("zsh", "skep completion zsh > a folder of $fpath/_skep, or source <(skep completion zsh)")}
_skep() {
  local cur=\${words[CURRENT]} prev=\${words[CURRENT-1]} path_ next i
  local -a commands options
  for ((i = 2; i < CURRENT; i++)); do
    next=\${path_:+$path_ }\${words[i]}
    case $next in
${pathCases(nodes).replace("path=", "path_=")}
    esac
  done
  case "$path_ $prev" in
${values.join("\n")}
  esac
  case $path_ in
${offers.join("\n")}
  esac
  if [[ $cur == -* ]]; then
    _describe -o option options
  else
    (( \${#commands} )) && _describe command commands
    [[ -n $path_ ]] && _files
  fi
}
if [[ \${funcstack[1]} == _skep ]]; then _skep "$@"; else compdef _skep skep; fi
`;
}

function fish(nodes: readonly Node[]): string {
  const lines = nodes.flatMap((node) => {
    const when = `-n ${fishQuote(`__skep_at ${fishQuote(node.path)}`)}`;
    const offers = node.subcommands.map(
      ({ word, about }) => `complete -c skep ${when} -f -a ${fishQuote(word)} -d ${fishQuote(about)}`,
    );
    const options = node.options.map(({ word, about, takesValue }) => {
      const flag = word.startsWith("--") ? `-l ${word.slice(2)}` : `-s ${word.slice(1)}`;
      const values = node.choices.find((each) => each.flags.includes(word))?.values;
      const value = values !== undefined ? ` -x -a ${fishQuote(values.join(" "))}` : takesValue ? " -r" : "";
      return `complete -c skep ${when} ${flag}${value} -d ${fishQuote(about)}`;
    });
    const args = node.choices
      .filter(({ flags }) => !flags[0]!.startsWith("-"))
      .map(({ values }) => `complete -c skep ${when} -f -a ${fishQuote(values.join(" "))}`);
    return [...offers, ...options, ...args];
  });
  const paths = nodes.filter((node) => node.path !== "").map((node) => fishQuote(node.path));
  return `${HEAD("fish", "skep completion fish > ~/.config/fish/completions/skep.fish")}
function __skep_at
  set -l path
  for word in (commandline -opc)[2..]
    if contains -- (string join -- ' ' $path $word) ${paths.join(" ")}
      set path $path $word
    end
  end
  test "$path" = "$argv[1]"
end

${lines.join("\n")}
`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function fishQuote(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
