// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package main

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
)

// A target is a CPU that is compiled for and, with an emulator, run on.
type target struct {
	name    string
	title   string
	cc      []string // compiler and the flags that select the CPU
	link    []string // flags and sources that make an executable; nil: objects only
	qemu    []string // emulator and machine, the executable's name is appended
	elfFlag string   // option that precedes the executable's name
	apt     string   // Debian packages that bring compiler and emulator
	plugin  bool     // instructions can be traced for the cycle estimate
	note    string
}

// Semihosting carries printf and exit; the rest keeps the machine quiet.
var quiet = []string{"-display", "none", "-serial", "none", "-monitor", "none",
	"-semihosting-config", "enable=on,target=native"}

var mps2 = []string{"--specs=rdimon.specs", "-nostartfiles", "-T", "firmware/mps2.ld", "firmware/start_cortexm.c"}

var targets = []target{
	{
		name: "cortex-m4", title: "Cortex-M4",
		cc:   []string{"arm-none-eabi-gcc", "-mcpu=cortex-m4", "-mthumb"},
		link: mps2,
		qemu: append([]string{"qemu-system-arm", "-M", "mps2-an386", "-icount", "shift=10"}, quiet...), elfFlag: "-kernel",
		apt:    "gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm",
		plugin: true,
	},
	{
		name: "cortex-m0plus", title: "Cortex-M0+",
		cc:   []string{"arm-none-eabi-gcc", "-mcpu=cortex-m0plus", "-mthumb"},
		link: mps2,
		qemu: append([]string{"qemu-system-arm", "-M", "mps2-an385", "-icount", "shift=10"}, quiet...), elfFlag: "-kernel",
		apt:  "gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm",
		note: "ARMv6-M code, run on QEMU's Cortex-M3 (mps2-an385): the same instructions, the same count",
	},
	{
		name: "rv32imac", title: "RV32IMAC",
		cc: []string{"riscv64-unknown-elf-gcc", "-march=rv32imac", "-mabi=ilp32", "-mcmodel=medany", "--specs=picolibc.specs"},
		link: []string{"--oslib=semihost", "--crt0=hosted",
			"-Wl,--defsym=__flash=0x80000000,--defsym=__flash_size=4M,--defsym=__ram=0x80400000,--defsym=__ram_size=4M"},
		qemu: append([]string{"qemu-system-riscv32", "-M", "virt", "-bios", "none", "-icount", "shift=0"}, quiet...), elfFlag: "-kernel",
		apt: "gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf qemu-system-misc",
	},
	{
		name: "xtensa", title: "Xtensa LX106",
		// The Debian compiler comes without a C library; the core needs
		// <string.h> for memcpy's prototype only.
		cc:  []string{"xtensa-lx106-elf-gcc", "-isystem", "/usr/include/newlib"},
		apt: "gcc-xtensa-lx106 libnewlib-dev",
	},
}

func targetNamed(name string) (target, bool) {
	for _, t := range targets {
		if t.name == name {
			return t, true
		}
	}
	return target{}, false
}

// missing names the tools that t needs and that are not installed.
func (t target) missing() []string {
	need := []string{t.cc[0]}
	if t.qemu != nil {
		need = append(need, t.qemu[0])
	}
	return missingTools(need...)
}

func missingTools(need ...string) []string {
	var missing []string
	for _, tool := range need {
		if _, err := exec.LookPath(tool); err != nil {
			missing = append(missing, tool)
		}
	}
	return missing
}

// compile builds an object per source and returns their names. Everything the
// compiler says is an error: the core has to be free of warnings.
func (b *bench) compile(t target, flags []string, sources []string, dir string) ([]string, error) {
	var objects []string
	for _, src := range sources {
		obj := filepath.Join(dir, strings.TrimSuffix(filepath.Base(src), ".c")+".o")
		args := append(append(append([]string{}, t.cc[1:]...), flags...), "-c", src, "-o", obj)
		if out, err := b.command(t.cc[0], args...).CombinedOutput(); err != nil || len(out) > 0 {
			return nil, fmt.Errorf("%s: compile %s: %w\n%s", t.name, src, orFailed(err), out)
		}
		objects = append(objects, obj)
	}
	return objects, nil
}

func orFailed(err error) error {
	if err == nil {
		return fmt.Errorf("compiler gave warnings")
	}
	return err
}

// version is the first line a tool prints about itself.
func version(tool string) string {
	out, err := exec.Command(tool, "--version").Output()
	if err != nil {
		return ""
	}
	line, _, _ := strings.Cut(string(out), "\n")
	return line
}
