// What the virtual machine's kernel starts as its first process (scripts/vm.mjs).
await import("/skep/test/vm/guest.js");
