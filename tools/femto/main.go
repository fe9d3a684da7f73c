// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

// Femto makes, checks, runs and looks at femtocontainer images.
//
//	femto build increment.c -o increment.fc
//	femto verify increment.fc
//	femto run increment.fc --ctx 2a000000
//
// The work is done by the packages under femto/; each command here is flags, a
// call, and a way to print the answer. tui.go states the rules of the
// interface, docs/cli.md the JSON formats, docs/man has the man pages.
package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
)

//go:generate go test -run ^TestGeneratedDocs$ -update .

// Exit statuses.
const (
	exitOK          = 0
	exitRefused     = 1 // the input was refused, the container faulted, or a file could not be used
	exitUsage       = 2 // the command line makes no sense
	exitInterrupted = 130
)

func main() { os.Exit(run(os.Args[1:], newUI(os.Stdin, os.Stdout, os.Stderr))) }

// run executes one command line and reports its error, if any.
func run(args []string, u *ui) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	defer context.AfterFunc(ctx, func() { u.giveUp() })()

	if len(args) == 0 {
		u.say("which command? femto --help lists them")
		return exitUsage
	}
	root := newRoot(u)
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(ctx)
	interrupted := ctx.Err() != nil

	var failed *failure
	switch {
	case err == nil:
	case errors.As(err, &failed) && interrupted:
		u.say("interrupted")
		return exitInterrupted
	case errors.As(err, &failed) && !errors.As(err, new(*usageError)):
		u.refused(failed.err)
	default:
		u.usage(cmd, err)
		return exitUsage
	}
	if flushErr := u.flush(); flushErr != nil {
		u.say("%v", flushErr)
		return exitRefused
	}
	if err != nil {
		return exitRefused
	}
	return exitOK
}

// giveUp ends femto when it was interrupted and does not end by itself, for
// most of the work does not listen.
func (u *ui) giveUp() {
	time.Sleep(time.Second)
	if temp := u.temp.Load(); temp != nil {
		os.Remove(*temp)
	}
	u.say("interrupted")
	os.Exit(exitInterrupted)
}

func newRoot(u *ui) *cobra.Command {
	root := &cobra.Command{
		Use:   "femto COMMAND",
		Short: "make, check, run and look at femtocontainer images",
		Long: `Femto makes, checks, runs and looks at femtocontainer images: small eBPF
programs (RFC 9669) that a RIOT firmware runs isolated from itself.

Exit status: 0 all is well, 1 refused or faulted, 2 wrong usage. Data goes to
standard output, messages go to standard error. With -o json every command
prints one JSON object on standard output (docs/cli.md). A file named - is
standard input or output. femto completion prints scripts that teach a shell.`,
		Example: `  femto build increment.c -o increment.fc
  femto verify increment.fc
  femto run increment.fc --ctx 2a000000`,
		Version:       buildVersion().Version,
		SilenceErrors: true,
		SilenceUsage:  true,

		DisableFlagsInUseLine: true,
		PersistentPreRun: func(cmd *cobra.Command, _ []string) {
			u.json = asksForJSON(cmd)
		},
	}
	cobra.EnableCommandSorting = false
	root.SetUsageTemplate(strings.ReplaceAll(root.UsageTemplate(), ".FlagUsages", ".FlagUsagesWrapped 80"))
	root.SetVersionTemplate("femto {{.Version}}\n")
	root.SetIn(u.in)
	root.SetOut(u.out)
	root.SetErr(u.err)
	root.AddGroup(
		&cobra.Group{ID: groupMake, Title: "Make an image:"},
		&cobra.Group{ID: groupUse, Title: "Check, run and look at an image:"},
		&cobra.Group{ID: groupDeploy, Title: "Sign and deploy:"},
		&cobra.Group{ID: groupFirmware, Title: "Prepare a firmware:"},
		&cobra.Group{ID: groupDevice, Title: "Talk to a device:"},
	)
	for _, c := range commands {
		root.AddCommand(c(u))
	}
	// Cobra's own answers to a name that does not exist with status 0.
	root.InitDefaultHelpCmd()
	for _, c := range root.Commands() {
		if c.Name() == "help" {
			c.Args = func(_ *cobra.Command, args []string) error {
				if _, rest, err := root.Find(args); err != nil || len(rest) > 0 {
					return usagef("there is no command %q; femto --help lists them", strings.Join(args, " "))
				}
				return nil
			}
		}
	}
	return root
}

const (
	groupMake     = "make"
	groupUse      = "use"
	groupDeploy   = "deploy"
	groupFirmware = "firmware"
	groupDevice   = "device"
)

// commands in the order of the help text.
var commands = []func(*ui) *cobra.Command{
	buildCmd, linkCmd, asmCmd, convertCmd, embedCmd,
	verifyCmd, runCmd, inspectCmd, disCmd,
	keygenCmd, signCmd, manifestCmd, deployCmd, serveCmd,
	contractCmd,
	deviceCmd,
	explainCmd, versionCmd,
}

// A failure is an error of a command that was understood; every other error
// of cobra's is one of usage.
type failure struct{ err error }

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

// action adapts the work of a command to cobra.
func action(f func(ctx context.Context, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		if err := f(cmd.Context(), args); err != nil {
			return &failure{err}
		}
		return nil
	}
}
