import { expect, test } from "vitest";
import { parseIp } from "./ip.ts";

test.each([
  ["192.0.2.5", 2, "c0000205"],
  ["::", 10, "00".repeat(16)],
  ["::1", 10, `${"00".repeat(15)}01`],
  ["2001:db8::5:0", 10, "20010db8000000000000000000050000"],
  ["fe80:1:2:3:4:5:6:7", 10, "fe800001000200030004000500060007"],
  ["::ffff:192.0.2.1", 10, "00000000000000000000ffffc0000201"],
])("%s", (text, family, hex) => {
  const address = parseIp(text)!;
  expect([address.family, Buffer.from(address.bytes).toString("hex")]).toEqual([family, hex]);
});

test.each(["", "192.0.2", "1.2.3.4.5", "fe80::1%lo", "host"])("no address: %j", (text) => {
  expect(parseIp(text)).toBeUndefined();
});
