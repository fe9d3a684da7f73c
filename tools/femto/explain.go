// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/femtocontainer/femtocontainer/femto/diag"
)

func explainCmd(u *ui) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "explain [CODE...]",
		Short: "say what an error code means and what to do",
		Long: `Explain prints the long form of error codes: what happened, why it is refused,
and what to do about it. FC1xxx is said by build and link, FC2xxx by loader and
verifier, FC3xxx when a container runs, FC4xxx by deployment. Without a code it
lists all of them.`,
		Example: `  femto explain FC3001`,
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			var codes []string
			for _, e := range diag.Table {
				codes = append(codes, e.Code.String()+"\t"+e.Short)
			}
			return codes, cobra.ShellCompDirectiveNoFileComp
		},
	}
	outputFlag(cmd)
	cmd.RunE = action(func(_ context.Context, args []string) error {
		chosen, err := chooseCodes(args)
		if err != nil {
			return err
		}
		switch {
		case u.json:
			u.object(jsonCodes(chosen))
		case len(args) == 0:
			for _, e := range chosen {
				u.printf("%s  %s\n", e.Code, e.Short)
			}
		default:
			for i, e := range chosen {
				if i > 0 {
					u.printf("\n")
				}
				u.printf("%s  %s\n\n%s\n", e.Code, e.Short, wrap(e.Long, 76))
			}
		}
		return nil
	})
	return cmd
}

func chooseCodes(args []string) ([]diag.Entry, error) {
	if len(args) == 0 {
		return diag.Table, nil
	}
	var chosen []diag.Entry
	for _, arg := range args {
		code, err := diag.Parse(arg)
		if err != nil {
			return nil, usagef("%v", err)
		}
		e, ok := diag.Lookup(code)
		if !ok {
			return nil, usagef("there is no code %s; femto explain lists them", code)
		}
		chosen = append(chosen, e)
	}
	return chosen, nil
}

func jsonCodes(entries []diag.Entry) any {
	type code struct {
		Code  string `json:"code"`
		Name  string `json:"name"`
		Short string `json:"short"`
		Long  string `json:"long"`
	}
	codes := []code{}
	for _, e := range entries {
		codes = append(codes, code{e.Code.String(), e.Name, e.Short, e.Long})
	}
	return struct {
		Codes []code `json:"codes"`
	}{codes}
}

// wrap breaks a paragraph into lines of at most width bytes.
func wrap(s string, width int) string {
	var b strings.Builder
	column := 0
	for _, word := range strings.Fields(s) {
		switch {
		case column == 0:
		case column+1+len(word) > width:
			b.WriteByte('\n')
			column = 0
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += len(word)
	}
	return b.String()
}
