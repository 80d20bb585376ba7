// Package tenantstest gives tests a DNS server of their own, so that domains can be proven without any that others see.
package tenantstest

import (
	"net"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// DNS is a name server on the loopback interface that knows TXT records.
type DNS struct {
	Address string // host and port, UDP
	mu      sync.Mutex
	texts   map[string][]string
}

// ServeDNS starts a server that ends with the test.
func ServeDNS(t testing.TB) *DNS {
	t.Helper()
	socket, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := &DNS{Address: socket.LocalAddr().String(), texts: map[string][]string{}}
	var served sync.WaitGroup
	served.Go(func() { d.serve(socket) })
	t.Cleanup(func() {
		socket.Close()
		served.Wait()
	})
	return d
}

// Set makes the server answer a name with these texts.
func (d *DNS) Set(name string, texts ...string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.texts[strings.ToLower(strings.TrimSuffix(name, "."))] = texts
}

func (d *DNS) serve(socket net.PacketConn) {
	question := make([]byte, 512)
	for {
		n, from, err := socket.ReadFrom(question)
		if err != nil {
			return
		}
		if answer, err := d.answer(question[:n]); err == nil {
			_, _ = socket.WriteTo(answer, from)
		}
	}
}

func (d *DNS) answer(question []byte) ([]byte, error) {
	var p dnsmessage.Parser
	header, err := p.Start(question)
	if err != nil {
		return nil, err
	}
	asked, err := p.Question()
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	texts, known := d.texts[strings.ToLower(strings.TrimSuffix(asked.Name.String(), "."))]
	m := dnsmessage.Message{Header: dnsmessage.Header{ID: header.ID, Response: true, Authoritative: true}, Questions: []dnsmessage.Question{asked}}
	if !known {
		m.RCode = dnsmessage.RCodeNameError
	}
	for _, text := range texts {
		if asked.Type == dnsmessage.TypeTXT {
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: asked.Name, Class: asked.Class}, Body: &dnsmessage.TXTResource{TXT: []string{text}}})
		}
	}
	return m.Pack()
}
