// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseLines(t *testing.T) {
	lines, err := parseLines([]byte("row ret0 v3 load=12 verify=3 run=110 r0=0000000000000000 fuel=2 status=0 stack=200\r\n" +
		"row sha256 - load=0 verify=0 run=4325 r0=00000000af633f7c fuel=0 status=0 stack=0\n"))
	require.NoError(t, err)
	require.Equal(t, line{workload: "ret0", bytecode: "v3", load: 12, verify: 3, run: 110, fuel: 2, stack: 200}, lines[0])
	require.Equal(t, uint64(0xaf633f7c), lines[1].result)
	require.NoError(t, lines[1].check())

	_, err = parseLines([]byte("cpu exception\n"))
	require.ErrorContains(t, err, "cpu exception")
}

func TestWrongResultIsRefused(t *testing.T) {
	require.ErrorContains(t, line{workload: "crc32", result: 1}.check(), "returned 0x1, not 0x6a230d95")
	require.ErrorContains(t, line{workload: "crc32", result: 0x6a230d95, status: 3001}.check(), "FC3001")
	require.ErrorContains(t, line{workload: "nothing"}.check(), "unknown workload")
}

func TestClassify(t *testing.T) {
	for _, c := range []struct {
		name string
		code uint32
		size int
		want class
		n    int
	}{
		{"adds r0, r0, #1", 0x1c40, 2, classOne, 0},
		{"bx lr", 0x4770, 2, classOne, 0},
		{"ldr r0, [pc, #4]", 0x4801, 2, classLoad, 0},
		{"str r0, [r1, r2]", 0x5088, 2, classStoreIndex, 0},
		{"ldr r0, [r1, r2]", 0x5888, 2, classLoad, 0},
		{"ldrsb r0, [r1, r2]", 0x5688, 2, classLoad, 0},
		{"str r0, [r1]", 0x6008, 2, classStore, 0},
		{"ldrh r0, [r1]", 0x8808, 2, classLoad, 0},
		{"push {r4, r5, lr}", 0xb530, 2, classMultiple, 3},
		{"pop {r4, pc}", 0xbd10, 2, classMultiple, 2},
		{"cbz r0", 0xb100, 2, classOne, 0},
		{"ldmia r0!, {r1, r2}", 0xc806, 2, classMultiple, 2},
		{"ldmia.w sp!, {r4-r8, pc}", 0xe8bd81f0, 4, classMultiple, 6},
		{"ldrd r2, r3, [r0, #8]", 0xe9d02302, 4, classMultiple, 2},
		{"strd r2, r3, [r0]", 0xe9c02300, 4, classMultiple, 2},
		{"tbb [pc, r0]", 0xe8dff000, 4, classTable, 0},
		{"ldrex r0, [r1]", 0xe8510f00, 4, classLoad, 0},
		{"ldr.w r0, [r1, #256]", 0xf8d10100, 4, classLoad, 0},
		{"ldr.w pc, [r2, r3, lsl #2]", 0xf852f023, 4, classLoad, 0},
		{"str.w r0, [r1, #256]", 0xf8c10100, 4, classStore, 0},
		{"str.w r0, [r1, #-4]!", 0xf8410d04, 4, classStore, 0},
		{"str.w r0, [r1, r2, lsl #2]", 0xf8410022, 4, classStoreIndex, 0},
		{"udiv r0, r0, r1", 0xfbb0f0f1, 4, classDivide, 0},
		{"sdiv r0, r0, r1", 0xfb90f0f1, 4, classDivide, 0},
		{"umull r0, r1, r2, r3", 0xfba20103, 4, classOne, 0},
		{"bl", 0xf000f800, 4, classOne, 0},
		{"add.w r0, r1, r2", 0xeb010002, 4, classOne, 0},
	} {
		got, n := classify(c.code, c.size)
		require.Equal(t, c.want, got, c.name)
		require.Equal(t, c.n, n, c.name)
	}
}

func TestCycles(t *testing.T) {
	windows, err := parseTrace(strings.NewReader(`window
100 6808 10 0
102 6809 10 0
104 1c40 10 0
106 d1fb 10 9
`))
	require.NoError(t, err)
	require.Len(t, windows, 1)
	// The second load follows the first and takes one cycle; nine of ten
	// branches are taken.
	require.Equal(t, estimate{10*(2+1+1+1) + 9, 10*5 + 18, 10*5 + 27}, cycles(windows[0]))

	_, err = parseTrace(strings.NewReader("100 6808 1 0\n"))
	require.Error(t, err, "a line outside a window")
}

