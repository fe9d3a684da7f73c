// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// writeDocs puts the tables into the marked blocks of docs/performance.md and of
// README.md, and draws docs/performance.svg. A table that could not be measured in
// this run leaves what stands there.
func (b *bench) writeDocs() error {
	for page, sections := range b.pages() {
		if err := fillBlocks(filepath.Join(b.module, page), sections); err != nil {
			return err
		}
	}
	svg, ok := b.plot()
	if !ok {
		return nil
	}
	return os.WriteFile(filepath.Join(b.module, "docs", "performance.svg"), svg, 0o644)
}

// pages gives the tables that each page has a block for.
func (b *bench) pages() map[string][]*section {
	return map[string][]*section{
		"README.md":           {b.fieldSection()},
		"docs/performance.md": append(b.sections(true), goalSection(b.goals()), b.toolSection()),
	}
}

func fillBlocks(name string, sections []*section) error {
	data, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	text := string(data)
	for _, s := range sections {
		if s.id == "" || len(s.rows) == 0 {
			continue
		}
		if text, err = replaceBlock(text, s.id, s.markdown()); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return os.WriteFile(name, []byte(text), 0o644)
}

// replaceBlock puts content between the markers of a block.
func replaceBlock(text, id, content string) (string, error) {
	open, end := "<!-- bench:"+id+" -->\n", "<!-- /bench -->"
	head, rest, ok := strings.Cut(text, open)
	if !ok {
		return "", fmt.Errorf("no block %q", strings.TrimSpace(open))
	}
	_, tail, ok := strings.Cut(rest, end)
	if !ok {
		return "", fmt.Errorf("block %q does not end", strings.TrimSpace(open))
	}
	return head + open + "\n" + content + "\n" + end + tail, nil
}

func (b *bench) toolSection() *section {
	s := &section{id: "tools", title: "tools", head: []string{"tool", "version"}}
	var tools []string
	for tool := range b.report.Tools {
		tools = append(tools, tool)
	}
	slices.Sort(tools)
	for _, tool := range tools {
		s.add(tool, b.report.Tools[tool])
	}
	return s
}
