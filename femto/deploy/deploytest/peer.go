// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

// Package deploytest is the device's side of docs/deployment.md in Go, for tests
// of what talks to devices. What a real device does is tested with one.
package deploytest

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
	"github.com/femtocontainer/femtocontainer/femto/deploy"
	"github.com/femtocontainer/femtocontainer/femto/diag"
	"github.com/femtocontainer/femtocontainer/femto/image"
	"github.com/femtocontainer/femtocontainer/femto/suit"
	"github.com/femtocontainer/femtocontainer/femto/transport"
)

// The keys of tests 1 and 2 in RFC 8032, section 7.1.
var (
	Tenant   = rfc8032("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
	Operator = rfc8032("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
	PSK      = &transport.PSK{Identity: "kitchen", Key: []byte("0123456789abcdef")}
)

func rfc8032(seed string) ed25519.PrivateKey {
	b, err := hex.DecodeString(seed)
	if err != nil {
		panic(err)
	}
	return ed25519.NewKeyFromSeed(b)
}

func Public(key ed25519.PrivateKey) ed25519.PublicKey { return key.Public().(ed25519.PublicKey) }

// Signed is an image of n bytes that the tenant signed.
func Signed(t testing.TB, n int) []byte {
	img := &image.Image{Depth: 1, Entries: []image.Entry{{}}, Text: []byte{0x95, 0, 0, 0, 0, 0, 0, 0}}
	b, err := img.Encode()
	require.NoError(t, err)
	img.ROData = bytes.Repeat([]byte("r"), n-len(b)-cose.SignatureSize)
	b, err = img.Encode()
	require.NoError(t, err)
	b, err = cose.Sign(b, Tenant)
	require.NoError(t, err)
	require.Len(t, b, n)
	return b
}

// A Peer answers as a device does, with our own manifests and signatures behind
// it. It can be told to behave badly.
type Peer struct {
	Info deploy.Info

	mu     sync.Mutex
	Status deploy.Status
	Log    deploy.Log

	Refuse    diag.Code // ends each job with this code
	Where     *uint32
	Busy      int                        // triggers to answer with FC4002 first
	Lose      int                        // jobs that do not get their files
	Twice     bool                       // do each job twice, as after a repeated trigger
	Restart   bool                       // forget everything but slots while a job runs
	Keep      deploy.SlotState           // what becomes of a new slot, instead of Attached
	Why       diag.Code                  // of it
	Pretend   bool                       // end jobs well without doing them
	Volatile  bool                       // the status changes with each block
	Shorter   bool                       // the next view that is read loses its second block meanwhile
	BlockSize blockwise.SZX              // of fetching and answering
	Via       func(server string) string // what it fetches from instead, as over a bad link

	Plain, Secure string // its URLs without and with DTLS
	Jobs          sync.WaitGroup
	serial        byte   // of ETags
	revocation    uint32 // sequence number of the last one
}

// New is a peer that change has changed before it answers.
func New(t testing.TB, change func(p *Peer)) *Peer {
	p, stop, err := Start("[::1]:0", "[::1]:0", change)
	require.NoError(t, err)
	t.Cleanup(stop)
	return p
}

// Start is New on these addresses, for what is no test itself.
func Start(plain, secure string, change func(p *Peer)) (*Peer, func(), error) {
	vendor := suit.VendorID("riot-os.org")
	p := &Peer{
		Info: deploy.Info{
			Device: uuid.MustParse("5f2c0e1a-9b3d-4c77-8a10-3e5d7f9b1c24"), Vendor: vendor,
			Class: suit.ClassID(vendor, "ota native64"), ClassName: "ota native64",
			Operators: []cose.KeyID{cose.ID(Public(Operator))}, MaxImage: 4096, MaxName: 31,
			Hooks: []deploy.Hook{{Name: "timer", Slots: 2}, {Name: "sampler", Slots: 2}},
		},
		Status:    deploy.Status{Slots: []deploy.Slot{}, Revoked: []cose.KeyID{}},
		Log:       deploy.Log{},
		BlockSize: blockwise.SZX64,
	}
	if change != nil {
		change(p)
	}
	conn, err := coapnet.NewListenUDP("udp", plain)
	if err != nil {
		return nil, nil, err
	}
	l, err := coapnet.NewDTLSListener("udp", secure, coapnet.NewDTLSServerOptions(
		piondtls.WithPSK(func(identity []byte) ([]byte, error) {
			if string(identity) != PSK.Identity {
				return nil, piondtls.ErrConnClosed
			}
			return PSK.Key, nil
		}),
		piondtls.WithCipherSuites(piondtls.TLS_PSK_WITH_AES_128_CCM_8),
	))
	if err != nil {
		conn.Close()
		return nil, nil, err
	}
	p.Plain, p.Secure = "coap://"+conn.LocalAddr().String(), "coaps://"+l.Addr().String()

	quiet := options.WithErrors(func(error) {})
	noBlocks := options.WithBlockwise(false, blockwise.SZX1024, time.Second)
	open := udp.NewServer(options.WithMux(p.router(false)), quiet, noBlocks)
	go open.Serve(conn)
	closed := dtls.NewServer(options.WithMux(p.router(true)), quiet, noBlocks)
	go closed.Serve(l)
	return p, func() {
		open.Stop()
		closed.Stop()
		conn.Close()
		l.Close()
		p.Jobs.Wait()
	}, nil
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

func (p *Peer) router(authenticated bool) *mux.Router {
	router := mux.NewRouter()
	view := func(path string, v func() any) {
		router.Handle(path, mux.HandlerFunc(func(w mux.ResponseWriter, r *mux.Message) {
			p.mu.Lock()
			body := encode(v())
			if p.Volatile {
				p.serial++
			}
			if p.Shorter {
				p.Shorter = false
				body = append(body, make([]byte, 2*p.BlockSize.Size())...)
			}
			sum := sha256.Sum256(body)
			etag := append([]byte{p.serial}, sum[1:8]...)
			p.mu.Unlock()
			p.answer(w, r, body, etag)
		}))
	}
	view(deploy.DevicePath, func() any { return p.Info })
	view(deploy.StatusPath, func() any { return p.Status })
	view(deploy.LogPath, func() any { return p.Log })
	router.Handle(deploy.TriggerPath, mux.HandlerFunc(func(w mux.ResponseWriter, r *mux.Message) {
		refuse := func(status codes.Code, code diag.Code) {
			w.SetResponse(status, message.AppCBOR, bytes.NewReader(encode(map[int]diag.Code{2: code})))
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
			if p.Busy > 0 || p.Status.State != deploy.Idle {
				p.Busy--
				refuse(codes.ServiceUnavailable, diag.Busy)
				return
			}
			p.Status.Job++
			p.Status.State = deploy.FetchingManifest
			p.Jobs.Add(1)
			go p.run(string(body), p.Status.Job)
			w.SetResponse(codes.Changed, message.AppCBOR, bytes.NewReader(encode(p.Status.Job)))
		}
	}))
	return router
}

// answer sends a block of the size that the peer likes.
func (p *Peer) answer(w mux.ResponseWriter, r *mux.Message, body, etag []byte) {
	szx, number := p.BlockSize, int64(0)
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
func (p *Peer) fetch(where string) ([]byte, error) {
	u, err := url.Parse(where)
	if err != nil {
		return nil, err
	}
	if p.Via != nil {
		u.Host = p.Via(u.Host)
	}
	c, err := udp.Dial(u.Host, options.WithBlockwise(true, p.BlockSize, 30*time.Second))
	if err != nil {
		return nil, err
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	option, err := blockwise.EncodeBlockOption(p.BlockSize, 0, false)
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

func (p *Peer) run(where string, job uint32) {
	defer p.Jobs.Done()
	times := 1
	if p.Twice {
		times = 2
	}
	for range times {
		v := p.do(where)
		p.mu.Lock()
		v.Job, v.Seconds = job, 7
		if p.Refuse != 0 {
			v.Code, v.Where = p.Refuse, p.Where
		}
		p.Log = append(p.Log, v)
		p.Status.Last, p.Status.State = &p.Log[len(p.Log)-1], deploy.Idle
		p.Status.Job = job
		if p.Restart {
			p.Status.Job, p.Status.Last, p.Log = 0, nil, deploy.Log{}
		}
		job++
		p.mu.Unlock()
	}
}

func (p *Peer) do(where string) deploy.Verdict {
	b, err := p.fetch(where)
	if err != nil {
		return deploy.Verdict{Code: diag.FetchFailed}
	}
	e, err := suit.Decode(b)
	if err != nil {
		return deploy.Verdict{Code: diag.BadManifest}
	}
	v := deploy.Verdict{Component: e.Manifest.Component.Base().String(), Sequence: e.Manifest.Sequence}
	if _, err := e.Verify(Public(Operator)); err != nil {
		v.Code = diag.ManifestSignature
		return v
	}
	if d := e.Manifest.Component.Device(); d != "" && d != hex.EncodeToString(p.Info.Device[:8]) {
		v.Code = diag.WrongDevice
		return v
	}
	p.mu.Lock()
	var old deploy.Slot
	for _, s := range p.Status.Slots {
		if s.Component == v.Component {
			old = s
		}
	}
	if v.Component == suit.Revoked().String() {
		old.Sequence = p.revocation
	}
	p.mu.Unlock()
	if e.Manifest.Sequence <= old.Sequence {
		v.Code, v.Where = diag.OldSequence, &old.Sequence
		return v
	}
	slot := deploy.Slot{Component: v.Component, Sequence: v.Sequence, State: deploy.Removed}
	if !e.Manifest.Removes() {
		p.mu.Lock()
		p.Status.State, p.Status.Progress = deploy.FetchingImage, &deploy.Progress{Received: 0, Size: e.Manifest.Size}
		p.mu.Unlock()
		b, err = p.fetch(e.Manifest.URL)
		if p.Lose > 0 {
			p.Lose--
			err = net.ErrClosed
		}
		if err != nil {
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
	p.Status.Progress = nil
	if p.Pretend || p.Refuse != 0 || p.Restart {
		return v
	}
	if v.Component == suit.Revoked().String() {
		ids, err := suit.DecodeRevocation(b)
		if err != nil {
			v.Code = diag.BadRevocation
			return v
		}
		p.Status.Revoked = append(p.Status.Revoked, ids...)
		p.revocation = v.Sequence
		return v
	}
	if !e.Manifest.Removes() {
		if err := cose.Verify(b, Public(Tenant)); err != nil {
			v.Code = diag.ImageSignature
			return v
		}
		slot.State, slot.Digest, slot.Size = deploy.Attached, e.Manifest.Digest[:], e.Manifest.Size
		slot.Signer, _ = cose.Signer(b)
		if p.Keep != 0 {
			slot.State, slot.Code = p.Keep, p.Why
		}
	}
	p.Status.Slots = append(slices.DeleteFunc(p.Status.Slots, func(s deploy.Slot) bool { return s.Component == slot.Component }), slot)
	return v
}
