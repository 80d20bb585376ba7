package cli

import (
	"io"
	"sync"

	"github.com/schollz/progressbar/v3"
)

// progress is a bar on the terminal, or nothing where no terminal is. It is safe for concurrent use.
type progress struct {
	mu  sync.Mutex
	bar *progressbar.ProgressBar // nil when nobody sees it
}

// newProgress draws a bar up to total, which is -1 when nobody knows; bytes says that it counts bytes.
func (s *session) newProgress(what string, total int64, bytes bool) *progress {
	if s.globals.JSON || !terminal(s.Stderr) {
		return &progress{}
	}
	return &progress{bar: newBar(s.Stderr, what, total, bytes)}
}

func newBar(w io.Writer, what string, total int64, bytes bool) *progressbar.ProgressBar {
	return progressbar.NewOptions64(total, progressbar.OptionSetWriter(w), progressbar.OptionSetDescription(what), progressbar.OptionShowBytes(bytes),
		progressbar.OptionShowCount(), progressbar.OptionSetWidth(30), progressbar.OptionClearOnFinish(), progressbar.OptionSetRenderBlankState(true))
}

// set shows how much is done.
func (p *progress) set(done, total int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar == nil {
		return
	}
	if total > 0 && total != p.bar.GetMax64() {
		p.bar.ChangeMax64(total)
	}
	p.bar.Set64(done)
}

// end takes the bar away.
func (p *progress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar != nil {
		p.bar.Finish()
		p.bar.Clear()
	}
}

// counted tells a progress how much was read through it.
type counted struct {
	io.ReadCloser
	done, total int64
	to          *progress
}

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.ReadCloser.Read(b)
	c.done += int64(n)
	c.to.set(c.done, c.total)
	return n, err
}

// countedWriter tells a progress how much was written through it.
type countedWriter struct {
	io.Writer
	done int64
	to   *progress
}

func (c *countedWriter) Write(b []byte) (int, error) {
	n, err := c.Writer.Write(b)
	c.done += int64(n)
	c.to.set(c.done, 0)
	return n, err
}
