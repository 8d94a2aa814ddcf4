/**
 * Virtual machines with Debian's kernels in software emulation (qemu, TCG): what scripts/vm.mjs and scripts/vm-verify.mjs share.
 *
 *     initrd = cpio, "newc": /bin/node and its libraries, /skep/dist, koffi, what the caller adds; Node is init
 */
import { execFileSync, spawn, spawnSync } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { homedir, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));
const cache = process.env.SKEP_VM_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "skep-vm");
const dist = process.env.SKEP_DIST ?? join(root, "dist");

const can = (command, ...words) => spawnSync(command, words, { stdio: "ignore" }).status === 0;
const apt = process.getuid?.() === 0 && can("apt-get", "--version");

/** Why there can be no virtual machine here; "" where there can. Installs qemu where apt may. */
export function whyNot() {
  if (process.arch !== "x64" || process.platform !== "linux") return "they need Linux on x86-64";
  if (!existsSync(join(dist, "linux/target.js"))) return "dist/ is not built (npm run build)";
  if (can("qemu-system-x86_64", "--version")) return "";
  if (!apt) return "qemu-system-x86_64 is not installed (apt-get install qemu-system-x86)";
  console.log("# installing qemu-system-x86");
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  spawnSync("apt-get", ["install", "-y", "-qq", "--no-install-recommends", "qemu-system-x86"], {
    env,
    stdio: "ignore",
  });
  return can("qemu-system-x86_64", "--version") ? "" : "qemu-system-x86 cannot be installed";
}

/** { image, config, modules } of Debian's newest cloud kernel of a version, unpacked in the cache; or why there is none. */
export function kernelOf(version) {
  const dir = join(cache, version);
  if (imageIn(dir, version) === undefined) {
    if (!apt) return "its package can be had by root with apt only";
    const pattern = `^linux-image-${version.replace(".", "[.]")}[.][.0-9]*[-+].*cloud-amd64(-unsigned)?$`;
    let options = [];
    let name = packageOf(pattern, options);
    if (name === undefined) {
      options = otherLists();
      name = packageOf(pattern, options);
    }
    if (name === undefined) return "no such package in Debian";
    const scratch = mkdtempSync(join(tmpdir(), "skep-vm-"));
    try {
      console.log(`# downloading ${name}`);
      spawnSync("apt-get", [...options, "download", "-qq", name], { cwd: scratch, stdio: "ignore" });
      const file = readdirSync(scratch).find((each) => each.endsWith(".deb"));
      if (file === undefined) return `${name} cannot be downloaded`;
      rmSync(dir, { recursive: true, force: true });
      mkdirSync(dir, { recursive: true });
      execFileSync("dpkg", ["-x", join(scratch, file), dir]);
    } finally {
      rmSync(scratch, { recursive: true });
    }
  }
  const image = imageIn(dir, version);
  if (image === undefined) return `its package has no image of ${version}`;
  const modules = spawnSync("find", [dir, "-name", "*.ko*"], { encoding: "utf8", maxBuffer: 1 << 26 }).stdout.split(
    "\n",
  );
  const config = join(dir, "boot", image.replace("vmlinuz", "config"));
  return { image: join(dir, "boot", image), config, modules };
}

function imageIn(dir, version) {
  if (!existsSync(join(dir, "boot"))) return undefined;
  return readdirSync(join(dir, "boot")).find((each) => each.startsWith(`vmlinuz-${version}.`));
}

/** The newest package whose name matches, signed images first. */
function packageOf(pattern, options) {
  const list =
    spawnSync("apt-cache", [...options, "search", "--names-only", pattern], { encoding: "utf8" }).stdout ?? "";
  const names = list
    .split("\n")
    .map((line) => line.split(" ")[0])
    .filter((name) => name !== "" && !name.endsWith("-dbg"))
    .sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  return names.filter((each) => !each.endsWith("-unsigned")).at(-1) ?? names.at(-1);
}

/** The mirror that this machine's own apt uses for Debian. */
function debianMirror() {
  const uris = spawnSync("apt-get", ["indextargets", "--format", "$(SITE) $(RELEASE)"], { encoding: "utf8" }).stdout;
  const site = /^(\S+\/debian)\/? /m.exec(uris)?.[1];
  if (site === undefined) throw new Error("apt knows no mirror of Debian");
  return site;
}

/** apt with lists of its own: other Debian releases, without a change to this machine's. */
function otherLists() {
  const dir = join(cache, "apt");
  mkdirSync(join(dir, "state/lists/partial"), { recursive: true });
  mkdirSync(join(dir, "cache/archives/partial"), { recursive: true });
  const key = "signed-by=/usr/share/keyrings/debian-archive-keyring.gpg";
  const line = (suite) => `deb [${key}] ${debianMirror()} ${suite} main\n`;
  writeFileSync(
    join(dir, "sources.list"),
    line("bullseye") + line("trixie") + line("trixie-backports") + line("unstable"),
  );
  const set = { "Dir::State": join(dir, "state"), "Dir::Cache": join(dir, "cache") };
  set["Dir::Etc::sourcelist"] = join(dir, "sources.list");
  set["Dir::Etc::sourceparts"] = "-";
  set["Dir::State::status"] = "/var/lib/dpkg/status";
  const options = Object.entries(set).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
  console.log("# reading the package lists of other Debian releases");
  spawnSync("apt-get", [...options, "update", "-qq"], { stdio: "ignore" });
  return options;
}

