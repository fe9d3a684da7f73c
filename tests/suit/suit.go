// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package suit

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

// build compiles one of the drivers together with what it drives into dir.
func build(dir, compiler, driver string, flags ...string) (string, error) {
	_, self, _, _ := runtime.Caller(0)
	here := filepath.Dir(self)
	pkg := filepath.Join(here, "..", "..", "riotpkg", "femtocontainer")
	exe := filepath.Join(dir, driver)
	driven := "suit_gate.c"
	if driver == "manage" {
		driven = "manage_request.c"
	}
	args := append([]string{"-std=c11", "-g", "-fno-sanitize-recover=all", "-Wall", "-Wextra", "-Wpedantic", "-Werror",
		"-I" + filepath.Join(pkg, "include"), "-I" + filepath.Join(pkg, "contrib"), "-o", exe,
		filepath.Join(here, "driver", driver+".c"), filepath.Join(pkg, "contrib", driven)}, flags...)
	if out, err := exec.Command(compiler, args...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("%s: %w\n%s", compiler, err, out)
	}
	return exe, nil
}

// find is the first of the compilers that is installed, and can compile and link.
func find(compilers []string, flags ...string) (string, error) {
	dir, err := os.MkdirTemp("", "suit")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	source := filepath.Join(dir, "try.c")
	text := "#include <openssl/evp.h>\n#include <stddef.h>\n#include <stdint.h>\n" +
		"int LLVMFuzzerTestOneInput(const uint8_t *d, size_t n) { return d == NULL && n == 0 && EVP_sha256() == NULL; }\n" +
		"#ifndef FUZZ\nint main(void) { return 0; }\n#endif\n"
	if err := os.WriteFile(source, []byte(text), 0o644); err != nil {
		return "", err
	}
	for _, c := range compilers {
		if exec.Command(c, append([]string{"-o", filepath.Join(dir, "try"), source}, flags...)...).Run() == nil {
			return c, nil
		}
	}
	return "", errors.New("there is no C compiler with sanitizers, libFuzzer and OpenSSL's headers (libclang-rt-16-dev, libssl-dev)")
}
