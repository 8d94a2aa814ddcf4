import fc from "fast-check";
import { expect, test } from "vitest";
import { bytesFromText } from "./address.ts";
import { ipv4, ipv6, mac } from "./show.ts";

test.each([
  ["192.0.2.1", 4, "c0000201"],
  ["192.0.2.1", 16, "00000000000000000000ffffc0000201"],
  ["::ffff:192.0.2.1", 16, "00000000000000000000ffffc0000201"],
  ["2001:db8::1", 16, "20010db8000000000000000000000001"],
  ["::", 16, "00000000000000000000000000000000"],
  ["1:2:3:4:5:6:7:8", 16, "00010002000300040005000600070008"],
  ["02:00:5e:00:53:01", 6, "02005e005301"],
  ["c0ffee", 3, "c0ffee"],
])("%s in %d bytes", (text, size, hex) => {
  expect(Buffer.from(bytesFromText(text, size)!).toString("hex")).toBe(hex);
});

test.each([
  ["192.0.2", 4],
  ["192.0.2.256", 4],
  ["1:2:3:4:5:6:7", 16],
  ["1::2::3", 16],
  ["1:2:3:4:5:6:7::8", 16],
  ["12345::", 16],
  ["", 16],
  ["zz", 1],
])("%s is not %d bytes", (text, size) => {
  expect(bytesFromText(text, size)).toBeNull();
});

test.each([
  [4, ipv4],
  [6, mac],
  [16, ipv6],
] as const)("what is shown of %d bytes is read back", (size, show) => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: size, maxLength: size }), (bytes) => {
      expect(bytesFromText(show(bytes), size)).toEqual(bytes);
    }),
  );
});