const sampleGraph = `graph: { title: "femto_fast.c"
node: { title: "femto_resume" label: "femto_resume\nfemto_fast.c:1:1\n40 bytes (static)\n0 dynamic objects" }
node: { title: "femto_fast.c:op_add" label: "op_add\nfemto_fast.c:2:1\n0 bytes (static)\n0 dynamic objects" }
node: { title: "/somewhere/core/femto_fast.c:op_div" label: "op_div\nfemto_fast.c:3:1\n24 bytes (static)\n0 dynamic objects" }
node: { title: "femto_fast.c:trap" label: "trap\nfemto_fast.c:4:1\n8 bytes (static)\n0 dynamic objects" }
node: { title: "__aeabi_uldivmod" label: "__aeabi_uldivmod\n<built-in>" shape : ellipse }
node: { title: "__indirect_call" label: "Indirect Call Placeholder" shape : ellipse }
edge: { sourcename: "femto_resume" targetname: "__indirect_call" label: "femto_fast.c:9:9" }
edge: { sourcename: "femto_fast.c:op_add" targetname: "__indirect_call" label: "femto_fast.c:9:9" }
edge: { sourcename: "/somewhere/core/femto_fast.c:op_div" targetname: "__aeabi_uldivmod" label: "femto_fast.c:9:9" }
edge: { sourcename: "/somewhere/core/femto_fast.c:op_div" targetname: "femto_fast.c:trap" label: "femto_fast.c:9:9" }
edge: { sourcename: "femto_fast.c:trap" targetname: "__indirect_call" label: "femto_fast.c:9:9" }
}
`

func TestDeepestStack(t *testing.T) {
	api := declarations([]byte("/** femto_resume() runs */\nuint16_t femto_resume(femto_vm_t *vm, uint32_t fuel);\n"))
	require.Equal(t, []string{"femto_resume"}, api)
	var g callGraph
	require.NoError(t, g.read(strings.NewReader(sampleGraph)))
	n, path, outside, err := g.deepest("femto_resume", api)
	require.NoError(t, err)
	require.Equal(t, 40+24+8, n)
	require.Equal(t, []string{"femto_resume", "femto_fast.c:op_div", "femto_fast.c:trap"}, path)
	require.Equal(t, []string{"__aeabi_uldivmod"}, outside)

	require.NoError(t, g.read(strings.NewReader(`edge: { sourcename: "femto_fast.c:trap" targetname: "femto_fast.c:trap" label: "" }`)))
	_, _, _, err = g.deepest("femto_resume", api)
	require.ErrorContains(t, err, "calls itself")

	require.ErrorContains(t, g.read(strings.NewReader(`node: { title: "f" label: "f\nx.c:1:1\n8 bytes (dynamic)\n1 dynamic objects" }`)), "unbounded")
}

// sample is a report with every figure at v, but for the reference's figures,
// which are doubled.
func sample(v uint64) *report {
	r := &report{}
	for _, w := range workloads {
		for _, bytecode := range []string{"v3", "v4"} { // alternating, as a firmware prints them
			r.Rows = append(r.Rows, row{Target: "cortex-m4", Engine: "fast", Opt: "Os", Bytecode: bytecode, Workload: w.name, Run: v, Load: v, Verify: v})
		}
	}
	r.Rows = append(r.Rows, row{Target: "host", Engine: "fast", Opt: "O2", Bytecode: "v3", Workload: "ret0", Run: v})
	r.Sizes = []sizeRow{{Target: "cortex-m4", Engine: "fast", Text: int(v), Instance: 56, VM: 200}}
	r.Stacks = []stackRow{{Target: "cortex-m4", Engine: "fast", Frames: 48}}
	return r
}

func TestCompare(t *testing.T) {
	equal := compare(sample(1000), sample(1000), 1)
	require.False(t, equal.regressed())
	require.Len(t, equal.section().rows, 1)

	within := compare(sample(1000), sample(1005), 1)
	require.False(t, within.regressed())

	worse := compare(sample(1000), sample(1020), 1)
	require.True(t, worse.regressed())
	var out bytes.Buffer
	worse.section().print(&out)
	require.Contains(t, out.String(), "REGRESSION")
	require.Regexp(t, `v3 +geomean +\+2\.00%`, out.String())
	require.Regexp(t, `v4 +geomean +\+2\.00%`, out.String())
	require.Regexp(t, `host .*ret0 +1000 +1020 +~`, out.String())

	better := compare(sample(1000), sample(800), 1)
	require.False(t, better.regressed())
	require.Regexp(t, `crc32 +1000 +800 +-20\.00%`, func() string { var b bytes.Buffer; better.section().print(&b); return b.String() }())

	hostOnly := sample(1000)
	hostOnly.Rows[len(hostOnly.Rows)-1].Run = 5000
	require.False(t, compare(sample(1000), hostOnly, 1).regressed(), "a host time never fails a comparison")

	fewer := sample(1000)
	fewer.Sizes = nil
	c := compare(sample(1000), fewer, 1)
	require.Equal(t, 3, c.onlyOld)
}

