// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"sync"

	"github.com/plgd-dev/go-coap/v3/message/codes"
	"github.com/spf13/cobra"

	"github.com/femtocontainer/femtocontainer/femto/deploy"
)

func serveCmd(u *ui) *cobra.Command {
	var listen string
	cmd := &cobra.Command{
		Use:   "serve DIR",
		Short: "serve manifests and images over CoAP",
		Long: `Serve is a CoAP file server for devices: what is below DIR, block-wise (RFC 7959)
in any order and size of blocks. It reads only, and never leaves DIR, whatever
links there are. It needs no secrets: manifests and images are signed. Files that
only their owner may read, as private keys are, are not served.

It tells when a file was fetched to its end, and what was asked for in vain,
until it is interrupted.`,
		Example: `  femto serve updates
  femto serve updates --listen [2001:db8::1]:5683`,
		GroupID: groupDeploy,
		Args:    one("folder"),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveFilterDirs
		},
	}
	cmd.Flags().StringVar(&listen, "listen", ":5683", "`HOST:PORT`; either may be missing, and port 0 is a free one")
	complete(cmd, "listen")
	linesFlag(cmd)
	cmd.RunE = action(func(ctx context.Context, args []string) error {
		folder, err := deploy.OpenFolder(args[0])
		if err != nil {
			return err
		}
		server, err := deploy.Listen(listen)
		if err != nil {
			return err
		}
		defer server.Close()
		lines := u.newLines()
		defer lines.end()
		server.Serve(folder, func(r deploy.Request) {
			v := servedView{Event: "served", From: r.From.String(), Path: r.Path, Size: r.Size}
			switch {
			case r.Code>>5 != 2:
				v.Event = "refused"
				why := ""
				if r.Code == codes.Forbidden {
					why = ", which only its owner may read"
				}
				lines.put(v, "%s: refused %s%s", v.From, printable(v.Path), why)
				return
			case r.Sent < r.Size:
				return
			}
			lines.put(v, "%s: %s %s, %s", v.From, v.Event, printable(v.Path), plural(v.Size, "byte"))
		})
		lines.put(listeningView{"listening", server.Port()}, "serving %s on UDP port %d", args[0], server.Port())
		<-ctx.Done()
		return nil
	})
	return cmd
}

// servedView and listeningView are lines that serve prints, as docs/cli.md has them.
type servedView struct {
	Event string `json:"event"`
	From  string `json:"from"`
	Path  string `json:"path"`
	Size  int    `json:"size"`
}

type listeningView struct {
	Event string `json:"event"`
	Port  int    `json:"port"`
}

// lines are what a command tells while it works: a JSON object each on standard
// output with -o json, or else for people. Several goroutines may tell.
type lines struct {
	u  *ui
	mu sync.Mutex
	up bool
}

func (u *ui) newLines() *lines { return &lines{u: u, up: true} }

func (l *lines) put(v any, format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.up {
		return
	}
	if l.u.json {
		l.u.object(v)
		l.u.out.Flush() // the last flush reports the error
		return
	}
	if format != "" {
		l.u.say(format, args...)
	}
}

// end makes what goroutines still tell disappear.
func (l *lines) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.up = false
}
