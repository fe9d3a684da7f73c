// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package suit

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// A riotTree has RIOT's SUIT parser, and the packages that it needs.
type riotTree string

// findRIOT has RIOT fetch the packages.
func findRIOT(t *testing.T) (riotTree, error) {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		return "", err
	}
	base := os.Getenv("RIOTBASE")
	if base == "" {
		base = filepath.Join(root, "RIOT")
		_ = exec.Command(filepath.Join(root, "tools", "setup", "riot")).Run()
	}
	if _, err := os.Stat(filepath.Join(base, "Makefile.include")); err != nil {
		return "", fmt.Errorf("no RIOT in %s", base)
	}
	tree := riotTree(base)
	for _, name := range []string{"nanocbor", "libcose"} {
		if _, err := os.Stat(filepath.Join(tree.pkg(name), "src")); err == nil {
			continue
		}
		// builds nothing, so that any femto command will do
		cmd := exec.Command("make", "-C", filepath.Join(root, "tests", "riot", "deploy"), "pkg-prepare")
		cmd.Env = append(os.Environ(), "BOARD=native64", "RIOTBASE="+base, "FEMTO=true", "BINDIRBASE="+t.TempDir())
		if out, err := cmd.CombinedOutput(); err != nil {
			return "", fmt.Errorf("RIOT cannot fetch its packages: %w\n%s", err, out)
		}
		break
	}
	return tree, nil
}

func (r riotTree) pkg(name string) string { return filepath.Join(string(r), "build", "pkg", name) }

// build compiles driver/worker.c with all of RIOT's SUIT module.
func (r riotTree) build(dir, compiler, exe string, flags ...string) error {
	root, err := filepath.Abs("../..")
	if err != nil {
		return err
	}
	// These headers would bring in threads and the network, or are generated.
	for _, h := range []string{
		"architecture.h", "cpu_conf.h", "femto_contract.h", "log_module.h", "mtd.h", "mutex.h", "net/credman.h", "net/nanocoap.h",
		"net/nanocoap_sock.h", "public_key.h", "random.h", "sched.h", "thread.h", "ztimer.h",
	} {
		path := filepath.Join(dir, h)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte("#include \"worker.h\"\n"), 0o644); err != nil {
			return err
		}
	}
	pkg := filepath.Join(root, "riotpkg", "femtocontainer")
	driver := filepath.Join(root, "tests", "suit", "driver")
	sys := filepath.Join(string(r), "sys")
	args := []string{"-std=gnu11", "-g", "-O2", "-o", exe,
		"-fsanitize=fuzzer,address,undefined", "-fno-sanitize-recover=all",
		"-fno-sanitize=nonnull-attribute",  // NanoCBOR copies nothing from nowhere
		"-fno-sanitize-coverage=trace-cmp", // of no use for recipes, and slow
		"-no-pie", "-fno-pie", "-T", filepath.Join(string(r), "cpu", "native", "ldscripts", "xfa.ld"),
		"-Wl,--no-warn-rwx-segments,--unresolved-symbols=ignore-all", // what is not called need not be there
		"-DLOG_LEVEL=0", "-DMODULE_SUIT_TRANSPORT_COAP", "-DCRYPTO_HACL",
		"-DCONFIG_SUIT_COMPONENT_MAX_NAME_LEN=64", // as in the package's Makefile.include
	}
	for _, d := range []string{dir, driver, filepath.Join(pkg, "include"), filepath.Join(pkg, "contrib"),
		filepath.Join(sys, "include"), filepath.Join(string(r), "core", "lib", "include"),
		filepath.Join(r.pkg("nanocbor"), "include"), filepath.Join(r.pkg("libcose"), "include")} {
		args = append(args, "-I"+d)
	}
	args = append(args, filepath.Join(driver, "worker.c"), filepath.Join(pkg, "contrib", "suit_gate.c"),
		filepath.Join(sys, "uuid", "uuid.c"), filepath.Join(sys, "fmt", "fmt.c"))
	for _, of := range []string{filepath.Join(sys, "suit"), filepath.Join(sys, "suit", "storage")} {
		names := []string{"handlers", "handlers_command_seq", "handlers_common", "handlers_envelope", "handlers_global", "policy", "suit"}
		if filepath.Base(of) == "storage" {
			names = []string{"storage"}
		}
		for _, n := range names {
			args = append(args, filepath.Join(of, n+".c"))
		}
	}
	for _, n := range []string{"decoder", "encoder"} {
		args = append(args, filepath.Join(r.pkg("nanocbor"), "src", n+".c"))
	}
	for _, n := range []string{"common", "crypto", "hdr", "key", "sign", "signature"} {
		args = append(args, filepath.Join(r.pkg("libcose"), "src", "cose_"+n+".c"))
	}
	args = append(append(args, flags...), "-lcrypto")
	if out, err := exec.Command(compiler, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", compiler, err, out)
	}
	return nil
}
