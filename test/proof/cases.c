// The cases of the kernel's test_verifier as data, one JSON object a line, for `npm run verify:cases`. Compiled against the
// kernel's own tree, K, which is not part of this repository:
//
//     S=$K/tools/testing/selftests/bpf; mkdir -p inc/verifier
//     (echo '#ifdef FILL_ARRAY'; for f in $S/verifier/*.c; do echo "#include \"$f\""; done; echo '#endif') > inc/verifier/tests.h
//     gcc -w -O1 -ffunction-sections -Wl,--gc-sections -Iinc -I$S -I$K/tools/include -I$K/tools/include/uapi -I$K/tools/lib
//         cases.c -lbpf -lelf -lz -o cases && ./cases > cases.jsonl
#define main tests_main
#include "test_verifier.c"
#undef main

static void hex(const char *name, const void *data, size_t bytes)
{
	const unsigned char *at = data;

	printf("\"%s\":\"", name);
	for (size_t i = 0; i < bytes; i++)
		printf("%02x", at[i]);
	printf("\",");
}

static void text(const char *name, const char *s)
{
	printf("\"%s\":\"", name);
	for (; s && *s; s++) {
		if (*s == '"' || *s == '\\')
			printf("\\%c", *s);
		else if (*s == '\n' || *s == '\t')
			printf("\\%c", *s == '\n' ? 'n' : 't');
		else
			putchar(*s);
	}
	printf("\",");
}

static void btf(const void *types, int type_bytes, const void *strings, int string_bytes)
{
	struct btf_header hdr = {
		.magic = BTF_MAGIC,
		.version = BTF_VERSION,
		.hdr_len = sizeof(hdr),
		.type_len = type_bytes,
		.str_off = type_bytes,
		.str_len = string_bytes,
	};
	unsigned char *raw = malloc(sizeof(hdr) + type_bytes + string_bytes);

	memcpy(raw, &hdr, sizeof(hdr));
	memcpy(raw + sizeof(hdr), types, type_bytes);
	memcpy(raw + sizeof(hdr) + type_bytes, strings, string_bytes);
	hex("btf", raw, sizeof(hdr) + type_bytes + string_bytes);
	free(raw);
}

#define FIXUP(name)							\
	for (int *at = test->fixup_##name; *at; at++)			\
		printf("%s[\"" #name "\",%d]", count++ ? "," : "", *at)

static void dump(struct bpf_test *test)
{
	const struct bpf_insn *insns = test->insns;
	int len = MAX_INSNS - 1, count = 0, types = 0;

	if (test->fill_helper) {
		test->fill_insns = calloc(MAX_TEST_INSNS, sizeof(struct bpf_insn));
		test->fill_helper(test);
	}
	if (test->fill_insns) {
		insns = test->fill_insns;
		len = test->prog_len;
	} else {
		while (len > 0 && insns[len].code == 0 && insns[len].imm == 0)
			len--;
		len++;
	}
	printf("{");
	text("descr", test->descr);
	text("errstr", test->errstr);
	hex("insns", insns, len * sizeof(*insns));
	if (test->btf_types[0]) {
		while (types < MAX_BTF_TYPES && test->btf_types[types] != BTF_END_RAW)
			types++;
		btf(test->btf_types, types * sizeof(__u32), test->btf_strings, sizeof(test->btf_strings));
	}
	printf("\"fixups\":[");
	FIXUP(map_hash_8b);
	FIXUP(map_hash_48b);
	FIXUP(map_hash_16b);
	FIXUP(map_array_48b);
	FIXUP(prog1);
	FIXUP(prog2);
	FIXUP(map_in_map);
	FIXUP(cgroup_storage);
	FIXUP(percpu_cgroup_storage);
	FIXUP(map_sockmap);
	FIXUP(map_sockhash);
	FIXUP(map_xskmap);
	FIXUP(map_stacktrace);
	FIXUP(map_spin_lock);
	FIXUP(map_array_ro);
	FIXUP(map_array_wo);
	FIXUP(map_array_small);
	FIXUP(sk_storage_map);
	FIXUP(map_event_output);
	FIXUP(map_reuseport_array);
	FIXUP(map_ringbuf);
	FIXUP(map_timer);
	FIXUP(map_kptr);
	printf("],\"kfuncs\":[");
	for (struct kfunc_btf_id_pair *at = test->fixup_kfunc_btf_id; at->kfunc; at++)
		printf("%s[\"%s\",%d]", at == test->fixup_kfunc_btf_id ? "" : ",", at->kfunc, at->insn_idx);
	printf("],\"funcs\":[");
	for (int i = 0; i < test->func_info_cnt; i++)
		printf("%s[%u,%u]", i ? "," : "", test->func_info[i].insn_off, test->func_info[i].type_id);
	printf("],\"attachTo\":\"%s\",\"type\":%d,\"attach\":%d,\"flags\":%d,\"accepted\":%s}\n",
	       test->kfunc ? test->kfunc : "", test->prog_type, test->expected_attach_type, test->flags,
	       test->result == REJECT ? "false" : "true");
}

int main(void)
{
	printf("{");
	btf(btf_raw_types, sizeof(btf_raw_types), btf_str_sec, sizeof(btf_str_sec));
	printf("\"descr\":\"the types of maps\"}\n");
	for (int i = 0; i < ARRAY_SIZE(tests); i++)
		dump(&tests[i]);
	return 0;
}
