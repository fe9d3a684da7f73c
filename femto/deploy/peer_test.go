// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package deploy

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"net"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"
	"github.com/google/uuid"
	piondtls "github.com/pion/dtls/v3"
	"github.com/plgd-dev/go-coap/v3/dtls"
	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"
	"github.com/plgd-dev/go-coap/v3/mux"
	coapnet "github.com/plgd-dev/go-coap/v3/net"
	"github.com/plgd-dev/go-coap/v3/net/blockwise"
	"github.com/plgd-dev/go-coap/v3/options"
	"github.com/plgd-dev/go-coap/v3/udp"
	"github.com/stretchr/testify/require"

	"github.com/femtocontainer/femtocontainer/femto/cose"
	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/image"
	"github.com/femtocontainer/femtocontainer/femto/suit"
)

// The keys of tests 1 and 2 in RFC 8032, section 7.1.
var (
	tenant   = rfc8032("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
	operator = rfc8032("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
	psk      = &PSK{"kitchen", []byte("0123456789abcdef")}
)

func rfc8032(seed string) ed25519.PrivateKey {
	b, err := hex.DecodeString(seed)
	if err != nil {
		panic(err)
	}
	return ed25519.NewKeyFromSeed(b)
}

func public(key ed25519.PrivateKey) ed25519.PublicKey { return key.Public().(ed25519.PublicKey) }

// signed is an image of n bytes that the tenant signed.
func signed(t testing.TB, n int) []byte {
	img := &image.Image{Depth: 1, Entries: []image.Entry{{}}, Text: []byte{0x95, 0, 0, 0, 0, 0, 0, 0}}
	b, err := img.Encode()
	require.NoError(t, err)
	img.ROData = bytes.Repeat([]byte("r"), n-len(b)-cose.SignatureSize)
	b, err = img.Encode()
	require.NoError(t, err)
	b, err = cose.Sign(b, tenant)
	require.NoError(t, err)
	require.Len(t, b, n)
	return b
}

// A peer is the device's side of docs/deployment.md in Go, with our own
// manifests and signatures behind it. What a real device does is tested with
// one, in tests/riot; a peer can be told to behave badly.
type peer struct {
	info Info

	mu     sync.Mutex
	status Status
	log    Log

	refuse    diag.Code // ends each job with this code
	where     *uint32
	busy      int           // triggers to answer with FC4002 first
	twice     bool          // do each job twice, as after a repeated trigger
	restart   bool          // forget everything but slots while a job runs
	keep      SlotState     // what becomes of a new slot, instead of Attached
	why       diag.Code     // of it
	pretend   bool          // end jobs well without doing them
	volatile  bool          // the status changes with each block
	blockSize blockwise.SZX // of fetching and answering

	plain, secure string // URLs
	jobs          sync.WaitGroup
	serial        byte // of ETags
}

func newPeer(t *testing.T, change func(p *peer)) *peer {
	vendor := suit.VendorID("riot-os.org")
	p := &peer{
		info: Info{
			Device: uuid.MustParse("5f2c0e1a-9b3d-4c77-8a10-3e5d7f9b1c24"), Vendor: vendor,
			Class: suit.ClassID(vendor, "ota native64"), ClassName: "ota native64",
			Operators: []cose.KeyID{cose.ID(public(operator))}, MaxImage: 4096, MaxName: 31,
			Hooks: []Hook{{Name: "timer", Slots: 2}, {Name: "sampler", Slots: 2}},
		},
		status:    Status{Slots: []Slot{}, Revoked: []cose.KeyID{}},
		log:       Log{},
		blockSize: blockwise.SZX64,
	}
	if change != nil {
		change(p)
	}
	quiet := options.WithErrors(func(error) {})
	noBlocks := options.WithBlockwise(false, blockwise.SZX1024, time.Second)

	conn, err := coapnet.NewListenUDP("udp", "[::1]:0")
	require.NoError(t, err)
	plain := udp.NewServer(options.WithMux(p.router(false)), quiet, noBlocks)
	go plain.Serve(conn)
	p.plain = "coap://" + conn.LocalAddr().String()

	l, err := coapnet.NewDTLSListener("udp", "[::1]:0", coapnet.NewDTLSServerOptions(
		piondtls.WithPSK(func(identity []byte) ([]byte, error) {
			if string(identity) != psk.Identity {
				return nil, piondtls.ErrConnClosed
			}
			return psk.Key, nil
		}),
		piondtls.WithCipherSuites(piondtls.TLS_PSK_WITH_AES_128_CCM_8),
	))
	require.NoError(t, err)
	secure := dtls.NewServer(options.WithMux(p.router(true)), quiet, noBlocks)
	go secure.Serve(l)
	p.secure = "coaps://" + l.Addr().String()

	t.Cleanup(func() {
		plain.Stop()
		secure.Stop()
		conn.Close()
		l.Close()
		p.jobs.Wait()
	})
	return p
}

func encode(v any) []byte {
	mode, err := cbor.CoreDetEncOptions().EncMode()
	if err != nil {
		panic(err)
	}
	b, err := mode.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

func (p *peer) router(authenticated bool) *mux.Router {
	router := mux.NewRouter()
	view := func(path string, v func() any) {
		router.Handle(path, mux.HandlerFunc(func(w mux.ResponseWriter, r *mux.Message) {
			p.mu.Lock()
			body := encode(v())
			if p.volatile {
				p.serial++
			}
			etag := append([]byte{p.serial}, NewFile(body).etag[1:]...)
			p.mu.Unlock()
			p.answer(w, r, body, etag)
		}))
	}
	view(DevicePath, func() any { return p.info })
	view(StatusPath, func() any { return p.status })
	view(LogPath, func() any { return p.log })
	router.Handle(TriggerPath, mux.HandlerFunc(func(w mux.ResponseWriter, r *mux.Message) {
		refuse := func(status codes.Code, code diag.Code) {
			w.SetResponse(status, message.AppCBOR, bytes.NewReader(encode(refusal{Code: code})))
			if status == codes.ServiceUnavailable {
				w.Message().SetOptionUint32(message.MaxAge, 1)
			}
		}
		body, err := r.ReadBody()
		switch {
		case !authenticated:
			refuse(codes.Unauthorized, diag.NotAuthenticated)
		case err != nil || suit.CheckURL(string(body)) != nil:
			refuse(codes.BadRequest, diag.BadURL)
		default:
			p.mu.Lock()
			defer p.mu.Unlock()
			if p.busy > 0 || p.status.State != Idle {
				p.busy--
				refuse(codes.ServiceUnavailable, diag.Busy)
				return
			}
			p.status.Job++
			p.status.State = FetchingManifest
			p.jobs.Add(1)
			go p.run(string(body), p.status.Job)
			w.SetResponse(codes.Changed, message.AppCBOR, bytes.NewReader(encode(p.status.Job)))
		}
	}))
	return router
}

// answer sends a block of the size that the peer likes.
func (p *peer) answer(w mux.ResponseWriter, r *mux.Message, body, etag []byte) {
	szx, number := p.blockSize, int64(0)
	if option, err := r.GetOptionUint32(message.Block2); err == nil {
		if szx, number, _, err = blockwise.DecodeBlockOption(option); err != nil {
			panic(err)
		}
	}
	if number*szx.Size() > int64(len(body)) {
		w.SetResponse(codes.BadOption, message.TextPlain, nil)
		return
	}
	body = body[number*szx.Size():]
	more := int64(len(body)) > szx.Size()
	if more {
		body = body[:szx.Size()]
	}
	w.SetResponse(codes.Content, message.AppCBOR, bytes.NewReader(body), message.Option{ID: message.ETag, Value: etag})
	option, err := blockwise.EncodeBlockOption(szx, number, more)
	if err != nil {
		panic(err)
	}
	w.Message().SetOptionUint32(message.Block2, option)
}

// fetch reads a file with the library's own block-wise transfer.
func (p *peer) fetch(where string) ([]byte, error) {
	u, err := url.Parse(where)
	if err != nil {
		return nil, err
	}
	c, err := udp.Dial(u.Host, options.WithBlockwise(true, p.blockSize, 30*time.Second))
	if err != nil {
		return nil, err
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	option, err := blockwise.EncodeBlockOption(p.blockSize, 0, false)
	if err != nil {
		return nil, err
	}
	value := make([]byte, 4)
	n, err := message.EncodeUint32(value, option)
	if err != nil {
		return nil, err
	}
	response, err := c.Get(ctx, u.Path, message.Option{ID: message.Block2, Value: value[:n]})
	if err != nil {
		return nil, err
	}
	if response.Code() != codes.Content {
		return nil, net.ErrClosed
	}
	return response.ReadBody()
}

func (p *peer) run(where string, job uint32) {
	defer p.jobs.Done()
	times := 1
	if p.twice {
		times = 2
	}
	for range times {
		v := p.do(where)
		p.mu.Lock()
		v.Job, v.Seconds = job, 7
		if p.refuse != 0 {
			v.Code, v.Where = p.refuse, p.where
		}
		p.log = append(p.log, v)
		p.status.Last, p.status.State = &p.log[len(p.log)-1], Idle
		p.status.Job = job
		if p.restart {
			p.status.Job, p.status.Last, p.log = 0, nil, Log{}
		}
		job++
		p.mu.Unlock()
	}
}

func (p *peer) do(where string) Verdict {
	b, err := p.fetch(where)
	if err != nil {
		return Verdict{Code: diag.FetchFailed}
	}
	e, err := suit.Decode(b)
	if err != nil {
		return Verdict{Code: diag.BadManifest}
	}
	v := Verdict{Component: e.Manifest.Component.Base().String(), Sequence: e.Manifest.Sequence}
	if _, err := e.Verify(public(operator)); err != nil {
		v.Code = diag.ManifestSignature
		return v
	}
	if d := e.Manifest.Component.Device(); d != "" && d != hex.EncodeToString(p.info.Device[:8]) {
		v.Code = diag.WrongDevice
		return v
	}
	p.mu.Lock()
	old := p.status.slot(e.Manifest.Component)
	p.mu.Unlock()
	if e.Manifest.Sequence <= old.Sequence {
		v.Code, v.Where = diag.OldSequence, &old.Sequence
		return v
	}
	slot := Slot{Component: v.Component, Sequence: v.Sequence, State: Removed}
	if !e.Manifest.Removes() {
		p.mu.Lock()
		p.status.State, p.status.Progress = FetchingImage, &Progress{Received: 0, Size: e.Manifest.Size}
		p.mu.Unlock()
		if b, err = p.fetch(e.Manifest.URL); err != nil {
			v.Code = diag.FetchFailed
			return v
		}
		if sum := sha256.Sum256(b); sum != e.Manifest.Digest {
			v.Code = diag.WrongDigest
			return v
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.status.Progress = nil
	if p.pretend || p.refuse != 0 || p.restart {
		return v
	}
	if v.Component == suit.Revoked().String() {
		ids, err := suit.DecodeRevocation(b)
		if err != nil {
			v.Code = diag.BadRevocation
			return v
		}
		p.status.Revoked = append(p.status.Revoked, ids...)
		return v
	}
	if !e.Manifest.Removes() {
		if err := cose.Verify(b, public(tenant)); err != nil {
			v.Code = diag.ImageSignature
			return v
		}
		slot.State, slot.Digest, slot.Size = Attached, e.Manifest.Digest[:], e.Manifest.Size
		slot.Signer, _ = cose.Signer(b)
		if p.keep != 0 {
			slot.State, slot.Code = p.keep, p.why
		}
	}
	p.status.Slots = append(slices.DeleteFunc(p.status.Slots, func(s Slot) bool { return s.Component == slot.Component }), slot)
	return v
}
