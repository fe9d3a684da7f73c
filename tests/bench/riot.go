// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// wantRIOT says whether firmware for a Cortex-M4 is asked for and can be
// compiled, and with which RIOT.
func (b *bench) wantRIOT(what string, o options) (riot string, ok bool) {
	if o.target != "" && o.target != "cortex-m4" || o.engine != "" {
		return "", false
	}
	if missing := missingTools("make", "arm-none-eabi-gcc"); missing != nil {
		b.skip(what, missing, "make gcc-arm-none-eabi")
		return "", false
	}
	riot = cmp.Or(os.Getenv("RIOTBASE"), filepath.Join(b.module, "RIOT"))
	if _, err := os.Stat(filepath.Join(riot, "Makefile.include")); err != nil {
		b.skipLine("SKIP " + what + ": no RIOT in " + riot + " (tools/setup/riot)")
		return "", false
	}
	return riot, true
}

// makeRIOT makes a target of an application and returns where its objects are.
func (b *bench) makeRIOT(app, target, board, riot string, vars ...string) (string, error) {
	femto, err := b.femto()
	if err != nil {
		return "", err
	}
	bin, err := os.MkdirTemp(b.dir, filepath.Base(app)+"-")
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "make", "-j2", "-C", filepath.Join(b.module, app), target,
		"BOARD="+board, "RIOTBASE="+riot, "BINDIRBASE="+bin, "FEMTO="+femto)
	cmd.Env = append(os.Environ(), vars...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%s: %w\n%s", app, err, out)
	}
	return filepath.Join(bin, board), nil
}

// femto is the tool, $FEMTO or made here once.
func (b *bench) femto() (string, error) {
	if femto := os.Getenv("FEMTO"); femto != "" {
		return femto, nil
	}
	femto := filepath.Join(b.dir, "femto")
	if _, err := os.Stat(femto); err == nil {
		return femto, nil
	}
	if out, err := b.command("go", "build", "-o", femto, "../../tools/femto").CombinedOutput(); err != nil {
		return "", fmt.Errorf("femto: %w\n%s", err, out)
	}
	return femto, nil
}
