/** `skep cgroup attach|detach` and `skep net attach|detach`, without links, as bpftool does: what is attached stays. */
import * as at from "../../abi/attach-types.ts";
import { EPERM, errnoName } from "../../base/errno.ts";
import { SkepError } from "../../base/error.ts";
import { setXdp } from "../../linux/attach/netlink.ts";
import { attachWithoutLink, detachWithoutLink } from "../../linux/bpf/link.ts";
import { Refused } from "../../linux/errors.ts";
import { ifIndex, withPath } from "../../linux/fds.ts";
import { withRef } from "./refs.ts";
import { kernel, printDocument, style, type Words } from "./session.ts";

const CGROUP_FLAGS: Readonly<Record<string, number>> = { multi: 2, override: 1 };

/** bpftool's older words beside the kernel's: connect4 is cgroup_inet4_connect, ingress cgroup_inet_ingress. */
const CGROUP_TYPES: ReadonlyMap<string, number> = new Map(
  at.ATTACH_TYPES.filter(({ word }) => /^(cgroup_|lsm_cgroup)/.test(word)).flatMap(({ id, word }) => {
    const [, rest = word] = /^cgroup_(.*)$/.exec(word) ?? [];
    const [, family, name] = /^(?:inet|udp)(\d?)_(.*)$/.exec(rest) ?? [];
    return [
      [word, id],
      [name === undefined ? rest : `${name}${family}`, id],
    ] as const;
  }),
);

export function attachToCgroup(words: Words): void {
  placeInCgroup(words, "attach", (fd, cgroup, type) => {
    let flags = 0;
    while (!words.empty) {
      const flag = words.take(...Object.keys(CGROUP_FLAGS));
      if (flag === undefined) throw words.usage(`"${words.peek}" is none of multi, override`);
      flags |= CGROUP_FLAGS[flag]!;
    }
    return attachWithoutLink(kernel(), cgroup, fd, type, flags);
  });
}

export function detachFromCgroup(words: Words): void {
  placeInCgroup(words, "detach", (fd, cgroup, type) => {
    words.end();
    return detachWithoutLink(kernel(), cgroup, fd, type);
  });
}

function placeInCgroup(words: Words, verb: string, act: (fd: number, cgroup: number, type: number) => number): void {
  const path = words.next("the cgroup's directory");
  const word = words.take(...CGROUP_TYPES.keys());
  if (word === undefined) throw words.usage(`"${words.peek ?? ""}" is no attach type of cgroups`);
  withRef(words, "prog", (fd) =>
    withPath(kernel(), path, "cgroup", (cgroup) => {
      settled(act(fd, cgroup, CGROUP_TYPES.get(word)!), `${verb} ${word} of ${path}`);
    }),
  );
}

/** XDP_FLAGS_* of the mode; tcx by attach type. */
const XDP_MODES: Readonly<Record<string, number>> = { xdp: 0, xdpgeneric: 2, xdpdrv: 4, xdpoffload: 8 };
const XDP_FLAGS_UPDATE_IF_NOEXIST = 1;
const TCX: Readonly<Record<string, number>> = { tcx_ingress: at.BPF_TCX_INGRESS, tcx_egress: at.BPF_TCX_EGRESS };

export function attachToDevice(words: Words): void {
  const type = typeOfNet(words);
  withRef(words, "prog", (fd) => {
    const { index, name } = device(words);
    const overwrite = words.take("overwrite") !== undefined;
    words.end();
    const tcx = TCX[type];
    const flags = XDP_MODES[type]! | (overwrite ? 0 : XDP_FLAGS_UPDATE_IF_NOEXIST);
    const result = tcx === undefined ? setXdp(kernel(), index, fd, flags) : attachWithoutLink(kernel(), index, fd, tcx);
    settled(result, `attach ${type} to ${name}`);
  });
}

export function detachFromDevice(words: Words): void {
  const type = typeOfNet(words);
  const { index, name } = device(words);
  words.end();
  const tcx = TCX[type];
  const result =
    tcx === undefined ? setXdp(kernel(), index, -1, XDP_MODES[type]!) : detachWithoutLink(kernel(), index, 0, tcx);
  settled(result, `detach ${type} from ${name}`);
}

function typeOfNet(words: Words): string {
  const all = [...Object.keys(XDP_MODES), ...Object.keys(TCX)];
  const type = words.take(...all);
  if (type !== undefined) return type;
  throw words.usage(`"${words.peek ?? ""}" is none of ${all.join(", ")}`);
}

function device(words: Words): { readonly index: number; readonly name: string } {
  if (words.take("dev") === undefined) throw words.usage("dev NAME is missing");
  const name = words.next("the interface's name");
  return { name, index: ifIndex(kernel(), name) };
}

function settled(result: number, what: string): void {
  if (result === -EPERM) throw new Refused(what, EPERM);
  if (result < 0) {
    throw new SkepError(`kernel/${errnoName(-result)}`, `${what}: ${errnoName(-result)}`, {
      errno: -result,
      advice: "EBUSY, EEXIST: a program is there; ENOENT: none is; EINVAL: a program that is not for this hook",
    });
  }
  if (style.json) printDocument(null);
}
