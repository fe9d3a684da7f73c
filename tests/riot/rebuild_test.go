// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package riot

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A project is an application outside this repository.
type project struct {
	t   *testing.T
	dir string
	env []string
}

func newProject(t *testing.T, repository string) *project {
	need(t, "make", "gcc")
	p := &project{t: t, dir: t.TempDir()}
	p.env = append(os.Environ(), "RIOTBASE="+riotBase, "BOARD=native64", "FEMTO="+femto)
	p.write("Makefile", "APPLICATION = outside\nUSEPKG += femtocontainer\ninclude "+filepath.Join(repository, "Makefile.riot")+"\n")
	p.write("main.c", "#include \"first.fc.h\"\n#include \"second.fc.h\"\n"+
		"int main(void) { return FIRST_IMAGE[0] - SECOND_IMAGE[0]; }\n")
	p.write("containers/first.c", "#include <femto.h>\nuint64_t first(void) { return 1; }\n")
	p.write("containers/second.c", "#include <femto.h>\n#include \"number.h\"\nuint64_t second(void) { return NUMBER; }\n")
	p.write("number.h", "#define NUMBER 2\n")
	return p
}

func (p *project) write(name, text string) {
	path := filepath.Join(p.dir, name)
	require.NoError(p.t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(p.t, os.WriteFile(path, []byte(text), 0o644))
}

func (p *project) make(args ...string) (string, error) {
	return command(p.t, p.dir, p.env, "make", append([]string{"-j2"}, args...)...)
}

func (p *project) mustMake(args ...string) {
	p.t.Helper()
	out, err := p.make(args...)
	require.NoError(p.t, err, "%s", tail(out, 30))
}

// built is when an image was last made.
func (p *project) built(name string) time.Time {
	p.t.Helper()
	info, err := os.Stat(filepath.Join(p.dir, "bin", "native64", "containers", name+".fc"))
	require.NoError(p.t, err)
	return info.ModTime()
}

func TestRebuild(t *testing.T) {
	p := newProject(t, root)
	p.mustMake()
	first, second := p.built("first"), p.built("second")

	p.mustMake()
	assert.Equal(t, first, p.built("first"), "rebuilt without a change")
	assert.Equal(t, second, p.built("second"), "rebuilt without a change")

	p.write("containers/first.c", "#include <femto.h>\nuint64_t first(void) { return 3; }\n")
	p.mustMake()
	assert.NotEqual(t, first, p.built("first"), "its source changed")
	assert.Equal(t, second, p.built("second"), "another one's source changed")
	first = p.built("first")

	p.write("number.h", "#define NUMBER 4\n")
	p.mustMake()
	assert.Equal(t, first, p.built("first"), "it does not include number.h")
	assert.NotEqual(t, second, p.built("second"), "it includes number.h")
	second = p.built("second")

	p.env = append(p.env, "FEMTO_CFLAGS=-DOTHER=1")
	p.mustMake()
	assert.NotEqual(t, first, p.built("first"), "the flags changed")
	assert.NotEqual(t, second, p.built("second"), "the flags changed")

	require.NoError(t, os.Remove(filepath.Join(p.dir, "containers", "second.c")))
	p.write("main.c", "#include \"first.fc.h\"\nint main(void) { return FIRST_IMAGE[0]; }\n")
	p.mustMake()
	left, err := filepath.Glob(filepath.Join(p.dir, "bin", "native64", "containers", "second.*"))
	require.NoError(t, err)
	assert.Empty(t, left, "the source is gone")
}

func TestRefusedContainer(t *testing.T) {
	p := newProject(t, root)
	p.write("containers/first.c", "#include <femto.h>\nuint64_t missing(void);\nuint64_t first(void) { return missing(); }\n")
	out, err := p.make()
	require.Error(t, err)
	assert.Regexp(t, `first\.c:3.*FC1\d\d\d.*missing`, out)
	assert.NoFileExists(t, filepath.Join(p.dir, "bin", "native64", "containers", "first.fc"))
}

func TestEngines(t *testing.T) {
	p := newProject(t, root)
	p.env = append(p.env, "USEMODULE=femtocontainer_small femtocontainer_fast")
	out, err := p.make()
	require.Error(t, err)
	assert.Contains(t, out, "exclude each other")
}

// TestKconfig selects the engine as menuconfig would.
func TestKconfig(t *testing.T) {
	p := newProject(t, root)
	p.write("app.config", "CONFIG_FEMTOCONTAINER_SMALL=y\n")
	out, err := p.make("info-modules")
	if err != nil && fetchFailed.MatchString(out) {
		skip(t, "RIOT cannot fetch Kconfiglib")
	}
	require.NoError(t, err, "%s", tail(out, 30))
	modules := strings.Fields(out)
	assert.Contains(t, modules, "femtocontainer_small")
	assert.NotContains(t, modules, "femtocontainer_fast")
}

func TestMissingClang(t *testing.T) {
	p := newProject(t, root)
	p.env = append(p.env, "PATH="+pathWithout(t, "clang"))
	out, err := p.make()
	require.Error(t, err)
	assert.Regexp(t, `FC1\d\d\d: .*clang`, out)
	assert.Contains(t, out, "hint:")
}

func TestMissingGo(t *testing.T) {
	p := newProject(t, copyRepository(t))
	p.env = append(p.env, "FEMTO=", "PATH="+pathWithout(t, "go"))
	out, err := p.make()
	require.Error(t, err)
	assert.Contains(t, out, "Go is missing")
	assert.Contains(t, out, "hint:")
}

// TestToolOnDemand lets the application's build make the femto command first.
func TestToolOnDemand(t *testing.T) {
	repository := copyRepository(t)
	p := newProject(t, repository)
	p.env = append(p.env, "FEMTO=")
	p.mustMake()
	assert.FileExists(t, filepath.Join(repository, "build", "bin", "femto"))
	p.built("first")
}

// pathWithout is a PATH on which every program is but those whose name begins
// with this word, as in clang-16.
func pathWithout(t *testing.T, word string) string {
	t.Helper()
	farm := t.TempDir()
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		entries, _ := os.ReadDir(dir) // a PATH may name folders that do not exist
		for _, e := range entries {
			name := e.Name()
			if name != word && !strings.HasPrefix(name, word+"-") {
				_ = os.Symlink(filepath.Join(dir, name), filepath.Join(farm, name)) // the first on the PATH wins
			}
		}
	}
	return farm
}

// copyRepository is a repository with the files of the working tree, committed
// or not, but not the submodule and nothing that was built.
func copyRepository(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	run := func(script string) {
		cmd := exec.Command("sh", "-euc", script, "sh", dir)
		cmd.Dir = root
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
	}
	run(`git ls-files -z --cached --others --exclude-standard -- . ':!RIOT' |
		xargs -0 sh -c 'for f; do [ -f "$f" ] && printf "%s\0" "$f"; done; :' sh |
		tar -c --null -T - | tar -x -C "$1"`)
	run(`cd "$1" && git init -q -b main && git add -A &&
		git -c user.name=test -c user.email=test@example.org commit -q -m copy`)
	return dir
}
