// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"
)

// output is the -o flag. Every command takes "-o json"; the commands that
// write a file take "-o FILE" as well, and both may be given:
//
//	femto build a.c -o a.fc -o json
//
// A file that is really called json is "./json".
type output struct {
	file      string
	json      bool
	wantsFile bool
}

func (o *output) Set(v string) error {
	switch {
	case v == "json":
		o.json = true
	case v == "":
		return fmt.Errorf("it is empty")
	case !o.wantsFile:
		return fmt.Errorf("the only format is json")
	case o.file != "":
		return fmt.Errorf("there are two output files, %s and %s", o.file, v)
	default:
		o.file = v
	}
	return nil
}

func (o *output) String() string { return o.file }

func (o *output) Type() string {
	return "json"
}

// outputFlag gives cmd a -o for its format, which ui.json will tell.
func outputFlag(cmd *cobra.Command) {
	o := &output{}
	cmd.Flags().VarP(o, "output", "o", "`json`: print one JSON object instead of text")
	complete(cmd, "output", "json")
}

// linesFlag is outputFlag for commands that tell while they work.
func linesFlag(cmd *cobra.Command) {
	outputFlag(cmd)
	cmd.Flags().Lookup("output").Usage = "`json`: print JSON objects, one a line"
}

// outputFileFlag gives cmd a -o for its file and its format.
func outputFileFlag(cmd *cobra.Command, what string) *output {
	o := &output{wantsFile: true}
	cmd.Flags().VarP(o, "output", "o", what+"; -o json as well: print one JSON object")
	return o
}

// path is the output file, which has to be given and not be an input.
func (o *output) path(inputs ...string) (string, error) {
	switch {
	case o.file == "":
		return "", usagef("where to? add -o FILE")
	case o.file == stdio && o.json:
		return "", usagef("standard output cannot take both the file and JSON")
	}
	return o.file, distinct(o.file, inputs...)
}

// dir is path for commands that write more than one file: a directory that exists.
func (o *output) dir() (string, error) {
	dir, err := o.path()
	if err != nil {
		return "", err
	}
	st, err := os.Stat(dir)
	if err == nil && !st.IsDir() {
		err = usagef("%s is not a directory", dir)
	}
	return dir, err
}

// asksForJSON reports whether cmd was told -o json.
func asksForJSON(cmd *cobra.Command) bool {
	f := cmd.Flags().Lookup("output")
	if f == nil {
		return false
	}
	o, ok := f.Value.(*output)
	return ok && o.json
}

// complete offers values for a flag to the shell.
func complete(cmd *cobra.Command, flag string, values ...string) {
	err := cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
	if err != nil {
		panic(err) // the flag does not exist
	}
}

// files makes the shell offer files with these extensions for the arguments of
// a command.
func files(extensions ...string) cobra.CompletionFunc {
	return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return extensions, cobra.ShellCompDirectiveFilterFileExt
	}
}

// one is the rule that a command has exactly one argument.
func one(what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		switch len(args) {
		case 0:
			return usagef("%s is missing", what)
		case 1:
			return nil
		}
		return usagef("one %s at a time, not %d", what, len(args))
	}
}

// some is the rule that a command has at least one argument.
func some(what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) == 0 {
			return usagef("%s is missing", what)
		}
		return nil
	}
}