/**
 * Boots a kernel with an initrd whose /skep/guest.mjs is what runs, and gives the lines that it wrote. `onLine` sees each as
 * it comes.
 */
export function boot(image, initrd, { memory = 1024, timeoutMs, onLine = () => {} }) {
  const machine = ["-accel", "tcg", "-cpu", "max", "-m", String(memory), "-nographic", "-no-reboot", "-nic", "none"];
  const append = "console=ttyS0 quiet panic=-1 lsm=landlock,bpf rdinit=/bin/node -- /skep/guest.mjs";
  const qemu = spawn("qemu-system-x86_64", [...machine, "-kernel", image, "-initrd", initrd, "-append", append], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const stop = () => qemu.kill("SIGKILL");
  const timer = setTimeout(stop, timeoutMs);
  process.once("exit", stop);
  const lines = [];
  let rest = "";
  const take = (text) => {
    lines.push(text.trim());
    onLine(text.trim());
  };
  qemu.stdout.setEncoding("latin1");
  qemu.stdout.on("data", (chunk) => {
    const parts = (rest + chunk).split("\n");
    rest = parts.pop();
    for (const part of parts) take(part);
  });
  return new Promise((resolve) => {
    qemu.on("close", () => {
      clearTimeout(timer);
      process.off("exit", stop);
      if (rest !== "") take(rest);
      resolve(lines);
    });
  });
}

/**
 * Writes an initrd with Node, Skep and guest.mjs in it; `fill` adds to it by put(name, data), tree(from, to, wanted) and
 * link(path, to).
 */
export function writeInitrd(file, guest, fill) {
  const out = openSync(file, "w");
  const seen = new Set();
  let inode = 1;
  const entry = (name, mode, data, device = [0, 0]) => {
    const hex = (n) => n.toString(16).padStart(8, "0");
    const fields = [inode++, mode, 0, 0, 1, 0, data.length, 0, 0, device[0], device[1], name.length + 1, 0];
    const head = Buffer.from(`070701${fields.map(hex).join("")}${name}\0`);
    writeSync(out, Buffer.concat([head, Buffer.alloc((4 - (head.length % 4)) % 4)]));
    if (data.length > 0) writeSync(out, data);
    writeSync(out, Buffer.alloc((4 - (data.length % 4)) % 4));
  };
  const folder = (path) => {
    if (path === "" || path === "." || seen.has(path)) return;
    folder(path.split("/").slice(0, -1).join("/"));
    seen.add(path);
    entry(path, 0o040755, Buffer.alloc(0));
  };
  const put = (path, data, mode = 0o100755) => {
    folder(path.split("/").slice(0, -1).join("/"));
    entry(path, mode, data);
  };
  const tree = (from, to, wanted = () => true) => {
    for (const item of readdirSync(from, { withFileTypes: true })) {
      const path = join(from, item.name);
      if (statSync(path).isDirectory()) tree(path, `${to}/${item.name}`, wanted);
      else if (wanted(path)) put(`${to}/${item.name}`, readFileSync(path));
    }
  };
  folder("dev");
  entry("dev/console", 0o020600, Buffer.alloc(0), [5, 1]);
  put("bin/node", readFileSync(process.execPath));
  const koffi = join(root, "node_modules/@koromix/koffi-linux-x64");
  const native = join(koffi, "linux_x64/koffi.node");
  for (const library of librariesOf(process.execPath).concat(librariesOf(native))) {
    const path = library.slice(1);
    if (seen.has(`file ${path}`)) continue;
    seen.add(`file ${path}`);
    put(path, readFileSync(library));
  }
  tree(dist, "skep/dist", (path) => path.endsWith(".js"));
  put("skep/package.json", readFileSync(join(root, "package.json")));
  tree(join(root, "node_modules/koffi"), "skep/node_modules/koffi", (path) => /\.(c?js|json)$/.test(path));
  tree(koffi, "skep/node_modules/@koromix/koffi-linux-x64", (path) => !path.includes("musl"));
  const { dependencies = {} } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  for (const name of Object.keys(dependencies)) {
    tree(join(root, "node_modules", name), `skep/node_modules/${name}`, (path) => /\.([cm]?js|json)$/.test(path));
  }
  put("skep/guest.mjs", readFileSync(guest));
  const link = (path, to) => entry(path, 0o120777, Buffer.from(to));
  fill({ put, tree, folder, link });
  entry("TRAILER!!!", 0, Buffer.alloc(0));
  closeSync(out);
}

/** Kernel modules by name into /modules; those that are built in, or not configured, are passed over. */
export function putModules({ put, folder }, modules, names) {
  folder("modules");
  for (const name of names) {
    const path = modules.find((each) => basename(each).startsWith(`${name}.ko`));
    if (path === undefined) continue;
    const data = path.endsWith(".xz") ? execFileSync("xz", ["-dc", path], { maxBuffer: 1 << 26 }) : readFileSync(path);
    put(`modules/${name}.ko`, data);
  }
}

/** Absolute paths, the loader among them. */
function librariesOf(file) {
  const text = execFileSync("ldd", [file], { encoding: "utf8" });
  return [...text.matchAll(/(?:=> )?(\/\S+) \(0x/g)].map((match) => match[1]);
}
