// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package main

import (
	"flag"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/term"

	"github.com/femtocontainer/femtocontainer/femto/asm"
	"github.com/femtocontainer/femtocontainer/femto/image"
	"github.com/femtocontainer/femtocontainer/tests/engines"
	"github.com/femtocontainer/femtocontainer/tests/sanitizer"
)

// runsPerProgram executions share one program and its data.
const runsPerProgram = 8

func main() {
	n := flag.Uint64("n", 100_000, "executions")
	seed := flag.Uint64("seed", 1, "of everything")
	workers := flag.Int("j", 2, "programs at a time")
	replay := flag.String("replay", "", "execute the cases of a `file`, such as a mismatch leaves")
	corpus := flag.String("corpus", "", "write the executions that reach something new to this `file`")
	flag.Parse()
	if flag.NArg() > 0 || *workers < 1 {
		flag.Usage()
		os.Exit(2)
	}
	if *replay != "" {
		os.Exit(replayFile(*replay))
	}
	if *corpus != "" {
		if err := collect(*corpus, *n, *seed); err != nil {
			fmt.Fprintln(os.Stderr, "fuzz:", err)
			os.Exit(1)
		}
		return
	}
	os.Exit(campaign(*n, *seed, *workers))
}

// campaign runs n executions and returns the exit status.
func campaign(n, seed uint64, workers int) int {
	fmt.Printf("%d executions, seed %d, on %v\n", n, seed, engines.Names())
	var (
		next, done atomic.Uint64
		failed     atomic.Pointer[failure]
		total      = &statistics{}
		wg         sync.WaitGroup
		start      = time.Now()
	)
	programs := (n + runsPerProgram - 1) / runsPerProgram
	for range workers {
		wg.Go(func() {
			s := &statistics{every: 16}
			for failed.Load() == nil {
				i := next.Add(1) - 1
				if i >= programs {
					break
				}
				if f := program(newSeeded(seed, i), int(min(runsPerProgram, n-i*runsPerProgram)), s); f != nil {
					f.program = i
					failed.CompareAndSwap(nil, f)
				}
				done.Add(runsPerProgram)
			}
			total.add(s)
		})
	}
	stop := make(chan struct{})
	go progress(&done, n, start, stop)
	wg.Wait()
	close(stop)

	took := time.Since(start)
	if f := failed.Load(); f != nil {
		fmt.Printf("MISMATCH in program %d of seed %d: %v\n%s", f.program, seed, f.err, asm.Print(f.img, asm.Options{}))
		file := fmt.Sprintf("mismatch-%d-%d.case", seed, f.program)
		if err := os.WriteFile(file, f.replay.Encode(), 0o644); err == nil {
			fmt.Printf("\nagain: go run ./tests/fuzz -replay %s\n", file)
		}
		return 1
	}
	fmt.Printf("%s\n%d executions on %d engines without a mismatch, in %s, %.0f a second\n",
		total, n, len(engines.Names()), took.Round(time.Second), float64(n)/took.Seconds())
	return 0
}

// A failure is a mismatch.
type failure struct {
	program uint64
	img     *image.Image
	err     error
	replay  sanitizer.Case
}

// program generates one program and executes it.
func program(d dice, runs int, s *statistics) *failure {
	img, shape := generate(d)
	m, err := newMatch(img, s.tracer())
	if err != nil {
		return &failure{img: img, err: err}
	}
	defer m.close()
	for range runs {
		r := drawRun(d, img, shape)
		last, rounds, err := m.execute(r)
		if err != nil {
			return &failure{img: img, err: err, replay: m.sanitizerCase(r)}
		}
		s.count(last, rounds)
	}
	return nil
}

// progress keeps one line up to date on a terminal, and writes one a minute
// elsewhere.
func progress(done *atomic.Uint64, n uint64, start time.Time, stop <-chan struct{}) {
	terminal := term.IsTerminal(int(os.Stderr.Fd()))
	every := time.Minute
	if terminal {
		every = 500 * time.Millisecond
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			if terminal {
				fmt.Fprint(os.Stderr, "\r\x1b[K")
			}
			return
		case <-tick.C:
		}
		k := max(1, min(done.Load(), n))
		left := time.Duration(float64(time.Since(start)) * float64(n-k) / float64(k)).Round(time.Second)
		line := fmt.Sprintf("%3d %%  %d of %d executions, %s left", 100*k/n, k, n, left)
		if terminal {
			fmt.Fprintf(os.Stderr, "\r%s\x1b[K", line)
		} else {
			fmt.Fprintln(os.Stderr, line)
		}
	}
}

func replayFile(file string) int {
	b, err := os.ReadFile(file)
	var cases []sanitizer.Case
	if err == nil {
		cases, err = sanitizer.Decode(b)
	}
	for i, c := range cases {
		if err = replayCase(c); err != nil {
			err = fmt.Errorf("case %d: %w", i, err)
			break
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "fuzz:", err)
		return 1
	}
	fmt.Printf("all engines agree on %d cases\n", len(cases))
	return 0
}

// replayCase executes one recorded case on every engine.
func replayCase(c sanitizer.Case) error {
	img, r, err := runOf(c)
	if err != nil {
		return err
	}
	m, err := newMatch(img, nil)
	if err != nil {
		return err
	}
	defer m.close()
	_, _, err = m.execute(r)
	return err
}
