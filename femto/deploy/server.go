// SPDX-FileCopyrightText: The femtocontainer authors
// SPDX-License-Identifier: MIT

package deploy

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"sync"
	"time"

	"github.com/plgd-dev/go-coap/v3/message"
	"github.com/plgd-dev/go-coap/v3/message/codes"
	"github.com/plgd-dev/go-coap/v3/mux"
	coapnet "github.com/plgd-dev/go-coap/v3/net"
	"github.com/plgd-dev/go-coap/v3/net/blockwise"
	"github.com/plgd-dev/go-coap/v3/options"
	"github.com/plgd-dev/go-coap/v3/udp"
	"github.com/plgd-dev/go-coap/v3/udp/server"

	"github.com/femtocontainer/femtocontainer/femto/diag"
)

// A File is what a server serves under one path. It does not change.
type File struct {
	body []byte
	etag []byte
}

// NewFile is a file with these contents, which the caller must not change.
func NewFile(body []byte) *File {
	sum := sha256.Sum256(body)
	return &File{body, sum[:8]}
}

// Files finds files by their paths, without a / in front. The error is
// fs.ErrNotExist, fs.ErrPermission, or one of reading.
type Files interface {
	File(path string) (*File, error)
}

// A Map is files in memory.
type Map map[string]*File

// File implements Files.
func (m Map) File(path string) (*File, error) {
	if f := m[path]; f != nil {
		return f, nil
	}
	return nil, fs.ErrNotExist
}

// maxFile bounds what a folder serves, in bytes: an image has three sections
// of at most 16 MiB.
const maxFile = 64 << 20

// A Folder is the files below a folder, and never one outside of it, whatever
// links there are, nor one that only its owner may read: private keys may lie beside
// what they signed.
type Folder struct {
	root *os.Root

	mu   sync.Mutex
	name string // of the file that was asked for last, for a transfer asks often
	mod  time.Time
	last *File
}

// OpenFolder opens a folder for serving.
func OpenFolder(name string) (*Folder, error) {
	root, err := os.OpenRoot(name)
	if err != nil {
		return nil, err
	}
	return &Folder{root: root}, nil
}

// File implements Files.
func (d *Folder) File(path string) (*File, error) {
	if !fs.ValidPath(path) {
		return nil, fs.ErrNotExist
	}
	st, err := d.root.Stat(path)
	if err != nil {
		return nil, err
	}
	if !st.Mode().IsRegular() || st.Size() > maxFile {
		return nil, fs.ErrNotExist
	}
	if st.Mode().Perm()&0o077 == 0 {
		return nil, fs.ErrPermission
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.last != nil && d.name == path && d.mod.Equal(st.ModTime()) && int64(len(d.last.body)) == st.Size() {
		return d.last, nil
	}
	f, err := d.root.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxFile))
	if err != nil {
		return nil, err
	}
	d.name, d.mod, d.last = path, st.ModTime(), NewFile(b)
	return d.last, nil
}

// A Request is one that a server has answered.
type Request struct {
	From net.Addr
	Path string
	Code codes.Code
	Sent int // bytes of the file up to the end of this block
	Size int // of the file
}

// A Server serves files over CoAP.
type Server struct {
	addr   *net.UDPAddr
	server *server.Server
	conn   *coapnet.UDPConn
	done   chan struct{}
}

// Listen takes a UDP address for a server; port 0 is a free one.
func Listen(address string) (*Server, error) {
	conn, err := coapnet.NewListenUDP("udp", address)
	if err != nil {
		return nil, diag.New(diag.NotServed, "cannot listen on %s: %v", address, err)
	}
	addr, _ := conn.LocalAddr().(*net.UDPAddr)
	return &Server{conn: conn, addr: addr}, nil
}

// Serve begins to serve files. Each answered request is reported to log, unless
// that is nil.
func (s *Server) Serve(files Files, log func(Request)) {
	handler := mux.HandlerFunc(func(w mux.ResponseWriter, r *mux.Message) {
		request := answer(w, r, files)
		if log != nil {
			log(request)
		}
	})
	s.done = make(chan struct{})
	s.server = udp.NewServer(
		options.WithMux(handler),
		// Blocks are our own matter: the library's keeps a transfer in mind.
		options.WithBlockwise(false, blockwise.SZX1024, time.Second),
		options.WithErrors(func(error) {}), // of malformed packets, which are dropped
		options.WithInactivityMonitor(2*time.Minute, func(c *udpConn) { c.Close() }),
	)
	go func() {
		defer close(s.done)
		s.server.Serve(s.conn)
	}()
}

// Port is the UDP port that s listens on.
func (s *Server) Port() int { return s.addr.Port }

// Close ends the server.
func (s *Server) Close() {
	if s.server != nil {
		s.server.Stop()
		defer func() { <-s.done }()
	}
	s.conn.Close()
}

// answer answers one request with one block (RFC 7959), from nothing but the
// request.
func answer(w mux.ResponseWriter, r *mux.Message, files Files) Request {
	path, err := r.Path()
	if err != nil {
		path = ""
	}
	if len(path) > 0 && path[0] == '/' {
		path = path[1:]
	}
	request := Request{From: w.Conn().RemoteAddr(), Path: path}
	refuse := func(code codes.Code) Request {
		request.Code = code
		w.SetResponse(code, message.TextPlain, nil)
		return request
	}
	if r.Code() != codes.GET {
		return refuse(codes.MethodNotAllowed)
	}
	file, err := files.File(path)
	switch {
	case errors.Is(err, fs.ErrPermission):
		return refuse(codes.Forbidden)
	case err != nil:
		return refuse(codes.NotFound)
	}
	request.Size = len(file.body)
	szx, number, asked := blockwise.SZX1024, int64(0), false
	if option, err := r.GetOptionUint32(message.Block2); err == nil {
		asked = true
		if szx, number, _, err = blockwise.DecodeBlockOption(option); err != nil || szx > blockwise.SZX1024 {
			return refuse(codes.BadOption)
		}
	}
	start := number * szx.Size()
	if start > int64(len(file.body)) || start == int64(len(file.body)) && number > 0 {
		return refuse(codes.BadRequest)
	}
	block := file.body[start:]
	more := int64(len(block)) > szx.Size()
	if more {
		block = block[:szx.Size()]
	}
	request.Code, request.Sent = codes.Content, int(start)+len(block)
	w.SetResponse(codes.Content, message.AppOctets, bytes.NewReader(block), message.Option{ID: message.ETag, Value: file.etag})
	if asked || more {
		option, err := blockwise.EncodeBlockOption(szx, number, more)
		if err != nil {
			return refuse(codes.BadOption)
		}
		w.Message().SetOptionUint32(message.Block2, option)
	}
	if number == 0 {
		w.Message().SetOptionUint32(message.Size2, uint32(len(file.body)))
	}
	return request
}
