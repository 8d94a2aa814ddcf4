/** One errno, many meanings: by type and operation. */
import { expect, test } from "vitest";
import { mapSpec } from "../../test/fixtures/maps.ts";
import * as mt from "../abi/map-types.ts";
import { E2BIG, EBADF, EEXIST, EINVAL, ENOENT, ENOSPC, ENOTSUPP, EPERM } from "../base/errno.ts";
import { type MapOp, mapError } from "./map-error.ts";

test.each([
  [mt.BPF_MAP_TYPE_HASH, "update", E2BIG, "update of map m (hash): E2BIG, the map is full", "lru_hash"],
  [
    mt.BPF_MAP_TYPE_ARRAY,
    "update",
    E2BIG,
    "update of map m (array): E2BIG, the index is past the last entry",
    "maps: { m:",
  ],
  [mt.BPF_MAP_TYPE_QUEUE, "update", E2BIG, "update of map m (queue): E2BIG, the map is full", "pop"],
  [mt.BPF_MAP_TYPE_LPM_TRIE, "update", ENOSPC, "update of map m (lpm_trie): ENOSPC, the map is full", "prefixes"],
  [mt.BPF_MAP_TYPE_LPM_TRIE, "update", EINVAL, "prefix length", "32"],
  [mt.BPF_MAP_TYPE_ARRAY, "update", EEXIST, "from the start", "noexist"],
  [mt.BPF_MAP_TYPE_HASH, "update", EEXIST, "the key is there", "noexist"],
  [mt.BPF_MAP_TYPE_HASH, "update", ENOENT, "the key is not there", "exist"],
  [mt.BPF_MAP_TYPE_ARRAY, "delete", EINVAL, "cannot be deleted", "zeroes"],
  [mt.BPF_MAP_TYPE_HASH_OF_MAPS, "slot", EINVAL, "not like the one", "template"],
  [mt.BPF_MAP_TYPE_RINGBUF, "lookup", ENOTSUPP, "no such operation", "type"],
  [mt.BPF_MAP_TYPE_ARRAY, "update", EPERM, "frozen", ".rodata"],
  [mt.BPF_MAP_TYPE_TASK_STORAGE, "lookup", EBADF, "no fd of what the storage belongs to", "pidfd"],
  [mt.BPF_MAP_TYPE_HASH, "lookup", EBADF, "closed", "again"],
] as [number, MapOp, number, string, string][])("type %d, %s, errno %d", (type, op, errno, says, advice) => {
  const error = mapError(mapSpec(type), op, errno);
  expect(error.errno).toBe(errno);
  expect(error.code).toMatch(/^map\/E/);
  expect(error.message).toContain(says);
  expect(error.advice).toContain(advice);
});

test("an errno without a meaning is told by its name; who knows more says it; a pin tells where", () => {
  expect(mapError(mapSpec(1), "update", 71).message).toBe("update of map m (hash): EPROTO");
  expect(mapError(mapSpec(1), "update", EINVAL, "a key of 3 bytes").message).toBe(
    "update of map m (hash): EINVAL, a key of 3 bytes",
  );
  expect(mapError(mapSpec(2), "pin", EEXIST, undefined, "/sys/fs/bpf/m").message).toBe(
    "pin of map m (array) at /sys/fs/bpf/m: EEXIST, the path is taken",
  );
});