func TestSaveAndLoad(t *testing.T) {
	name := filepath.Join(t.TempDir(), "r.json")
	r := sample(7)
	r.Rows[0].Cycles = &estimate{1, 2, 3}
	require.NoError(t, r.save(name))
	back, err := loadReport(name)
	require.NoError(t, err)
	require.Equal(t, r, back)

	require.NoError(t, os.WriteFile(name, []byte("text"), 0o600))
	_, err = loadReport(name)
	require.ErrorContains(t, err, "not a report")
}

func TestRecordedFigures(t *testing.T) {
	base, ok := findPeer("cortex-m4", reference, "Os")
	require.True(t, ok)
	require.Equal(t, 50162.0, base.runs["fletcher32"])
	require.Equal(t, "-", base.cell("coap_response"))
	// The ratios that the record itself states.
	for engine, want := range map[string]float64{"CertFC, verified": 0.45, "rBPF switch": 0.49, "uBPF interpreter": 0.39, "WAMR classic": 0.77, "wasm3": 1.91} {
		p, ok := findPeer("cortex-m4", engine, "Os")
		require.True(t, ok, engine)
		require.InDelta(t, want, speedup(base.six(), p.six()), 0.005, engine)
	}
	for _, target := range []string{"cortex-m0plus", "rv32imac"} {
		_, ok := findPeer(target, reference, "Os")
		require.True(t, ok, target)
	}
	require.Equal(t, 4038, peerSizes[0].bytes["cortex-m4"])

	_, err := parsePeers([]byte("target,engine,ret0\ncortex-m4,x,many\n"))
	require.Error(t, err)
}

// TestOpenGoals: a goal that was never reached is open, until it gets worse.
func TestOpenGoals(t *testing.T) {
	at := func(v float64) verdict { return reached(120, atMost("x", 100, v, "%.0f")).verdict }
	require.Equal(t, met, at(100))
	require.Equal(t, open, at(101))
	require.Equal(t, open, at(120))
	require.Equal(t, missed, at(121))
}

func TestGoals(t *testing.T) {
	b := &bench{}
	met1, missed1, unreached, unmeasured := tally(b.goals())
	require.Zero(t, met1)
	require.Zero(t, missed1)
	require.Zero(t, unreached)
	require.Positive(t, unmeasured, "nothing ran, so nothing is met or missed")

	b.report = *sample(100)
	find := func(what string) goal {
		for _, g := range b.goals() {
			if strings.HasPrefix(g.what, what) {
				return g
			}
		}
		t.Fatalf("no goal %q", what)
		return goal{}
	}
	require.Equal(t, met, find("fast: activation of ret0").verdict)
	require.Equal(t, met, find("fast: against Femto-Container, Cortex-M4, v3").verdict)
	require.Equal(t, unknown, find("fast: against Femto-Container, Cortex-M4, v2").verdict)
	require.Equal(t, "248", find("fast: C stack").measured)

	b.report = *sample(1000000)
	require.Equal(t, missed, find("fast: activation of ret0").verdict)
	require.Equal(t, missed, find("fast: against Femto-Container, Cortex-M4, v3").verdict)
	require.Equal(t, missed, find("fast: text + rodata").verdict)

	b.report.Rows = append(b.report.Rows, row{Target: "cortex-m4", Engine: "small", Opt: "Os", Bytecode: "v2", Workload: "fletcher32", Run: 1, Verify: 2000})
	require.Equal(t, allowed, find("verifying fletcher32").verdict)

	for i, w := range everyWorkload() {
		for bytecode, fuel := range map[string]uint64{"v2": 1000, "v2-opt": 850} {
			b.report.Rows = append(b.report.Rows, row{Target: "cortex-m4", Engine: "fast", Opt: "Os", Bytecode: bytecode, Workload: w, Run: 1, Fuel: fuel * uint64(i+1)})
		}
	}
	require.Equal(t, "15.0%", find("optimiser: fewer executed slots, v2").measured)
}

