// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package main

import (
	"context"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/femtocontainer/femtocontainer/femto/image"
)

func versionCmd(u *ui) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "version",
		Short: "print the version of femto and what it was built from",
		Args:  cobra.NoArgs,
	}
	outputFlag(cmd)
	cmd.RunE = action(func(context.Context, []string) error {
		v := buildVersion()
		if u.json {
			u.object(v)
			return nil
		}
		u.printf("femto %s\n", v.Version)
		if v.Revision != "" {
			state := ""
			if v.Modified {
				state = ", modified"
			}
			u.printf("revision      %s%s\n", v.Revision, state)
		}
		u.printf("image format  %d\nbuilt with    %s for %s\n", v.ImageFormat, v.Go, v.Platform)
		return nil
	})
	return cmd
}

type versionInfo struct {
	Version     string `json:"version"`
	Revision    string `json:"revision"`
	Modified    bool   `json:"modified"`
	ImageFormat int    `json:"image_format"`
	Go          string `json:"go"`
	Platform    string `json:"platform"`
}

// buildVersion is what the Go tool recorded in the binary.
func buildVersion() versionInfo {
	v := versionInfo{
		Version: "(devel)", ImageFormat: image.Version,
		Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH,
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	if info.Main.Version != "" {
		v.Version = info.Main.Version
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Revision = s.Value
		case "vcs.modified":
			v.Modified = s.Value == "true"
		}
	}
	return v
}
