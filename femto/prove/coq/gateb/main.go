// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

// Command gateb runs gate B alone: the theorems about the machine, in Coq.
//
//	go run ./femto/prove/coq/gateb
//	go run ./femto/prove/coq/gateb -write femto/prove/coq/model.v
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"

	"github.com/femtocontainer/femtocontainer/femto/prove/coq"
)

func main() {
	write := flag.String("write", "", "write the model to this file, and prove nothing")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, *write)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "gateb:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, write string) error {
	if write != "" {
		return os.WriteFile(write, []byte(coq.Model()), 0o644)
	}
	rep, err := coq.Run(ctx, coq.Options{})
	if err != nil {
		return err
	}
	for _, f := range coq.Files {
		fmt.Printf("%-18s %6.1f s\n", f, rep.Times[f].Seconds())
	}
	for _, t := range rep.Theorems {
		fmt.Printf("%-18s %s\n", t.Theorem, t.Assumptions)
	}
	for _, f := range rep.Failures {
		fmt.Println("RED ", f)
	}
	if !rep.Green() {
		return fmt.Errorf("gate B is red")
	}
	fmt.Println("gate B:", len(rep.Theorems), "theorems proved in", rep.Took.Round(100*time.Millisecond))
	return nil
}