func TestMean(t *testing.T) {
	require.InDelta(t, 4, geomean([]float64{2, 8}), 1e-9)
	require.InDelta(t, 2, speedup([]float64{10, 40}, []float64{5, 20}), 1e-9)
	require.InDelta(t, 0.5, slowest([]float64{10, 40}, []float64{20, 20}), 1e-9)
	require.Equal(t, uint64(3), median([]uint64{9, 1, 3}))
	require.Equal(t, uint64(2), median([]uint64{1, 3}))
}

func TestTable(t *testing.T) {
	s := &section{title: "T", head: []string{"engine", "n"}, notes: []string{"a note"}}
	s.add("a|b", "7")
	s.add("c", "123")
	var out bytes.Buffer
	s.print(&out)
	require.Equal(t, "T\n  engine    n\n  a|b       7\n  c       123\n  a note\n\n", out.String())
	require.Equal(t, "| engine | n |\n|---|--:|\n| a\\|b | 7 |\n| c | 123 |\n\na note\n", s.markdown())
}

func TestReplaceBlock(t *testing.T) {
	text := "x\n<!-- bench:a -->\nold\n<!-- /bench -->\ny\n<!-- bench:b -->\n<!-- /bench -->\n"
	got, err := replaceBlock(text, "a", "new\n")
	require.NoError(t, err)
	require.Equal(t, "x\n<!-- bench:a -->\n\nnew\n\n<!-- /bench -->\ny\n<!-- bench:b -->\n<!-- /bench -->\n", got)
	_, err = replaceBlock(text, "c", "")
	require.ErrorContains(t, err, "no block")
	_, err = replaceBlock("<!-- bench:a -->\n", "a", "")
	require.ErrorContains(t, err, "does not end")
}

// The pages have a block for every table that writeDocs fills.
func TestPagesHaveEveryBlock(t *testing.T) {
	for name, sections := range (&bench{}).pages() {
		page, err := os.ReadFile(filepath.Join("../..", name))
		require.NoError(t, err)
		for _, s := range sections {
			if s.id != "" {
				_, err := replaceBlock(string(page), s.id, "")
				require.NoError(t, err, name)
			}
		}
	}
}

func TestPlotIsWellFormed(t *testing.T) {
	b := &bench{}
	_, ok := b.plot()
	require.False(t, ok, "nothing was measured")

	for _, e := range []struct{ engine, bytecode string }{{"small", "v3"}, {"fast", "v2"}, {"fast", "v3"}} {
		for _, w := range meanWorkloads() {
			b.report.Rows = append(b.report.Rows, row{Target: "cortex-m4", Engine: e.engine, Opt: "Os", Bytecode: e.bytecode, Workload: w, Run: 20000})
		}
	}
	svg, ok := b.plot()
	require.True(t, ok)
	d := xml.NewDecoder(bytes.NewReader(svg))
	for {
		_, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
	}
	require.Contains(t, string(svg), "fast (v3 bytecode), fletcher32: 2.51")
}

func TestMissingToolsAreNamed(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	var stderr, stdout bytes.Buffer
	err := run([]string{"run", "--docs=false"}, &stdout, &stderr)
	require.NoError(t, err, "what is missing is skipped ...")
	require.Contains(t, stderr.String(), "SKIP bytecode, so every engine: clang-16 not found")
	require.Contains(t, stdout.String(), "SKIP Cortex-M4 (size): arm-none-eabi-gcc not found (apt-get install gcc-arm-none-eabi")
	require.Contains(t, stdout.String(), "0 goals met, 0 missed")

	err = run([]string{"size", "--strict"}, &stdout, &stderr)
	require.ErrorIs(t, err, errMissed, "... and fails when asked to be strict")
}

func TestUsage(t *testing.T) {
	for _, args := range [][]string{nil, {"walk"}, {"run", "--nothing"}, {"run", "extra"}, {"run", "-o", "xml"}} {
		var stderr bytes.Buffer
		require.ErrorIs(t, run(args, io.Discard, &stderr), flag.ErrHelp)
		require.Contains(t, stderr.String(), "usage:")
	}
}

func TestAnotherCompilerIsWarnedAbout(t *testing.T) {
	m4, _ := targetNamed("cortex-m4")
	b := &bench{report: report{Tools: map[string]string{}}}
	require.Empty(t, b.compilerWarning(m4))
	b.report.Tools[m4.cc[0]] = "arm-none-eabi-gcc (15:12.2.rel1-1) 12.2.1 20221205"
	require.Empty(t, b.compilerWarning(m4))
	b.report.Tools[m4.cc[0]] = "arm-none-eabi-gcc (15:13.2.rel1-2) 13.2.1 20231009"
	require.Contains(t, b.compilerWarning(m4), "WARNING")
}
