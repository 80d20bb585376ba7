package audit

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// CheckpointSigner signs checkpoints with one Ed25519 key (RFC 8032), always the same.
type CheckpointSigner interface {
	Public() ed25519.PublicKey
	Sign(message []byte) ([]byte, error)
}

// checkpoint says that the log had this root hash when it held this many records.
type checkpoint struct {
	size int64
	root tlog.Hash
}

var errCheckpoint = errors.New("not a checkpoint of this log")

// notary writes and checks signed checkpoints: signed notes (golang.org/x/mod/sumdb/note) of three lines, which are the
// log's name, its size and its root hash in base 64.
type notary struct {
	origin   string // the log's name
	key      string // the public key in the form verifiers take it
	verifier note.Verifier
	signer   CheckpointSigner
}

func newNotary(origin string, signer CheckpointSigner) (*notary, error) {
	key, err := note.NewEd25519VerifierKey(origin, signer.Public())
	if err != nil {
		return nil, fmt.Errorf("the audit log's public key: %w", err)
	}
	verifier, err := note.NewVerifier(key)
	if err != nil {
		return nil, fmt.Errorf("the audit log's public key: %w", err)
	}
	return &notary{origin, key, verifier, signer}, nil
}

// Name, KeyHash and Sign make the notary a note.Signer.
func (n *notary) Name() string                     { return n.origin }
func (n *notary) KeyHash() uint32                  { return n.verifier.KeyHash() }
func (n *notary) Sign(text []byte) ([]byte, error) { return n.signer.Sign(text) }

func (n *notary) text(c checkpoint) string {
	return fmt.Sprintf("%s\n%d\n%s\n", n.origin, c.size, base64.StdEncoding.EncodeToString(c.root[:]))
}

func (n *notary) sign(c checkpoint) ([]byte, error) {
	return note.Sign(&note.Note{Text: n.text(c)}, n)
}

// open reads a signed checkpoint and refuses every other spelling of it, so that no byte of it can differ unnoticed.
// Errors: errCheckpoint.
func (n *notary) open(signed []byte) (checkpoint, error) {
	opened, err := note.Open(signed, note.VerifierList(n.verifier))
	if err != nil || len(opened.Sigs) != 1 {
		return checkpoint{}, errCheckpoint
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) < 3 {
		return checkpoint{}, errCheckpoint
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	root, rootErr := base64.StdEncoding.DecodeString(lines[2])
	signature, signatureErr := base64.StdEncoding.DecodeString(opened.Sigs[0].Base64)
	if err != nil || rootErr != nil || signatureErr != nil || size <= 0 || len(root) != tlog.HashSize {
		return checkpoint{}, errCheckpoint
	}
	c := checkpoint{size, tlog.Hash(root)}
	only := n.text(c) + "\n— " + n.origin + " " + base64.StdEncoding.EncodeToString(signature) + "\n"
	if !bytes.Equal(signed, []byte(only)) {
		return checkpoint{}, errCheckpoint
	}
	return c, nil
}

// splitCheckpoints takes a file apart to which checkpoints were appended.
func splitCheckpoints(file []byte) [][]byte {
	var all [][]byte
	start, at, signed := 0, 0, false
	for line := range bytes.Lines(file) {
		signature := bytes.HasPrefix(line, []byte("— "))
		if signed && !signature {
			all = append(all, file[start:at])
			start = at
		}
		signed = signature
		at += len(line)
	}
	if len(bytes.TrimSpace(file[start:])) > 0 {
		all = append(all, file[start:])
	}
	return all
}
