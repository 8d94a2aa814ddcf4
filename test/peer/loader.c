/* Opens and loads each object with libbpf, and runs its XDP programs on bytes that count from 1. A line a program: "file program retval". */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static char said[512];

/* The first warning: the others follow from it. */
static int keep(enum libbpf_print_level level, const char *format, va_list args)
{
	if (level == LIBBPF_WARN && said[0] == 0)
		vsnprintf(said, sizeof(said), format, args);
	return 0;
}

int main(int argc, char **argv)
{
	unsigned char packet[96], out[256];

	libbpf_set_print(keep);
	for (int i = 1; i < argc; i++) {
		struct bpf_object *object = bpf_object__open_file(argv[i], NULL);
		struct bpf_program *program;
		const char *file = strrchr(argv[i], '/') ? strrchr(argv[i], '/') + 1 : argv[i];

		said[0] = 0;
		if (!object || bpf_object__load(object)) {
			said[strcspn(said, "\n")] = 0;
			printf("%s - %s\n", file, said[0] ? said : strerror(errno));
			bpf_object__close(object);
			continue;
		}
		bpf_object__for_each_program(program, object) {
			LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = packet, .data_size_in = sizeof(packet),
				    .data_out = out, .data_size_out = sizeof(out), .repeat = 1);

			for (unsigned int at = 0; at < sizeof(packet); at++)
				packet[at] = at + 1;
			if (bpf_program__type(program) != BPF_PROG_TYPE_XDP)
				printf("%s %s loaded\n", file, bpf_program__name(program));
			else if (bpf_prog_test_run_opts(bpf_program__fd(program), &run))
				printf("%s %s %s\n", file, bpf_program__name(program), strerror(errno));
			else
				printf("%s %s %d\n", file, bpf_program__name(program), (int)run.retval);
		}
		bpf_object__close(object);
	}
	return 0;
}
